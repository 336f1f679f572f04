/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/rawdump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "dumpfile/flat.h"
#include "dumpfile/flat_restore.h"
#include "target/dump_dir.h"

#define CORE "vmcore"

static int write_file(int device, const char *node, int dir_fd, struct rawdump *d, struct error *e)
{
	_cleanup_sink_ struct sink *out = NULL;
	struct flat_restored restored;
	int r = dump_dir_create(dir_fd, CORE, &out, e);

	if (r == 0)
		r = flat_restore(device, node, out, NULL, &restored, e);
	if (r == 0)
		r = sink_sync(out, e);
	if (r == 0)
		r = sink_close(TAKE_PTR(out), e);
	if (r == 0 && restored.complete)
		r = dump_dir_commit(dir_fd, CORE, e);
	if (r < 0)
		return r;
	d->size = restored.size;
	d->complete = restored.complete;
	return 0;
}

static int wipe(int device, const char *node, struct error *e)
{
	static const char zeros[FLAT_HEADER_SIZE];
	int r = pwrite_all(device, zeros, sizeof(zeros), 0);

	if (r == 0 && fsync(device) < 0)
		r = -errno;
	return r < 0 ? error_errno(e, r, "wipe the dump's header on %s", node) : 0;
}

static void remove_dir(const struct root *root, const char *dir, int dir_fd)
{
	char incomplete[64];

	dump_dir_incomplete_name(CORE, incomplete, sizeof(incomplete));
	(void)unlinkat(dir_fd, incomplete, 0);
	(void)unlinkat(root->fd, root_relative(dir), AT_REMOVEDIR);
}

static int recover(const struct root *root, int device, const char *node, const char *path,
		   time_t now, struct rawdump *d, struct error *e)
{
	_cleanup_close_ int top = openat(root->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int dir_fd = -1;
	_cleanup_free_ char *dir = NULL;
	char name[64];
	struct tm tm;
	int r;

	if (top < 0)
		return error_errno(e, -errno, "/");
	if (!localtime_r(&now, &tm) || !strftime(name, sizeof(name), "127.0.0.1-%F-%T", &tm))
		return error_set(e, -EINVAL, "the clock shows no date");
	r = dump_dir_make(top, path, name, &dir_fd, &dir, e);
	if (r < 0)
		return r;
	r = write_file(device, node, dir_fd, d, e);
	if (r < 0) {
		remove_dir(root, dir, dir_fd);
		return r;
	}
	if (asprintf(&d->file, "%s%s/" CORE "%s", *dir == '/' ? "" : "/", dir,
		     d->complete ? "" : "-incomplete") < 0) {
		d->file = NULL;
		return error_errno(e, -ENOMEM, "%s", node);
	}
	return wipe(device, node, e);
}

int rawdump_recover(const struct root *root, const char *node, const char *path, time_t now,
		    struct rawdump *ret, struct error *e)
{
	/* Exclusive: a mounted or otherwise claimed device is refused by the kernel. */
	_cleanup_close_ int device =
		openat(root->fd, root_relative(node), O_RDWR | O_EXCL | O_CLOEXEC);
	struct rawdump d = { 0 };
	int r;

	if (device < 0)
		return error_errno(e, -errno, "%s", node);
	r = flat_probe(device, 0);
	if (r < 0)
		return error_errno(e, r, "%s", node);
	if (r > 0) {
		r = recover(root, device, node, path, now, &d, e);
		if (r < 0) {
			rawdump_done(&d);
			return error_prefix(
				e, r,
				"the dump on %s could not be recovered into %s and would be "
				"overwritten by the next",
				node, path);
		}
	}
	*ret = d;
	return 0;
}

void rawdump_done(struct rawdump *d)
{
	free(d->file);
	*d = (struct rawdump){ 0 };
}
