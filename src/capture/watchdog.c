/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capture/console.h"

/* The last is the only name of drivers outside the kernel's watchdog core; for others it is the first's once more: busy. */
static const char *const paths[] = { "/dev/watchdog0", "/dev/watchdog1", "/dev/watchdog2",
				     "/dev/watchdog3", "/dev/watchdog" };

/* What the device has after we asked for ours: it may know no other time than its own. */
static unsigned set_timeout(int fd, unsigned seconds)
{
	int timeout = (int)seconds;

	if (ioctl(fd, WDIOC_SETTIMEOUT, &timeout) == 0 && timeout > 0)
		return (unsigned)timeout;
	if (ioctl(fd, WDIOC_GETTIMEOUT, &timeout) == 0 && timeout > 0)
		return (unsigned)timeout;
	return seconds;
}

static void take(struct watchdogs *w, int fd)
{
	struct watchdog_info info = { 0 };
	unsigned timeout = set_timeout(fd, w->seconds);
	usec_t interval = timeout * USEC_PER_SEC / 3;

	(void)ioctl(fd, WDIOC_GETSUPPORT, &info);
	say("watchdog %.*s: %u s", (int)sizeof(info.identity), (const char *)info.identity,
	    timeout);
	w->interval = w->count ? MIN(w->interval, interval) : interval;
	w->due = 0;
	w->fds[w->count++] = fd;
}

void watchdogs_look(struct watchdogs *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths) && w->seconds && w->count < WATCHDOGS_MAX; i++) {
		int fd = open(paths[i], O_WRONLY | O_CLOEXEC);

		if (fd >= 0) {
			take(w, fd);
		} else if (errno != ENOENT && errno != EBUSY && !w->told) {
			w->told = true;
			say("%s: %s", paths[i], strerrordesc_np(errno));
		}
	}
}

usec_t watchdogs_ping(struct watchdogs *w, usec_t now)
{
	if (w->count == 0)
		return UINT64_MAX;
	if (now >= w->due) {
		for (size_t i = 0; i < w->count; i++)
			(void)ioctl(w->fds[i], WDIOC_KEEPALIVE, NULL);
		w->due = now + w->interval;
	}
	return w->due;
}

void watchdogs_stop(struct watchdogs *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct watchdog_info info = { 0 };

		/* the letter says that what follows is no accident */
		if (ioctl(w->fds[i], WDIOC_GETSUPPORT, &info) < 0 ||
		    !(info.options & WDIOF_MAGICCLOSE) || write(w->fds[i], "V", 1) != 1)
			say("watchdog %.*s cannot be stopped", (int)sizeof(info.identity),
			    (const char *)info.identity);
	}
	watchdogs_forget(w);
}

void watchdogs_forget(struct watchdogs *w)
{
	for (size_t i = 0; i < w->count; i++)
		close(w->fds[i]);
	w->count = 0;
}
