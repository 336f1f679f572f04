/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A block of the log while it is read: what its lines say is put into a struct oops.
 */
#include "signature/oops.h"
#include "signature/oops_line.h"
#include "signature/title.h"

/* -ENOMEM */
int oops_block_new(uint64_t time_ns, struct oops **ret) _must_check_;

void oops_block_add_text(struct oops *o, const char *line);

/* A line of the reason; d: the row it is of, or NULL for more words. */
void oops_block_add_words(struct oops *o, const struct death *d, const char *line);

void oops_block_add_cpu(struct oops *o, const struct oops_line_cpu *c);
void oops_block_add_taint(struct oops *o, struct oops_word taint, struct oops_word release);
void oops_block_add_ip(struct oops *o, const struct oops_line_frame *f);
void oops_block_add_frame(struct oops *o, const struct oops_line_frame *f,
			  enum oops_section section);
void oops_block_add_reg(struct oops *o, const struct oops_line_reg *r);

/* Of a string that is written once; the first stays. */
void oops_block_set(struct oops *o, const char **field, const char *value);

/* Nothing but text was added since: what came after is cut away when it ends. */
void oops_block_mark(struct oops *o);
void oops_block_finish(struct oops *o);

/* The row of its first words; what it was began with. */
const struct death *oops_block_death(const struct oops *o);
