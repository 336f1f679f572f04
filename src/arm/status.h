/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Would a crash now be captured as the configuration says? Found out by composing anew and
 * comparing contents. */
#include "arm/record.h"
#include "base/root.h"
#include "plan/plan.h"

enum status_state { STATUS_ARMED, STATUS_NOT_ARMED, STATUS_STALE };

struct status {
	enum status_state state;
	bool ours;	      /* what is loaded was loaded by lastword, in this boot */
	char why[600];	      /* one line */
	struct record record; /* of what is loaded; empty where that is not known */
	struct plan *plan;    /* of what is loaded, where it is STATUS_ARMED; else NULL */
};

/* Never fails: what cannot be read is a reason not to be armed. */
void status_read(const struct root *root, struct status *ret);

const char *status_name(enum status_state s);

void status_done(struct status *s);

#define _cleanup_status_ _cleanup_(status_done)
