/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A crash on purpose, from inside: what is to be known before, and the blow itself. */
#include "base/error.h"
#include "base/root.h"

enum trigger_weight {
	TRIGGER_GOOD,
	TRIGGER_NOTE,
	TRIGGER_STOP, /* not without --force */
};

struct trigger_check {
	enum trigger_weight weight;
	char text[1200];
};

#define TRIGGER_CHECKS 5

struct trigger_checks {
	struct trigger_check items[TRIGGER_CHECKS];
	size_t count;
	char *host; /* this machine's name, which a person types to confirm */
};

int trigger_check(const struct root *root, struct trigger_checks *ret,
		  struct error *e) _must_check_;

/* The heaviest of them. */
enum trigger_weight trigger_weight(const struct trigger_checks *c);

void trigger_checks_done(struct trigger_checks *c);

#define _cleanup_trigger_checks_ _cleanup_(trigger_checks_done)

/*
 * Writes what is unwritten to the disks, for at most 10 s, and panics. Returns only where that failed. The real root alone:
 * -EINVAL with another.
 */
int trigger_crash(const struct root *root, struct error *e) _must_check_;
