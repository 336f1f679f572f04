/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast `lastword save` could be: the pages it keeps of a dump compressed from memory to memory by the same library in one
 * thread; those of zeros only where the level keeps them. And what no program can save: the same with what comes out written
 * to OUT, by the MiB. Prints, in seconds of CPU and bytes:
 *	codec_limit DUMP LEVEL CODEC-LETTER REPEATS OUT
 *	->  {"pages": …, "seconds": best of the repeats, "written": the same with writing, "bytes": …}
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dumpfile/codec.h"
#include "save/select.h"
#include "save/zero.h"

#define ARENA MIB(1)
/* What takes so many seconds is not repeated. */
#define LONG 5

/* Where the pages lie in the dump, a file that is mapped whole. */
struct pages {
	const void **data;
	size_t count;
	uint32_t size;
};

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool load(struct dumpfile *d, const struct selection *sel, bool zeros, struct pages *p)
{
	struct dump_reader *r;

	if (dump_reader_new(d, &r) < 0)
		return false;
	p->size = dumpfile_info(d)->page_size;
	p->data = calloc(sel->kept_pages, sizeof(*p->data));
	for (uint64_t pfn = bitmap_next_set(&sel->kept, 0); p->data && pfn < sel->kept.bits;
	     pfn = bitmap_next_set(&sel->kept, pfn + 1)) {
		const void *page;
		size_t len;

		if (dump_borrow(r, pfn * p->size, p->size, &page, &len, NULL) == 0 &&
		    len == p->size && (zeros || !page_is_zero(page, len)))
			p->data[p->count++] = page;
	}
	/* The reader stays: what it lent is still used. */
	return p->data;
}

/* Writes to fd where it is not -1. */
static uint64_t compress_all(const struct codec *codec, struct codec_state *s,
			     const struct pages *p, uint8_t *arena, int fd)
{
	uint64_t bytes = 0;
	size_t used = 0;

	for (size_t i = 0; i < p->count; i++) {
		const void *page = p->data[i];
		size_t len;

		if (ARENA - used < 2 * (size_t)p->size) {
			if (fd >= 0 && write(fd, arena, used) != (ssize_t)used)
				exit(1);
			used = 0;
		}
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

/* The least seconds of CPU; *ret_bytes of output. */
static double best_of(int repeats, const struct codec *codec, const struct pages *p, uint8_t *arena,
		      const char *out, uint64_t *ret_bytes)
{
	struct codec_state *state = codec->compressor_new(0, p->size);
	double best = 0;

	for (int i = 0; state && i < MAX(repeats, 1) && best < LONG; i++) {
		int fd = out ? open(out, O_CREAT | O_TRUNC | O_WRONLY, 0600) : -1;
		double start = cpu_seconds(), took;

		*ret_bytes = compress_all(codec, state, p, arena, fd);
		took = cpu_seconds() - start;
		best = i ? MIN(best, took) : took;
		if (fd >= 0)
			close(fd);
	}
	return best;
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
	return select_pages(
		&(struct select_job){ .dump = d, .kernel = &k, .level = level, .threads = 1 }, ret,
		e);
}

int main(int argc, char **argv)
{
	const struct codec *codec = argc == 6 ? codec_by_option(argv[3][0]) : NULL;
	struct dumpfile *d;
	struct selection sel;
	struct pages pages = { 0 };
	struct error e = { 0 };
	uint8_t *arena = malloc(ARENA);
	unsigned level = argc == 6 ? (unsigned)atoi(argv[2]) : 0;
	double alone, written;
	uint64_t bytes = 0;

	if (!codec || !arena) {
		fputs("usage: codec_limit DUMP LEVEL c|l|p|z REPEATS OUT\n", stderr);
		return 2;
	}
	if (dumpfile_open(argv[1], &d, &e) < 0 || select_kept(d, level, &sel, &e) < 0) {
		fprintf(stderr, "codec_limit: %s\n", error_text(&e));
		return 1;
	}
	if (!load(d, &sel, !(level & LEVEL_ZERO), &pages)) {
		fputs("codec_limit: out of memory\n", stderr);
		return 1;
	}
	alone = best_of(atoi(argv[4]), codec, &pages, arena, NULL, &bytes);
	written = best_of(atoi(argv[4]), codec, &pages, arena, argv[5], &bytes);
	printf("{\"pages\": %zu, \"seconds\": %.3f, \"written\": %.3f, \"bytes\": %llu}\n",
	       pages.count, alone, written, (unsigned long long)bytes);
	return 0;
}
