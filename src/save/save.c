/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/save.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "save/estimate.h"
#include "save/fit.h"
#include "save/parallel.h"
#include "save/selfcheck.h"
#include "save/vmemmap.h"
#include "save/write.h"
#include "save/zero.h"

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
		const struct select_job job = {
			.dump = d,
			.kernel = k,
			.level = res->level,
			.threads = threads,
			.sample = o->dry_run,
			.progress = o->progress,
		};
		int r = select_pages(&job, sel, e);

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

/* Memory that is not wanted is no part of the machine. */
static void leave_out(struct dumpfile *d, const struct dump_range *range, struct selection *sel)
{
	uint32_t page_size = dumpfile_info(d)->page_size;
	uint64_t pfn = MIN(range->paddr / page_size, sel->kept.bits);
	uint64_t n = MIN(range->size / page_size, sel->kept.bits - pfn);
	uint64_t kept = bitmap_count(&sel->kept, pfn, n);

	bitmap_clear_range(&sel->kept, pfn, n);
	sel->ram_pages -= kept;
	sel->class_pages[PAGE_KERNEL] -= MIN(kept, sel->class_pages[PAGE_KERNEL]);
}

/* What is left of the kept pages after the options had their say. */
static int select_more(struct dumpfile *d, const struct select_kernel *k,
		       const struct save_options *o, unsigned threads, struct selection *sel,
		       struct save_result *res, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < o->without_count; i++)
		leave_out(d, &o->without[i], sel);
	if (o->unused_vmemmap && k)
		r = vmemmap_clear(k, &sel->kept, &res->vmemmap_pages, e);
	if (r >= 0 && o->format == SAVE_ELF && res->level & LEVEL_ZERO)
		r = zero_pages_clear(d, &sel->kept, threads, o->progress, &res->zero_pages, e);
	if (r >= 0)
		sel->kept_pages = bitmap_count(&sel->kept, 0, sel->kept.bits);
	return r;
}

static int write_dump(const struct write_job *job, struct sink *const *sinks, size_t count,
		      struct save_result *res, struct error *e)
{
	if (job->options->format == SAVE_KDUMP)
		return write_kdump(job, sinks, count, res, e);
	return count == 1 ? write_elf(job, sinks[0], res, e)
			  : error_set(e, -EINVAL, "an ELF dump cannot be split");
}

int save_dump(struct dumpfile *d, struct kernel *k, const struct save_options *o, struct sink *s,
	      struct save_result *ret, struct error *e)
{
	return save_dump_split(d, k, o, &s, 1, ret, e);
}

struct sinks {
	struct kernel *kernel;
	struct sink *const *sinks;
	size_t count;
};

static int select_all(struct fit_job *j, struct error *e)
{
	struct save_result *res = j->res;
	struct selection *sel = j->sel;
	int r;

	selection_done(sel);
	r = select_checked(j->dump, j->kernel, j->options, res->threads, sel, res, e);
	if (r >= 0)
		r = select_more(j->dump, j->kernel, j->options, res->threads, sel, res, e);
	if (r < 0)
		return r;
	res->ram_pages = sel->ram_pages;
	res->kept_pages = sel->kept_pages;
	res->lost_pages = sel->lost_pages;
	res->source_excluded_pages = sel->excluded_pages;
	memcpy(res->class_pages, sel->class_pages, sizeof(res->class_pages));
	return 0;
}

static int write_selected(struct fit_job *j, struct error *e)
{
	const struct sinks *to = j->user;
	const struct write_job job = { j->dump, to->kernel,	 j->options,
				       j->sel,	j->res->threads, j->res->level };

	return write_dump(&job, to->sinks, to->count, j->res, e);
}

/* Understands the kernel, where it can be, and selects. What was understood goes to *u, for as long as job is used. */
static int begin(struct fit_job *job, struct kernel *k, struct understood *u, struct error *e)
{
	struct save_result *res = job->res;
	struct error why = { 0 };

	*res = (struct save_result){ .level = job->options->level & LEVEL_ALL,
				     .codec = job->options->codec,
				     .codec_level = job->options->codec_level,
				     .threads = parallel_threads(job->options->threads) };
	if (understand(k, u, &why) < 0) {
		res->level &= LEVEL_ZERO;
		snprintf(res->warning, sizeof(res->warning), "all pages are kept: %.160s",
			 error_text(&why));
	} else {
		job->kernel = &u->kernel;
	}
	/* Of 64 TiB, 12 MiB of sections and of their page tables. */
	dumpfile_forget(job->dump);
	return select_all(job, e);
}

int save_select(struct dumpfile *d, struct kernel *k, const struct save_options *o,
		struct selection *sel, struct save_result *res, struct error *e)
{
	struct fit_job job = { .dump = d, .options = o, .sel = sel, .res = res };
	struct understood u;
	int r = begin(&job, k, &u, e);

	understood_done(&u);
	return r;
}

int save_dump_split(struct dumpfile *d, struct kernel *k, const struct save_options *o,
		    struct sink *const *sinks, size_t count, struct save_result *ret,
		    struct error *e)
{
	struct save_result res;
	struct selection sel = { 0 };
	struct sinks to = { k, sinks, count };
	struct fit_job job = { .dump = d,
			       .options = o,
			       .sink = count ? sinks[0] : NULL,
			       .sel = &sel,
			       .res = &res,
			       .select = select_all,
			       .write = write_selected,
			       .user = &to };
	struct understood u;
	int r = begin(&job, k, &u, e);

	if (r >= 0)
		r = o->dry_run ? estimate_levels(d, job.kernel, &sel, o, &res, e)
			       : fit_write(&job, e);
	selection_done(&sel);
	understood_done(&u);
	if (r >= 0 || res.incomplete)
		*ret = res;
	return r;
}
