/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Who of the system brings an interface up, by what it leaves in /run, and what of ours it calls then. */
#include "base/root.h"

struct sender_manager {
	const char *name; /* "ifupdown" */
	const char *hook; /* installed with lastword; NULL: it calls nobody */
};

/* NULL: none that is known. index is the interface's number. */
const struct sender_manager *sender_manager_find(const struct root *root, const char *device,
						 int index);

/* The hook is there and can be run. */
bool sender_manager_calls(const struct root *root, const struct sender_manager *m);
