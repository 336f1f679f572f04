/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/console.h"
#include "capture/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"

/* The kernel's LOG_LINE_MAX (kernel/printk/printk.c) is 992 or more with its prefix. */
#define LINE_MAX_BYTES 900

/* A serial line at 9600 baud takes a line in about a second. */
#define CONSOLE_WAIT_MS 2000

/* Level debug: in the log, not once more on the console. */
#define KMSG_LEVEL "<7>"

static int console_fd = -1, kmsg_fd = -1;

void console_open(void)
{
	console_fd = open("/dev/console", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (console_fd < 0)
		console_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd <= 2 && console_fd >= 0; fd++)
		dup2(console_fd, fd);
	/* Otherwise the kernel drops most of what one process writes in a short time. */
	setting_write("/proc/sys/kernel/printk_devkmsg", "on\n");
	kmsg_fd = open("/dev/kmsg", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

static void write_console(const char *line, size_t len)
{
	while (len > 0) {
		struct pollfd p = { .fd = console_fd, .events = POLLOUT };
		ssize_t n = write(console_fd, line, len);

		if (n >= 0) {
			line += n;
			len -= (size_t)n;
		} else if (errno != EINTR &&
			   (errno != EAGAIN || poll(&p, 1, CONSOLE_WAIT_MS) <= 0)) {
			return;
		}
	}
}

void say(const char *fmt, ...)
{
	char line[LINE_MAX_BYTES + 8] = KMSG_LEVEL;
	const size_t prefix = sizeof(KMSG_LEVEL) - 1;
	usec_t now = clock_now();
	size_t len = prefix;
	va_list ap;

	len += (size_t)snprintf(line + len, LINE_MAX_BYTES - len, "lastword: %llu.%02llu s: ",
				(unsigned long long)(now / USEC_PER_SEC),
				(unsigned long long)(now % USEC_PER_SEC / 10000));
	va_start(ap, fmt);
	vsnprintf(line + len, LINE_MAX_BYTES - len, fmt, ap);
	va_end(ap);
	len = strlen(line);
	line[len++] = '\n';
	if (kmsg_fd >= 0)
		(void)!write(kmsg_fd, line, len);
	if (console_fd >= 0)
		write_console(line + prefix, len - prefix);
}

void console_drain(void)
{
	if (console_fd >= 0)
		tcdrain(console_fd);
}
