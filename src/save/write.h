/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Inside of the room: from a selection to a file, one way a format. Both set in res what they learn, incomplete above all.
 */
#include "dumpfile/kdump_write.h"
#include "save/save.h"

struct write_job {
	struct dumpfile *dump;
	struct kernel *kernel; /* may be NULL */
	const struct save_options *options;
	const struct selection *selection;
	unsigned threads;
	unsigned level; /* used */
};

/* count 1: a whole file; else parts of a split one. */
int write_kdump(const struct write_job *job, struct sink *const *sinks, size_t count,
		struct save_result *res, struct error *e) _must_check_;
int write_elf(const struct write_job *job, struct sink *s, struct save_result *res,
	      struct error *e) _must_check_;

/* What the headers of a kdump-compressed file tell. *ret_notes is to be freed when ret is no longer used. */
int write_kdump_meta(const struct write_job *job, struct kdump_meta *ret,
		     struct dump_note **ret_notes, struct error *e) _must_check_;

/* What save_dump() would write: fills sel, and in res all that is known before anything is written. */
int save_select(struct dumpfile *d, struct kernel *k, const struct save_options *o,
		struct selection *sel, struct save_result *res, struct error *e) _must_check_;

/* Where the sink cannot take more, and what it has is worth keeping. */
bool is_sink_end(int r);
