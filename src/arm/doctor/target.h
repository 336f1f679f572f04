/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the families about targets share. */
#include "arm/doctor/families.h"

/* What a fault of one target costs: with another one behind it the dump goes there. */
static inline enum finding_level target_fault(const struct facts *f)
{
	return facts_fallback(f) ? FINDING_WARNING : FINDING_FAILURE;
}

/* Calls for each target of that kind, or says that there is nothing to look at. */
#define for_each_target(t, f)                                                                      \
	for (const struct target_facts *t = (f)->targets; t < (f)->targets + (f)->targets_count;   \
	     t++)

/* Has a place this room for a dump? Findings of the running check, about `what`. */
void target_room(struct doctor *d, const struct room *room, const char *what);

/* A server's port at which nothing listens, or nobody answers; findings of the running check. */
void target_connection(struct doctor *d, enum config_target_kind kind, bool refused,
		       const char *repair);

bool target_is_server(const struct target_facts *t);

/* The directory to look at for room: that of the dumps, or what will hold it. */
const char *target_directory(const struct facts *f, const struct target_facts *t);
