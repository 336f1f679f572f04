/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The targets in their order: where each is, and what the capture kernel needs for all of them. */
#include "arm/image/modules.h"
#include "arm/place/place.h"

struct chain {
	struct place places[PLAN_TARGETS_MAX];
	size_t count;
	struct network network;	 /* the ways to all targets on the network */
	struct volumes *volumes; /* what the targets' devices are made of */
};

/*
 * A target of several that cannot be used now is left out, and `notes` says so: a dead server must not leave a machine without
 * the fallback that was meant for it. With none left, the first one's error.
 */
int chain_find(const struct root *root, const struct config *c, struct names *names,
	       struct chain *ret, struct buf *notes, struct error *e) _must_check_;

/* What is wanted is borrowed from the chain, and from `more`, ways to others; or NULL. */
void chain_want_modules(const struct chain *c, const struct network *more,
			struct modules_wanted *ret);

/* "ext4 on /dev/vda1, /var/crash; then NFS …" */
void chain_describe(const struct chain *c, char *buf, size_t size);

/* The plan takes targets and network over. */
int chain_give(struct chain *c, struct plan *p) _must_check_;

void chain_done(struct chain *c);
