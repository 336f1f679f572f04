/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/save.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "save/estimate.h"
#include "save/meta.h"
#include "save/parallel.h"
#include "save/pipeline.h"
#include "save/selfcheck.h"

/* The kernel's page structs, where they were found and made sense. */
struct understood {
	struct select_kernel kernel;
	struct memmap memmap;
	struct page_rules *rules;
};

static void understood_done(struct understood *u)
{
	memmap_done(&u->memmap);
	page_rules_free(u->rules);
}

/* -errno and words where pages cannot be told apart. */
static int understand(struct kernel *k, struct understood *ret, struct error *e)
{
	int r;

	*ret = (struct understood){ 0 };
	if (!k)
		return error_set(e, -ENOENT, "no kernel was found in the dump");
	r = page_rules_new(kernel_vmcoreinfo(k), &ret->rules, e);
	if (r >= 0)
		r = memmap_read(k, &ret->memmap, e);
	if (r < 0) {
		page_rules_free(ret->rules);
		*ret = (struct understood){ 0 };
		return r;
	}
	ret->kernel = (struct select_kernel){
		.kernel = k,
		.memmap = &ret->memmap,
		.rules = ret->rules,
	};
	return 0;
}

/* Pages told apart wrongly are kept by leaving their class in, the class with the most rules first. */
static unsigned safer_level(unsigned level, enum selfcheck found)
{
	static const unsigned give_up[] = {
		LEVEL_USER,
		LEVEL_CACHE | LEVEL_CACHE_PRIVATE,
		LEVEL_FREE,
	};

	if (found == SELFCHECK_FREE_TOO_MANY)
		return level & ~LEVEL_FREE;
	for (size_t i = 0; i < ARRAY_SIZE(give_up); i++)
		if (level & give_up[i])
			return level & ~give_up[i];
	return level;
}

static bool is_wrong(enum selfcheck found, unsigned level)
{
	return found == SELFCHECK_KERNEL_LOST ||
	       (found == SELFCHECK_FREE_TOO_MANY && level & LEVEL_FREE);
}

/* Selects, checks, and where the check fails selects again with less left out; in the end with nothing left out. */
static int select_checked(struct dumpfile *d, const struct select_kernel *k,
			  const struct save_options *o, unsigned threads, struct selection *sel,
			  struct save_result *res, struct error *e)
{
	char why[120] = "";

	for (;;) {
		enum selfcheck found = SELFCHECK_OK;
		unsigned level;
		int r = select_pages(d, k, res->level, threads, o->progress, sel, e);

		if (r < 0)
			return r;
		if (k)
			found = selfcheck(k->kernel, k->memmap, sel, why, sizeof(why));
		if (found == SELFCHECK_FREE_UNSEEN && !res->warning[0])
			snprintf(res->warning, sizeof(res->warning),
				 "%s: the dump may be larger than it need be", why);
		if (!is_wrong(found, res->level))
			return 0;
		level = safer_level(res->level, found);
		if (level == res->level)
			k = NULL;
		res->level = level;
		snprintf(res->warning, sizeof(res->warning), "%s%s: more is kept, as with -d %u",
			 found == SELFCHECK_KERNEL_LOST ? "the selection left out " : "", why,
			 level);
		selection_done(sel);
	}
}

static int write_headers(struct dumpfile *d, struct kernel *k, const struct codec *codec,
			 const struct selection *sel, struct sink *s, unsigned level,
			 struct kdump_writer **ret, struct error *e)
{
	_cleanup_free_ struct dump_note *notes = NULL;
	struct kdump_meta meta = { .codec = codec, .kept = &sel->kept };
	int32_t before = dumpfile_info(d)->dump_level;
	int r = meta_fill(d, k, &meta, &notes, e);

	if (r < 0)
		return r;
	meta.level = level | (before > 0 ? (uint32_t)before & LEVEL_ALL : 0);
	return kdump_writer_new(s, &meta, ret, e);
}

/* Where the sink cannot take more, and what it has is worth keeping. */
static bool is_sink_end(int r)
{
	return r == -ENOSPC || r == -EDQUOT || r == -EFBIG || r == -EIO;
}

static int write_dump(struct dumpfile *d, struct kernel *k, const struct save_options *o,
		      unsigned threads, const struct selection *sel, struct sink *s,
		      struct save_result *res, struct error *e)
{
	_cleanup_(kdump_writer_freep) struct kdump_writer *w = NULL;
	const struct codec *codec = codec_by_id(o->codec);
	uint64_t before = s->written;
	struct pipeline_result done;
	struct pipeline_job job = {
		.dump = d,
		.kept = &sel->kept,
		.codec = codec,
		.codec_level = o->codec_level,
		.share_zeros = res->level & LEVEL_ZERO,
		.threads = threads,
		.progress = o->progress,
	};
	int r = write_headers(d, k, codec, sel, s, res->level, &w, e);

	if (r < 0)
		return r;
	job.writer = w;
	progress_begin(o->progress, "copying pages", sel->kept_pages);
	r = pipeline_run(&job, &done, e);
	progress_end(o->progress);
	res->zero_pages = done.zero_pages;
	res->lost_pages = done.lost_pages;
	res->threads = done.threads;
	res->incomplete = is_sink_end(r);
	if (r >= 0)
		r = kdump_writer_finish(w, done.lost_pages > 0, e);
	res->bytes = s->written - before;
	return r;
}

int save_dump(struct dumpfile *d, struct kernel *k, const struct save_options *o, struct sink *s,
	      struct save_result *ret, struct error *e)
{
	unsigned threads = parallel_threads(o->threads);
	const struct select_kernel *kernel = NULL;
	struct save_result res = { .level = o->level & LEVEL_ALL, .threads = threads };
	struct selection sel = { 0 };
	struct understood u;
	struct error why = { 0 };
	int r;

	if (understand(k, &u, &why) < 0) {
		res.level &= LEVEL_ZERO;
		snprintf(res.warning, sizeof(res.warning), "all pages are kept: %.160s",
			 error_text(&why));
	} else {
		kernel = &u.kernel;
	}
	r = select_checked(d, kernel, o, threads, &sel, &res, e);
	if (r >= 0) {
		res.ram_pages = sel.ram_pages;
		res.kept_pages = sel.kept_pages;
		res.lost_pages = sel.lost_pages;
		res.source_excluded_pages = sel.excluded_pages;
		memcpy(res.class_pages, sel.class_pages, sizeof(res.class_pages));
		r = o->dry_run ? estimate_levels(d, kernel, &sel, o, threads, &res, e)
			       : write_dump(d, k, o, threads, &sel, s, &res, e);
	}
	selection_done(&sel);
	understood_done(&u);
	if (r >= 0 || res.incomplete)
		*ret = res;
	return r;
}
