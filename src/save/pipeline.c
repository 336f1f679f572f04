/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "save/order.h"
#include "save/parallel.h"
#include "save/zero.h"

/* Kept pages a worker takes at once: long enough that the lock and the writes do not count, short enough to share evenly. */
#define UNIT_BYTES MIB(2)
/* Compressed data collected before it is written. */
#define ARENA_BYTES MIB(1)
/* A page of zeros takes less with any codec, where it is 4 KiB. */
#define ZEROS_MAX 256
/* In desc.offset until the arena is written: the offset counts from the arena's start. */
#define IN_ARENA (UINT64_C(1) << 63)

/* What a sink takes is known after so much memory at most, ... */
#define TRIAL_BYTES GIB(1)
/* ... or a quarter of all, or this time, ... */
#define TRIAL_SHARE 4
#define TRIAL_TIME (2 * USEC_PER_SEC)
/* ... not counting what the system may have taken on trust. */
#define TRIAL_BUFFERED MIB(32)

struct pipeline;

/* What one thread owns. */
struct worker {
	struct pipeline *pipeline;
	struct dump_reader *reader;
	struct codec_state *codec;
	uint8_t *arena;
	uint8_t *page; /* a page that no window lends whole */
	uint8_t zeros
		[ZEROS_MAX]; /* what the codec makes of a page of zeros, where they do not share one */
	size_t zeros_size;	  /* 0: there was none yet */
	struct kdump_desc *descs; /* of a unit, in the order it was taken */
	size_t arena_used;
	size_t desc_count;
	size_t desc_placed; /* of those, none is IN_ARENA */
	uint64_t zero_pages, lost_pages;
	uint64_t written; /* bytes of data, and how long that took, while job->now is asked */
	usec_t writing;
};

struct pipeline {
	const struct pipeline_job *job;
	const struct codec *codec;
	int codec_level;
	bool in_trial;
	struct kdump_desc zero;
	uint32_t page_size;
	uint32_t unit_pages;
	size_t arena_size;

	struct order_plan plan;

	pthread_mutex_t lock; /* the order and the first error */
	struct order order;
	int r;
	struct error error;
	_Atomic bool stop;

	struct worker workers[PARALLEL_MAX];
};

/* The next kept pages, in the order they are written. */
struct unit {
	struct order order; /* stands at the first */
	uint64_t pages;
};

static bool take_unit(struct pipeline *p, struct unit *ret)
{
	struct order_span span;

	pthread_mutex_lock(&p->lock);
	*ret = (struct unit){ .order = p->order };
	while (ret->pages < p->unit_pages &&
	       order_next(&p->order, p->unit_pages - ret->pages, &span))
		ret->pages += span.pages;
	pthread_mutex_unlock(&p->lock);
	return ret->pages > 0;
}

static void report(struct pipeline *p, int r, const struct error *e)
{
	pthread_mutex_lock(&p->lock);
	if (p->r >= 0) {
		p->r = r;
		p->error = *e;
	}
	pthread_mutex_unlock(&p->lock);
	atomic_store(&p->stop, true);
}

static int flush_arena(struct worker *w, struct error *e)
{
	const struct pipeline_job *job = w->pipeline->job;
	usec_t start = w->pipeline->in_trial ? job->now() : 0;
	uint64_t base;
	int r;

	if (!w->arena_used)
		return 0;
	r = kdump_writer_data(job->writer, w->arena, w->arena_used, &base, e);
	if (r < 0)
		return r;
	if (w->pipeline->in_trial) {
		w->written += w->arena_used;
		w->writing += job->now() - start;
	}
	for (; w->desc_placed < w->desc_count; w->desc_placed++)
		if (w->descs[w->desc_placed].offset & IN_ARENA)
			w->descs[w->desc_placed].offset += base - IN_ARENA;
	w->arena_used = 0;
	return 0;
}

/* Into the arena. Half of a machine's pages may be zeros; the codec makes the same of each. */
static size_t pack(struct worker *w, const void *page)
{
	const struct pipeline *p = w->pipeline;
	uint8_t *to = w->arena + w->arena_used;
	bool zero = !p->job->share_zeros && page_is_zero(page, p->page_size);
	size_t len;

	if (zero && w->zeros_size) {
		memcpy(to, w->zeros, w->zeros_size);
		return w->zeros_size;
	}
	len = p->codec->compress(w->codec, page, p->page_size, to, p->arena_size - w->arena_used);
	if (zero && len <= ZEROS_MAX) {
		memcpy(w->zeros, to, len);
		w->zeros_size = len;
	}
	return len;
}

static int put_page(struct worker *w, const void *page, struct error *e)
{
	const struct pipeline *p = w->pipeline;
	const struct codec *codec = p->codec;
	struct kdump_desc *desc = &w->descs[w->desc_count];
	size_t len;
	int r;

	if (p->job->share_zeros && page_is_zero(page, p->page_size)) {
		*desc = p->zero;
		w->zero_pages++;
		w->desc_count++;
		return 0;
	}
	/* Room for what a codec may need beyond the page before it finds that the page does not get smaller. */
	if (p->arena_size - w->arena_used < 2 * p->page_size) {
		r = flush_arena(w, e);
		if (r < 0)
			return r;
	}
	len = pack(w, page);
	*desc = (struct kdump_desc){
		.offset = w->arena_used | IN_ARENA,
		.size = len ? (uint32_t)len : p->page_size,
		.flags = len ? codec->flag : 0,
	};
	if (!len)
		memcpy(w->arena + w->arena_used, page, p->page_size);
	w->arena_used += desc->size;
	w->desc_count++;
	return 0;
}

/* A page of which a part is not to be told. data may be w->page itself. */
static int put_erased(struct worker *w, uint64_t pfn, const void *data, struct error *e)
{
	const struct pipeline *p = w->pipeline;

	memmove(w->page, data, p->page_size);
	eraser_apply(p->job->eraser, pfn, w->page, p->page_size);
	return put_page(w, w->page, e);
}

/* What the dump says it cannot give is lost; anything else is a fault of ours or of the system. */
static bool is_lost(int r)
{
	return r == -ENODATA || r == -ENXIO || r == -EIO;
}

/* Pages of [pfn, pfn + n) as far as one loan goes; *ret_done of them, at least one. */
static int put_loan(struct worker *w, uint64_t pfn, uint64_t n, uint64_t *ret_done, struct error *e)
{
	const struct pipeline *p = w->pipeline;
	const uint8_t *data = NULL;
	size_t len = 0;
	uint64_t erased;
	int r = dump_borrow(w->reader, pfn * p->page_size, n * p->page_size, (const void **)&data,
			    &len, NULL);

	if (r >= 0 && len < p->page_size) {
		r = dump_read(w->reader, pfn * p->page_size, w->page, p->page_size, NULL);
		data = w->page;
		len = p->page_size;
	}
	if (is_lost(r)) {
		w->descs[w->desc_count++] = (struct kdump_desc){ 0 };
		w->lost_pages++;
		*ret_done = 1;
		return 0;
	}
	if (r < 0)
		return error_errno(e, r, "read of page %#llx", (unsigned long long)pfn);
	n = MIN(n, len / p->page_size);
	erased = eraser_next(p->job->eraser, pfn);
	for (uint64_t i = 0; i < n; i++) {
		if (pfn + i == erased) {
			r = put_erased(w, erased, data + i * p->page_size, e);
			erased = eraser_next(p->job->eraser, erased + 1);
		} else {
			r = put_page(w, data + i * p->page_size, e);
		}
		if (r < 0)
			return r;
	}
	*ret_done = n;
	return 0;
}

static int put_span(struct worker *w, const struct order_span *span, struct error *e)
{
	uint64_t end = span->pfn + span->pages, done = 1;

	for (uint64_t pfn = span->pfn; pfn < end; pfn += done) {
		int r = put_loan(w, pfn, end - pfn, &done, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Spans that follow each other in the table go out in one write. */
static int write_descs(struct worker *w, struct unit *u, struct error *e)
{
	size_t at = 0, n = 0;
	uint64_t index = 0;
	struct order_span span;
	int r = 0;

	while (r >= 0 && at + n < w->desc_count &&
	       order_next(&u->order, w->desc_count - at - n, &span)) {
		if (n && span.index != index + n) {
			r = kdump_writer_descs(w->pipeline->job->writer, index, w->descs + at, n,
					       e);
			at += n;
			n = 0;
		}
		if (!n)
			index = span.index;
		n += span.pages;
	}
	return r < 0 || !n
		       ? r
		       : kdump_writer_descs(w->pipeline->job->writer, index, w->descs + at, n, e);
}

/* What of a unit was written before the disk was full is there all the same. */
static int leave_unit(struct worker *w, struct unit *u, int r)
{
	w->desc_count = w->desc_placed;
	(void)!write_descs(w, u, NULL);
	return r;
}

static int put_unit(struct worker *w, struct unit *u, struct error *e)
{
	struct order order = u->order;
	struct order_span span;
	int r;

	w->desc_count = w->desc_placed = 0;
	while (w->desc_count < u->pages && order_next(&order, u->pages - w->desc_count, &span)) {
		r = put_span(w, &span, e);
		if (r < 0)
			return leave_unit(w, u, r);
	}
	r = flush_arena(w, e);
	return r < 0 ? leave_unit(w, u, r) : write_descs(w, u, e);
}

static int work(void *user, unsigned index)
{
	struct pipeline *p = user;
	struct worker *w = &p->workers[index];
	struct error e = { 0 };
	struct unit u;

	while (!atomic_load_explicit(&p->stop, memory_order_relaxed) && take_unit(p, &u)) {
		int r = put_unit(w, &u, &e);

		if (r < 0) {
			report(p, r, &e);
			return r;
		}
		progress_add(p->job->progress, u.pages);
		if (index == 0 && !p->job->counts_only)
			progress_step(p->job->progress);
	}
	return 0;
}

/* Has the sink shown what it takes? */
static bool is_shown(const struct pipeline *p, const struct worker *w, uint64_t pages, bool counted)
{
	uint64_t most = TRIAL_BYTES / p->page_size, all = p->job->kept_pages;

	return pages >= MIN(most, all / TRIAL_SHARE) || (counted && w->writing >= TRIAL_TIME);
}

/* The first pages, by one thread. */
static int try_sink(struct pipeline *p, struct error *e)
{
	struct worker *w = &p->workers[0];
	bool counted = false;
	uint64_t pages = 0;
	struct unit u;

	p->in_trial = true;
	while (!is_shown(p, w, pages, counted) && take_unit(p, &u)) {
		int r = put_unit(w, &u, e);

		if (r < 0)
			return r;
		pages += u.pages;
		progress_add(p->job->progress, u.pages);
		progress_step(p->job->progress);
		if (!counted && w->written >= TRIAL_BUFFERED) {
			counted = true;
			w->written = w->writing = 0;
		}
	}
	p->in_trial = false;
	return 0;
}

/* From now on. Where there is no memory for it all goes on as before. */
static void change_codec(struct pipeline *p, unsigned threads, const struct rate_rung *to)
{
	struct codec_state *states[PARALLEL_MAX];
	unsigned n = 0;

	while (n < threads && (states[n] = to->codec->compressor_new(to->level, p->page_size)))
		n++;
	for (unsigned i = 0; i < n; i++) {
		struct codec_state *unused = states[i];

		if (n == threads) {
			unused = p->workers[i].codec;
			p->workers[i].codec = states[i];
			p->workers[i].zeros_size = 0;
		}
		(n == threads ? p->codec : to->codec)->state_free(unused);
	}
	if (n == threads) {
		p->codec = to->codec;
		p->codec_level = to->level;
		kdump_writer_codec(p->job->writer, to->codec);
	}
}

static int find_rate(struct pipeline *p, struct pipeline_result *res, struct error *e)
{
	const struct worker *w = &p->workers[0];
	int r = try_sink(p, e);

	if (r < 0 || !w->written)
		return r;
	res->bytes_per_second =
		(uint64_t)((double)w->written * USEC_PER_SEC / (double)MAX(w->writing, 1u));
	change_codec(p, res->threads,
		     rate_choose(p->job->rate, res->bytes_per_second, res->threads));
	return 0;
}

static int worker_init(struct worker *w, struct pipeline *p)
{
	const struct codec *codec = p->codec;
	int r = dump_reader_new(p->job->dump, &w->reader);

	if (r < 0)
		return r;
	w->pipeline = p;
	w->arena = malloc(p->arena_size);
	w->page = malloc(p->page_size);
	w->descs = calloc(p->unit_pages, sizeof(*w->descs));
	w->codec = codec->compressor_new(p->codec_level, p->page_size);
	return w->arena && w->page && w->descs && w->codec ? 0 : -ENOMEM;
}

static void worker_done(struct worker *w, const struct codec *codec)
{
	dump_reader_free(w->reader);
	codec->state_free(w->codec);
	free(w->arena);
	free(w->page);
	free(w->descs);
	*w = (struct worker){ 0 };
}

static int pipeline_init(struct pipeline *p, const struct pipeline_job *job)
{
	int r;

	p->job = job;
	p->codec = job->codec;
	p->codec_level = job->codec_level;
	p->plan = (struct order_plan){
		.kept = job->kept,
		.todo = job->todo,
		.first_pfn = job->first_pfn,
		.end_pfn = job->end_pfn,
		.worth = job->worth,
		.worth_count = job->worth_count,
	};
	p->zero = kdump_writer_zero(job->writer);
	p->page_size = dumpfile_info(job->dump)->page_size;
	p->unit_pages = (uint32_t)MAX(UNIT_BYTES / p->page_size, (uint64_t)1);
	p->arena_size = MAX(ARENA_BYTES, (uint64_t)4 * p->page_size);
	pthread_mutex_init(&p->lock, NULL);
	r = order_plan_init(&p->plan);
	if (r >= 0)
		p->order = order_begin(&p->plan);
	return r;
}

/* All memory is taken before the first page: where there is little, fewer threads do the work. */
static int workers_init(struct pipeline *p, unsigned *ret_threads)
{
	unsigned want = MIN(MAX(p->job->threads, 1u), (unsigned)PARALLEL_MAX), n = 0;
	int r = 0;

	while (n < want && r >= 0) {
		r = worker_init(&p->workers[n], p);
		if (r < 0)
			worker_done(&p->workers[n], p->codec);
		else
			n++;
	}
	*ret_threads = n;
	return n ? 0 : r;
}

static int run_workers(struct pipeline *p, struct pipeline_result *res, struct error *e)
{
	int r = workers_init(p, &res->threads);

	if (r < 0)
		return error_errno(e, r, "memory for one thread");
	if (p->job->rate)
		r = find_rate(p, res, e);
	if (r >= 0)
		r = parallel_run(res->threads, work, p);
	if (p->r < 0) {
		r = p->r;
		if (e)
			*e = p->error;
	}
	return r;
}

int pipeline_run(const struct pipeline_job *job, struct pipeline_result *ret, struct error *e)
{
	_cleanup_free_ struct pipeline *p = calloc(1, sizeof(*p));
	struct pipeline_result result = { 0 };
	int r;

	*ret = result;
	if (!p)
		return error_set(e, -ENOMEM, "out of memory");
	r = pipeline_init(p, job);
	r = r < 0 ? error_errno(e, r, "the order of the pages") : run_workers(p, &result, e);
	for (unsigned i = 0; i < result.threads; i++) {
		result.zero_pages += p->workers[i].zero_pages;
		result.lost_pages += p->workers[i].lost_pages;
		worker_done(&p->workers[i], p->codec);
	}
	result.codec = p->codec;
	result.codec_level = p->codec_level;
	pthread_mutex_destroy(&p->lock);
	order_plan_done(&p->plan);
	*ret = result;
	return r;
}
