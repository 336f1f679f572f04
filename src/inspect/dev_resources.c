/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/dev.h"

#include <errno.h>
#include <inttypes.h>

#define LIMIT 100000
#define DEPTH_LIMIT 64
#define NAME_SIZE 128

static void show(struct dev_show *d, const struct object *o, unsigned depth, int digits)
{
	const struct object_source *s = &d->source;
	const uint64_t start = object_number_or_0(s, o, "start");
	const uint64_t end = object_number_or_0(s, o, "end");
	char name[NAME_SIZE];

	object_text_or_mark(s, o, "name", name, sizeof(name));
	if (!d->json) {
		fprintf(d->c->out, "%016" PRIx64 "  %0*" PRIx64 "-%0*" PRIx64 "  %s\n", o->addr,
			digits, start, digits, end, name);
		return;
	}
	json_object(d->json);
	json_put_hex(d->json, "resource", o->addr);
	json_put_hex(d->json, "start", start);
	json_put_hex(d->json, "end", end);
	json_put_uint(d->json, "depth", depth);
	json_put_string(d->json, "name", name);
	json_object_end(d->json);
}

/* The resource that a pointer leads to: it names the one it lies in, or counts as none. */
static bool go(struct dev_show *d, const struct object *from, const char *path, uint64_t parent,
	       struct object *ret)
{
	struct error why = { 0 };
	struct object o;
	int err;

	if (object_follow(&d->source, from, path, &o, NULL) < 0)
		return false;
	if (object_number_or_0(&d->source, &o, "parent") == parent) {
		*ret = o;
		return true;
	}
	err = error_set(&why, -EINVAL, "resource %" PRIx64 " does not name the one it lies in",
			o.addr);
	dev_damage(d, err, &why);
	return false;
}

/* A resource before those in it. */
static void walk(struct dev_show *d, const struct object *root, int digits)
{
	struct object above[DEPTH_LIMIT] = { *root }, next;
	struct error why = { 0 };
	unsigned depth = 0;

	for (unsigned n = 0; n < LIMIT; n++) {
		show(d, &above[depth], depth, digits);
		if (depth + 1 < DEPTH_LIMIT &&
		    go(d, &above[depth], "child->", above[depth].addr, &next)) {
			above[++depth] = next;
			continue;
		}
		while (depth > 0 &&
		       !go(d, &above[depth], "sibling->", above[depth - 1].addr, &next))
			depth--;
		if (depth == 0)
			return;
		above[depth] = next;
	}
	dev_damage(d, error_set(&why, -ELOOP, "the resources have no end"), &why);
}

int dev_resources(struct dev_show *d, struct error *e)
{
	static const struct {
		const char *variable, *json, *heading;
		int digits;
	} trees[] = {
		{ "ioport_resource", "ports", "    RESOURCE        RANGE    NAME\n", 4 },
		{ "iomem_resource", "memory", "\n    RESOURCE            RANGE        NAME\n", 8 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		struct object root;
		int err = inspect_variable(d->c, trees[i].variable, 0, &root, e);

		if (err < 0)
			return err;
		if (d->json) {
			json_put_array(d->json, trees[i].json);
		} else {
			fputs(trees[i].heading, d->c->out);
		}
		walk(d, &root, trees[i].digits);
		if (d->json)
			json_array_end(d->json);
	}
	return 0;
}
