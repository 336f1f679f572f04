/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/zone.h"

#include <errno.h>
#include <string.h>

static int read_node(const struct object_source *s, const struct object *o, uint32_t id,
		     struct zone_node *ret, struct error *e)
{
	int err;

	*ret = (struct zone_node){ .object = *o, .id = id };
	err = object_number(s, o, "node_start_pfn", &ret->start_pfn, e);
	ret->present = object_number_or_0(s, o, "node_present_pages");
	ret->spanned = object_number_or_0(s, o, "node_spanned_pages");
	return err;
}

int zone_each_node(const struct object_source *s, struct symbols *symbols, zone_node_emit emit,
		   void *user, struct error *e)
{
	struct zone_node node;
	struct variable v;
	struct object o;
	uint64_t count;
	int err;

	if (variable_find(s, symbols, "node_data", &v, NULL) < 0) {
		err = variable_find(s, symbols, "contig_page_data", &v, e);
		if (err == 0)
			err = read_node(s, &v.object, 0, &node, e);
		return err < 0 ? err : emit(user, &node);
	}
	if (!object_element(&v.object, 0, &o) || object_size(&o) == 0)
		return error_set(e, -EINVAL, "node_data is no array");
	count = MIN(object_size(&v.object) / object_size(&o), (uint64_t)ZONE_NODES_MAX);
	for (uint32_t id = 0; id < count; id++) {
		if (!object_element(&v.object, id, &o) || object_pointee(s, &o, &o, NULL) < 0)
			continue;
		err = read_node(s, &o, id, &node, e);
		if (err == 0)
			err = emit(user, &node);
		if (err != 0)
			return err;
	}
	return 0;
}

static void read_zone(const struct object_source *s, const struct object *o, struct zone *ret)
{
	char path[40];

	ret->object = *o;
	(void)object_text(s, o, "name", ret->name, sizeof(ret->name), NULL);
	ret->start_pfn = object_number_or_0(s, o, "zone_start_pfn");
	ret->present = object_number_or_0(s, o, "present_pages");
	ret->spanned = object_number_or_0(s, o, "spanned_pages");
	ret->managed = object_number_or_0(s, o, "managed_pages");
	for (unsigned i = 0; i < ZONE_WATERMARKS; i++) {
		snprintf(path, sizeof(path), "_watermark[%u]|watermark[%u]", i, i);
		ret->watermark[i] = object_number_or_0(s, o, path);
	}
}

struct zones {
	const struct object_source *source;
	struct symbols *symbols;
	zone_emit emit;
	void *user;
};

static int each_of_node(void *user, const struct zone_node *node)
{
	const struct zones *z = user;
	const struct object_source *s = z->source;
	struct object zones, o;
	uint64_t count;
	int err = 0;

	if (object_follow(s, &node->object, "node_zones", &zones, NULL) < 0 ||
	    !object_element(&zones, 0, &o) || object_size(&o) == 0)
		return -ENOENT;
	count = MIN(object_size(&zones) / object_size(&o), (uint64_t)ZONES_PER_NODE_MAX);
	for (uint32_t i = 0; i < count && err == 0; i++) {
		struct zone zone = { .node = node->id, .index = i };

		if (!object_element(&zones, i, &o))
			break;
		read_zone(s, &o, &zone);
		err = z->emit(z->user, &zone);
	}
	return err;
}

int zone_each(const struct object_source *s, struct symbols *symbols, const struct zone_node *node,
	      zone_emit emit, void *user, struct error *e)
{
	struct zones z = { s, symbols, emit, user };

	if (node)
		return each_of_node(&z, node);
	return zone_each_node(s, symbols, each_of_node, &z, e);
}
