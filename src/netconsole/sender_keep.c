/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/sender_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/process.h"

#define HEAD                                                                                       \
	"# Written by lastword netconsole setup; taken away by lastword netconsole remove.\n"      \
	"# A word of its command line a line.\n"
#define SYSTEMCTL_TIME (60 * USEC_PER_SEC)
#define SIZE_MAX_KEPT KIB(16)

int sender_keep_write(const struct root *root, const char *const *words, size_t count,
		      struct error *e)
{
	static const char temporary[] = SENDER_KEEP_PATH ".tmp";
	_cleanup_buf_ struct buf b = { 0 };
	_cleanup_close_ int fd = -1;
	int r = buf_printf(&b, HEAD);

	for (size_t i = 0; i < count && r == 0; i++)
		r = buf_printf(&b, "%s\n", words[i]);
	if (r < 0)
		return error_errno(e, r, SENDER_KEEP_PATH);
	(void)mkdirat(root->fd, root_relative("/etc/lastword"), 0755);
	fd = openat(root->fd, root_relative(temporary),
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return error_errno(e, -errno, "%s", temporary);
	r = write_all(fd, b.data, b.len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && renameat(root->fd, root_relative(temporary), root->fd,
			       root_relative(SENDER_KEEP_PATH)) < 0)
		r = -errno;
	return r < 0 ? error_errno(e, r, SENDER_KEEP_PATH) : 0;
}

int sender_keep_read(const struct root *root, struct buf *ret, struct error *e)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r = root_read_file(root, SENDER_KEEP_PATH, SIZE_MAX_KEPT, &b);
	char *line, *save = NULL;

	if (r < 0)
		return error_errno(e, r, SENDER_KEEP_PATH);
	for (line = strtok_r(b.data, "\n", &save); line && r == 0;
	     line = strtok_r(NULL, "\n", &save))
		if (*line != '#')
			r = buf_printf(ret, "%s\n", line);
	return r < 0 ? error_errno(e, r, SENDER_KEEP_PATH) : 0;
}

bool sender_keep_exists(const struct root *root)
{
	return faccessat(root->fd, root_relative(SENDER_KEEP_PATH), F_OK, 0) == 0;
}

int sender_keep_remove(const struct root *root, struct error *e)
{
	if (unlinkat(root->fd, root_relative(SENDER_KEEP_PATH), 0) < 0 && errno != ENOENT)
		return error_errno(e, -errno, SENDER_KEEP_PATH);
	return 0;
}

static bool has_systemd(const struct root *root)
{
	return !*root->path && access("/run/systemd/system", F_OK) == 0;
}

static int systemctl(const char *verb, struct error *e)
{
	const char *const argv[] = { access("/usr/bin/systemctl", X_OK) == 0 ? "/usr/bin/systemctl"
									     : "/bin/systemctl",
				     "--quiet", verb, SENDER_KEEP_UNIT, NULL };
	int r = process_run(argv, NULL, clock_now() + SYSTEMCTL_TIME, NULL, e);

	return r < 0 ? error_prefix(e, r, "systemctl %s " SENDER_KEEP_UNIT, verb) : 0;
}

int sender_keep_enable(const struct root *root, bool *ret_done, struct error *e)
{
	int r;

	if (!has_systemd(root)) {
		*ret_done = false;
		return 0;
	}
	r = systemctl("enable", e);
	if (r == 0)
		r = systemctl("restart", e);
	if (r == 0)
		*ret_done = true;
	return r;
}

int sender_keep_disable(const struct root *root, struct error *e)
{
	int r;

	if (!has_systemd(root))
		return 0;
	r = systemctl("disable", e);
	return r == 0 ? systemctl("stop", e) : r;
}
