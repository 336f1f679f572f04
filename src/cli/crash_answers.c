/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of crash that need what this program has not: what to use instead. */
#include <errno.h>

#include "inspect/command.h"

static int run_extend(struct inspect *c, int argc, char **argv, struct error *e)
{
	return error_set(e, -ENOTSUP,
			 "crash's extensions are objects for crash alone; programs read what every "
			 "command writes with --json");
}

const struct inspect_command inspect_extend = {
	.name = "extend",
	.usage = "",
	.summary = "(crash's extensions: not here)",
	.details = "  Programs read what every command writes with --json.\n",
	.run = run_extend,
};

static int run_gdb(struct inspect *c, int argc, char **argv, struct error *e)
{
	return error_set(e, -ENOTSUP,
			 "there is no gdb here; p, struct, union and whatis know types, dis code, "
			 "rd memory, sym symbols");
}

const struct inspect_command inspect_gdb = {
	.name = "gdb",
	.usage = "",
	.summary = "(no gdb here: p, struct, union, whatis, dis, rd, sym)",
	.details = "  p, struct, union and whatis know types, dis code, rd memory, sym symbols.\n",
	.run = run_gdb,
};

static int run_repeat(struct inspect *c, int argc, char **argv, struct error *e)
{
	return error_set(e, -ENOTSUP,
			 "a dump does not change: run the command itself; for other arguments use "
			 "foreach, or a file of commands with -i");
}

const struct inspect_command inspect_repeat = {
	.name = "repeat",
	.usage = "",
	.summary = "(of use on a live kernel only)",
	.details = "  A dump does not change: the command tells the same each time.\n",
	.run = run_repeat,
};

/* Whoever reads lines ends there; as the one command of the command line it has nothing to end. */
static int run_exit(struct inspect *c, int argc, char **argv, struct error *e)
{
	return 0;
}

const struct inspect_command inspect_exit = {
	.name = "exit",
	.usage = "",
	.summary = "leave",
	.details = "  quit and q do the same.\n",
	.run = run_exit,
};
