/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/sender_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/process.h"
#include "base/parse.h"
#include "netconsole/sender_configfs.h"

#define CONFIGFS "/sys/kernel/config"
#define MODULE "/sys/module/netconsole"
#define LOAD_TIME (30 * USEC_PER_SEC)

/* KERN_WARNING is 4: an oops is told at 0 to 4, and levels below the console's are sent. */
#define LEVEL_WANTED 5

static int modprobe(const char *module, const char *parameter, struct error *e)
{
	static const char *const programs[] = { "/sbin/modprobe", "/usr/sbin/modprobe",
						"/bin/modprobe" };
	const char *argv[] = { programs[0], "-q", module, parameter, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (access(programs[i], X_OK) == 0) {
			argv[0] = programs[i];
			return process_run(argv, NULL, clock_now() + LOAD_TIME, NULL, e);
		}
	return error_set(e, -ENOENT, "there is no modprobe here");
}

static bool there_is(const struct root *root, const char *path)
{
	return faccessat(root->fd, root_relative(path), F_OK, 0) == 0;
}

int sender_kernel_prepare(const struct root *root, enum sender_kernel *ret, struct error *e)
{
	struct error ignored;

	if (!sender_has_configfs(root) && !*root->path) {
		/* each may be built in, or be there already: what counts is what is there afterwards */
		(void)!modprobe("configfs", NULL, &ignored);
		if (there_is(root, CONFIGFS))
			(void)mount("none", CONFIGFS, "configfs", 0, NULL);
		(void)!modprobe("netconsole", NULL, &ignored);
	}
	if (sender_has_configfs(root)) {
		*ret = SENDER_DYNAMIC;
		return 0;
	}
	if (!there_is(root, MODULE))
		return error_set(e, -EOPNOTSUPP,
				 "this kernel has no netconsole (CONFIG_NETCONSOLE; on Debian and "
				 "Fedora it is in "
				 "the package with all modules)");
	/* one that is built in has parameters, and no references */
	*ret = there_is(root, MODULE "/refcnt") ? SENDER_PARAMETER : SENDER_BUILT_IN;
	return 0;
}

int sender_kernel_load(const char *targets, struct error *e)
{
	char parameter[SENDER_STRING_MAX + 16];
	struct error ignored;

	snprintf(parameter, sizeof(parameter), "netconsole=%s", targets);
	(void)!modprobe("-r", "netconsole", &ignored);
	return modprobe("netconsole", parameter, e);
}

static void read_word(const struct root *root, const char *path, char *ret, size_t size)
{
	_cleanup_buf_ struct buf b = { 0 };

	*ret = '\0';
	if (root_read_file(root, path, KIB(4), &b) == 0 && b.data)
		snprintf(ret, size, "%.*s", (int)strcspn(b.data, " \t\n"), b.data);
}

int sender_kernel_notes(const struct root *root, struct buf *notes)
{
	char level[16], ignore[4], oops_only[4];
	uint64_t value;
	int r = 0;

	read_word(root, "/proc/sys/kernel/printk", level, sizeof(level));
	read_word(root, "/sys/module/printk/parameters/ignore_loglevel", ignore, sizeof(ignore));
	read_word(root, MODULE "/parameters/oops_only", oops_only, sizeof(oops_only));
	if (parse_decimal(level, UINT32_MAX, &value) == 0 && value < LEVEL_WANTED && *ignore != 'Y')
		r = buf_printf(
			notes,
			"the console's log level is %llu: warnings and what is below are not sent "
			"(sysctl kernel.printk=7)\n",
			(unsigned long long)value);
	if (r == 0 && *oops_only == 'Y')
		r = buf_printf(notes,
			       "netconsole.oops_only is set: what is said before an oops is not "
			       "sent\n");
	return r;
}

void sender_kernel_names(const struct root *root, char ret_host[SENDER_NAME_SIZE],
			 char ret_boot[SENDER_NAME_SIZE])
{
	read_word(root, "/proc/sys/kernel/hostname", ret_host, SENDER_NAME_SIZE);
	read_word(root, "/proc/sys/kernel/random/boot_id", ret_boot, SENDER_NAME_SIZE);
}
