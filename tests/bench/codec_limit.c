/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast `lastword save` could be: the pages it keeps of a dump, but for those of zeros, compressed from memory to memory by
 * the same library in one thread. Prints, in seconds of CPU and bytes:
 *	codec_limit DUMP LEVEL CODEC-LETTER REPEATS  ->  {"pages": …, "seconds": best of the repeats, "bytes": …}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dumpfile/codec.h"
#include "save/select.h"
#include "save/zero.h"

#define ARENA MIB(1)

struct pages {
	uint8_t *data;
	size_t count, room;
	uint32_t size;
};

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool load(struct dumpfile *d, const struct selection *sel, struct pages *p)
{
	struct dump_reader *r;

	if (dump_reader_new(d, &r) < 0)
		return false;
	p->size = dumpfile_info(d)->page_size;
	p->data = malloc(sel->kept_pages * p->size);
	for (uint64_t pfn = bitmap_next_set(&sel->kept, 0); p->data && pfn < sel->kept.bits;
	     pfn = bitmap_next_set(&sel->kept, pfn + 1)) {
		uint8_t *page = p->data + p->count * p->size;

		if (dump_read(r, pfn * p->size, page, p->size, NULL) == 0 &&
		    !page_is_zero(page, p->size))
			p->count++;
	}
	dump_reader_free(r);
	return p->data;
}

static uint64_t compress_all(const struct codec *codec, struct codec_state *s,
			     const struct pages *p, uint8_t *arena)
{
	uint64_t bytes = 0;
	size_t used = 0;

	for (size_t i = 0; i < p->count; i++) {
		const uint8_t *page = p->data + i * p->size;
		size_t len;

		if (ARENA - used < 2 * (size_t)p->size)
			used = 0;
		len = codec->compress(s, page, p->size, arena + used, ARENA - used);
		if (!len) {
			memcpy(arena + used, page, p->size);
			len = p->size;
		}
		used += len;
		bytes += len;
	}
	return bytes;
}

static int select_kept(struct dumpfile *d, unsigned level, struct selection *ret, struct error *e)
{
	struct select_kernel k = { 0 };
	struct memmap map;
	struct page_rules *rules;
	int r = kernel_open(d, &k.kernel, e);

	if (r >= 0)
		r = memmap_read(k.kernel, &map, e);
	if (r >= 0)
		r = page_rules_new(kernel_vmcoreinfo(k.kernel), &rules, e);
	if (r < 0)
		return r;
	k.memmap = &map;
	k.rules = rules;
	return select_pages(d, &k, level, 1, NULL, ret, e);
}

int main(int argc, char **argv)
{
	const struct codec *codec = argc == 5 ? codec_by_option(argv[3][0]) : NULL;
	struct codec_state *state;
	struct dumpfile *d;
	struct selection sel;
	struct pages pages = { 0 };
	struct error e = { 0 };
	uint8_t *arena = malloc(ARENA);
	double best = 0;
	uint64_t bytes = 0;

	if (!codec || !arena) {
		fputs("usage: codec_limit DUMP LEVEL c|l|p|z REPEATS\n", stderr);
		return 2;
	}
	if (dumpfile_open(argv[1], &d, &e) < 0 ||
	    select_kept(d, (unsigned)atoi(argv[2]), &sel, &e) < 0) {
		fprintf(stderr, "codec_limit: %s\n", error_text(&e));
		return 1;
	}
	state = codec->compressor_new(0, dumpfile_info(d)->page_size);
	if (!state || !load(d, &sel, &pages)) {
		fputs("codec_limit: out of memory\n", stderr);
		return 1;
	}
	for (int i = 0; i < MAX(atoi(argv[4]), 1); i++) {
		double start = cpu_seconds();

		bytes = compress_all(codec, state, &pages, arena);
		best = i ? MIN(best, cpu_seconds() - start) : cpu_seconds() - start;
	}
	printf("{\"pages\": %zu, \"seconds\": %.3f, \"bytes\": %llu}\n", pages.count, best,
	       (unsigned long long)bytes);
	return 0;
}
