/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/rites.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/console.h"
#include "capture/hooks.h"
#include "capture/manifest.h"
#include "capture/ownlog.h"
#include "target/dump_dir.h"
#include "target/target.h"

static int save_ownlog(int dir_fd, struct error *e)
{
	_cleanup_sink_ struct sink *sink = NULL;
	int r = dump_dir_create(dir_fd, OWNLOG_NAME, &sink, e);

	if (r == 0)
		r = ownlog_write(sink, e);
	if (r == 0)
		r = sink_sync(sink, e);
	return r == 0 ? dump_dir_commit(dir_fd, OWNLOG_NAME, e) : r;
}

static bool is_in_target(const char *dir, size_t size)
{
	return memchr(dir, '\0', size) && strncmp(dir, TARGET_MOUNT, strlen(TARGET_MOUNT)) == 0;
}

int rites_run(struct capture *c)
{
	char mount[sizeof(c->board->mount)], dir[sizeof(c->board->dir)];
	struct error e = { 0 };
	int fd = -1;

	memcpy(mount, c->board->mount, sizeof(mount));
	mount[sizeof(mount) - 1] = '\0';
	memcpy(dir, c->board->dir, sizeof(dir));
	if (!is_in_target(dir, sizeof(dir)))
		dir[0] = '\0';

	say("vmcore-dmesg.txt is %s, vmcore is %s", c->board->log_saved ? "saved" : "not saved",
	    c->board->dump_saved ? "saved" : "not saved");
	if (dir[0])
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && manifest_after_death(c, fd, &e) < 0)
		say("%s: %s", MANIFEST_NAME, error_text(&e));
	hooks_post_after(c, dir);
	if (fd >= 0 && save_ownlog(fd, &e) < 0)
		say("%s: %s", OWNLOG_NAME, error_text(&e));
	if (fd >= 0)
		close(fd);
	sync();
	if (mount[0] && umount2(mount, UMOUNT_NOFOLLOW) == 0)
		say("unmounted %s", mount);
	return 0;
}
