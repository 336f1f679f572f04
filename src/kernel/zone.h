/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Nodes of memory and their zones. */
#include "kernel/variable.h"

#define ZONE_NODES_MAX 1024
#define ZONES_PER_NODE_MAX 16
#define ZONE_NAME_SIZE 16
#define ZONE_WATERMARKS 3 /* min, low, high */

struct zone_node {
	struct object object; /* pglist_data */
	uint32_t id;
	uint64_t start_pfn, present, spanned; /* pages */
};

struct zone {
	struct object object; /* struct zone */
	uint32_t node, index;
	char name[ZONE_NAME_SIZE];
	uint64_t start_pfn, present, spanned, managed;
	uint64_t watermark[ZONE_WATERMARKS]; /* pages */
};

typedef int (*zone_node_emit)(void *user, const struct zone_node *node);
typedef int (*zone_emit)(void *user, const struct zone *zone);

/* Each node that there is. Stops where emit returns non-zero and returns that. -ENOENT where the dump does not tell. */
int zone_each_node(const struct object_source *s, struct symbols *symbols, zone_node_emit emit,
		   void *user, struct error *e) _must_check_;

/* Each zone of a node, also those without memory; of all nodes where node is NULL. */
int zone_each(const struct object_source *s, struct symbols *symbols, const struct zone_node *node,
	      zone_emit emit, void *user, struct error *e) _must_check_;
