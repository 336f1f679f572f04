/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "save/parallel.h"
#include "save/zero.h"

/* Kept pages a worker takes at once: long enough that the lock and the writes do not count, short enough to share evenly. */
#define UNIT_BYTES MIB(2)
/* Compressed data collected before it is written. */
#define ARENA_BYTES MIB(1)
/* In desc.offset until the arena is written: the offset counts from the arena's start. */
#define IN_ARENA (UINT64_C(1) << 63)

struct pipeline;

/* What one thread owns. */
struct worker {
	struct pipeline *pipeline;
	struct dump_reader *reader;
	struct codec_state *codec;
	uint8_t *arena;
	uint8_t *page; /* a page that no window lends whole */
	struct kdump_desc *descs;
	size_t arena_used;
	size_t desc_count;
	size_t desc_placed; /* of those, none is IN_ARENA */
	uint64_t zero_pages, lost_pages;
};

struct pipeline {
	const struct pipeline_job *job;
	struct kdump_desc zero;
	uint32_t page_size;
	uint32_t unit_pages;
	size_t arena_size;

	pthread_mutex_t lock; /* the cursor and the first error */
	uint64_t next_pfn;
	uint64_t next_index;
	int r;
	struct error error;
	_Atomic bool stop;

	struct worker workers[PARALLEL_MAX];
};

/* Consecutive kept pages, in pfn order, the first of which has the index-th desc. */
struct unit {
	uint64_t pfn; /* where to begin to look */
	uint64_t index;
	uint64_t pages;
};

static bool take_unit(struct pipeline *p, struct unit *ret)
{
	const struct bitmap *kept = p->job->kept;
	uint64_t pfn, end;

	pthread_mutex_lock(&p->lock);
	*ret = (struct unit){ .index = p->next_index };
	pfn = ret->pfn = bitmap_next_set(kept, p->next_pfn);
	while (pfn < kept->bits && ret->pages < p->unit_pages) {
		end = bitmap_next_clear(kept, pfn);
		end = MIN(end, pfn + p->unit_pages - ret->pages);
		ret->pages += end - pfn;
		pfn = bitmap_next_set(kept, end);
	}
	p->next_pfn = pfn;
	p->next_index += ret->pages;
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
	uint64_t base;
	int r;

	if (!w->arena_used)
		return 0;
	r = kdump_writer_data(w->pipeline->job->writer, w->arena, w->arena_used, &base, e);
	if (r < 0)
		return r;
	for (; w->desc_placed < w->desc_count; w->desc_placed++)
		if (w->descs[w->desc_placed].offset & IN_ARENA)
			w->descs[w->desc_placed].offset += base - IN_ARENA;
	w->arena_used = 0;
	return 0;
}

static int put_page(struct worker *w, const void *page, struct error *e)
{
	const struct pipeline *p = w->pipeline;
	const struct codec *codec = p->job->codec;
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
	len = codec->compress(w->codec, page, p->page_size, w->arena + w->arena_used,
			      p->arena_size - w->arena_used);
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
	for (uint64_t i = 0; i < n; i++) {
		r = put_page(w, data + i * p->page_size, e);
		if (r < 0)
			return r;
	}
	*ret_done = n;
	return 0;
}

static int put_unit(struct worker *w, const struct unit *u, struct error *e)
{
	const struct bitmap *kept = w->pipeline->job->kept;
	uint64_t pfn = u->pfn, done = 1;
	int r;

	w->desc_count = w->desc_placed = 0;
	while (w->desc_count < u->pages) {
		uint64_t end = bitmap_next_clear(kept, pfn);

		end = MIN(end, pfn + u->pages - w->desc_count);
		for (; pfn < end; pfn += done) {
			r = put_loan(w, pfn, end - pfn, &done, e);
			if (r < 0)
				return r;
		}
		pfn = bitmap_next_set(kept, pfn);
	}
	r = flush_arena(w, e);
	if (r < 0)
		return r;
	return kdump_writer_descs(w->pipeline->job->writer, u->index, w->descs, w->desc_count, e);
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
		if (index == 0)
			progress_step(p->job->progress);
	}
	return 0;
}

static int worker_init(struct worker *w, struct pipeline *p)
{
	const struct codec *codec = p->job->codec;
	int r = dump_reader_new(p->job->dump, &w->reader);

	if (r < 0)
		return r;
	w->pipeline = p;
	w->arena = malloc(p->arena_size);
	w->page = malloc(p->page_size);
	w->descs = calloc(p->unit_pages, sizeof(*w->descs));
	w->codec = codec->compressor_new(p->job->codec_level, p->page_size);
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

int pipeline_run(const struct pipeline_job *job, struct pipeline_result *ret, struct error *e)
{
	_cleanup_free_ struct pipeline *p = calloc(1, sizeof(*p));
	struct pipeline_result result = { 0 };
	unsigned want = MIN(MAX(job->threads, 1u), (unsigned)PARALLEL_MAX);
	int r = 0;

	if (!p)
		return error_set(e, -ENOMEM, "out of memory");
	p->job = job;
	p->zero = kdump_writer_zero(job->writer);
	p->page_size = dumpfile_info(job->dump)->page_size;
	p->unit_pages = (uint32_t)MAX(UNIT_BYTES / p->page_size, (uint64_t)1);
	p->arena_size = MAX(ARENA_BYTES, (uint64_t)4 * p->page_size);
	pthread_mutex_init(&p->lock, NULL);

	/* All memory is taken before the first page: where there is little, fewer threads do the work. */
	while (result.threads < want && r >= 0) {
		r = worker_init(&p->workers[result.threads], p);
		if (r < 0)
			worker_done(&p->workers[result.threads], job->codec);
		else
			result.threads++;
	}
	if (result.threads) {
		r = parallel_run(result.threads, work, p);
		if (p->r < 0) {
			r = p->r;
			if (e)
				*e = p->error;
		}
	} else {
		error_errno(e, r, "memory for one thread");
	}
	for (unsigned i = 0; i < result.threads; i++) {
		result.zero_pages += p->workers[i].zero_pages;
		result.lost_pages += p->workers[i].lost_pages;
		worker_done(&p->workers[i], job->codec);
	}
	pthread_mutex_destroy(&p->lock);
	*ret = result;
	return r;
}
