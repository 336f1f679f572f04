/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command_line.h"
#include "cli/netconsole.h"
#include "netconsole/sender_configfs.h"
#include "netconsole/sender_keep.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_netconsole_remove = {
	.name = "netconsole remove",
	.arguments = "",
	.summary = "send them no more",
	.run = run,
};

static const struct command_line usage = {
	.command = &command_netconsole_remove,
	.about = "Takes away what `lastword netconsole setup` made, now and for the next start. "
		 "Other "
		 "targets stay.",
};

#define NAMES_MAX 64

/* Gathered first: a directory that changes while it is read may skip some. */
struct names {
	char name[NAMES_MAX][64];
	size_t count;
};

static int gather(void *user, const struct sender_shown *s)
{
	struct names *n = user;

	if (s->ours && n->count < NAMES_MAX)
		strcpy(n->name[n->count++], s->name);
	return 0;
}

static int remove_all(const struct root *root, struct error *e)
{
	struct names n = { 0 };
	int r = 0;

	/* first who would make them again */
	if (sender_keep_exists(root)) {
		r = sender_keep_disable(root, e);
		if (r == 0)
			r = sender_keep_remove(root, e);
		if (r == 0)
			puts(SENDER_KEEP_PATH " is removed");
	}
	if (r < 0)
		return r;
	r = sender_each(root, gather, &n);
	if (r < 0)
		return error_errno(e, r, SENDER_CONFIGFS);
	for (size_t i = 0; i < n.count && r == 0; i++) {
		r = sender_remove(root, n.name[i], e);
		if (r == 0)
			printf("%s is removed\n", n.name[i]);
	}
	if (r == 0 && n.count == 0)
		puts("there was no target of ours");
	return r;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	struct error e = { 0 };
	int status = command_line_read(&usage, argc, argv, NULL);

	if (status >= 0)
		return status;
	if (root_open(cli->root, &root) < 0) {
		say_error("%s is no directory", cli->root);
		return EXIT_FAILURE;
	}
	if (remove_all(&root, &e) < 0) {
		say_error("netconsole remove: %s", error_text(&e));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
