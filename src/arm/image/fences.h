/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* fence_kdump_nodes: the other nodes of a cluster, by address, and the ways to them. */
#include "arm/config/config.h"
#include "arm/place/names.h"
#include "arm/place/network.h"

struct fences {
	struct plan_fence items[PLAN_FENCES_MAX];
	size_t count;
};

/*
 * Names are looked up now. The ways are added to `network`, but nothing waits for a link that only a fence needs. -ELOOP: a node
 * is this machine.
 */
int fences_find(const struct root *root, const struct config *c, struct names *names,
		struct network *network, struct fences *ret, struct error *e) _must_check_;

/* The plan takes them over. */
int fences_give(struct fences *f, const struct config *c, struct plan *p) _must_check_;

void fences_done(struct fences *f);
