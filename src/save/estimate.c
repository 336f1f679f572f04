/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/estimate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dumpfile/kdump_write.h"
#include "save/zero.h"

/* The error of a share is then below 2.5 percent. */
#define SAMPLE_PAGES 2000
/* So many pages of a class, or twice as many, tell how it packs: packing takes far longer than reading. */
#define PACKED_PAGES 384

struct sample {
	uint64_t pages, zero_pages;
	uint64_t packed_pages; /* of those that are not zero */
	uint64_t bytes;	       /* of these, compressed */
};

struct sampler {
	struct dumpfile *dump; /* NULL before sampler_init() */
	struct dump_reader *reader;
	const struct codec *codec;
	struct codec_state *state;
	uint32_t page_size;
	uint8_t *page, *out;
};

static size_t page_cost(struct sampler *s)
{
	size_t len = s->codec->compress(s->state, s->page, s->page_size, s->out,
					2 * (size_t)s->page_size);

	return len ? len : s->page_size;
}

/* Of those that are not zero every pack_step-th is packed. */
static void take_page(struct sampler *s, uint64_t pfn, uint64_t pack_step, struct sample *ret)
{
	if (dump_read(s->reader, pfn * s->page_size, s->page, s->page_size, NULL) < 0)
		return;
	ret->pages++;
	if (page_is_zero(s->page, s->page_size)) {
		ret->zero_pages++;
	} else if ((ret->pages - ret->zero_pages - 1) % pack_step == 0) {
		ret->packed_pages++;
		ret->bytes += page_cost(s);
	}
}

static uint64_t pack_step(uint64_t pages)
{
	return MAX(pages / PACKED_PAGES, (uint64_t)1);
}

/* Every n-th of the pages that are kept. */
static struct sample take_sample(struct sampler *s, const struct bitmap *kept, uint64_t pages,
				 uint64_t packed_of)
{
	uint64_t step = MAX(pages / SAMPLE_PAGES, (uint64_t)1), at = step / 2;
	struct sample ret = { 0 };

	for (uint64_t i = 0; i < DIV_ROUND_UP(kept->bits, 64); i++) {
		uint64_t word = kept->words[i];
		uint64_t count = (uint64_t)__builtin_popcountll(word);

		/* at counts the pages to skip until the next one is taken. */
		for (; at < count; at += step) {
			uint64_t bits = word;

			for (uint64_t skip = at; skip; skip--)
				bits &= bits - 1;
			take_page(s, i * 64 + (uint64_t)__builtin_ctzll(bits), packed_of, &ret);
		}
		at -= count;
	}
	return ret;
}

/* The kernel's pages are what is kept where all else is left out. */
static int sample_kernel(struct dumpfile *d, const struct select_kernel *k, unsigned threads,
			 struct sampler *s, struct sample *ret, struct error *e)
{
	const struct select_job job = {
		.dump = d, .kernel = k, .level = LEVEL_ALL, .threads = threads
	};
	struct selection kernel;
	int r = select_pages(&job, &kernel, e);

	if (r < 0)
		return r;
	*ret = take_sample(s, &kernel.kept, kernel.kept_pages, pack_step(SAMPLE_PAGES));
	selection_done(&kernel);
	return 0;
}

static void sample_classes(const struct selection *sel, struct sampler *s,
			   struct sample samples[PAGE_CLASS_COUNT])
{
	for (enum page_class c = 0; sel->samples && c < PAGE_CLASS_COUNT; c++)
		for (size_t i = 0; i < sel->samples[c].count; i++)
			take_page(s, sel->samples[c].pfns[i], pack_step(sel->samples[c].count),
				  &samples[c]);
}

static uint64_t scaled(uint64_t value, uint64_t pages, uint64_t sampled)
{
	return sampled ? (uint64_t)((double)value * (double)pages / (double)sampled) : 0;
}

static void sum_level(const struct selection *counts, const struct sample *samples, unsigned level,
		      uint32_t page_size, uint64_t zero_cost, struct save_estimate *ret)
{
	struct save_estimate est = { 0 };

	for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++) {
		uint64_t pages = counts->class_pages[c], zero;

		if (level_excludes(level, c))
			continue;
		zero = scaled(samples[c].zero_pages, pages, samples[c].pages);
		est.kept_pages += pages;
		est.zero_pages += zero;
		est.bytes += scaled(samples[c].bytes, pages - zero, samples[c].packed_pages);
	}
	est.raw_bytes = (est.kept_pages - est.zero_pages) * page_size;
	if (!(level & LEVEL_ZERO)) {
		est.raw_bytes = est.kept_pages * page_size;
		est.bytes += est.zero_pages * zero_cost;
	}
	est.bytes += est.kept_pages * sizeof(struct kdump_desc) + 2 * (counts->kept.bits / 8) +
		     4 * (uint64_t)page_size;
	*ret = est;
}

static void sampler_done(struct sampler *s)
{
	dump_reader_free(s->reader);
	if (s->dump)
		dumpfile_scattered(s->dump, false);
	if (s->state)
		s->codec->state_free(s->state);
	free(s->page);
	free(s->out);
}

/* What was allocated is released by sampler_done(), also on failure. */
static int sampler_init(struct sampler *s, struct dumpfile *d, const struct save_options *o,
			struct error *e)
{
	int r;

	*s = (struct sampler){ .codec = codec_by_id(o->codec),
			       .page_size = dumpfile_info(d)->page_size };
	r = dump_reader_new(d, &s->reader);
	if (r < 0)
		return error_errno(e, r, "reading the sample");
	s->dump = d;
	dumpfile_scattered(d, true);
	s->page = calloc(1, s->page_size);
	s->out = malloc(2 * (size_t)s->page_size);
	s->state = s->codec->compressor_new(o->codec_level, s->page_size);
	if (!s->page || !s->out || !s->state)
		return error_set(e, -ENOMEM, "out of memory for the sample");
	return 0;
}

/* Headers, bitmaps and the table of what is kept. */
static uint64_t overhead(struct dumpfile *d, const struct selection *sel)
{
	return sel->kept_pages * sizeof(struct kdump_desc) + 2 * (sel->kept.bits / 8) +
	       8 * (uint64_t)dumpfile_info(d)->page_size;
}

uint64_t estimate_most(struct dumpfile *d, const struct selection *sel)
{
	return overhead(d, sel) + sel->kept_pages * dumpfile_info(d)->page_size;
}

int estimate_selection(struct dumpfile *d, const struct selection *sel, unsigned level,
		       const struct save_options *o, uint64_t *ret, struct error *e)
{
	__attribute__((cleanup(sampler_done))) struct sampler s = { 0 };
	struct sample sample;
	int r = sampler_init(&s, d, o, e);

	if (r < 0)
		return r;
	sample = take_sample(&s, &sel->kept, sel->kept_pages, 1);
	if (!(level & LEVEL_ZERO)) {
		memset(s.page, 0, s.page_size);
		sample.bytes += sample.zero_pages * page_cost(&s);
	}
	*ret = overhead(d, sel) + scaled(sample.bytes, sel->kept_pages, sample.pages);
	return 0;
}

int estimate_levels(struct dumpfile *d, const struct select_kernel *k, const struct selection *sel,
		    const struct save_options *o, struct save_result *ret, struct error *e)
{
	__attribute__((cleanup(sampler_done))) struct sampler s = { 0 };
	struct sample samples[PAGE_CLASS_COUNT] = { 0 };
	uint64_t zero_cost;
	int r = sampler_init(&s, d, o, e);

	if (r < 0)
		return r;
	zero_cost = page_cost(&s);
	sample_classes(sel, &s, samples);
	if ((ret->level | LEVEL_ZERO) == LEVEL_ALL)
		samples[PAGE_KERNEL] =
			take_sample(&s, &sel->kept, sel->kept_pages, pack_step(SAMPLE_PAGES));
	else
		r = sample_kernel(d, k, ret->threads, &s, &samples[PAGE_KERNEL], e);
	if (r < 0)
		return r;
	for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++)
		ret->sample_pages += samples[c].pages;
	for (unsigned level = 0; level <= LEVEL_ALL; level++)
		sum_level(sel, samples, level, s.page_size, zero_cost, &ret->levels[level]);
	return 0;
}
