/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/prove.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "save/parallel.h"
#include "save/zero.h"

/* A thread takes the pages of so many pfns at once: whole words of the bitmaps. */
#define PIECE_PAGES (UINT64_C(1) << 14)

/* Descs read at once. */
#define DESCS 512

#define SAMPLES 256

struct prove;

struct worker {
	struct prove *prove;
	struct dump_reader *reader;
	struct unpacker unpacker;
	struct kdump_desc *descs;
	uint8_t *page, *content; /* of the file, of the dump */
	struct prove_result counts;
};

struct prove {
	const struct prove_job *job;
	struct bitmap *todo;
	uint32_t page_size;
	pthread_mutex_t lock;
	uint64_t pfn, index; /* of the next piece */
	struct worker workers[PARALLEL_MAX];
};

static bool take_piece(struct prove *p, uint64_t *ret_pfn, uint64_t *ret_end, uint64_t *ret_index)
{
	const struct prove_job *j = p->job;
	bool some;

	pthread_mutex_lock(&p->lock);
	some = p->pfn < j->end_pfn;
	*ret_pfn = p->pfn;
	*ret_index = p->index;
	*ret_end = MIN(align_down(p->pfn, PIECE_PAGES) + PIECE_PAGES, j->end_pfn);
	if (some) {
		p->index += bitmap_count(j->kept, p->pfn, *ret_end - p->pfn);
		p->pfn = *ret_end;
	}
	pthread_mutex_unlock(&p->lock);
	return some;
}

/* content: the dump's, or NULL where it has none. */
static int prove_page(struct worker *w, uint64_t pfn, const struct kdump_desc *desc,
		      const uint8_t *content)
{
	struct prove *p = w->prove;
	int r;

	r = desc->offset ? unpack(&w->unpacker, desc, w->page) : -ENODATA;
	if (r == -ENOMEM)
		return r;
	if (r < 0 || (content && memcmp(content, w->page, p->page_size) != 0)) {
		w->counts.missing += r == -ENODATA;
		w->counts.damaged += r != -ENODATA;
		bitmap_set(p->todo, pfn);
		return 0;
	}
	w->counts.proved += content != NULL;
	w->counts.unproved += !content;
	w->counts.data_end = MAX(w->counts.data_end, desc->offset + desc->size);
	return 0;
}

/* n pages from pfn on, which all are kept. */
static int prove_run(struct worker *w, uint64_t pfn, uint64_t n, const struct kdump_desc *descs)
{
	uint32_t page_size = w->prove->page_size;
	int r = 0;

	while (n && r >= 0) {
		const void *lent = NULL;
		size_t len = 0;
		uint64_t pages;

		if (dump_borrow(w->reader, pfn * page_size, n * page_size, &lent, &len, NULL) < 0)
			lent = NULL;
		pages = lent ? MIN(len / page_size, n) : 1;
		/* A page that lies in two pieces of the source. */
		if (!pages) {
			pages = 1;
			lent = dump_read(w->reader, pfn * page_size, w->content, page_size, NULL) <
					       0
				       ? NULL
				       : w->content;
		}
		for (uint64_t i = 0; i < pages && r >= 0; i++)
			r = prove_page(w, pfn + i, &descs[i],
				       lent ? (const uint8_t *)lent + i * page_size : NULL);
		pfn += pages;
		descs += pages;
		n -= pages;
	}
	return r;
}

static int prove_piece(struct worker *w, uint64_t pfn, uint64_t end, uint64_t index)
{
	const struct prove_job *j = w->prove->job;
	size_t at = 0, have = 0;
	int r = 0;

	while (r >= 0 && (pfn = bitmap_next_set(j->kept, pfn)) < end) {
		uint64_t n = MIN(bitmap_next_clear(j->kept, pfn), end) - pfn;

		if (at == have) {
			have = (size_t)MIN(bitmap_count(j->kept, pfn, end - pfn), (uint64_t)DESCS);
			at = 0;
			r = partial_descs(j->partial, &j->place, index, have, w->descs);
			index += have;
		}
		n = MIN(n, (uint64_t)(have - at));
		if (r >= 0)
			r = prove_run(w, pfn, n, w->descs + at);
		at += n;
		pfn += n;
	}
	return r;
}

static int work(void *user, unsigned index)
{
	struct prove *p = user;
	struct worker *w = &p->workers[index];
	uint64_t pfn, end, first;
	int r = 0;

	while (r >= 0 && take_piece(p, &pfn, &end, &first)) {
		r = prove_piece(w, pfn, end, first);
		progress_add(p->job->progress, bitmap_count(p->job->kept, pfn, end - pfn));
		if (index == 0)
			progress_step(p->job->progress);
	}
	return r;
}

static int worker_init(struct worker *w, struct prove *p)
{
	const struct prove_job *j = p->job;
	int r = dump_reader_new(j->dump, &w->reader);

	if (r >= 0)
		r = unpacker_init(&w->unpacker, j->partial, &j->place, p->page_size);
	w->prove = p;
	w->page = malloc(p->page_size);
	w->content = malloc(p->page_size);
	w->descs = calloc(DESCS, sizeof(*w->descs));
	return r >= 0 && (!w->page || !w->content || !w->descs) ? -ENOMEM : r;
}

static void worker_done(struct worker *w)
{
	dump_reader_free(w->reader);
	unpacker_done(&w->unpacker);
	free(w->page);
	free(w->content);
	free(w->descs);
}

static struct prove *prove_new(const struct prove_job *j, struct bitmap *todo)
{
	struct prove *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->job = j;
	p->todo = todo;
	p->page_size = dumpfile_info(j->dump)->page_size;
	p->pfn = j->first_pfn;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

static void prove_free(struct prove *p, unsigned threads)
{
	for (unsigned i = 0; i < threads; i++)
		worker_done(&p->workers[i]);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int prove_pages(const struct prove_job *j, struct bitmap *todo, struct prove_result *ret,
		struct error *e)
{
	struct prove *p = prove_new(j, todo);
	unsigned threads = 0;
	int r = 0;

	if (!p)
		return error_set(e, -ENOMEM, "out of memory");
	while (threads < MAX(j->threads, 1u) && r >= 0)
		r = worker_init(&p->workers[threads++], p);
	progress_begin(j->progress, "comparing pages",
		       bitmap_count(j->kept, j->first_pfn, j->end_pfn - j->first_pfn));
	if (r >= 0)
		r = parallel_run(threads, work, p);
	progress_end(j->progress);
	*ret = (struct prove_result){ 0 };
	for (unsigned i = 0; i < threads; i++) {
		const struct prove_result *c = &p->workers[i].counts;

		ret->proved += c->proved;
		ret->unproved += c->unproved;
		ret->missing += c->missing;
		ret->damaged += c->damaged;
		ret->data_end = MAX(ret->data_end, c->data_end);
	}
	prove_free(p, threads);
	return r < 0 ? error_errno(e, r, "comparing pages") : 0;
}

/* Descs of the table that were written. */
static int count_written(struct worker *w, uint64_t *ret)
{
	const struct prove_job *j = w->prove->job;
	int r = 0;

	*ret = 0;
	for (uint64_t at = 0; at < j->place.descs && r >= 0; at += DESCS) {
		size_t n = (size_t)MIN(j->place.descs - at, (uint64_t)DESCS);

		r = partial_descs(j->partial, &j->place, at, n, w->descs);
		for (size_t i = 0; i < n && r >= 0; i++)
			*ret += w->descs[i].offset != 0;
	}
	return r;
}

/* One page of those that were written: *ret_tried and *ret_same grow. */
static int try_page(struct worker *w, uint64_t pfn, const struct kdump_desc *desc,
		    unsigned *ret_tried, unsigned *ret_same)
{
	uint32_t page_size = w->prove->page_size;
	int r;

	if (dump_read(w->reader, pfn * page_size, w->content, page_size, NULL) < 0 ||
	    page_is_zero(w->content, page_size))
		return 0;
	r = unpack(&w->unpacker, desc, w->page);
	if (r == -ENOMEM)
		return r;
	++*ret_tried;
	*ret_same += r >= 0 && memcmp(w->content, w->page, page_size) == 0;
	return 0;
}

/* Each step-th page of those that were written. */
static int try_pages(struct worker *w, uint64_t step, unsigned *ret_tried, unsigned *ret_same)
{
	const struct prove_job *j = w->prove->job;
	uint64_t pfn = j->first_pfn, written = 0;
	int r = 0;

	for (uint64_t at = 0; at < j->place.descs && r >= 0; at += DESCS) {
		size_t n = (size_t)MIN(j->place.descs - at, (uint64_t)DESCS);

		r = partial_descs(j->partial, &j->place, at, n, w->descs);
		for (size_t i = 0; i < n && r >= 0; i++, pfn++) {
			pfn = bitmap_next_set(j->kept, MIN(pfn, j->end_pfn));
			if (pfn >= j->end_pfn)
				return 0;
			if (w->descs[i].offset && written++ % step == 0)
				r = try_page(w, pfn, &w->descs[i], ret_tried, ret_same);
		}
	}
	return r;
}

int prove_some(const struct prove_job *j, unsigned *ret_tried, unsigned *ret_same, struct error *e)
{
	struct prove *p = prove_new(j, NULL);
	uint64_t written = 0;
	int r;

	*ret_tried = *ret_same = 0;
	if (!p)
		return error_set(e, -ENOMEM, "out of memory");
	r = worker_init(&p->workers[0], p);
	if (r >= 0)
		r = count_written(&p->workers[0], &written);
	if (r >= 0)
		r = try_pages(&p->workers[0], MAX(written / SAMPLES, (uint64_t)1), ret_tried,
			      ret_same);
	prove_free(p, 1);
	return r < 0 ? error_errno(e, r, "comparing some pages") : 0;
}
