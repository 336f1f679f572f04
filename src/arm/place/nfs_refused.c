/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/nfs_refused.h"

#include <errno.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "target/mount_options.h"

/* fsconfig(2) takes a mount's options one by one; the C library has it since glibc 2.36 alone. */
static int set_option(int fs, const char *name, const char *value)
{
	unsigned command = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

	return syscall(SYS_fsconfig, fs, command, name, value, 0) < 0 ? -errno : 0;
}

int nfs_name_refused(const struct plan_target *t, int r, struct error *e)
{
	_cleanup_close_ int fs = (int)syscall(SYS_fsopen, "nfs", 0);
	_cleanup_buf_ struct buf options = { 0 };
	char *rest, *option;
	unsigned long flags;

	if (fs < 0 || mount_options_split(t->mount_options, &flags, &options) < 0)
		return r;
	rest = options.data;
	while (rest && (option = strsep(&rest, ","))) {
		char *value = strchr(option, '=');

		if (value)
			*value++ = '\0';
		if (set_option(fs, option, value) == -EINVAL)
			return error_set(e, r,
					 "nfs: the kernel does not take option %s%s%s, which the "
					 "share is mounted with or /etc/fstab has",
					 option, value ? "=" : "", value ?: "");
	}
	return r;
}
