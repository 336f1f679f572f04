/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/doctor/below.h"

#include <limits.h>
#include <stdio.h>

#include "arm/doctor/look.h"

#define DEPTH_MAX 8

struct search {
	const struct root *root;
	bool (*is)(const struct root *root, const char *device);
	char *ret;
	size_t size;
	unsigned depth;
	bool found;
};

static void look_at(void *user, const char *name)
{
	/* Of a part, what is above it is its disk; of a disk, a directory without such files. */
	static const char *const places[] = { "", "/.." };
	struct search *s = user;
	char path[PATH_MAX];

	if (s->found || s->depth == DEPTH_MAX)
		return;
	s->depth++;
	for (size_t i = 0; i < ARRAY_SIZE(places) && !s->found; i++) {
		snprintf(path, sizeof(path), "/sys/class/block/%s%s", name, places[i]);
		s->found = s->is(s->root, path);
		if (s->found) {
			snprintf(s->ret, s->size, "%s", path);
			break;
		}
		snprintf(path, sizeof(path), "/sys/class/block/%s%s/slaves", name, places[i]);
		look_directory(s->root, path, look_at, s);
	}
	s->depth--;
}

bool below_find(const struct root *root, const char *name,
		bool (*is)(const struct root *root, const char *device), char *ret, size_t size)
{
	struct search s = { .root = root, .is = is, .ret = ret, .size = size };

	look_at(&s, name);
	return s.found;
}
