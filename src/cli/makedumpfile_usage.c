/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/sink_special.h"
#include "cli/makedumpfile.h"
#include "cli/makedumpfile_message.h"

#define IOMEM_LIMIT MIB(1)

/* Low and high memory of crashkernel=. */
#define RESERVED_MAX 8

struct row {
	const char *name, *excludable, *words;
	uint64_t pages;
};

/* What is reserved for the capture kernel is in no dump. The running kernel's memory has it. */
static size_t reserved_ranges(struct dump_range ranges[RESERVED_MAX])
{
	_cleanup_buf_ struct buf text = { 0 };
	size_t n = 0;

	if (read_file_at(AT_FDCWD, "/proc/iomem", IOMEM_LIMIT, &text) < 0 || !text.data)
		return 0;
	for (const char *line = text.data; line && *line && n < RESERVED_MAX;) {
		unsigned long long first, last;
		char name[16];

		if (sscanf(line, "%llx-%llx : %15[^\n]", &first, &last, name) == 3 &&
		    strcmp(name, "Crash kernel") == 0 && first < last)
			ranges[n++] =
				(struct dump_range){ .paddr = first, .size = last - first + 1 };
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return n;
}

/* A dump of level 31 that nobody keeps: its counts are the answer. */
static int count_pages(struct dumpfile *d, struct kernel *k, struct save_result *ret,
		       struct error *e)
{
	struct dump_range reserved[RESERVED_MAX];
	struct save_options o = { .level = LEVEL_ALL, .codec = CODEC_NONE };
	struct progress progress;
	_cleanup_sink_ struct sink *s = NULL;
	int r = sink_null_new("nothing", &s, e);

	if (dumpfile_info(d)->flags & DUMP_LIVE)
		o.without_count = reserved_ranges(reserved);
	o.without = reserved;
	mdf_progress(&progress, dumpfile_info(d)->page_size);
	o.progress = &progress;
	return r < 0 ? r : save_dump(d, k, &o, s, ret, e);
}

static void print_table(const struct save_result *r, uint32_t page_size)
{
	const struct row rows[] = {
		{ "ZERO\t", "yes", "Pages filled with zero", r->zero_pages },
		{ "NON_PRI_CACHE", "yes", "Cache pages without private flag",
		  r->class_pages[PAGE_CACHE] },
		{ "PRI_CACHE", "yes", "Cache pages with private flag",
		  r->class_pages[PAGE_CACHE_PRIVATE] },
		{ "USER\t", "yes", "User process pages", r->class_pages[PAGE_USER] },
		{ "FREE\t", "yes", "Free pages", r->class_pages[PAGE_FREE] },
		{ "KERN_DATA", "no", "Dumpable kernel data ", r->kept_pages - r->zero_pages },
	};
	uint64_t total = 0;

	printf("\nTYPE\t\tPAGES\t\t\tEXCLUDABLE\tDESCRIPTION\n"
	       "----------------------------------------------------------------------\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		printf("%s\t%-16llu\t%s\t\t%s\n", rows[i].name, (unsigned long long)rows[i].pages,
		       rows[i].excludable, rows[i].words);
		total += rows[i].pages;
	}
	printf("\npage size:\t\t%-16u\nTotal pages on system:\t%-16llu\n"
	       "Total size on system:\t%-16lluByte\n\n",
	       page_size, (unsigned long long)total, (unsigned long long)total * page_size);
}

int mdf_mem_usage(const struct mdf_options *o)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	struct save_result result = { 0 };
	struct error e = { 0 };
	int status = mdf_open(o, o->operands[0], &d, &k);

	if (status != EXIT_SUCCESS)
		return status;
	if (!k || count_pages(d, k, &result, &e) < 0)
		return mdf_failed(k ? &e : NULL);
	if (result.warning[0])
		mdf_say(MDF_SAYS_ERROR, "%s: %s", o->operands[0], result.warning);
	print_table(&result, dumpfile_info(d)->page_size);
	return EXIT_SUCCESS;
}
