/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/makedumpfile_message.h"

static struct {
	unsigned level;
	FILE *out;
	unsigned turn; /* of the sign that turns behind progress lines */
} message = { .level = MDF_SAYS_DEFAULT };

void mdf_message_init(unsigned level, bool to_stderr)
{
	message.level = level;
	message.out = to_stderr ? stderr : stdout;
}

bool mdf_says(unsigned kind)
{
	return message.level & kind;
}

FILE *mdf_out(void)
{
	return message.out ? message.out : stdout;
}

void mdf_say(unsigned kind, const char *fmt, ...)
{
	FILE *out = kind == MDF_SAYS_ERROR ? stderr : mdf_out();
	va_list ap;

	if (!mdf_says(kind))
		return;
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
	fflush(out);
}

/* makedumpfile's names for our phases. */
static const char *phase_name(const char *phase)
{
	static const struct {
		const char *ours, *theirs;
	} names[] = {
		{ "selecting pages", "Excluding unnecessary pages" },
		{ "finding zero pages", "Excluding zero pages" },
		{ "copying pages", "Copying data" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i].ours, phase) == 0)
			return names[i].theirs;
	return phase;
}

/* "eta: 12s", "eta: 3m5s", "eta: 1h20m", "eta: 2d3h" */
static void format_eta(char *buf, size_t size, uint64_t seconds)
{
	unsigned long long n = seconds;

	if (n < 60)
		snprintf(buf, size, "eta: %llus", n);
	else if (n < 3600)
		snprintf(buf, size, "eta: %llum%llus", n / 60, n % 60);
	else if (n < 86400)
		snprintf(buf, size, "eta: %lluh%llum", n / 3600, n % 3600 / 60);
	else
		snprintf(buf, size, "eta: %llud%lluh", n / 86400, n % 86400 / 3600);
}

static void show(struct progress *p, usec_t now, bool last)
{
	uint64_t done = atomic_load(&p->done), total = MAX(p->total, (uint64_t)1);
	usec_t spent = now - p->started;
	const char *name = phase_name(p->phase);
	char eta[32] = "";
	unsigned permille;

	if (last)
		done = total;
	permille = (unsigned)((double)MIN(done, total) * 1000.0 / (double)total);
	if (strcmp(p->phase, "copying pages") == 0)
		format_eta(eta, sizeof(eta),
			   done ? (uint64_t)((double)spent / USEC_PER_SEC * (double)(total - done) /
					     (double)done)
				: 0);
	if (mdf_says(MDF_SAYS_PROGRESS)) {
		fprintf(stderr, "\r%-50s: [%3u.%u %%] %c  %16s", name, permille / 10, permille % 10,
			"/|\\-"[message.turn++ % 4], eta);
		if (last)
			fputc('\n', stderr);
		fflush(stderr);
	}
	if (last)
		mdf_say(MDF_SAYS_REPORT, "STEP [%-27s] : %llu.%06llu seconds", name,
			(unsigned long long)(spent / USEC_PER_SEC),
			(unsigned long long)(spent % USEC_PER_SEC));
}

void mdf_progress(struct progress *ret, uint64_t unit)
{
	(void)unit;
	*ret = (struct progress){ .show = show };
}

static uint64_t left_out(const struct save_result *r, enum page_class class)
{
	return level_excludes(r->level, class) ? r->class_pages[class] : 0;
}

void mdf_report(const struct save_result *r, uint64_t max_pfn)
{
	const struct {
		const char *words;
		uint64_t pages;
	} kinds[] = {
		{ "Pages filled with zero  ", r->zero_pages },
		{ "Non-private cache pages ", left_out(r, PAGE_CACHE) },
		{ "Private cache pages     ", left_out(r, PAGE_CACHE_PRIVATE) },
		{ "User process data pages ", left_out(r, PAGE_USER) },
		{ "Free pages              ", left_out(r, PAGE_FREE) },
		{ "Hwpoison pages          ", left_out(r, PAGE_HWPOISON) },
		{ "Offline pages           ", left_out(r, PAGE_OFFLINE) },
		{ "Unused vmemmap pages    ", r->vmemmap_pages },
	};
	uint64_t original = r->ram_pages - r->source_excluded_pages, excluded = 0, remaining;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		excluded += kinds[i].pages;
	remaining = original - MIN(excluded, original);
	mdf_say(MDF_SAYS_REPORT, "\nOriginal pages  : 0x%016llx\n  Excluded pages   : 0x%016llx",
		(unsigned long long)original, (unsigned long long)excluded);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (i + 1 < ARRAY_SIZE(kinds) || kinds[i].pages)
			mdf_say(MDF_SAYS_REPORT, "    %s: 0x%016llx", kinds[i].words,
				(unsigned long long)kinds[i].pages);
	mdf_say(MDF_SAYS_REPORT,
		"  Remaining pages  : 0x%016llx\n  (The number of pages is reduced to %llu%%.)",
		(unsigned long long)remaining,
		(unsigned long long)(original ? remaining * 100 / original : 0));
	mdf_say(MDF_SAYS_REPORT,
		"Memory Hole     : 0x%016llx\n%s\nTotal pages     : 0x%016llx\nWrite bytes     : "
		"%llu\n",
		(unsigned long long)(max_pfn - original),
		"--------------------------------------------------", (unsigned long long)max_pfn,
		(unsigned long long)r->bytes);
}

void mdf_saved(char *const *names, int count)
{
	if (!mdf_says(MDF_SAYS_COMMON))
		return;
	fprintf(mdf_out(), "\nThe dumpfile%s saved to ", count > 1 ? "s are" : " is");
	for (int i = 0; i < count; i++)
		fprintf(mdf_out(), "%s%s", i == 0 ? "" : i + 1 < count ? ", " : ", and ", names[i]);
	fputs(".\n", mdf_out());
}
