/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/sink_special.h"
#include "cli/save_output.h"
#include "cli/save_worth.h"
#include "dumpfile/flat_write.h"
#include "save/erase_find.h"

#define CONFIG_LIMIT MIB(1)

/* The files of one level. */
struct outputs {
	struct save_output *each;
	struct sink **sinks;
	int count;
};

static const char *destination(const struct save_request *q, int i)
{
	return q->file_count ? q->files[i] : NULL;
}

/* What stands where the dump is to go must not, also where nothing will be written. */
static int open_nothing(const struct save_request *q, const char *path, struct sink **ret,
			struct error *e)
{
	if (path && !q->force && access(path, F_OK) == 0)
		return error_set(e, -EEXIST, "%s: exists; -f overwrites it", path);
	return sink_null_new("nothing", ret, e);
}

static int open_output(const struct save_request *q, int i, struct outputs *outputs,
		       struct error *e)
{
	struct save_output *out = &outputs->each[i];
	const char *path = destination(q, i);
	struct sink *limited = NULL;
	int r = q->discard ? open_nothing(q, path, &out->sink, e)
			   : save_output_open(path, q->source, q->force, out, e);

	if (r >= 0 && q->limit)
		r = sink_limit_new(out->sink, q->limit, &limited, e);
	if (r >= 0 && limited)
		out->sink = limited;
	if (r >= 0 && q->flat && !q->discard)
		r = flat_write_new(out->sink, &out->sink, e);
	if (r >= 0 && !out->sink->seekable)
		r = error_set(e, -ESPIPE, "%s: cannot be written out of order; use -F",
			      path ? path : "standard output");
	outputs->sinks[i] = out->sink;
	return r;
}

static int write_outputs(struct save_create *c, const struct save_options *o,
			 struct outputs *outputs, struct error *e)
{
	int r = 0;

	for (int i = 0; i < outputs->count && r >= 0; i++)
		r = open_output(c->request, i, outputs, e);
	if (r >= 0)
		r = save_dump_split(c->dump, c->kernel, o, outputs->sinks, (size_t)outputs->count,
				    &c->result, e);
	for (int i = 0; i < outputs->count && r >= 0; i++)
		r = sink_finish(outputs->sinks[i], e);
	return r;
}

static int end_output(const struct save_create *c, struct save_output *out, int r, bool keep,
		      struct error *e)
{
	if (!out->sink)
		return r;
	if (r >= 0 || (keep && c->names_incomplete)) {
		int committed = save_output_commit(out, r < 0 ? NULL : e);

		r = r < 0 ? r : committed;
	} else {
		save_output_abandon(out, keep);
	}
	if (r < 0 && keep && c->kept && (out->incomplete || c->names_incomplete))
		c->kept(c->names_incomplete ? out->path : out->incomplete, &c->result);
	return r;
}

/* One level, to its end. keep: also what only fitted in part. */
static int create_level(struct save_create *c, struct save_options *o, struct outputs *outputs,
			bool keep, struct error *e)
{
	struct progress progress;
	int r;

	c->progress(&progress, dumpfile_info(c->dump)->page_size);
	o->progress = &progress;
	c->result = (struct save_result){ 0 };
	r = write_outputs(c, o, outputs, e);
	for (int i = 0; i < outputs->count; i++) {
		r = end_output(c, &outputs->each[i], r, keep && c->result.incomplete, e);
		save_output_done(&outputs->each[i]);
		outputs->sinks[i] = NULL;
	}
	return r;
}

static int create_levels(struct save_create *c, struct save_options *o, struct outputs *outputs,
			 struct error *e)
{
	const struct save_request *q = c->request;

	for (unsigned i = 0;; i++) {
		/* A stream cannot be taken back. */
		bool last = i + 1 >= q->level_count || (q->flat && !q->file_count);
		int r;

		*e = (struct error){ 0 };
		o->level = q->levels[i];
		r = create_level(c, o, outputs, last, e);
		if (r >= 0 || !c->result.incomplete || last)
			return r;
		c->again(e, q->levels[i + 1]);
	}
}

/* Nothing is written where something cannot be found: it would be told. */
static int read_erase(const struct save_create *c, struct eraser **ret, struct error *e)
{
	_cleanup_(eraser_freep) struct eraser *x = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct erase_config config = { 0 };
	const char *path = c->request->erase;
	int r = read_file_at(AT_FDCWD, path, CONFIG_LIMIT, &text);

	if (r < 0)
		return error_errno(e, r, "%s", path);
	if (!c->kernel)
		return error_set(e, -ENOENT, "%s: no kernel was found in the dump to erase data of",
				 path);
	x = eraser_new(dumpfile_info(c->dump)->page_size);
	if (!x)
		return error_set(e, -ENOMEM, "out of memory");
	r = erase_config_parse(text.data ? text.data : "", text.len, &config, e);
	if (r >= 0)
		r = erase_find(c->kernel, &config, x, e);
	erase_config_done(&config);
	if (r < 0)
		return error_prefix(e, r, "%s", path);
	eraser_sort(x);
	*ret = TAKE_PTR(x);
	return 0;
}

static int check_source(const struct save_create *c, struct error *e)
{
	const struct save_request *q = c->request;
	const struct dump_info *info = dumpfile_info(c->dump);

	if (q->split_kib * KIB(1) % info->page_size)
		return error_set(e, -EINVAL,
				 "a block of %llu KiB is no multiple of the page size, %u bytes",
				 (unsigned long long)q->split_kib, info->page_size);
	if (q->elf && strcmp(info->format, "elf") != 0)
		return error_set(e, -EOPNOTSUPP, "-E: %s is kdump-compressed", q->source);
	return 0;
}

int save_create(struct save_create *c, struct error *e)
{
	const struct save_request *q = c->request;
	_cleanup_(eraser_freep) struct eraser *eraser = NULL;
	_cleanup_(worth_done) struct worth worth = { 0 };
	int count = MAX(q->file_count, 1);
	_cleanup_free_ struct save_output *each = calloc((size_t)count, sizeof(*each));
	_cleanup_free_ struct sink **sinks = calloc((size_t)count, sizeof(struct sink *));
	struct outputs outputs = { each, sinks, count };
	struct save_options o = q->options;
	int r = each && sinks ? check_source(c, e) : error_set(e, -ENOMEM, "out of memory");

	if (r >= 0 && q->erase)
		r = read_erase(c, &eraser, e);
	if (r < 0)
		return r;
	if (!o.dry_run && !q->discard)
		worth_find(c->dump, &worth);
	o.worth = worth.runs;
	o.worth_count = worth.count;
	o.eraser = eraser;
	o.format = q->elf ? SAVE_ELF : SAVE_KDUMP;
	o.threads = (unsigned)q->threads;
	o.split_pages = q->split_kib * KIB(1) / dumpfile_info(c->dump)->page_size;
	if (!o.dry_run)
		return create_levels(c, &o, &outputs, e);
	outputs.count = 0;
	o.level = q->levels[0];
	return create_level(c, &o, &outputs, false, e);
}
