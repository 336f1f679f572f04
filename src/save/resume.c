/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dumpfile/partial.h"
#include "dumpfile/sink_ordered.h"
#include "dumpfile/sink_patch.h"
#include "save/pipeline.h"
#include "save/prove.h"
#include "save/write.h"

/* Without the note that names the crash, so many pages must be there and so many of ten be the same. */
#define PROOF_PAGES 16
#define PROOF_TENTHS 9

#define DESCS 512

struct resume {
	struct dumpfile *dump;
	struct kernel *kernel;
	const struct resume_options *options;
	struct save_options save; /* as the file was made */
	struct partial partial;
	struct partial_table table;
	bool has_table; /* the file's own headers tell where its pages are */

	struct selection sel; /* what save_dump() would keep */
	struct write_job job;
	struct kdump_meta meta; /* what it would write in front */
	struct dump_note *notes;
	struct kdump_head head;
	uint64_t missing, differing; /* bytes of that, in the file */

	struct bitmap own; /* the file's bitmap, where it explains more */
	struct bitmap todo;
	struct prove_job prove;
	struct prove_result proved;
	struct resume_result res;
};

/* The file tells how it was made; what was asked for must not contradict. */
static int ask_file(struct resume *z, struct error *e)
{
	const struct resume_options *o = z->options;
	const struct dump_info *info;
	struct error why;

	z->save = o->save;
	z->save.format = SAVE_KDUMP;
	z->has_table = partial_table(&z->partial, &z->table, &why) >= 0;
	if (!z->partial.dump)
		return 0;
	if (!z->has_table)
		return error_set(e, -EINVAL, "%s", error_text(&why));
	if (z->table.erased)
		return error_set(e, -EEXIST,
				 "parts of it were erased, which resuming would bring back");
	info = dumpfile_info(z->partial.dump);
	/* Else its header is damaged: the pages will tell. */
	z->has_table = info->page_size == dumpfile_info(z->dump)->page_size;
	if (info->dump_level >= 0 && (unsigned)info->dump_level <= LEVEL_ALL) {
		if (o->level_given && (unsigned)info->dump_level != o->save.level)
			return error_set(e, -EEXIST, "was made with -d %d, not with -d %u",
					 info->dump_level, o->save.level);
		z->save.level = (unsigned)info->dump_level;
	}
	if (z->table.codec)
		z->save.codec = z->table.codec->id;
	z->save.unused_vmemmap = z->table.unused_vmemmap;
	return 0;
}

/* What save_dump() would write, and how much of the file's front is that. */
static int compare_head(struct resume *z, struct error *e)
{
	struct sink_patch compare;
	struct sink *s = sink_patch_init(&compare, z->partial.source, NULL);
	int r = save_select(z->dump, z->kernel, &z->save, &z->sel, &z->res.save, e);

	if (r < 0)
		return r;
	z->job = (struct write_job){ z->dump, z->kernel,	   &z->save,
				     &z->sel, z->res.save.threads, z->res.save.level };
	r = write_kdump_meta(&z->job, &z->meta, &z->notes, e);
	if (r < 0)
		return r;
	compare.ignore = KDUMP_HEADER_STATUS;
	compare.count = 4;
	r = kdump_write_head(s, &z->meta, &z->head, e);
	z->missing = compare.missing;
	z->differing = compare.differing;
	return r;
}

/* Is the kernel's own description in the file, too? *ret_named: it says when the kernel crashed, and so is no other crash's. */
static bool is_same_kernel(const struct resume *z, bool *ret_named)
{
	static const char named[] = "\nCRASHTIME=";
	const struct dump_note *there =
		z->partial.dump ? dumpfile_note(z->partial.dump, "VMCOREINFO", UINT32_MAX) : NULL;

	for (size_t i = 0; there && i < z->meta.note_count; i++) {
		const struct dump_note *n = &z->meta.notes[i];

		if (strcmp(n->name, "VMCOREINFO") != 0)
			continue;
		*ret_named = memmem(n->desc, n->size, named, sizeof(named) - 1);
		return n->size == there->size && memcmp(n->desc, there->desc, n->size) == 0;
	}
	return false;
}

static struct prove_job job_of(const struct resume *z, const struct kdump_place *place,
			       const struct bitmap *kept)
{
	return (struct prove_job){
		.dump = z->dump,
		.partial = &z->partial,
		.place = *place,
		.kept = kept,
		.end_pfn = kept->bits,
		.threads = z->res.save.threads,
		.progress = z->save.progress,
	};
}

/* Do the file's own headers say something else than those we would write? */
static int own_differs(struct resume *z, bool *ret)
{
	*ret = false;
	if (!z->has_table || !z->table.whole_bitmaps ||
	    (z->table.place.desc_offset == z->head.place.desc_offset &&
	     z->table.place.descs == z->head.place.descs &&
	     partial_kept_is(&z->partial, &z->sel.kept)))
		return 0;
	*ret = true;
	return partial_kept(&z->partial, &z->own);
}

/* By which bitmap are the pages to be read that are there? */
static int choose(struct resume *z, unsigned *ret_tried, unsigned *ret_same, struct error *e)
{
	unsigned tried = 0, same = 0;
	bool differs;
	int r = own_differs(z, &differs);

	if (r < 0)
		return error_errno(e, r, "bitmap");
	z->prove = job_of(z, &z->head.place, &z->sel.kept);
	r = prove_some(&z->prove, ret_tried, ret_same, e);
	if (r >= 0 && differs) {
		struct prove_job own = job_of(z, &z->table.place, &z->own);

		own.first_pfn = z->table.first_pfn;
		own.end_pfn = z->table.end_pfn;
		r = prove_some(&own, &tried, &same, e);
		/* A part of a split dump stays one. */
		if (r >= 0 && (same > *ret_same || (same == *ret_same && z->table.split))) {
			z->prove = own;
			z->res.own_head = true;
			*ret_tried = tried;
			*ret_same = same;
		}
	}
	if (!z->res.own_head)
		bitmap_done(&z->own);
	return r;
}

/* Was the file made of this dump? What another crash has left must not be overwritten. */
static int check_identity(const struct resume *z, unsigned tried, unsigned same, struct error *e)
{
	bool named = false, kernel = is_same_kernel(z, &named);

	if (kernel && (named || (same && same * 2 >= tried)))
		return 0;
	if (tried >= PROOF_PAGES && same * 10 >= tried * PROOF_TENTHS)
		return 0;
	/* As far as it goes it is what would be written. */
	if (!z->differing && !z->res.own_head && same == tried)
		return 0;
	if (z->partial.dump && dumpfile_note(z->partial.dump, "VMCOREINFO", UINT32_MAX))
		return error_set(e, -EINVAL, "is of another crash than %s", dumpfile_name(z->dump));
	return error_set(e, -EINVAL, "nothing in it shows that it was made of %s",
			 dumpfile_name(z->dump));
}

static int find_pages(struct resume *z, struct error *e)
{
	int r = bitmap_init(&z->todo, z->prove.kept->bits);

	if (r < 0)
		return error_errno(e, r, "bitmap");
	r = prove_pages(&z->prove, &z->todo, &z->proved, e);
	z->res.proved_pages = z->proved.proved;
	z->res.unproved_pages = z->proved.unproved;
	z->res.missing_pages = z->proved.missing;
	z->res.damaged_pages = z->proved.damaged;
	z->res.save.kept_pages = z->prove.place.descs;
	return r;
}

/* Descs [index, index + n), of which those of pages to be written become zero: what is written next may lie where they lead. */
static int clear_descs(struct resume *z, uint64_t *pfn, uint64_t index, size_t n,
		       struct kdump_desc *descs, struct error *e)
{
	const struct kdump_place *place = &z->prove.place;
	bool changed = false;
	int r = partial_descs(&z->partial, place, index, n, descs);

	if (r < 0)
		return error_errno(e, r, "page_descs");
	for (size_t i = 0; i < n; i++, ++*pfn) {
		*pfn = bitmap_next_set(z->prove.kept, *pfn);
		if (!bitmap_get(&z->todo, *pfn) || !descs[i].offset)
			continue;
		descs[i] = (struct kdump_desc){ 0 };
		changed = true;
	}
	return changed ? sink_write_at(z->partial.sink, descs, n * sizeof(*descs),
				       place->desc_offset + index * sizeof(*descs), e)
		       : 0;
}

/* Those of pages that are damaged, and of pages past the file's end: it will grow. */
static int clear_wrong(struct resume *z, struct error *e)
{
	_cleanup_free_ struct kdump_desc *descs = calloc(DESCS, sizeof(*descs));
	uint64_t count = z->prove.place.descs, pfn = z->prove.first_pfn;
	int r = 0;

	if (!descs)
		return error_set(e, -ENOMEM, "out of memory");
	for (uint64_t at = 0; at < count && r >= 0; at += DESCS)
		r = clear_descs(z, &pfn, at, (size_t)MIN(count - at, (uint64_t)DESCS), descs, e);
	return r;
}

/* Headers and bitmaps as they must be, marked incomplete. */
static int mend_head(struct resume *z, struct error *e)
{
	uint8_t *header = z->head.header, *status = header + KDUMP_HEADER_STATUS;
	struct sink_patch patch;
	struct sink *s = sink_patch_init(&patch, z->partial.source, z->partial.sink);
	int r;

	if (z->res.own_head) {
		z->head.place = z->prove.place;
		r = source_read(z->partial.source, header, sizeof(z->head.header), 0);
		if (r < 0)
			return error_errno(e, r, "header");
	} else {
		r = kdump_write_head(s, &z->meta, &z->head, e);
		if (r < 0)
			return r;
		z->res.head_bytes = z->missing + z->differing;
	}
	le32_put(status, le32_get(status) | KDUMP_STATUS_INCOMPLETE);
	return sink_write_at(s, status, 4, KDUMP_HEADER_STATUS, e);
}

static int write_missing(struct resume *z, struct kdump_writer *w, struct error *e)
{
	const struct pipeline_job pages = {
		.dump = z->dump,
		.kept = z->prove.kept,
		.todo = &z->todo,
		.first_pfn = z->prove.first_pfn,
		.end_pfn = z->prove.end_pfn,
		.worth = z->save.worth,
		.worth_count = z->save.worth_count,
		.writer = w,
		.codec = codec_by_id(z->save.codec),
		.codec_level = z->save.codec_level,
		.share_zeros = z->res.save.level & LEVEL_ZERO,
		.threads = z->res.save.threads,
		.progress = z->save.progress,
	};
	uint64_t count = z->proved.missing + z->proved.damaged;
	struct pipeline_result done;
	int r;

	progress_begin(z->save.progress, PROGRESS_COPYING, count);
	r = pipeline_run(&pages, &done, e);
	progress_end(z->save.progress);
	z->res.save.zero_pages = done.zero_pages;
	z->res.save.lost_pages = done.lost_pages;
	z->res.written_pages = r < 0 ? 0 : count - done.lost_pages;
	return r;
}

/* In three steps, each on the disk before the next is begun: nothing leads to wrong pages; pages are there and led to; the header says so. */
static int complete(struct resume *z, struct error *e)
{
	_cleanup_(kdump_writer_freep) struct kdump_writer *w = NULL;
	_cleanup_sink_ struct sink *ordered = NULL;
	struct sink *s = z->partial.sink;
	uint64_t start, end;
	int r = clear_wrong(z, e);

	if (r >= 0)
		r = mend_head(z, e);
	if (r >= 0)
		r = sink_sync(s, e);
	if (r < 0)
		return r;
	start = z->head.place.desc_offset;
	end = start + z->head.place.descs * sizeof(struct kdump_desc);
	sink_reserve(s, start, end - start);
	r = sink_ordered_new(s, start, end, &ordered, e);
	if (r >= 0)
		r = kdump_writer_continue(ordered, &z->head, z->meta.page_size,
					  MAX(z->proved.data_end, end), &w, e);
	if (r >= 0)
		r = write_missing(z, w, e);
	/* What was written before the disk was full is worth its descs. */
	if (is_sink_end(r))
		(void)!sink_sync(ordered, NULL);
	else if (r >= 0)
		r = sink_sync(ordered, e);
	if (r >= 0)
		r = kdump_writer_finish(w, z->res.save.lost_pages > 0, e);
	return r;
}

/* Whole, and said to be. */
static bool is_done(const struct resume *z)
{
	return z->has_table && !z->proved.missing && !z->proved.damaged &&
	       (z->res.own_head || (!z->missing && !z->differing)) &&
	       !(dumpfile_info(z->partial.dump)->flags & (DUMP_INCOMPLETE | DUMP_TRUNCATED));
}

static int resume(struct resume *z, int fd, struct error *e)
{
	unsigned tried = 0, same = 0;
	uint64_t before;
	int r = ask_file(z, e);

	if (r >= 0)
		r = compare_head(z, e);
	if (r >= 0)
		r = choose(z, &tried, &same, e);
	if (r >= 0)
		r = check_identity(z, tried, same, e);
	if (r >= 0)
		r = find_pages(z, e);
	if (r < 0 || is_done(z))
		return r;
	r = partial_write(&z->partial, fd, e);
	if (r < 0)
		return r;
	before = z->partial.sink->written;
	r = complete(z, e);
	if (r >= 0 && z->partial.flattened)
		r = sink_finish(z->partial.sink, e);
	z->res.save.incomplete = is_sink_end(r);
	z->res.save.bytes = z->partial.sink->written - before;
	return r;
}

static void resume_done(struct resume *z)
{
	partial_done(&z->partial);
	selection_done(&z->sel);
	bitmap_done(&z->own);
	bitmap_done(&z->todo);
	free(z->notes);
}

int resume_dump(struct dumpfile *d, struct kernel *k, const struct resume_options *o, int fd,
		const char *name, struct resume_result *ret, struct error *e)
{
	struct resume z = { .dump = d, .kernel = k, .options = o };
	int r = partial_open(fd, name, &z.partial, e);

	if (r >= 0) {
		r = resume(&z, fd, e);
		if (r < 0 && !z.res.save.incomplete)
			error_prefix(e, r, "%s", name);
	}
	if (r >= 0 || z.res.save.incomplete)
		*ret = z.res;
	resume_done(&z);
	return r;
}
