/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_report.h"

#include <stdlib.h>

#include "base/json.h"

static const struct {
	const char *name, *words;
} class_names[PAGE_CLASS_COUNT] = {
	[PAGE_KERNEL] = { "kernel", "kernel" },
	[PAGE_CACHE] = { "cache", "page cache" },
	[PAGE_CACHE_PRIVATE] = { "cache_private", "private page cache" },
	[PAGE_USER] = { "user", "user data" },
	[PAGE_FREE] = { "free", "free" },
	[PAGE_HWPOISON] = { "hwpoison", "poisoned" },
	[PAGE_OFFLINE] = { "offline", "offline" },
};

/* Levels that differ: 4 takes 2 along. */
static bool level_is_distinct(unsigned level)
{
	return !(level & LEVEL_CACHE_PRIVATE) || level & LEVEL_CACHE;
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (double)MIB(1);
}

static void print_line(FILE *out, const struct save_report *rep, const char *words, uint64_t pages,
		       const char *fate)
{
	if (pages)
		fprintf(out, "  %-22s %12llu pages %10.1f MiB  %s\n", words,
			(unsigned long long)pages, mib(pages * rep->page_size), fate);
}

static void print_classes(FILE *out, const struct save_report *rep)
{
	const struct save_result *r = rep->result;

	print_line(out, rep, "memory", r->ram_pages, "");
	for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++)
		print_line(out, rep, class_names[c].words, r->class_pages[c],
			   level_excludes(r->level, c) ? "left out" : "kept");
	print_line(out, rep, "not in the source", r->source_excluded_pages, "left out");
	print_line(out, rep, "zero, of those kept", r->zero_pages, "share one page");
	print_line(out, rep, "unused struct pages", r->vmemmap_pages, "left out");
	print_line(out, rep, "lost", r->lost_pages, "marked lost");
}

static void print_summary(FILE *out, const struct save_report *rep)
{
	const struct save_result *r = rep->result;
	const struct save_request *q = rep->request;

	for (int i = 0; i < q->file_count; i++)
		fprintf(out, "%s%s", i ? ", " : "", q->files[i]);
	fprintf(out, "%s: %.1f MiB, level %u, %s\n", q->file_count ? "" : "standard output",
		mib(r->bytes), r->level, q->elf ? "ELF" : codec_by_id(r->codec)->name);
	print_classes(out, rep);
	if (r->bytes_per_second)
		fprintf(out, "  %s level %d, for %.1f MiB/s%s\n", codec_by_id(r->codec)->name,
			r->codec_level, mib(r->bytes_per_second),
			q->options.rate.bytes_per_second ? "" : " as measured");
	fprintf(out, "  %.2f s with %u thread%s, %.0f MiB/s of kept memory\n", rep->seconds,
		r->threads, r->threads == 1 ? "" : "s",
		rep->seconds > 0 ? mib(r->kept_pages * rep->page_size) / rep->seconds : 0);
}

static void print_estimate(FILE *out, const struct save_report *rep)
{
	const struct save_result *r = rep->result;

	fprintf(out, "%s: nothing written\n", rep->request->source);
	print_classes(out, rep);
	fprintf(out, "\n  -d   kept pages   kept MiB   not zero MiB*   %s MiB*\n",
		codec_by_id(rep->request->options.codec)->name);
	for (unsigned level = 0; level <= LEVEL_ALL; level++) {
		const struct save_estimate *est = &r->levels[level];

		if (level_is_distinct(level))
			fprintf(out, "  %2u %12llu %10.1f %15.1f %10.1f\n", level,
				(unsigned long long)est->kept_pages,
				mib(est->kept_pages * rep->page_size), mib(est->raw_bytes),
				mib(est->bytes));
	}
	fprintf(out, "  * estimated from a sample of %llu pages\n",
		(unsigned long long)r->sample_pages);
}

static void json_levels(struct json *j, const struct save_result *r)
{
	json_put_array(j, "levels");
	for (unsigned level = 0; level <= LEVEL_ALL; level++) {
		json_object(j);
		json_put_uint(j, "level", level);
		json_put_uint(j, "kept_pages", r->levels[level].kept_pages);
		json_put_uint(j, "estimated_zero_pages", r->levels[level].zero_pages);
		json_put_uint(j, "estimated_uncompressed_bytes", r->levels[level].raw_bytes);
		json_put_uint(j, "estimated_bytes", r->levels[level].bytes);
		json_object_end(j);
	}
	json_array_end(j);
	json_put_uint(j, "sample_pages", r->sample_pages);
}

static void json_result(struct json *j, const struct save_report *rep)
{
	const struct save_result *r = rep->result;
	const struct json_number numbers[] = {
		{ "level", r->level },
		{ "threads", r->threads },
		{ "page_size", rep->page_size },
		{ "memory_pages", r->ram_pages },
		{ "kept_pages", r->kept_pages },
		{ "zero_pages", r->zero_pages },
		{ "lost_pages", r->lost_pages },
		{ "source_excluded_pages", r->source_excluded_pages },
		{ "unused_vmemmap_pages", r->vmemmap_pages },
		{ "bytes", r->bytes },
	};

	json_numbers(j, numbers, ARRAY_SIZE(numbers));
	json_put_object(j, "class_pages");
	for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++)
		json_put_uint(j, class_names[c].name, r->class_pages[c]);
	json_object_end(j);
}

static int print_json(FILE *out, const struct save_report *rep)
{
	_cleanup_buf_ struct buf text = { 0 };
	const struct save_request *q = rep->request;
	struct json j;

	json_document(&j, &text, "lastword.save/1");
	json_put_string(&j, "source", q->source);
	json_put_string(&j, "destination", q->file_count == 1 ? q->files[0] : NULL);
	json_put_array(&j, "destinations");
	for (int i = 0; i < q->file_count; i++)
		json_string(&j, q->files[i]);
	json_array_end(&j);
	json_put_string(&j, "format", q->elf ? "elf" : "kdump");
	json_put_string(&j, "codec", codec_by_id(rep->result->codec)->name);
	json_put_int(&j, "codec_level", rep->result->codec_level);
	json_name(&j, "target_bytes_per_second");
	if (rep->result->bytes_per_second)
		json_uint(&j, rep->result->bytes_per_second);
	else
		json_string(&j, NULL);
	json_result(&j, rep);
	json_put_bool(&j, "incomplete", rep->result->incomplete);
	json_put_text(&j, "warning", rep->result->warning);
	json_put_double(&j, "seconds", rep->seconds);
	if (q->options.dry_run)
		json_levels(&j, rep->result);
	return say_json(&j, out, EXIT_SUCCESS);
}

int save_report_print(const struct cli *cli, const struct save_report *rep)
{
	/* Standard output may be the dump itself. */
	FILE *out = rep->request->file_count || rep->request->options.dry_run ? stdout : stderr;

	if (rep->result->warning[0])
		say_error("%s: %s", rep->request->source, rep->result->warning);
	if (cli->json)
		return print_json(out, rep);
	if (rep->request->options.dry_run)
		print_estimate(out, rep);
	else
		print_summary(out, rep);
	return EXIT_SUCCESS;
}

void save_report_pages(const char *words, uint64_t pages, const char *fate)
{
	if (pages)
		printf("  %-22s %12llu pages  %s\n", words, (unsigned long long)pages, fate);
}
