/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the recommended crashkernel= into the boot loader's configuration: kdumpctl's reset-crashkernel. Unlike kdumpctl's it never
 * replaces what somebody else wrote, unless it is told to.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/boot/advice.h"
#include "arm/boot/loader.h"
#include "arm/image/compose.h"
#include "arm/machine.h"
#include "base/json.h"
#include "cli/arm_output.h"
#include "cli/command_line.h"

#define PARAMETER "crashkernel"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_reset_crashkernel = {
	.name = "reset-crashkernel",
	.arguments = "[--kernel=PATH|ALL] [--size SIZE]",
	.summary = "write the recommended crashkernel= for the next boot",
	.run = run,
};

struct options {
	const char *kernel; /* NULL: all */
	const char *size;   /* NULL: the recommendation */
	bool force, automatic, dry_run;
};

static int take_kernel(void *kernel, const char *word, struct error *e)
{
	*(const char **)kernel = strcmp(word, "ALL") == 0 ? NULL : word;
	return 0;
}

static const struct option_row rows[] = {
	TAKE_ROW(struct options, kernel, take_kernel, 0, "kernel", "PATH",
		 "for one kernel, where the boot loader has a command line for each; ALL (the "
		 "default): for all; DEFAULT: for the running one"),
	WORD_ROW(struct options, size, 0, "size", "SIZE",
		 "this value instead, in any form that the kernel takes"),
	FLAG_ROW(struct options, force, 0, "force",
		 "replace a value that somebody else wrote; a copy is kept"),
	FLAG_ROW(struct options, automatic, 0, "auto",
		 "do nothing where kdump.conf says auto_reset_crashkernel no"),
	FLAG_ROW(struct options, dry_run, 'n', "dry-run",
		 "change nothing; show a diff of every file"),
	{ .name = "fadump", .argument = required_argument, .kind = OPTION_IGNORED },
	{ .name = "reboot", .kind = OPTION_IGNORED },
};

static const struct command_line usage = {
	.command = &command_reset_crashkernel,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.usage = "reset-crashkernel [--kernel=PATH|ALL|DEFAULT] [OPTION…]",
	.about = "Writes crashkernel= into the boot loader's configuration: what this machine "
		 "needs, "
		 "and some room. A value that somebody else wrote stays.",
	.json = "the result as JSON",
	.after = "--fadump and --reboot of kdumpctl are taken and have no effect.",
};

struct result {
	char words[CRASHKERNEL_TEXT_MAX + 16];
	struct loader loader;
	struct edits edits;
	struct buf said;
	const char *why_not; /* nothing was done; or NULL */
};

static void result_done(struct result *r)
{
	edits_done(&r->edits);
	buf_done(&r->said);
}

static bool wanted(const struct root *root)
{
	_cleanup_config_ struct config c = { 0 };
	bool missing;

	return compose_config(root, &c, &missing, NULL) < 0 || c.auto_reset_crashkernel;
}

static int choose_words(const struct root *root, const struct options *o, struct result *res,
			struct error *e)
{
	struct crashkernel_advice advice;
	struct crashkernel c;
	int r = o->size ? crashkernel_parse(o->size, &c, e) : crashkernel_advise(root, &advice, e);

	if (r == 0)
		snprintf(res->words, sizeof(res->words), CRASHKERNEL "%s", o->size ?: advice.value);
	return r;
}

/* DEFAULT: the kernel that runs is the one that people mean; which entry comes up next a person may choose in the menu. */
static int kernel_path(const struct root *root, const char *kernel, char **ret, struct error *e)
{
	_cleanup_sysconfig_ struct sysconfig config = { 0 };
	_cleanup_free_ char *release = NULL;
	int r;

	if (!kernel)
		return 0;
	if (strcmp(kernel, "DEFAULT") != 0) {
		*ret = strdup(kernel);
		return *ret ? 0 : error_errno(e, -ENOMEM, "%s", kernel);
	}
	r = machine_release(root, &release, e);
	return r < 0 ? r : machine_kernel_image(root, &config, release, ret, e);
}

static int reset(const struct root *root, const struct options *o, struct result *res,
		 struct error *e)
{
	_cleanup_free_ char *kernel = NULL;
	int r = kernel_path(root, o->kernel, &kernel, e);

	if (r == 0)
		r = choose_words(root, o, res, e);
	if (r < 0)
		return r;
	loader_find(root, &res->loader);
	r = loader_set(root, &res->loader, PARAMETER, res->words, kernel,
		       o->force ? LOADER_FORCE : 0, &res->edits, e);
	if (r == -EEXIST && o->automatic) {
		res->why_not = "somebody else wrote a crashkernel=, and it stays";
		return 0;
	}
	if (r < 0 || o->dry_run || res->edits.count == 0)
		return r;
	return loader_apply(root, &res->loader, &res->edits, &res->said, e);
}

static int show_json(const struct options *o, const struct result *res, struct buf *diff)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_document(&j, &out, "lastword.reset-crashkernel/1");
	json_put_string(&j, "words", res->words);
	json_put_string(&j, "boot_loader", loader_name(&res->loader));
	json_put_bool(&j, "changed", res->edits.count && !o->dry_run);
	json_put_string(&j, "left", res->why_not);
	if (o->dry_run)
		json_put_string(&j, "diff", diff->data ?: "");
	return say_json(&j, stdout, EXIT_SUCCESS);
}

static int show(const struct cli *cli, const struct options *o, const struct result *res)
{
	_cleanup_buf_ struct buf diff = { 0 };

	if (o->dry_run && edits_diff(&res->edits, &diff) < 0) {
		say_error("out of memory");
		return EXIT_FAILURE;
	}
	if (cli->json)
		return show_json(o, res, &diff);
	if (res->why_not)
		printf("nothing done: %s\n", res->why_not);
	else if (res->edits.count == 0)
		printf("%s has %s already\n", loader_name(&res->loader), res->words);
	else if (o->dry_run)
		fputs(diff.data, stdout);
	else
		printf("%s has %s from the next boot on\n%s", loader_name(&res->loader), res->words,
		       res->said.data ?: "");
	return EXIT_SUCCESS;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_(result_done) struct result res = { 0 };
	_cleanup_root_ struct root root = { .fd = -1 };
	struct options o = { 0 };
	struct error e = { 0 };
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	if (geteuid() != 0) {
		say_error("reset-crashkernel changes the machine: run it as root");
		return EXIT_FAILURE;
	}
	if (o.automatic && !wanted(&root)) {
		res.why_not = "kdump.conf says auto_reset_crashkernel no";
	} else if (reset(&root, &o, &res, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return show(cli, &o, &res);
}
