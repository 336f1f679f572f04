/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dumpfile/elf_write.h"
#include "save/meta.h"
#include "save/write.h"

/* A note of makedumpfile's: what was erased, in words. */
#define NOTE_ERASED "ERASEINFO"

#define CHUNK MIB(1)

struct copy {
	const struct write_job *job;
	struct sink *sink;
	struct dump_reader *reader;
	uint8_t *page;
	const uint8_t *zeros;
	uint32_t page_size;
	uint64_t lost;
};

/* Pages [pfn, end) are not kept, but too few to end a segment. */
static int put_zeros(struct copy *c, uint64_t pfn, uint64_t end, uint64_t offset, struct error *e)
{
	return sink_write_at(c->sink, c->zeros, (end - pfn) * c->page_size, offset, e);
}

/* One page that has to be erased in part, or does not lie whole in what is lent, or cannot be read. */
static int put_page(struct copy *c, uint64_t pfn, uint64_t offset, struct error *e)
{
	const struct eraser *eraser = c->job->options->eraser;

	if (dump_read(c->reader, pfn * c->page_size, c->page, c->page_size, NULL) < 0) {
		memset(c->page, 0, c->page_size);
		c->lost++;
	}
	if (eraser)
		eraser_apply(eraser, pfn, c->page, c->page_size);
	return sink_write_at(c->sink, c->page, c->page_size, offset, e);
}

/* Kept pages [pfn, end), as many as one loan has; *ret_pfn is the next one. */
static int put_kept(struct copy *c, uint64_t pfn, uint64_t end, uint64_t offset, uint64_t *ret_pfn,
		    struct error *e)
{
	uint64_t erased = eraser_next(c->job->options->eraser, pfn), n = MIN(end, erased) - pfn;
	const void *data;
	size_t len = 0;

	n = MIN(n, CHUNK / c->page_size);
	if (n &&
	    dump_borrow(c->reader, pfn * c->page_size, n * c->page_size, &data, &len, NULL) < 0)
		len = 0;
	n = len / c->page_size;
	*ret_pfn = pfn + MAX(n, (uint64_t)1);
	return n ? sink_write_at(c->sink, data, n * c->page_size, offset, e)
		 : put_page(c, pfn, offset, e);
}

static int put_piece(struct copy *c, const struct elf_piece *p, struct error *e)
{
	const struct bitmap *kept = &c->job->selection->kept;
	uint64_t start = p->paddr / c->page_size, stop = start + p->stored / c->page_size;
	int r = 0;

	for (uint64_t pfn = start, next; pfn < stop && r >= 0; pfn = next) {
		uint64_t offset = p->offset + (pfn - start) * c->page_size;

		if (bitmap_get(kept, pfn)) {
			next = MIN(bitmap_next_clear(kept, pfn), stop);
			r = put_kept(c, pfn, next, offset, &next, e);
		} else {
			next = MIN(bitmap_next_set(kept, pfn), stop);
			r = put_zeros(c, pfn, next, offset, e);
		}
		progress_add(c->job->options->progress, next - pfn);
		progress_step(c->job->options->progress);
	}
	return r;
}

static int put_pieces(const struct write_job *job, struct sink *s, const struct elf_meta *m,
		      uint64_t *ret_lost, struct error *e)
{
	_cleanup_(dump_reader_freep) struct dump_reader *reader = NULL;
	_cleanup_free_ uint8_t *page = malloc(m->page_size);
	_cleanup_free_ uint8_t *zeros = calloc(ELF_HOLE_PAGES, m->page_size);
	struct copy c = { .job = job, .sink = s, .page_size = m->page_size };
	int r = dump_reader_new(job->dump, &reader);

	if (r < 0 || !page || !zeros)
		return error_set(e, -ENOMEM, "out of memory");
	c.reader = reader;
	c.page = page;
	c.zeros = zeros;
	for (size_t i = 0; i < m->piece_count && r >= 0; i++)
		r = put_piece(&c, &m->pieces[i], e);
	*ret_lost = c.lost;
	return r;
}

/* The notes, and one of what was erased behind them. */
static void add_erased(const struct eraser *eraser, struct kdump_meta *m, struct dump_note *notes)
{
	size_t len = 0;
	const char *text = eraser ? eraser_text(eraser, &len) : NULL;

	if (len)
		notes[m->note_count++] =
			(struct dump_note){ .name = NOTE_ERASED, .desc = text, .size = len };
}

int write_elf(const struct write_job *job, struct sink *s, struct save_result *res, struct error *e)
{
	_cleanup_free_ struct dump_note *notes = NULL;
	_cleanup_free_ struct elf_piece *pieces = NULL;
	const struct dump_info *info = dumpfile_info(job->dump);
	struct kdump_meta meta = { 0 };
	struct elf_meta elf = { .machine = info->machine, .page_size = info->page_size };
	uint64_t before = s->written;
	int r;

	elf.segment_count = dumpfile_segments(job->dump, &elf.segments);
	if (!elf.segment_count)
		return error_set(
			e, -EOPNOTSUPP,
			"%s: is kdump-compressed, which does not say what an ELF dump must",
			dumpfile_name(job->dump));
	r = meta_fill(job->dump, job->kernel, &meta, &notes, e);
	if (r < 0)
		return r;
	add_erased(job->options->eraser, &meta, notes);
	elf.notes = meta.notes;
	elf.note_count = meta.note_count;
	elf.dump = job->dump;
	r = elf_pieces(meta.ranges, meta.range_count, &job->selection->kept, info->page_size,
		       &pieces, &elf.piece_count);
	if (r < 0)
		return error_errno(e, r, "segments");
	elf.pieces = pieces;
	progress_begin(job->options->progress, PROGRESS_COPYING, job->selection->kept_pages);
	r = elf_write_headers(s, &elf, e);
	if (r >= 0) {
		r = put_pieces(job, s, &elf, &res->lost_pages, e);
		res->incomplete = is_sink_end(r);
	}
	progress_end(job->options->progress);
	res->threads = 1;
	if (r >= 0 && !res->lost_pages && !elf.notes_lost)
		r = elf_write_finish(s, e);
	res->bytes = s->written - before;
	return r;
}
