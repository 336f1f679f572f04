/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/sender_boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define MODPROBE "/etc/modprobe.d/lastword-netconsole.conf"
#define LOAD "/etc/modules-load.d/lastword-netconsole.conf"
#define BUILT_IN_MAX MIB(4) /* modules.builtin: some 20 KiB */

static bool is_built_in(const struct root *root)
{
	_cleanup_buf_ struct buf release = { 0 }, list = { 0 };
	char path[300];

	if (root_read_file(root, "/proc/sys/kernel/osrelease", KIB(1), &release) < 0 ||
	    !release.data)
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%.*s/modules.builtin",
		 (int)MIN(strcspn(release.data, "\n"), (size_t)200), release.data);
	return root_read_file(root, path, BUILT_IN_MAX, &list) == 0 && list.data &&
	       strstr(list.data, "/netconsole.ko\n");
}

static bool has_device(const struct root *root, const char *device)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/class/net/%s/device", device);
	return faccessat(root->fd, root_relative(path), F_OK, 0) == 0;
}

static void find_driver(const struct root *root, const char *device, char *ret, size_t size)
{
	char path[100], target[300];
	const char *name;
	ssize_t len;

	*ret = '\0';
	snprintf(path, sizeof(path), "/sys/class/net/%s/device/driver/module", device);
	len = readlinkat(root->fd, root_relative(path), target, sizeof(target) - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	name = strrchr(target, '/');
	snprintf(ret, size, "%.*s", (int)size - 1, name ? name + 1 : target);
}

int sender_boot_look(const struct root *root, const char *device, struct sender_boot *ret,
		     struct error *e)
{
	struct sender_boot b = { .built_in = is_built_in(root) };

	if (!has_device(root, device))
		return error_set(
			e, -EOPNOTSUPP,
			"%s is made by the system's network set-up, not by a driver: there "
			"is nothing to send with before; --keep is what there is",
			device);
	find_driver(root, device, b.driver, sizeof(b.driver));
	if (b.built_in && *b.driver)
		return error_set(e, -EOPNOTSUPP,
				 "netconsole is built in and the driver of %s, %s, is a module: "
				 "when netconsole looks for its interface there is none; --keep is "
				 "what there is, or a kernel with both built in",
				 device, b.driver);
	*ret = b;
	return 0;
}

int sender_boot_text(const struct sender_boot *b, const char *targets, struct buf *out)
{
	int r;

	if (b->built_in)
		return buf_printf(out, "netconsole=%s\n", targets);
	r = buf_printf(out, "# " MODPROBE "\noptions netconsole netconsole=%s\n", targets);
	if (r == 0 && *b->driver)
		r = buf_printf(out, "softdep netconsole pre: %s\n", b->driver);
	return r == 0 ? buf_printf(out, "# " LOAD "\nnetconsole\n") : r;
}

int sender_boot_notes(const struct sender_boot *b, const char *device, struct buf *notes)
{
	int r = 0;

	if (b->built_in)
		r = buf_printf(notes, "that is for the kernel's command line\n");
	else
		r = buf_printf(notes,
			       "netconsole is a module here: these two files load it with the "
			       "system's first services, and %s before it; what the kernel said "
			       "until then is sent then. What it says before its modules are there "
			       "and does not survive is not sent by anything\n",
			       *b->driver ? b->driver : "nothing");
	if (r == 0 && strncmp(device, "eth", 3) != 0)
		r = buf_printf(
			notes,
			"%s is a name that udev gives: netconsole has to come after that, or "
			"finds no such interface. net.ifnames=0 keeps the kernel's name\n",
			device);
	return r;
}
