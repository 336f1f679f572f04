/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/nfs_options.h"

#include <string.h>

const char *nfs_option(const char *options, const char *name, size_t *ret_len)
{
	size_t name_len = strlen(name);

	for (const char *p = options; *p;) {
		size_t len = strcspn(p, ",");

		if (len > name_len && p[name_len] == '=' && memcmp(p, name, name_len) == 0) {
			*ret_len = len - name_len - 1;
			return p + name_len + 1;
		}
		p += len + (p[len] == ',');
	}
	return NULL;
}

bool nfs_options_allow(const char *options, const char *version)
{
	size_t len;
	const char *named = nfs_option(options, "vers", &len);

	return !named ||
	       (strncmp(named, version, len) == 0 && (version[len] == '\0' || version[len] == '.'));
}

static int add(struct buf *to, const char *name, const char *value)
{
	return buf_printf(to, "%s%s=%s", to->len ? "," : "", name, value);
}

/* Unless a person chose it. */
static int add_default(struct buf *to, const char *given, const char *name, const char *value)
{
	size_t len;

	return nfs_option(given, name, &len) ? 0 : add(to, name, value);
}

static int copy_all_but_version(const char *given, struct buf *to)
{
	for (const char *p = given; *p;) {
		size_t len = strcspn(p, ",");
		int r = 0;

		if (len > 0 && strncmp(p, "vers=", 5) != 0)
			r = buf_printf(to, "%s%.*s", to->len ? "," : "", (int)len, p);
		if (r < 0)
			return r;
		p += len + (p[len] == ',');
	}
	return 0;
}

/* Version 3 finds its files through another protocol, and has its own for locks, which a dump does without. */
static int add_for_version_3(const char *given, const char *server, const char *protocol,
			     struct buf *to)
{
	int r = buf_printf(to, ",nolock");

	if (r == 0)
		r = add_default(to, given, "mountaddr", server);
	return r < 0 ? r : add_default(to, given, "mountproto", protocol);
}

int nfs_options_format(const char *given, const char *version, const char *server, struct buf *ret)
{
	/* the kernel takes a family of addresses from the name: "tcp" is IPv4 alone */
	const char *protocol = strchr(server, ':') ? "tcp6" : "tcp";
	int r = copy_all_but_version(given, ret);

	if (r == 0)
		r = add(ret, "vers", version);
	if (r == 0)
		r = add(ret, "addr", server);
	if (r == 0)
		r = add_default(ret, given, "proto", protocol);
	if (r == 0)
		r = add_default(ret, given, "sec", "sys");
	if (r == 0 && strcmp(version, "3") == 0)
		r = add_for_version_3(given, server, protocol, ret);
	return r;
}
