/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfs HOST:/SHARE: the server's address, the way there, and the options it is mounted with here. */
#include <errno.h>
#include <libmount/libmount.h>
#include <stdlib.h>
#include <string.h>

#include "arm/place_impl.h"

/* Options that say nothing of what a person wants: they are found out, or make no sense in a capture kernel. */
static const struct {
	const char *name;
	bool live_only; /* the kernel lists it; in fstab it was chosen */
} dropped_options[] = {
	{ "addr", false },	{ "bg", false },	 { "clientaddr", false },
	{ "fg", false },	{ "local_lock", false }, { "lock", false },
	{ "nolock", false },	{ "retry", false },	 { "ro", false },
	{ "rw", false },	{ "mountaddr", true },	 { "mountport", true },
	{ "mountproto", true }, { "mountvers", true },	 { "proto", true },
};

/* "host:/share", "[fd00::1]:/share" */
static int split(const char *device, char **ret_host, char **ret_share, struct error *e)
{
	const char *colon = *device == '[' ? strstr(device, "]:") : strchr(device, ':');
	size_t skip = *device == '[';

	if (colon && skip)
		colon++;
	if (!colon || colon[1] != '/' || colon == device + skip)
		return error_set(e, -EINVAL, "nfs: '%s': write HOST:/DIRECTORY", device);
	*ret_host = strndup(device + skip, colon - device - 2 * skip);
	*ret_share = strdup(colon + 1);
	return *ret_host && *ret_share ? 0 : error_errno(e, -ENOMEM, "nfs");
}

static bool is_dropped(const char *name, size_t len, bool live)
{
	for (size_t i = 0; i < ARRAY_SIZE(dropped_options); i++)
		if (strlen(dropped_options[i].name) == len &&
		    memcmp(dropped_options[i].name, name, len) == 0)
			return live || !dropped_options[i].live_only;
	return false;
}

/* Those that a person chose. */
static int copy_options(const char *options, bool live, char **ret, struct error *e)
{
	_cleanup_buf_ struct buf out = { 0 };
	char *name, *value, *rest = (char *)options;
	size_t name_len, value_len;

	while (options &&
	       mnt_optstr_next_option(&rest, &name, &name_len, &value, &value_len) == 0) {
		int r;

		if (name_len == 3 && memcmp(name, "sec", 3) == 0 &&
		    !(value_len == 3 && memcmp(value, "sys", 3) == 0))
			return error_set(e, -EOPNOTSUPP,
					 "nfs: sec=%.*s: a capture kernel has no Kerberos ticket; "
					 "export a directory for dumps with sec=sys",
					 (int)value_len, value);
		if (is_dropped(name, name_len, live))
			continue;
		r = buf_printf(&out, "%s%.*s%s%.*s", out.len ? "," : "", (int)name_len, name,
			       value_len ? "=" : "", (int)value_len, value_len ? value : "");
		if (r < 0)
			return error_errno(e, r, "nfs");
	}
	*ret = strdup(out.data ?: "");
	return *ret ? 0 : error_errno(e, -ENOMEM, "nfs");
}

/* As it is mounted now, else as fstab would. */
static int find_options(const struct root *root, const char *device, char **ret, struct error *e)
{
	static const char *const tables[] = { "/proc/self/mountinfo", "/etc/fstab" };
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(tables) && r == -ENOENT; i++) {
		_cleanup_free_ char *path = root_join(root, tables[i]);
		struct libmnt_table *t = path ? mnt_new_table_from_file(path) : NULL;
		struct libmnt_fs *fs =
			t ? mnt_table_find_srcpath(t, device, MNT_ITER_BACKWARD) : NULL;
		const char *type = fs ? mnt_fs_get_fstype(fs) : NULL;

		if (type && strncmp(type, "nfs", 3) == 0)
			r = copy_options(mnt_fs_get_options(fs), i == 0, ret, e);
		mnt_unref_table(t);
	}
	return r == -ENOENT ? copy_options(NULL, false, ret, e) : r;
}

int place_find_nfs(const struct root *root, const struct config_target *c, struct place *p,
		   struct error *e)
{
	_cleanup_free_ char *host = NULL;
	struct plan_target *t = &p->target;
	int r = split(c->device, &host, &t->share, e);

	t->kind = PLAN_TARGET_NFS;
	if (r == 0) {
		r = place_find_server(root, host, p, e);
		if (r < 0)
			return error_prefix(e, r, "nfs");
		r = find_options(root, c->device, &t->mount_options, e);
	}
	if (r < 0)
		return r;
	t->path = strdup(c->path);
	return t->path ? 0 : error_errno(e, -ENOMEM, "nfs");
}
