/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kdump-utils' kdumpctl under our roof: its verbs, exit statuses and first words. docs/kdumpctl.md has what differs. */
#include "cli/kdumpctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "cli/arm_output.h"

#define LOCK_DIR "/run/lock"
#define LOCK LOCK_DIR "/kdump"
#define LOCK_WITHOUT_DIR "/tmp/kdump.lock"

#define LOCK_TRY_USEC 200000
#define LOCK_TRIES_PER_WORD 25 /* 5 s */

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_kdumpctl = {
	.name = "kdumpctl",
	.arguments = "VERB …",
	.summary = "kdump-utils' kdumpctl: start, stop, status, restart, …",
	.run = run,
};

static unsigned log_level = KDUMP_LEVEL_INFO;

void kdump_say(unsigned level, const char *fmt, ...)
{
	va_list ap;

	if (level > log_level)
		return;
	va_start(ap, fmt);
	fputs("kdump: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

int kdumpctl_hand_over(struct kdumpctl *k, int argc, char **argv)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, argv[0]) == 0)
			return commands[i]->run(k->cli, argc, argv);
	kdump_error("%s: not built in", argv[0]);
	return EXIT_FAILURE;
}

static int setup_crypttab(struct kdumpctl *k, int argc, char **argv)
{
	kdump_error(
		"setup-crypttab: not done: lastword opens no LUKS volume in the capture kernel; "
		"let the dump go to a place that is not encrypted, or over the network, and "
		"encrypt the dump itself with lastword_encrypt in /etc/kdump.conf");
	return EXIT_FAILURE;
}

/* In the order of kdump-utils' usage. */
static const struct {
	const char *name;
	kdumpctl_verb *run;
	bool hidden; /* called by packages alone */
} verbs[] = {
	{ "estimate", kdumpctl_hand_over, false },
	{ "start", kdumpctl_start, false },
	{ "stop", kdumpctl_stop, false },
	{ "status", kdumpctl_status, false },
	{ "restart", kdumpctl_restart, false },
	{ "reload", kdumpctl_reload, false },
	{ "rebuild", kdumpctl_rebuild, false },
	{ "reset-crashkernel", kdumpctl_reset, false },
	{ "propagate", kdumpctl_propagate, false },
	{ "showmem", kdumpctl_showmem, false },
	{ "test", kdumpctl_test, false },
	{ "setup-crypttab", setup_crypttab, false },
	{ "get-default-crashkernel", kdumpctl_default_crashkernel, false },
	{ "_reset-crashkernel-after-update", kdumpctl_after_update, true },
	{ "_reset-crashkernel-for-installed_kernel", kdumpctl_for_kernel, true },
};

static int usage(int status)
{
	fputs("kdump: Usage: kdumpctl {", stderr);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!verbs[i].hidden)
			fprintf(stderr, "%s%s", i ? "|" : "", verbs[i].name);
	fputs("}\n", stderr);
	return status;
}

/* One at a time, kdump-utils' own scripts too. Held until the program ends. */
static int lock(const struct root *root, struct error *e)
{
	const char *path = faccessat(root->fd, root_relative(LOCK_DIR), F_OK, 0) == 0
				   ? LOCK
				   : LOCK_WITHOUT_DIR;
	int fd = openat(root->fd, root_relative(path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			0600);

	if (fd < 0)
		return error_errno(e, -errno, "%s", path);
	for (unsigned tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			close(fd);
			return error_errno(e, -errno, "%s", path);
		}
		if (tries % LOCK_TRIES_PER_WORD == 0)
			kdump_info("Another app is currently holding the kdump lock; waiting for "
				   "it to exit...");
		usleep(LOCK_TRY_USEC);
	}
	return fd;
}

static void kdumpctl_done(struct kdumpctl *k)
{
	sysconfig_done(&k->sysconfig);
	root_done(&k->root);
}

static int run_verb(const struct cli *cli, kdumpctl_verb *verb, int argc, char **argv)
{
	_cleanup_(kdumpctl_done) struct kdumpctl k = { .cli = cli, .root = { .fd = -1 } };
	_cleanup_close_ int fd = -1;
	struct error e = { 0 };

	if (arm_open_root(cli, &k.root) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	/* What is wrong in there is arm's to say. */
	if (sysconfig_read(&k.root, &k.sysconfig, NULL) == 0)
		log_level = k.sysconfig.stdloglvl;
	fd = lock(&k.root, &e);
	if (fd < 0) {
		kdump_error("Create file lock failed: %s", error_text(&e));
		return EXIT_FAILURE;
	}
	return verb(&k, argc, argv);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return usage(EXIT_FAILURE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return usage(EXIT_SUCCESS);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return run_verb(cli, verbs[i].run, argc - 1, argv + 1);
	return usage(EXIT_FAILURE);
}
