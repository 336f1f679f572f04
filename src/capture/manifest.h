/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the manifest tells, noted as it happens, on the board. docs/manifest.md has the schema. */
#include "capture/worker.h"
#include "save/save.h"

/* The dump's own facts, once it is open. */
void manifest_source(struct worker *w);

/* A target of the plan was opened: it is called that; or could not be. */
void manifest_opened(struct worker *w, uint32_t index);
void manifest_unopened(struct capture *c, uint32_t index, const struct error *e);

/* r and e are what the phase came to. NULL where there is no room for one more. */
struct manifest_phase *manifest_begin_phase(struct worker *w, enum phase phase);
void manifest_end_phase(struct worker *w, struct manifest_phase *p, enum phase phase, int r,
			const struct error *e);

/* What was selected, and how it was written. */
void manifest_selection(struct worker *w, const struct save_options *o,
			const struct save_result *res);

/* The manifest phase. */
int manifest_save(struct worker *w, struct error *e);

/* What is known, into the dump directory of a worker that is dead. */
int manifest_after_death(struct capture *c, int dir_fd, struct error *e) _must_check_;
