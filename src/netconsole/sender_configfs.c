/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/sender_configfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/parse.h"

#define NAME_SIZE 64
#define ROWS_MAX 24
#define ENOTSUPP_KERNEL 524 /* the kernel's own, without a name outside */

struct row {
	char file[NAME_SIZE];
	char value[SENDER_VALUE * 4];
	bool optional; /* kernels without the file do without it */
};

struct rows {
	struct row row[ROWS_MAX];
	size_t count;
};

static void add(struct rows *r, bool optional, const char *file, const char *fmt, ...)
	_printf_(4, 5);

static void add(struct rows *r, bool optional, const char *file, const char *fmt, ...)
{
	struct row *row = &r->row[r->count++];
	va_list ap;

	row->optional = optional;
	snprintf(row->file, sizeof(row->file), "%s", file);
	va_start(ap, fmt);
	vsnprintf(row->value, sizeof(row->value), fmt, ap);
	va_end(ap);
}

/* In the order in which they are written: what is enabled cannot be changed, and release wants extended. */
static void make_rows(const struct sender_target *t, struct rows *r)
{
	const struct address from = { .ip = t->path.from }, to = { .ip = t->path.to.ip };
	char from_text[ADDRESS_TEXT_SIZE], to_text[ADDRESS_TEXT_SIZE], mac[SENDER_MAC_TEXT];

	address_text(&from, from_text);
	address_text(&to, to_text);
	sender_mac_text(t->path.mac, mac);
	*r = (struct rows){ 0 };
	add(r, !t->extended, "extended", "%d", t->extended);
	add(r, true, "release", "%d", t->extended && t->release);
	add(r, false, "dev_name", "%s", t->path.device);
	add(r, false, "local_port", "%u", t->port);
	add(r, false, "remote_port", "%u", t->path.to.port);
	add(r, false, "local_ip", "%s", from_text);
	add(r, false, "remote_ip", "%s", to_text);
	add(r, false, "remote_mac", "%s", mac);
}

/* Written after those, and in a kernel that is new enough. */
static void make_names(const struct sender_target *t, const struct sender_names *names,
		       struct rows *r)
{
	*r = (struct rows){ 0 };
	if (!t->extended)
		return;
	if (names->host)
		add(r, true, "userdata/host/value", "%s", names->host);
	if (names->boot)
		add(r, true, "userdata/boot/value", "%s", names->boot);
	add(r, true, "userdata/msgid_enabled", "1");
}

bool sender_has_configfs(const struct root *root)
{
	return faccessat(root->fd, root_relative(SENDER_CONFIGFS), F_OK, 0) == 0;
}

/* ---- one target's directory ---- */

static int open_target(const struct root *root, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), SENDER_CONFIGFS "/%s", name);
	return openat(root->fd, root_relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Without the newline; "" where there is none. */
static void read_value(int dir, const char *file, char *ret, size_t size)
{
	_cleanup_buf_ struct buf b = { 0 };

	*ret = '\0';
	if (read_file_at(dir, file, KIB(4), &b) == 0 && b.data)
		snprintf(ret, size, "%.*s", (int)strcspn(b.data, "\n"), b.data);
}

static bool is_enabled(int dir)
{
	char value[8];

	read_value(dir, "enabled", value, sizeof(value));
	return *value == '1';
}

/* The kernel refuses to be told what is so already. */
static int set_enabled(int dir, bool enabled)
{
	return is_enabled(dir) == enabled ? 0 : write_file_at(dir, "enabled", enabled ? "1" : "0");
}

static bool has_all(int dir, const struct rows *r)
{
	for (size_t i = 0; i < r->count; i++) {
		char value[SENDER_VALUE * 4];

		if (r->row[i].optional && faccessat(dir, r->row[i].file, F_OK, 0) < 0)
			continue;
		read_value(dir, r->row[i].file, value, sizeof(value));
		if (strcasecmp(value, r->row[i].value) != 0)
			return false;
	}
	return true;
}

static int write_rows(int dir, const struct rows *r, struct error *e)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct row *row = &r->row[i];
		int err;

		if (row->optional && faccessat(dir, row->file, F_OK, 0) < 0)
			continue;
		err = write_file_at(dir, row->file, row->value);
		if (err < 0)
			return error_errno(e, err, "%s %s", row->file, row->value);
	}
	return 0;
}

/* A key of userdata is a directory of its own. */
static void make_keys(int dir, const struct rows *r)
{
	for (size_t i = 0; i < r->count; i++) {
		char path[NAME_SIZE];
		char *slash;

		strcpy(path, r->row[i].file);
		slash = strrchr(path, '/');
		if (slash && strcmp(slash, "/value") == 0) {
			*slash = '\0';
			(void)mkdirat(dir, path, 0755);
		}
	}
}

static const struct {
	int code;
	const char *words; /* behind the interface's name */
} refusals[] = {
	{ ENODEV, "is not there any more" },
	{ EBUSY, "is a port of a bond, bridge or team: its master is to be used" },
	{ ENOTSUPP_KERNEL, "cannot send from a crash: its driver does not support polling (USB and "
			   "wireless often); another interface is needed" },
	{ EOPNOTSUPP, "cannot send from a crash: its driver does not support polling, or that of a "
		      "port of it; another interface is needed" },
	{ EDESTADDRREQ, "has no address of the receiver's family (--from ADDRESS)" },
	{ ENETDOWN, "is down, and could not be taken up" },
	{ EINVAL, "or an address of it is refused; `dmesg | grep netpoll` tells why" },
};

int sender_refusal(const char *device, int code, struct error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (refusals[i].code == -code)
			return error_set(e, code, "%s %s", device, refusals[i].words);
	return error_errno(e, code, "%s: enabled", device);
}

int sender_enable(const struct root *root, const char *name, const struct sender_target *t,
		  const struct sender_names *names, bool *ret_changed, struct error *e)
{
	_cleanup_close_ int dir = -1;
	struct rows rows, more;
	char path[200];
	int r;

	snprintf(path, sizeof(path), SENDER_CONFIGFS "/%s", name);
	if (mkdirat(root->fd, root_relative(path), 0755) < 0 && errno != EEXIST)
		return error_errno(e, -errno, "%s", path);
	dir = open_target(root, name);
	if (dir < 0)
		return error_errno(e, -errno, "%s", path);
	make_rows(t, &rows);
	make_names(t, names, &more);
	make_keys(dir, &more);
	if (is_enabled(dir) && has_all(dir, &rows) && has_all(dir, &more)) {
		*ret_changed = false;
		return 0;
	}
	r = set_enabled(dir, false);
	if (r < 0)
		return error_errno(e, r, "%s/enabled", path);
	r = write_rows(dir, &rows, e);
	if (r == 0)
		r = write_rows(dir, &more, e);
	if (r < 0)
		return error_prefix(e, r, "%s", path);
	r = set_enabled(dir, true);
	if (r < 0)
		return error_prefix(e, sender_refusal(t->path.device, r, e), "%s", path);
	*ret_changed = true;
	return 0;
}

int sender_plan(const char *name, const struct sender_target *t, const struct sender_names *names,
		struct buf *out)
{
	struct rows rows[2];
	int r = buf_printf(out, "mkdir " SENDER_CONFIGFS "/%s\n", name);

	make_rows(t, &rows[0]);
	make_names(t, names, &rows[1]);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
		for (size_t i = 0; i < rows[k].count && r == 0; i++)
			r = buf_printf(out, "%s %s%s\n", rows[k].row[i].file, rows[k].row[i].value,
				       rows[k].row[i].optional ? "   (where the kernel has it)"
							       : "");
	return r == 0 ? buf_printf(out, "enabled 1\n") : r;
}

static void remove_keys(int dir)
{
	_cleanup_closedir_ DIR *keys = NULL;
	int fd = openat(dir, "userdata", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	if (fd < 0)
		return;
	keys = fdopendir(fd);
	if (!keys) {
		close(fd);
		return;
	}
	while ((entry = readdir(keys)))
		if (*entry->d_name != '.' && entry->d_type == DT_DIR)
			(void)unlinkat(dirfd(keys), entry->d_name, AT_REMOVEDIR);
}

int sender_remove(const struct root *root, const char *name, struct error *e)
{
	_cleanup_close_ int dir = open_target(root, name);
	char path[200];
	int r;

	snprintf(path, sizeof(path), SENDER_CONFIGFS "/%s", name);
	if (dir < 0)
		return error_errno(e, -errno, "%s", path);
	r = set_enabled(dir, false);
	remove_keys(dir);
	if (r == 0 && unlinkat(root->fd, root_relative(path), AT_REMOVEDIR) < 0)
		r = -errno;
	return r < 0 ? error_errno(e, r, "%s", path) : 0;
}

/* ---- all of them ---- */

static int show(const struct root *root, const char *name, sender_visit visit, void *user)
{
	_cleanup_close_ int dir = open_target(root, name);
	struct sender_shown s = { 0 };
	char errors[32];

	if (dir < 0)
		return 0;
	snprintf(s.name, sizeof(s.name), "%s", name);
	s.ours = strncmp(name, SENDER_OURS, strlen(SENDER_OURS)) == 0;
	s.enabled = is_enabled(dir);
	read_value(dir, "dev_name", s.device, sizeof(s.device));
	read_value(dir, "local_ip", s.local_ip, sizeof(s.local_ip));
	read_value(dir, "remote_ip", s.remote_ip, sizeof(s.remote_ip));
	read_value(dir, "local_port", s.local_port, sizeof(s.local_port));
	read_value(dir, "remote_port", s.remote_port, sizeof(s.remote_port));
	read_value(dir, "remote_mac", s.remote_mac, sizeof(s.remote_mac));
	read_value(dir, "extended", s.extended, sizeof(s.extended));
	read_value(dir, "transmit_errors", errors, sizeof(errors));
	s.has_errors = parse_decimal(errors, UINT64_MAX, &s.errors) == 0;
	return visit(user, &s);
}

int sender_each(const struct root *root, sender_visit visit, void *user)
{
	_cleanup_closedir_ DIR *all = NULL;
	int fd = openat(root->fd, root_relative(SENDER_CONFIGFS),
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	all = fdopendir(fd);
	if (!all) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (entry = readdir(all)))
		if (*entry->d_name != '.')
			r = show(root, entry->d_name, visit, user);
	return r;
}
