/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/rate.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "save/zero.h"

#define SAMPLE_PAGES 192
/* The first time warms the caches. */
#define ROUNDS 2

/* Less of a difference is the measurement's. */
#define SAME 1.02

/* From fast to small. Levels that pack no better than one before them are left out. */
static const struct {
	enum codec_id id;
	int level;
} ladder[] = {
	{ CODEC_LZO, 0 },  { CODEC_SNAPPY, 0 }, { CODEC_ZSTD, -1 }, { CODEC_ZSTD, 1 },
	{ CODEC_ZSTD, 3 }, { CODEC_ZSTD, 5 },	{ CODEC_ZSTD, 12 }, { CODEC_ZLIB, -1 },
	{ CODEC_ZLIB, 0 }, { CODEC_ZLIB, 3 },	{ CODEC_ZLIB, 6 },  { CODEC_ZLIB, 9 },
};

static bool is_allowed(const struct save_options *o, enum codec_id id)
{
	return o->rate.any_codec ? id == CODEC_LZO || id == CODEC_ZSTD : id == o->codec;
}

/* Pages that are not zeros, from places all over the dump. Returns how many. */
static size_t take_pages(struct dumpfile *d, const struct bitmap *kept, uint8_t *pages)
{
	uint32_t size = dumpfile_info(d)->page_size;
	uint64_t step = MAX(kept->bits / SAMPLE_PAGES, (uint64_t)1);
	struct dump_reader *reader;
	size_t n = 0;

	if (dump_reader_new(d, &reader) < 0)
		return 0;
	for (uint64_t i = 0; i < SAMPLE_PAGES && i * step < kept->bits; i++) {
		uint64_t pfn = bitmap_next_set(kept, i * step);

		if (pfn < MIN((i + 1) * step, kept->bits) &&
		    dump_read(reader, pfn * size, pages + n * size, size, NULL) == 0 &&
		    !page_is_zero(pages + n * size, size))
			n++;
	}
	dump_reader_free(reader);
	return n;
}

static int measure_rung(struct rate_rung *rung, const uint8_t *pages, size_t n, uint32_t size,
			uint8_t *out)
{
	struct codec_state *state = rung->codec->compressor_new(rung->level, size);

	if (!state)
		return -ENOMEM;
	for (unsigned round = 0; round < ROUNDS; round++) {
		usec_t start = clock_thread_cpu();
		uint64_t bytes = 0;

		for (size_t i = 0; i < n; i++) {
			size_t len = rung->codec->compress(state, pages + i * size, size, out,
							   2 * (size_t)size);

			bytes += len ? len : size;
		}
		rung->page_seconds =
			(double)(clock_thread_cpu() - start) / USEC_PER_SEC / (double)MAX(n, 1u);
		rung->page_bytes = (double)bytes / (double)MAX(n, 1u);
	}
	rung->codec->state_free(state);
	return 0;
}

int rate_measure(struct dumpfile *d, const struct bitmap *kept, const struct save_options *o,
		 struct rate *ret, struct error *e)
{
	uint32_t size = dumpfile_info(d)->page_size;
	_cleanup_free_ uint8_t *pages = malloc((SAMPLE_PAGES + 2) * (size_t)size);
	struct rate rate = { 0 };
	size_t n;

	if (!pages)
		return error_set(e, -ENOMEM, "out of memory for the sample");
	dumpfile_scattered(d, true);
	n = take_pages(d, kept, pages);
	dumpfile_scattered(d, false);
	for (size_t i = 0; i < ARRAY_SIZE(ladder) && rate.count < RATE_RUNGS_MAX; i++) {
		struct rate_rung *rung = &rate.rungs[rate.count];
		int r;

		if (!is_allowed(o, ladder[i].id))
			continue;
		rung->codec = codec_by_id(ladder[i].id);
		rung->level = ladder[i].level;
		r = measure_rung(rung, pages, n, size, pages + SAMPLE_PAGES * (size_t)size);
		if (r < 0)
			return error_errno(e, r, "memory for %s", rung->codec->name);
		rate.count++;
	}
	*ret = rate;
	return 0;
}

const struct rate_rung *rate_choose(const struct rate *r, uint64_t bytes_per_second,
				    unsigned threads)
{
	const struct rate_rung *best = NULL;
	double best_seconds = 0;

	for (const struct rate_rung *rung = r->rungs; rung < r->rungs + r->count; rung++) {
		double seconds = rung->page_seconds / threads +
				 rung->page_bytes / (double)MAX(bytes_per_second, 1u);

		if (!best || seconds * SAME < best_seconds ||
		    (seconds < best_seconds * SAME && rung->page_bytes * SAME < best->page_bytes)) {
			best = rung;
			best_seconds =
				best_seconds && best_seconds < seconds ? best_seconds : seconds;
		}
	}
	return best;
}
