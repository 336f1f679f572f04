/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/estimate.h"

#include <errno.h>
#include <stdlib.h>

#include "dumpfile/kdump_write.h"
#include "save/zero.h"

/* Of each class. The error of a share is then below 2.5 percent. */
#define SAMPLE_PAGES 2000

struct sample {
	uint64_t pages, zero_pages;
	uint64_t bytes; /* compressed, of the pages that are not zero */
};

struct sampler {
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

static void take_page(struct sampler *s, uint64_t pfn, struct sample *ret)
{
	if (dump_read(s->reader, pfn * s->page_size, s->page, s->page_size, NULL) < 0)
		return;
	ret->pages++;
	if (page_is_zero(s->page, s->page_size))
		ret->zero_pages++;
	else
		ret->bytes += page_cost(s);
}

/* Every n-th page that is in one selection and not in the other, which may be NULL. */
static struct sample take_sample(struct sampler *s, const struct bitmap *in,
				 const struct bitmap *out, uint64_t pages)
{
	uint64_t step = MAX(pages / SAMPLE_PAGES, (uint64_t)1), at = step / 2;
	struct sample ret = { 0 };

	for (uint64_t i = 0; i < DIV_ROUND_UP(in->bits, 64); i++) {
		uint64_t word = in->words[i] & ~(out ? out->words[i] : 0);
		uint64_t count = (uint64_t)__builtin_popcountll(word);

		/* at counts the pages of the class to skip until the next one is taken. */
		for (; at < count; at += step) {
			uint64_t bits = word;

			for (uint64_t skip = at; skip; skip--)
				bits &= bits - 1;
			take_page(s, i * 64 + (uint64_t)__builtin_ctzll(bits), &ret);
		}
		at -= count;
	}
	return ret;
}

/* Which level leaves out a class and nothing that the one before it in the row keeps. */
static const struct {
	enum page_class class;
	unsigned with, without;
} class_levels[] = {
	{ PAGE_CACHE, 0, LEVEL_CACHE },
	{ PAGE_CACHE_PRIVATE, LEVEL_CACHE, LEVEL_CACHE_PRIVATE },
	{ PAGE_USER, 0, LEVEL_USER },
	{ PAGE_FREE, 0, LEVEL_FREE },
};

static int sample_class(struct dumpfile *d, const struct select_kernel *k, struct sampler *s,
			unsigned threads, unsigned with, unsigned without, uint64_t pages,
			struct sample *ret, struct error *e)
{
	struct selection in, out;
	int r = select_pages(d, k, with, threads, NULL, &in, e);

	if (r < 0)
		return r;
	r = select_pages(d, k, without, threads, NULL, &out, e);
	if (r >= 0) {
		*ret = take_sample(s, &in.kept, &out.kept, pages);
		selection_done(&out);
	}
	selection_done(&in);
	return r;
}

static int sample_classes(struct dumpfile *d, const struct select_kernel *k,
			  const struct selection *counts, struct sampler *s, unsigned threads,
			  struct sample samples[PAGE_CLASS_COUNT], struct error *e)
{
	struct selection kernel;
	int r = select_pages(d, k, LEVEL_ALL, threads, NULL, &kernel, e);

	if (r < 0)
		return r;
	samples[PAGE_KERNEL] = take_sample(s, &kernel.kept, NULL, kernel.kept_pages);
	selection_done(&kernel);
	for (size_t i = 0; i < ARRAY_SIZE(class_levels) && r >= 0; i++) {
		enum page_class class = class_levels[i].class;

		if (counts->class_pages[class])
			r = sample_class(d, k, s, threads, class_levels[i].with,
					 class_levels[i].without, counts->class_pages[class],
					 &samples[class], e);
	}
	return r;
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
		est.bytes += scaled(samples[c].bytes, pages, samples[c].pages);
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

int estimate_levels(struct dumpfile *d, const struct select_kernel *k,
		    const struct selection *counts, const struct save_options *o, unsigned threads,
		    struct save_result *ret, struct error *e)
{
	_cleanup_(dump_reader_freep) struct dump_reader *reader = NULL;
	_cleanup_free_ uint8_t *page = NULL, *out = NULL;
	struct sample samples[PAGE_CLASS_COUNT] = { 0 };
	struct sampler s = { .codec = codec_by_id(o->codec),
			     .page_size = dumpfile_info(d)->page_size };
	uint64_t zero_cost;
	int r = dump_reader_new(d, &reader);

	if (r < 0)
		return error_errno(e, r, "reading the sample");
	s.reader = reader;
	s.page = page = calloc(1, s.page_size);
	s.out = out = malloc(2 * (size_t)s.page_size);
	s.state = s.codec->compressor_new(o->codec_level, s.page_size);
	if (!page || !out || !s.state) {
		s.codec->state_free(s.state);
		return error_set(e, -ENOMEM, "out of memory for the sample");
	}
	zero_cost = page_cost(&s);
	r = sample_classes(d, k, counts, &s, threads, samples, e);
	s.codec->state_free(s.state);
	if (r < 0)
		return r;
	for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++)
		ret->sample_pages += samples[c].pages;
	for (unsigned level = 0; level <= LEVEL_ALL; level++)
		sum_level(counts, samples, level, s.page_size, zero_cost, &ret->levels[level]);
	return 0;
}
