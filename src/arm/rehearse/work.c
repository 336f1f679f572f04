/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Stand-ins may become large: not in memory. */
#define TEMPLATE "lastword-rehearsal-XXXXXX"

int work_make(const char *keep, char ret[PATH_MAX], struct error *e)
{
	const char *tmp = getenv("TMPDIR");

	if (keep) {
		if (mkdir(keep, 0700) < 0 && errno != EEXIST)
			return error_errno(e, -errno, "%s", keep);
		if (!realpath(keep, ret))
			return error_errno(e, -errno, "%s", keep);
		/* QEMU takes commas in paths for the end of them. */
		return strchr(ret, ',') ? error_set(e, -EINVAL, "%s: no comma, please", ret) : 0;
	}
	snprintf(ret, PATH_MAX, "%s/" TEMPLATE,
		 tmp && *tmp && !strchr(tmp, ',') ? tmp : "/var/tmp");
	return mkdtemp(ret) ? 0 : error_errno(e, -errno, "%s", ret);
}

void work_remove(const char *path, const char *keep)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;

	if (keep || !*path)
		return;
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	rmdir(path);
}
