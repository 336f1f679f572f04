/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* After a reboot: each new dump is told once to each that the configuration names. */
#include "notify/collect.h"

enum notify_outcome {
	NOTIFY_TOLD,
	NOTIFY_WOULD_TELL, /* dry run */
	NOTIFY_FAILED,	   /* tried again at the next start */
	NOTIFY_TOO_OLD,	   /* there before lastword notify ever ran; noted as told */
	NOTIFY_LATER,	   /* enough for one run */
	NOTIFY_OUTCOMES,
};

struct notify_options {
	bool dry_run;
	bool all;    /* also what was told before */
	int64_t now; /* seconds since the epoch */
	/* what became of each message that was due; why is "" but of failures */
	void (*done)(void *user, const struct notify_dump *d, const struct config_notify *n,
		     enum notify_outcome outcome, const char *why);
	void *user;
};

/* "told", "would tell", … */
const char *notify_outcome_name(enum notify_outcome o);

/* *ret_failed: messages that did not go out. notes: places that could not be looked at. */
int notify_run(const struct root *root, const struct config *c, const struct notify_options *o,
	       struct buf *notes, size_t *ret_failed, struct error *e) _must_check_;
