/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "arm/config/config.h"
#include "arm/config/import.h"
#include "arm/config/sysconfig.h"
#include "arm/image/compose.h"
#include "arm/image/files.h"
#include "arm/place/impl.h"
#include "arm/setup/steps.h"
#include "arm/setup/target.h"

#define FSTAB "/etc/fstab"

static int take(struct setup *s, struct setup_row *row, enum setup_outcome outcome,
		struct setup_target *t, struct error *e)
{
	char *rest = t->said.data, *line;
	int r = s->options.dry_run ? buf_append(&s->diff, t->diff.data ?: "", t->diff.len) : 0;

	if (r == 0 && !t->said.len)
		r = setup_say(row, outcome, "%s", s->options.target ?: "kdump.conf and fstab");
	while (r == 0 && rest && (line = strsep(&rest, "\n")) && *line)
		r = setup_say(row, outcome, "%s", line);
	return r < 0 ? error_errno(e, r, "target") : 0;
}

/* A file system of fstab that belongs there and is not mounted: what is made below it now would be hidden by it. */
static const char *missing_mount(struct libmnt_table *mounts, struct libmnt_table *fstab,
				 const char *path)
{
	struct libmnt_iter *i = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	const char *found = NULL;

	while (i && fstab && !found && mnt_table_next_fs(fstab, i, &fs) == 0) {
		const char *at = mnt_fs_get_target(fs);
		size_t len = at ? strlen(at) : 0;

		if (len > 1 && strncmp(path, at, len) == 0 && (!path[len] || path[len] == '/') &&
		    !(mounts && mnt_table_find_target(mounts, at, MNT_ITER_FORWARD)))
			found = at;
	}
	mnt_free_iter(i);
	return found;
}

/* The directory that kdump.conf names; arm makes none, since at a boot it may be a mount that failed. */
static int make_directory(struct setup *s, struct setup_row *row, const char *path, struct error *e)
{
	mount_table *mounts = place_read_mounts(s->root, NULL);
	_cleanup_free_ char *name = root_join(s->root, FSTAB);
	mount_table *fstab = name ? mnt_new_table_from_file(name) : NULL;
	const char *mount;
	int r;

	mount = missing_mount(mounts, fstab, path);
	if (mount)
		return setup_say(row, SETUP_ADVICE,
				 "%s is not there, and %s of fstab is not mounted: mount it first",
				 path, mount);
	if (s->options.dry_run) {
		snprintf(s->directory, sizeof(s->directory), "%s", path);
		return setup_say(row, SETUP_WOULD, "make %s, which kdump.conf names", path);
	}
	r = file_make_parents(s->root, path, e);
	if (r < 0)
		return r;
	if (mkdirat(s->root->fd, root_relative(path), 0700) < 0 && errno != EEXIST)
		return error_errno(e, -errno, "make directory %s", path);
	return setup_say(row, SETUP_DONE, "made %s, which kdump.conf names", path);
}

static int as_configured(struct setup *s, struct setup_row *row, struct error *e)
{
	_cleanup_config_ struct config c = { 0 };
	bool missing;

	if (compose_config(s->root, &c, &missing, NULL) == 0 &&
	    c.targets[0].kind == CONFIG_TARGET_PATH && *c.targets[0].path == '/' &&
	    faccessat(s->root->fd, root_relative(c.targets[0].path), F_OK, 0) < 0)
		return make_directory(s, row, c.targets[0].path, e);
	return setup_say(row, SETUP_LEFT, "as kdump.conf says; --target sets another");
}

int setup_where(struct setup *s, struct setup_row *row, struct error *e)
{
	_cleanup_setup_target_ struct setup_target t = { 0 };
	const struct setup_target_options o = { s->options.target, s->options.format,
						s->options.force, s->options.dry_run };
	int r;

	if (!s->options.target)
		return as_configured(s, row, e);
	r = setup_target(s->root, &o, &t, e);
	if (r < 0)
		return r;
	return take(s, row,
		    !t.diff.len		 ? SETUP_ALREADY
		    : s->options.dry_run ? SETUP_WOULD
					 : SETUP_DONE,
		    &t, e);
}

int setup_where_undo(struct setup *s, struct setup_row *row, struct error *e)
{
	_cleanup_setup_target_ struct setup_target t = { 0 };
	int r = setup_target_undo(s->root, s->options.dry_run, &t, e);

	if (r < 0)
		return r;
	if (!t.diff.len)
		return setup_say(row, SETUP_LEFT, "setup set no target");
	return take(s, row, s->options.dry_run ? SETUP_WOULD : SETUP_DONE, &t, e);
}

/* An import's files are a person's from then on: they are named, with what was there before. */
int setup_import_undo(struct setup *s, struct setup_row *row, struct error *e)
{
	static const char *const paths[] = { CONFIG_PATH, SYSCONFIG_PATH };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(paths) && r == 0; i++) {
		_cleanup_buf_ struct buf text = { 0 };
		char before[100];

		if (root_read_file(s->root, paths[i], SHELL_SIZE_MAX, &text) < 0 || !text.len ||
		    strncmp(text.data, IMPORT_MARK, strlen(IMPORT_MARK)) != 0)
			continue;
		snprintf(before, sizeof(before), "%s.before-import", paths[i]);
		r = faccessat(s->root->fd, root_relative(before), F_OK, 0) == 0
			    ? setup_say(row, SETUP_LEFT,
					"%s is what setup --import made, and stays; 'mv %s %s' "
					"brings back what was there before",
					paths[i], before, paths[i])
			    : setup_say(row, SETUP_LEFT,
					"%s is what setup --import made, and stays; there was none "
					"before",
					paths[i]);
	}
	if (r == 0 && !row->text.len)
		r = setup_say(row, SETUP_LEFT, "nothing was imported");
	return r < 0 ? error_errno(e, r, "import") : 0;
}
