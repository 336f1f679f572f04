/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/nfs_inherit.h"

#include <errno.h>
#include <libmount/libmount.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/*
 * Options that say nothing of what a person wants: they are found out, or make no sense in a capture kernel, which has no
 * security policy, no cache of files, and no locks.
 */
static const struct {
	const char *name;
	bool live_only; /* the kernel lists it; in fstab it was chosen */
} dropped_options[] = {
	{ "addr", false },	    { "bg", false },
	{ "clientaddr", false },    { "context", false },
	{ "defcontext", false },    { "fg", false },
	{ "fsc", false },	    { "fscontext", false },
	{ "local_lock", false },    { "lock", false },
	{ "mountvers", true },	    { "mountaddr", true },
	{ "mountport", true },	    { "mountproto", true },
	{ "nolock", false },	    { "proto", true },
	{ "retry", false },	    { "ro", false },
	{ "rootcontext", false },   { "rw", false },
	{ "seclabel", false },	    { "tcp", false },
	{ "trunkdiscovery", true },
};

/* What a capture kernel cannot do. value: what it begins with, "" any. */
static const struct {
	const char *name, *value, *reason;
} refused_options[] = {
	{ "sec", "krb5",
	  "a capture kernel has no Kerberos ticket; export a directory for dumps with sec=sys" },
	{ "xprtsec", "tls",
	  "a capture kernel has no tlshd; export a directory for dumps without TLS" },
	{ "xprtsec", "mtls",
	  "a capture kernel has no tlshd; export a directory for dumps without TLS" },
	{ "proto", "rdma", "dumps go over TCP; mount it with proto=tcp" },
	{ "rdma", "", "dumps go over TCP; mount it with proto=tcp" },
	{ "mounthost", "", "only mount.nfs(8) looks names up; write mountaddr=ADDRESS" },
};

/* Not terminated; value_len 0 where there is none. */
struct option {
	const char *name, *value;
	size_t name_len, value_len;
};

static bool word_is(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(word, name, len) == 0;
}

static bool is_dropped(const struct option *o, bool live)
{
	/* the family is that of the server's address, not of fstab's */
	if ((word_is(o->name, o->name_len, "proto") ||
	     word_is(o->name, o->name_len, "mountproto")) &&
	    o->value_len >= 3 && memcmp(o->value, "tcp", 3) == 0)
		return true;
	if (word_is(o->name, o->name_len, "sec") && memmem(o->value, o->value_len, "sys", 3))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(dropped_options); i++)
		if (word_is(o->name, o->name_len, dropped_options[i].name))
			return live || !dropped_options[i].live_only;
	return false;
}

static int check_option(const struct option *o, struct error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused_options); i++) {
		size_t len = strlen(refused_options[i].value);

		if (word_is(o->name, o->name_len, refused_options[i].name) && o->value_len >= len &&
		    memcmp(o->value, refused_options[i].value, len) == 0)
			return error_set(e, -EOPNOTSUPP, "nfs: %.*s%s%.*s: %s", (int)o->name_len,
					 o->name, o->value_len ? "=" : "", (int)o->value_len,
					 o->value, refused_options[i].reason);
	}
	return 0;
}

/* "vers=3", "nfsvers=4.1", "v4.2"; minorversion=1 goes with vers=4. NULL where it is none of them. */
static const char *version_of(const struct option *o, size_t *ret_len)
{
	static const char *const names[] = { "vers", "nfsvers" };

	*ret_len = o->value_len;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (word_is(o->name, o->name_len, names[i]))
			return o->value;
	*ret_len = o->name_len - 1;
	return o->name_len > 1 && o->name[0] == 'v' && o->name[1] >= '2' && o->name[1] <= '4'
		       ? o->name + 1
		       : NULL;
}

static int take_option(const struct option *o, bool live, struct buf *to, struct error *e)
{
	int r;

	if (is_dropped(o, live))
		return 0;
	r = check_option(o, e);
	if (r < 0)
		return r;
	r = buf_printf(to, "%s%.*s%s%.*s", to->len ? "," : "", (int)o->name_len, o->name,
		       o->value_len ? "=" : "", (int)o->value_len, o->value);
	return r < 0 ? error_errno(e, r, "nfs") : 0;
}

/* Those that a person chose, with the version as vers=. */
static int copy_options(const char *options, bool live, char **ret, struct error *e)
{
	_cleanup_buf_ struct buf out = { 0 };
	char version[16] = "", minor[8] = "", *rest = (char *)options;
	struct option o;
	int r = 0;

	while (options && mnt_optstr_next_option(&rest, (char **)&o.name, &o.name_len,
						 (char **)&o.value, &o.value_len) == 0) {
		const char *named;
		size_t len;

		o.value = o.value ?: "";
		named = version_of(&o, &len);
		if (named)
			snprintf(version, sizeof(version), "%.*s", (int)len, named);
		else if (word_is(o.name, o.name_len, "minorversion"))
			snprintf(minor, sizeof(minor), ".%.*s", (int)o.value_len, o.value);
		else
			r = take_option(&o, live, &out, e);
		if (r < 0)
			return r;
	}
	if (*version && buf_printf(&out, "%svers=%s%s", out.len ? "," : "", version,
				   strcmp(version, "4") == 0 ? minor : "") < 0)
		return error_errno(e, -ENOMEM, "nfs");
	*ret = strdup(out.data ?: "");
	return *ret ? 0 : error_errno(e, -ENOMEM, "nfs");
}

int nfs_take_options(const char *options, char **ret, struct error *e)
{
	return copy_options(options, false, ret, e);
}

int nfs_inherit(const struct root *root, const char *device, char **ret, struct error *e)
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
