/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The grammar as tables: what lists a plan has, and which keys fill which fields. */
#include "plan/plan.h"

/* Where a key's field lives: in the plan, or in the last item of a list. */
enum plan_scope {
	SCOPE_PLAN,
	SCOPE_MODULE,
	SCOPE_LINK,
	SCOPE_ADDRESS,
	SCOPE_ROUTE,
	SCOPE_VOLUME,
	SCOPE_PART,
	SCOPE_ROW,
	SCOPE_TARGET,
	SCOPE_HOOK,
	SCOPE_FENCE,
	SCOPE_RECEIVER,
	SCOPE_RECIPIENT,
	SCOPES,
};

struct plan_list {
	const char *what;    /* "modules" */
	size_t items, count; /* offsets in struct plan of the pointer and the number */
	size_t size;	     /* of an item */
	size_t max;
};

/* By scope; SCOPE_PLAN has none. */
extern const struct plan_list plan_lists[SCOPES];

enum plan_type { TYPE_STRING, TYPE_U32, TYPE_U64, TYPE_INT, TYPE_BOOL, TYPE_WORD };

struct plan_key {
	const char *name;
	enum plan_scope scope;
	enum plan_type type;
	size_t offset;
	uint64_t max;		  /* of a number */
	const char *const *words; /* of an enum, in its order */
	bool sparse;		  /* not written where it is 0 */
};

/* In the order in which they are written. The first of a list's scope begins an item. */
extern const struct plan_key plan_keys[];
extern const size_t plan_keys_count;
#define PLAN_KEYS_MAX 256

extern const char *const plan_action_words[];
extern const char *const plan_hook_words[];
