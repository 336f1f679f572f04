/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "capture/console.h"

#define ACTIVE "/sys/class/tty/console/active"

/*
 * The terminal behind /dev/console, the last one named there: /dev/console itself can control no session, so that Ctrl-C would
 * be for nobody.
 */
static int open_terminal(void)
{
	_cleanup_buf_ struct buf names = { 0 };
	char path[64], *name = NULL;
	int fd = -1;

	if (read_file_at(AT_FDCWD, ACTIVE, sizeof(path), &names) == 0 && names.len) {
		names.data[strcspn(names.data, "\n")] = '\0';
		name = strrchr(names.data, ' ');
		snprintf(path, sizeof(path), "/dev/%s", name ? name + 1 : names.data);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	return fd >= 0 ? fd : open("/dev/console", O_RDWR | O_CLOEXEC);
}

int shell_run(struct capture *c)
{
	char *const argv[] = { (char *)"sh", (char *)"-i", NULL };
	char *const environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
				      (char *)"HOME=/", (char *)"TERM=linux",
				      (char *)"PS1=lastword# ", NULL };
	int fd;

	setsid();
	fd = open_terminal();
	if (fd < 0) {
		say("shell: no console: %s", strerrordesc_np(errno));
		return EXIT_FAILURE;
	}
	(void)ioctl(fd, TIOCSCTTY, 0);
	for (int i = 0; i <= 2; i++)
		dup2(fd, i);
	(void)!chdir("/");
	execve(c->plan->shell, argv, environment);
	say("shell: %s: %s", c->plan->shell, strerrordesc_np(errno));
	return EXIT_FAILURE;
}
