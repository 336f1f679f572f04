/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * PID 1 of a rehearsal's first kernel (arm/rehearse/first.h makes its initramfs): loads the capture kernel into the
 * reservation as arm does, and crashes. Its lines are read by arm/rehearse/story.c. It has nothing to clean up: the machine
 * is thrown away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

#include "arm/kexec/load.h"
#include "arm/rehearse/first.h"
#include "base/clock.h"
#include "base/io.h"

#define CMDLINE_MAX ((size_t)65536)

static void say(const char *fmt, ...) _printf_(1, 2);

static void say(const char *fmt, ...)
{
	double now = (double)clock_now() / (double)USEC_PER_SEC;
	va_list ap;

	va_start(ap, fmt);
	printf(FIRST_SAYS "%.2f s: ", now);
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	fflush(stdout);
}

/* The machine ends: QEMU runs with -no-reboot. */
__attribute__((noreturn)) static void give_up(const char *words)
{
	say(FIRST_FAILED "%s", words);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void prepare(void)
{
	int console;

	if (mount("dev", "/dev", "devtmpfs", 0, NULL) < 0 && errno != EBUSY)
		give_up("no devtmpfs in this kernel");
	console = open("/dev/console", O_RDWR);
	for (int fd = 0; fd <= 2 && console >= 0; fd++)
		dup2(console, fd);
	if (mount("proc", "/proc", "proc", 0, NULL) < 0 ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		give_up("no proc or no sysfs in this kernel");
}

int main(void)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_buf_ struct buf cmdline = { 0 }, size = { 0 };
	struct error e = { 0 };

	prepare();
	if (root_open("/", &root) < 0 ||
	    root_read_file(&root, FIRST_CMDLINE, CMDLINE_MAX, &cmdline) < 0)
		give_up("the initramfs is not whole");
	if (root_read_file(&root, "/sys/kernel/kexec_crash_size", 64, &size) < 0)
		give_up("this kernel has no kexec: it was built without CONFIG_KEXEC_FILE and "
			"CONFIG_CRASH_DUMP");
	say(FIRST_RESERVED "%llu bytes", strtoull(size.data ?: "0", NULL, 10));
	if (strtoull(size.data ?: "0", NULL, 10) == 0)
		give_up("the kernel reserved no memory of that size");
	if (crash_load(&root, FIRST_KERNEL, FIRST_IMAGE, cmdline.data ?: "", &e) < 0)
		give_up(error_text(&e));
	say(FIRST_LOADED);
	(void)tcdrain(STDOUT_FILENO);
	if (write_file_at(AT_FDCWD, "/proc/sysrq-trigger", "c") < 0)
		give_up("the kernel has no SysRq");
	give_up("the kernel did not crash");
}
