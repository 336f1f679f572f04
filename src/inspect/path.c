/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/path.h"

#include <string.h>

#define STEPS_LIMIT 2000
#define NAME_SIZE 256 /* NAME_MAX and a NUL */

/* Text that grows to the left. */
struct path {
	char *text;
	size_t at; /* where it begins */
};

static void prepend(struct path *p, const char *word)
{
	const size_t len = MIN(strlen(word), p->at);

	p->at -= len;
	memcpy(p->text + p->at, word + strlen(word) - len, len);
}

static void prepend_name(const struct object_source *s, struct path *p, const struct object *dentry)
{
	char name[NAME_SIZE];

	if (object_text(s, dentry, "d_name.name", name, sizeof(name), NULL) < 0)
		strcpy(name, "?");
	prepend(p, name);
	prepend(p, "/");
}

/* From the root of a mount to the place it covers. False where nothing is above it. */
static bool go_up_mount(const struct object_source *s, struct object *vfsmount,
			struct object *dentry)
{
	struct object mount, parent;

	return object_container(s, vfsmount->addr, "mount", "mnt", &mount, NULL) == 0 &&
	       object_follow(s, &mount, "mnt_parent->", &parent, NULL) == 0 &&
	       parent.addr != mount.addr &&
	       object_follow(s, &mount, "mnt_mountpoint->", dentry, NULL) == 0 &&
	       object_follow(s, &parent, "mnt", vfsmount, NULL) == 0;
}

static void walk_up(const struct object_source *s, struct path *p, struct object vfsmount,
		    struct object dentry)
{
	for (unsigned step = 0; step < STEPS_LIMIT && p->at > 0; step++) {
		struct object parent;

		if (vfsmount.addr && object_number_or_0(s, &vfsmount, "mnt_root") == dentry.addr) {
			if (!go_up_mount(s, &vfsmount, &dentry))
				return;
			continue;
		}
		if (object_follow(s, &dentry, "d_parent->", &parent, NULL) < 0) {
			prepend(p, "?");
			return;
		}
		if (parent.addr == dentry.addr)
			return;
		prepend_name(s, p, &dentry);
		dentry = parent;
	}
	prepend(p, "…");
}

int path_of_dentry(const struct object_source *s, uint64_t vfsmount, uint64_t dentry,
		   char ret[PATH_SIZE], struct error *e)
{
	struct path p = { .text = ret, .at = PATH_SIZE - 1 };
	struct object at, mount;
	int err = object_at(s, "dentry", dentry, &at, e);

	if (err == 0)
		err = object_at(s, "vfsmount", vfsmount, &mount, e);
	if (err < 0)
		return err;
	ret[PATH_SIZE - 1] = '\0';
	walk_up(s, &p, mount, at);
	if (p.at == PATH_SIZE - 1)
		prepend(&p, "/");
	memmove(ret, ret + p.at, PATH_SIZE - p.at);
	return 0;
}

int path_of_mount(const struct object_source *s, uint64_t mount, char ret[PATH_SIZE],
		  struct error *e)
{
	struct object at, vfsmount;
	int err = object_at(s, "mount", mount, &at, e);

	if (err == 0)
		err = object_follow(s, &at, "mnt", &vfsmount, e);
	if (err < 0)
		return err;
	return path_of_dentry(s, vfsmount.addr, object_number_or_0(s, &vfsmount, "mnt_root"), ret,
			      e);
}
