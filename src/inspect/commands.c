/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

extern const struct inspect_command inspect_ascii;
extern const struct inspect_command inspect_blocked;
extern const struct inspect_command inspect_bpf;
extern const struct inspect_command inspect_bt;
extern const struct inspect_command inspect_btop;
extern const struct inspect_command inspect_dev;
extern const struct inspect_command inspect_eval;
extern const struct inspect_command inspect_facts_command;
extern const struct inspect_command inspect_files;
extern const struct inspect_command inspect_foreach;
extern const struct inspect_command inspect_fuser;
extern const struct inspect_command inspect_help;
extern const struct inspect_command inspect_ipcs;
extern const struct inspect_command inspect_irq;
extern const struct inspect_command inspect_kmem;
extern const struct inspect_command inspect_list;
extern const struct inspect_command inspect_lock;
extern const struct inspect_command inspect_log;
extern const struct inspect_command inspect_mach;
extern const struct inspect_command inspect_mod;
extern const struct inspect_command inspect_mount;
extern const struct inspect_command inspect_net;
extern const struct inspect_command inspect_p;
extern const struct inspect_command inspect_ps;
extern const struct inspect_command inspect_pte;
extern const struct inspect_command inspect_ptob;
extern const struct inspect_command inspect_ptov;
extern const struct inspect_command inspect_rd;
extern const struct inspect_command inspect_runq;
extern const struct inspect_command inspect_sbitmapq;
extern const struct inspect_command inspect_search;
extern const struct inspect_command inspect_set;
extern const struct inspect_command inspect_sig;
extern const struct inspect_command inspect_star;
extern const struct inspect_command inspect_struct;
extern const struct inspect_command inspect_swap;
extern const struct inspect_command inspect_sym;
extern const struct inspect_command inspect_sys;
extern const struct inspect_command inspect_task_command;
extern const struct inspect_command inspect_timer;
extern const struct inspect_command inspect_tree;
extern const struct inspect_command inspect_union;
extern const struct inspect_command inspect_vm;
extern const struct inspect_command inspect_vtop;
extern const struct inspect_command inspect_waitq;
extern const struct inspect_command inspect_whatis;

/* Of both programs. Sorted by name: `help` shows them so. */
/* clang-format off */
static const struct inspect_command *const common[] = {
	&inspect_star,
	&inspect_ascii,
	&inspect_blocked,
	&inspect_bpf,
	&inspect_bt,
	&inspect_btop,
	&inspect_dev,
	&inspect_eval,
	&inspect_facts_command,
	&inspect_files,
	&inspect_foreach,
	&inspect_fuser,
	&inspect_help,
	&inspect_ipcs,
	&inspect_irq,
	&inspect_kmem,
	&inspect_list,
	&inspect_lock,
	&inspect_log,
	&inspect_mach,
	&inspect_mod,
	&inspect_mount,
	&inspect_net,
	&inspect_p,
	&inspect_ps,
	&inspect_pte,
	&inspect_ptob,
	&inspect_ptov,
	&inspect_rd,
	&inspect_runq,
	&inspect_sbitmapq,
	&inspect_search,
	&inspect_set,
	&inspect_sig,
	&inspect_struct,
	&inspect_swap,
	&inspect_sym,
	&inspect_sys,
	&inspect_task_command,
	&inspect_timer,
	&inspect_tree,
	&inspect_union,
	&inspect_vm,
	&inspect_vtop,
	&inspect_waitq,
	&inspect_whatis,
	NULL,
};
/* clang-format on */

const struct inspect_command *inspect_command_at(const struct inspect *c, size_t index)
{
	static const struct inspect_command *const none[] = { NULL };
	const struct inspect_command *const *a = common, *const *b = c->more ? c->more : none;

	for (;; index--) {
		const struct inspect_command *next;

		if (*a && (!*b || strcmp((*a)->name, (*b)->name) < 0))
			next = *a++;
		else if (*b)
			next = *b++;
		else
			return NULL;
		if (index == 0)
			return next;
	}
}

const struct inspect_command *inspect_find(const struct inspect *c, const char *name)
{
	const struct inspect_command *command;

	/* gdb's way of saying the format: "p/x" */
	if (strncmp(name, "p/", 2) == 0)
		name = "p";
	for (size_t i = 0; (command = inspect_command_at(c, i)); i++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

int inspect_start(const struct inspect_command *command, struct inspect *c, int argc, char **argv,
		  struct error *e)
{
	optind = 0;
	opterr = 0;
	return command->run(c, argc, argv, e);
}

int inspect_run(struct inspect *c, int argc, char **argv, struct error *e)
{
	const struct inspect_command *command = inspect_find(c, argv[0]);
	int err;

	if (!command && inspect_is_type(c, argv[0]))
		return inspect_run_type(c, argc, argv, e);
	if (!command)
		return error_set(e, -ENOENT, "%s: no such command; 'help' lists them", argv[0]);
	err = inspect_start(command, c, argc, argv, e);
	return err < 0 ? error_prefix(e, err, "%s", argv[0]) : 0;
}
