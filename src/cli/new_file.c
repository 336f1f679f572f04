/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/io.h"

/* 0600 also where it is overwritten. */
int write_new_file(const char *path, bool force, const struct buf *text, struct error *e)
{
	_cleanup_close_ int fd = open(
		path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (force ? O_TRUNC : O_EXCL), 0600);
	struct stat st;
	int err;

	if (fd < 0 && errno == EEXIST)
		return error_set(e, -EEXIST, "%s exists; -f overwrites it", path);
	if (fd < 0)
		return error_errno(e, -errno, "%s", path);
	if (fstat(fd, &st) < 0 || (S_ISREG(st.st_mode) && fchmod(fd, 0600) < 0))
		return error_errno(e, -errno, "%s", path);
	err = write_all(fd, text->data, text->len);
	if (err == 0)
		return 0;
	if (!force)
		(void)unlink(path);
	return error_errno(e, err, "%s", path);
}
