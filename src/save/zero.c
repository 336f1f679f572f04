/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/zero.h"

#include <errno.h>
#include <stdlib.h>

#include "save/parallel.h"

/* A multiple of 64: no word of the bitmap belongs to two threads. */
#define PIECE_PAGES UINT64_C(4096)

struct zero_scan {
	struct dumpfile *dump;
	struct bitmap *kept;
	struct progress *progress;
	_Atomic uint64_t next_piece;
	_Atomic uint64_t zeros;
};

/* One kept page, or as many as one loan has; returns how many. */
static uint64_t scan_loan(struct zero_scan *s, struct dump_reader *r, uint64_t pfn, uint64_t end)
{
	uint32_t page_size = dumpfile_info(s->dump)->page_size;
	const uint8_t *data;
	size_t len;
	uint64_t n;

	if (dump_borrow(r, pfn * page_size, (end - pfn) * page_size, (const void **)&data, &len,
			NULL) < 0 ||
	    len < page_size)
		return 1;
	n = len / page_size;
	for (uint64_t i = 0; i < n; i++) {
		if (!page_is_zero(data + i * page_size, page_size))
			continue;
		bitmap_clear(s->kept, pfn + i);
		atomic_fetch_add_explicit(&s->zeros, 1, memory_order_relaxed);
	}
	return n;
}

static int scan_pieces(void *user, unsigned index)
{
	_cleanup_(dump_reader_freep) struct dump_reader *reader = NULL;
	struct zero_scan *s = user;
	int r = dump_reader_new(s->dump, &reader);
	uint64_t start;

	if (r < 0)
		return index ? 0 : r;
	while ((start = PIECE_PAGES * atomic_fetch_add(&s->next_piece, 1)) < s->kept->bits) {
		uint64_t end = MIN(start + PIECE_PAGES, s->kept->bits);
		uint64_t pfn = bitmap_next_set(s->kept, start);

		while (pfn < end) {
			uint64_t stop = MIN(bitmap_next_clear(s->kept, pfn), end);

			while (pfn < stop)
				pfn += scan_loan(s, reader, pfn, stop);
			pfn = bitmap_next_set(s->kept, stop);
		}
		progress_add(s->progress, end - start);
		if (index == 0)
			progress_step(s->progress);
	}
	return 0;
}

int zero_pages_clear(struct dumpfile *d, struct bitmap *kept, unsigned threads,
		     struct progress *progress, uint64_t *ret, struct error *e)
{
	struct zero_scan s = { .dump = d, .kept = kept, .progress = progress };
	int r;

	progress_begin(progress, "finding zero pages", kept->bits);
	r = parallel_run(threads, scan_pieces, &s);
	progress_end(progress);
	if (r < 0)
		return error_errno(e, r, "looking for zero pages");
	*ret = s.zeros;
	return 0;
}
