/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "save/meta.h"
#include "save/parallel.h"
#include "save/pipeline.h"
#include "save/write.h"

/* One file: the only one, or a part of a split dump. */
struct part {
	struct kdump_meta meta; /* the same for all but the pages */
	int codec_level;
	const struct rate *rate; /* to choose of when the sink is known; NULL: meta.codec it is */
	struct sink *sink;
	struct pipeline_result done;
	struct error error;
	int r;
	bool readable; /* has its headers, whatever came after */
	uint64_t bytes;
};

struct parts {
	const struct write_job *job;
	struct part *part;
	size_t count;
	_Atomic size_t next;
};

bool is_sink_end(int r)
{
	return r == -ENOSPC || r == -EDQUOT || r == -EFBIG || r == -EIO;
}

static int write_pages(const struct parts *all, const struct part *p, struct kdump_writer *w,
		       struct pipeline_result *ret, struct error *e)
{
	const struct write_job *job = all->job;
	const struct save_options *o = job->options;
	const struct pipeline_job pages = {
		.dump = job->dump,
		.kept = &job->selection->kept,
		.first_pfn = p->meta.first_pfn,
		.end_pfn = p->meta.end_pfn,
		.worth = o->worth,
		.worth_count = o->worth_count,
		.writer = w,
		.codec = p->meta.codec,
		.kept_pages = job->selection->kept_pages,
		.codec_level = p->codec_level,
		.rate = p->rate,
		.now = o->rate.now,
		.share_zeros = job->level & LEVEL_ZERO,
		.eraser = o->eraser,
		.threads = all->count > 1 ? 1 : job->threads,
		.progress = o->progress,
		.counts_only = p != all->part,
	};

	return pipeline_run(&pages, ret, e);
}

static int write_erased(const struct eraser *eraser, struct kdump_writer *w, struct error *e)
{
	size_t len;
	const char *text = eraser_text(eraser, &len);

	return len ? kdump_writer_erased(w, text, len, e) : 0;
}

static void write_part(const struct parts *all, struct part *p)
{
	_cleanup_(kdump_writer_freep) struct kdump_writer *w = NULL;
	uint64_t before = p->sink->written;
	int r = kdump_writer_new(p->sink, &p->meta, &w, &p->error);

	p->readable = r >= 0;
	if (r >= 0)
		r = write_pages(all, p, w, &p->done, &p->error);
	if (r >= 0 && all->job->options->eraser)
		r = write_erased(all->job->options->eraser, w, &p->error);
	if (r >= 0)
		r = kdump_writer_finish(w, p->done.lost_pages > 0, &p->error);
	p->r = r;
	p->bytes = p->sink->written - before;
}

static int write_parts(void *user, unsigned index)
{
	struct parts *all = user;
	size_t i;

	while ((i = atomic_fetch_add(&all->next, 1)) < all->count)
		write_part(all, &all->part[i]);
	return 0;
}

/* crash counts a part's pages by words of 64 bits, from its first page on. */
#define PART_GRAIN 64

/* Equal shares of the kept pages, as far as the grain allows. */
static void share_pages(struct parts *all)
{
	const struct selection *sel = all->job->selection;
	uint64_t asked = MAX(all->job->options->split_pages, (uint64_t)1), pfn = 0;
	uint64_t grain = DIV_ROUND_UP(asked, PART_GRAIN) * PART_GRAIN;

	for (size_t i = 0; i < all->count; i++) {
		struct kdump_meta *m = &all->part[i].meta;
		uint64_t want = sel->kept_pages / all->count, end = pfn;

		while (want && end < sel->kept.bits) {
			uint64_t first = bitmap_next_set(&sel->kept, end);
			uint64_t n = MIN(bitmap_next_clear(&sel->kept, first) - first, want);

			want -= n;
			end = first + n;
		}
		m->split = all->count > 1;
		m->first_pfn = pfn;
		pfn = MIN(DIV_ROUND_UP(end, grain) * grain, sel->kept.bits);
		if (i + 1 == all->count)
			pfn = sel->kept.bits;
		m->end_pfn = pfn;
	}
}

int write_kdump_meta(const struct write_job *job, struct kdump_meta *ret,
		     struct dump_note **ret_notes, struct error *e)
{
	int32_t before = dumpfile_info(job->dump)->dump_level;
	struct kdump_meta m = {
		.codec = codec_by_id(job->options->codec),
		.kept = &job->selection->kept,
		.unused_vmemmap = job->options->unused_vmemmap,
	};
	int r = meta_fill(job->dump, job->kernel, &m, ret_notes, e);

	m.level = job->level | (before > 0 ? (uint32_t)before & LEVEL_ALL : 0);
	*ret = m;
	return r;
}

/* Where the rate is known the choice is made; where it is to be measured the fastest makes the beginning. */
static int choose_codec(const struct write_job *job, struct part *part, struct rate *rate,
			struct error *e)
{
	const struct save_options *o = job->options;
	const struct rate_rung *rung;
	int r = rate_measure(job->dump, &job->selection->kept, o, rate, e);

	if (r < 0 || !rate->count)
		return r;
	rung = &rate->rungs[0];
	if (o->rate.bytes_per_second)
		rung = rate_choose(rate, o->rate.bytes_per_second, job->threads);
	else
		part->rate = rate;
	part->meta.codec = rung->codec;
	part->codec_level = rung->level;
	return 0;
}

/* The first error that is more than a full disk, else the first. */
static int sum_parts(const struct parts *all, struct save_result *res, struct error *e)
{
	const struct save_options *o = all->job->options;
	const struct part *failed = NULL;

	for (size_t i = 0; i < all->count; i++) {
		const struct part *p = &all->part[i];

		res->zero_pages += p->done.zero_pages;
		res->lost_pages += p->done.lost_pages;
		res->bytes += p->bytes;
		if (p->r < 0 && (!failed || (is_sink_end(failed->r) && !is_sink_end(p->r))))
			failed = p;
	}
	res->codec = all->part[0].done.codec ? all->part[0].done.codec->id : o->codec;
	res->codec_level = all->part[0].done.codec_level;
	res->bytes_per_second = o->rate.wanted && o->rate.bytes_per_second
					? o->rate.bytes_per_second
					: all->part[0].done.bytes_per_second;
	res->threads = all->count > 1 ? (unsigned)all->count : all->part[0].done.threads;
	if (!failed)
		return 0;
	res->incomplete = failed->readable && is_sink_end(failed->r);
	if (e)
		*e = failed->error;
	return failed->r;
}

int write_kdump(const struct write_job *job, struct sink *const *sinks, size_t count,
		struct save_result *res, struct error *e)
{
	_cleanup_free_ struct part *part = calloc(count, sizeof(*part));
	_cleanup_free_ struct dump_note *notes = NULL;
	struct parts all = { .job = job, .part = part, .count = count };
	struct kdump_meta meta;
	struct rate rate;
	int r;

	if (!part || count > PARALLEL_MAX)
		return error_set(e, -ENOMEM, "%zu files are too many", count);
	r = write_kdump_meta(job, &meta, &notes, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		part[i].meta = meta;
		part[i].sink = sinks[i];
		part[i].codec_level = job->options->codec_level;
	}
	if (job->options->rate.wanted && count == 1) {
		r = choose_codec(job, part, &rate, e);
		if (r < 0)
			return r;
	}
	share_pages(&all);
	res->lost_pages = 0;
	progress_begin(job->options->progress, PROGRESS_COPYING, job->selection->kept_pages);
	r = parallel_run((unsigned)count, write_parts, &all);
	progress_end(job->options->progress);
	return r < 0 ? error_errno(e, r, "writing") : sum_parts(&all, res, e);
}
