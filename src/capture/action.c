/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/action.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "capture/console.h"
#include "capture/setup.h"

/* For the drivers' shutdown functions. */
#define SHUTDOWN_SECONDS 30

static int reboot_command(enum plan_action action)
{
	switch (action) {
	case PLAN_HALT:
		return (int)LINUX_REBOOT_CMD_HALT;
	case PLAN_POWEROFF:
		return (int)LINUX_REBOOT_CMD_POWER_OFF;
	case PLAN_REBOOT:
	case PLAN_SHELL:
	case PLAN_DUMP_TO_ROOTFS:
		break;
	}
	return (int)LINUX_REBOOT_CMD_RESTART;
}

static void reset_now(void)
{
	setting_write("/proc/sysrq-trigger", "b");
}

void action_run(enum plan_action action, const struct fault *fault)
{
	pid_t sleeper;

	say("%s", plan_action_name(action));
	/* reboot(2) waits for every driver; who sleeps here resets the machine where one hangs. */
	sleeper = fork();
	if (sleeper == 0) {
		sleep(SHUTDOWN_SECONDS);
		reset_now();
		_exit(1);
	}
	console_drain();
	/* without it, nobody would: all is on disk, the drivers' own end is not worth the risk */
	if (sleeper < 0 && action == PLAN_REBOOT)
		reset_now();
	fault_point(fault, PLACE_ACTION);
	reboot(reboot_command(action));
	say("%s failed: %s; resetting", plan_action_name(action), strerrordesc_np(errno));
	for (;;) {
		reset_now();
		sleep(1);
	}
}
