/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the verbs of `kdumpctl` share. All messages go to standard error and begin with "kdump: ", as kdump-utils' do. */
#include "arm/arm.h"
#include "arm/config/sysconfig.h"
#include "cli/command.h"

struct kdumpctl {
	const struct cli *cli;
	struct root root;
	struct sysconfig sysconfig; /* empty where it cannot be read */
};

/* argv[0] is the verb. Exit status. */
typedef int kdumpctl_verb(struct kdumpctl *k, int argc, char **argv);

kdumpctl_verb kdumpctl_start, kdumpctl_stop, kdumpctl_restart, kdumpctl_reload, kdumpctl_rebuild,
	kdumpctl_status, kdumpctl_showmem, kdumpctl_propagate, kdumpctl_test,
	kdumpctl_default_crashkernel, kdumpctl_reset, kdumpctl_after_update, kdumpctl_for_kernel;

/* A verb that is a command of lastword's, too: argv[0] is its name. */
kdumpctl_verb kdumpctl_hand_over;

/* As in KDUMP_STDLOGLVL of /etc/sysconfig/kdump, which says up to where. */
enum kdump_level { KDUMP_LEVEL_ERROR = 1, KDUMP_LEVEL_WARN, KDUMP_LEVEL_INFO };

void kdump_say(unsigned level, const char *fmt, ...) _printf_(2, 3);

#define kdump_error(...) kdump_say(KDUMP_LEVEL_ERROR, __VA_ARGS__)
#define kdump_warn(...) kdump_say(KDUMP_LEVEL_WARN, __VA_ARGS__)
#define kdump_info(...) kdump_say(KDUMP_LEVEL_INFO, __VA_ARGS__)

/* The lines of the configuration's notes. */
void kdump_say_notes(const struct composition *c);

/* How the last `kdumpctl test` ended, once the machine is up again. */
void kdump_say_test(const struct kdumpctl *k);
