/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/propagate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/image/compose.h"
#include "arm/place/propagate.h"
#include "cli/arm_output.h"
#include "cli/command_line.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_propagate = {
	.name = "propagate",
	.arguments = "[--accept-new]",
	.summary = "make a key, give it to the SSH target, prove the login",
	.run = run,
};

struct options {
	bool accept_new;
};

static const struct option_row rows[] = {
	FLAG_ROW(struct options, accept_new, 0, "accept-new",
		 "take a server's key that is not known yet without asking"),
};

static const struct command_line usage = {
	.command = &command_propagate,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.about = "For each ssh target in /etc/kdump.conf: makes the key that sshkey names where "
		 "there is none, copies the public one with ssh-copy-id (which asks for the "
		 "password), and proves that the login works without anybody and that the path can "
		 "be written to.",
};

/* In kdump-utils' words, with proof behind them. */
static int propagate_one(const struct root *root, const struct config_target *t, bool accept_new,
			 void (*say)(const char *fmt, ...) _printf_(1, 2))
{
	int user = (int)strcspn(t->device, "@");
	const char *host = t->device + user + (t->device[user] == '@');
	struct error e = { 0 };
	bool made = false;

	if (propagate_key(t, &made, &e) < 0) {
		say("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	if (made)
		say("Generating new ssh keys... done.");
	else
		say("Using existing keys...");
	if (made || propagate_login(root, t, &e) < 0) {
		if (propagate_copy(t, accept_new, &e) < 0) {
			say("Failed to propagate ssh key, could not transfer %s to %s", t->sshkey,
			    host);
			say("%s", error_text(&e));
			return EXIT_FAILURE;
		}
		say("%s has been added to ~%.*s/.ssh/authorized_keys on %s", t->sshkey, user,
		    t->device, host);
	}
	if (propagate_login(root, t, &e) < 0 || propagate_write(root, t, &e) < 0) {
		say("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	say("%s: the login works, %s can be written to", t->device, t->path);
	return EXIT_SUCCESS;
}

int propagate_all(const struct root *root, bool accept_new,
		  void (*say)(const char *fmt, ...) _printf_(1, 2))
{
	_cleanup_config_ struct config c = { 0 };
	int status = EXIT_SUCCESS;
	struct error e = { 0 };
	bool missing;
	size_t count = 0;

	if (compose_config(root, &c, &missing, &e) < 0) {
		say("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < c.targets_count; i++) {
		if (c.targets[i].kind != CONFIG_TARGET_SSH)
			continue;
		count++;
		if (propagate_one(root, &c.targets[i], accept_new, say))
			status = EXIT_FAILURE;
	}
	if (count)
		return status;
	say("No ssh destination defined in " CONFIG_PATH ".");
	say("Please verify that " CONFIG_PATH
	    " contains 'ssh <user>@<host>' and that it is properly formatted.");
	return EXIT_FAILURE;
}

static void say_plain(const char *fmt, ...) _printf_(1, 2);

static void say_plain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	struct options o = { 0 };
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	status = arm_open_root(cli, &root);
	return status ?: propagate_all(&root, o.accept_new, say_plain);
}
