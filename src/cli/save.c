/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/save_output.h"
#include "dumpfile/flat_write.h"
#include "save/save.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_save = {
	.name = "save",
	.arguments = "[OPTIONS] SRC DST",
	.summary = "filter and compress a dump",
	.run = run,
};

static const char help_text[] =
	"usage: lastword save [OPTIONS] SRC DST\n"
	"       lastword save [OPTIONS] -F SRC > FLATTENED\n"
	"       lastword save [OPTIONS] --dry-run SRC\n"
	"\n"
	"Writes the dump SRC, filtered and compressed page by page, to DST in the "
	"kdump-compressed\n"
	"format that crash, drgn and makedumpfile read.\n"
	"\n"
	"  -d N           leave out: 1 zero pages, 2 page cache, 4 private page cache, 8 user "
	"data,\n"
	"                 16 free pages; the sum of what is wanted, 0 to 31 (default 31)\n"
	"  -c, -l, -p, -z compress with zlib, LZO, snappy or zstd (default zstd)\n"
	"  -j N           threads; default one for each CPU\n"
	"  -f             overwrite DST\n"
	"  -F, --flat     write the flattened form, to standard output where DST is not given or "
	"is -\n"
	"      --dry-run  write nothing, tell how big a dump of each level would be\n"
	"      --json     the summary as JSON\n"
	"  -h, --help     this text\n";

struct arguments {
	struct save_options options;
	bool force, flattened;
	const char *source, *destination; /* destination NULL: standard output, or a dry run */
};

/* What save_dump() was given and how long it took. */
struct report {
	const struct arguments *args;
	const struct save_result *result;
	uint32_t page_size;
	double seconds;
};

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

static void print_line(FILE *out, const struct report *rep, const char *words, uint64_t pages,
		       const char *fate)
{
	if (pages)
		fprintf(out, "  %-22s %12llu pages %10.1f MiB  %s\n", words,
			(unsigned long long)pages, mib(pages * rep->page_size), fate);
}

static void print_classes(FILE *out, const struct report *rep)
{
	const struct save_result *r = rep->result;

	print_line(out, rep, "memory", r->ram_pages, "");
	for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++)
		print_line(out, rep, class_names[c].words, r->class_pages[c],
			   level_excludes(r->level, c) ? "left out" : "kept");
	print_line(out, rep, "not in the source", r->source_excluded_pages, "left out");
	print_line(out, rep, "zero, of those kept", r->zero_pages, "share one page");
	print_line(out, rep, "lost", r->lost_pages, "marked lost");
}

static void print_summary(FILE *out, const struct report *rep)
{
	const struct save_result *r = rep->result;
	const struct arguments *a = rep->args;

	fprintf(out, "%s: %.1f MiB, level %u, %s\n",
		a->destination ? a->destination : "standard output", mib(r->bytes), r->level,
		codec_by_id(a->options.codec)->name);
	print_classes(out, rep);
	fprintf(out, "  %.2f s with %u thread%s, %.0f MiB/s of kept memory\n", rep->seconds,
		r->threads, r->threads == 1 ? "" : "s",
		rep->seconds > 0 ? mib(r->kept_pages * rep->page_size) / rep->seconds : 0);
}

static void print_estimate(FILE *out, const struct report *rep)
{
	const struct save_result *r = rep->result;

	fprintf(out, "%s: nothing written\n", rep->args->source);
	print_classes(out, rep);
	fprintf(out, "\n  -d   kept pages   kept MiB   not zero MiB*   %s MiB*\n",
		codec_by_id(rep->args->options.codec)->name);
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
	json_name(j, "levels");
	json_array(j);
	for (unsigned level = 0; level <= LEVEL_ALL; level++) {
		json_object(j);
		json_name(j, "level");
		json_uint(j, level);
		json_name(j, "kept_pages");
		json_uint(j, r->levels[level].kept_pages);
		json_name(j, "estimated_zero_pages");
		json_uint(j, r->levels[level].zero_pages);
		json_name(j, "estimated_uncompressed_bytes");
		json_uint(j, r->levels[level].raw_bytes);
		json_name(j, "estimated_bytes");
		json_uint(j, r->levels[level].bytes);
		json_object_end(j);
	}
	json_array_end(j);
	json_name(j, "sample_pages");
	json_uint(j, r->sample_pages);
}

static void json_result(struct json *j, const struct report *rep)
{
	const struct save_result *r = rep->result;
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "level", r->level },
		{ "threads", r->threads },
		{ "page_size", rep->page_size },
		{ "memory_pages", r->ram_pages },
		{ "kept_pages", r->kept_pages },
		{ "zero_pages", r->zero_pages },
		{ "lost_pages", r->lost_pages },
		{ "source_excluded_pages", r->source_excluded_pages },
		{ "bytes", r->bytes },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		json_name(j, numbers[i].name);
		json_uint(j, numbers[i].value);
	}
	json_name(j, "class_pages");
	json_object(j);
	for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++) {
		json_name(j, class_names[c].name);
		json_uint(j, r->class_pages[c]);
	}
	json_object_end(j);
}

static int print_json(FILE *out, const struct report *rep)
{
	_cleanup_buf_ struct buf text = { 0 };
	const struct arguments *a = rep->args;
	struct json j;
	int r;

	json_begin(&j, &text);
	json_object(&j);
	json_name(&j, "schema");
	json_string(&j, "lastword.save/1");
	json_name(&j, "source");
	json_string(&j, a->source);
	json_name(&j, "destination");
	json_string(&j, a->destination);
	json_name(&j, "codec");
	json_string(&j, codec_by_id(a->options.codec)->name);
	json_result(&j, rep);
	json_name(&j, "incomplete");
	json_bool(&j, rep->result->incomplete);
	json_name(&j, "warning");
	json_string(&j, rep->result->warning[0] ? rep->result->warning : NULL);
	json_name(&j, "seconds");
	json_double(&j, rep->seconds);
	if (a->options.dry_run)
		json_levels(&j, rep->result);
	json_object_end(&j);
	r = json_end(&j);
	if (r >= 0)
		fwrite(text.data, 1, text.len, out);
	return r;
}

static int print_report(const struct cli *cli, const struct report *rep)
{
	/* Standard output may be the dump itself. */
	FILE *out = rep->args->destination || rep->args->options.dry_run ? stdout : stderr;

	if (rep->result->warning[0])
		say_error("%s: %s", rep->args->source, rep->result->warning);
	if (cli->json)
		return print_json(out, rep) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (rep->args->options.dry_run)
		print_estimate(out, rep);
	else
		print_summary(out, rep);
	return EXIT_SUCCESS;
}

static int open_output(const struct arguments *a, struct save_output *ret, struct error *e)
{
	int r;

	if (a->options.dry_run)
		return 0;
	r = save_output_open(a->destination, a->source, a->force, ret, e);
	if (r < 0)
		return r;
	if (a->flattened)
		return flat_write_new(ret->sink, &ret->sink, e);
	return ret->sink->seekable
		       ? 0
		       : error_set(e, -ESPIPE, "%s: cannot be written out of order; use -F",
				   a->destination);
}

/* Closes the output one way or the other. Returns the exit status. */
static int finish(struct save_output *out, int r, const struct save_result *res, struct error *e)
{
	if (r >= 0 && out->sink)
		r = save_output_commit(out, e);
	if (r >= 0)
		return EXIT_SUCCESS;
	save_output_abandon(out, res->incomplete);
	say_error("%s", error_text(e));
	if (res->incomplete && out->incomplete)
		say_error("%s: holds the %.1f MiB that fitted and can be read as far as it goes",
			  out->incomplete, mib(res->bytes));
	return EXIT_FAILURE;
}

static int save(const struct cli *cli, struct arguments *a, struct dumpfile *d)
{
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	_cleanup_save_output_ struct save_output out = { 0 };
	struct save_result res = { 0 };
	struct progress progress;
	struct error e = { 0 };
	usec_t start = clock_now();
	struct report rep = { .args = a, .result = &res, .page_size = dumpfile_info(d)->page_size };
	int r = kernel_open(d, &k, &e), status;

	if (r < 0)
		say_error("%s: %s", a->source, error_text(&e));
	e = (struct error){ 0 };
	r = open_output(a, &out, &e);
	if (r >= 0) {
		progress_terminal(&progress, rep.page_size);
		a->options.progress = &progress;
		r = save_dump(d, k, &a->options, out.sink, &res, &e);
	}
	if (r >= 0 && a->flattened && out.sink)
		r = flat_write_finish(out.sink, &e);
	status = finish(&out, r, &res, &e);
	rep.seconds = (double)(clock_now() - start) / USEC_PER_SEC;
	return status == EXIT_SUCCESS ? print_report(cli, &rep) : status;
}

static int parse_number(const char *option, const char *word, uint64_t max, unsigned *ret)
{
	uint64_t v;

	if (parse_decimal(word, max, &v) < 0)
		return usage_error(&command_save, "%s takes a number from 0 to %llu, not '%s'",
				   option, (unsigned long long)max, word);
	*ret = (unsigned)v;
	return 0;
}

static int parse_operands(struct arguments *a, int n, char **words)
{
	int most = a->options.dry_run ? 1 : 2, least = a->flattened ? 1 : most;

	if (n < least || n > most)
		return usage_error(&command_save,
				   a->options.dry_run ? "a dry run takes the dump alone"
						      : "needs a dump to read and a file to write");
	a->source = words[0];
	if (n == 2 && strcmp(words[1], "-") != 0)
		a->destination = words[1];
	if (!a->destination && !a->options.dry_run && !a->flattened)
		return usage_error(&command_save,
				   "standard output takes the flattened form; add -F");
	return 0;
}

static int parse_arguments(struct arguments *a, int argc, char **argv, bool *ret_help)
{
	static const struct option options[] = {
		{ "dry-run", no_argument, NULL, 'n' },
		{ "flat", no_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c, r = 0;

	while (r == 0 && (c = getopt_long(argc, argv, "d:clpzj:fFh", options, NULL)) != -1) {
		if (c == 'd')
			r = parse_number("-d", optarg, LEVEL_ALL, &a->options.level);
		else if (c == 'j')
			r = parse_number("-j", optarg, 1024, &a->options.threads);
		else if (c == 'f')
			a->force = true;
		else if (c == 'F')
			a->flattened = true;
		else if (c == 'n')
			a->options.dry_run = true;
		else if (c == 'h')
			*ret_help = true;
		else if (codec_by_option((char)c))
			a->options.codec = codec_by_option((char)c)->id;
		else
			return usage_error(&command_save, "see lastword save --help");
	}
	return r || *ret_help ? r : parse_operands(a, argc - optind, argv + optind);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	struct arguments a = { .options = { .level = LEVEL_ALL, .codec = CODEC_ZSTD } };
	struct error e = { 0 };
	bool help = false;
	int r = parse_arguments(&a, argc, argv, &help);

	if (r)
		return r;
	if (help) {
		fputs(help_text, stdout);
		return EXIT_SUCCESS;
	}
	if (dumpfile_open(a.source, &d, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return save(cli, &a, d);
}
