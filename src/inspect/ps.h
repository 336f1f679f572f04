/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the parts of `ps` share. */
#include "inspect/choose.h"

struct ps {
	struct inspect *c;
	struct tasks *tasks;
	struct chosen chosen; /* the tasks that options leave */
	struct json json;
	uint64_t uptime; /* ns; 0 where unknown */
	uint64_t memory; /* of the machine, KiB; 0 where unknown */
};

/*
 * What an option says of each task, below the task's line; with --json members of its object. What the dump does not have
 * is said in its place.
 */
struct ps_view {
	char letter;
	void (*show)(struct ps *ps, const struct task *task);
};

extern const struct ps_view ps_views[];
extern const size_t ps_view_count;

/* -a */
void ps_show_arguments(struct ps *ps, const struct task *task);

/* -l and -m (since): by when they last ran. cpus: one list for each of these CPUs; NULL for one of all. */
int ps_sorted(struct ps *ps, bool since, const char *cpus, struct error *e) _must_check_;
