/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the recommended crashkernel= into the boot loader's configuration: kdumpctl's reset-crashkernel. Unlike kdumpctl's it never
 * replaces what somebody else wrote, unless it is told to.
 */
#include <errno.h>
#include <getopt.h>
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

#define PARAMETER "crashkernel"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_reset_crashkernel = {
	.name = "reset-crashkernel",
	.arguments = "[--kernel=PATH|ALL] [--size SIZE]",
	.summary = "write the recommended crashkernel= for the next boot",
	.run = run,
};

static const char help_text[] =
	"usage: lastword reset-crashkernel [--kernel=PATH|ALL|DEFAULT] [OPTION…]\n"
	"\n"
	"Writes crashkernel= into the boot loader's configuration: what this machine needs, and\n"
	"some room. A value that somebody else wrote stays.\n"
	"\n"
	"      --kernel PATH  for one kernel, where the boot loader has a command line for each;\n"
	"                     ALL (the default): for all; DEFAULT: for the running one\n"
	"      --size SIZE    this value instead, in any form that the kernel takes\n"
	"      --force        replace a value that somebody else wrote; a copy is kept\n"
	"      --auto         do nothing where kdump.conf says auto_reset_crashkernel no\n"
	"  -n, --dry-run      change nothing; show a diff of every file\n"
	"      --json         the result as JSON\n"
	"  -h, --help         this text\n"
	"\n"
	"--fadump and --reboot of kdumpctl are taken and have no effect.\n";

struct options {
	const char *kernel; /* NULL: all */
	const char *size;   /* NULL: the recommendation */
	bool force, automatic, dry_run;
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

enum { OPTION_KERNEL = 256, OPTION_SIZE, OPTION_FORCE, OPTION_AUTO, OPTION_IGNORED };

static const struct option long_options[] = {
	{ "kernel", required_argument, NULL, OPTION_KERNEL },
	{ "size", required_argument, NULL, OPTION_SIZE },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "auto", no_argument, NULL, OPTION_AUTO },
	{ "fadump", required_argument, NULL, OPTION_IGNORED },
	{ "reboot", no_argument, NULL, OPTION_IGNORED },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* -1 to go on, else an exit status. */
static int parse(int argc, char **argv, struct options *o)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "nh", long_options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(help_text, stdout);
			return EXIT_SUCCESS;
		case 'n':
			o->dry_run = true;
			break;
		case OPTION_KERNEL:
			o->kernel = strcmp(optarg, "ALL") == 0 ? NULL : optarg;
			break;
		case OPTION_SIZE:
			o->size = optarg;
			break;
		case OPTION_FORCE:
			o->force = true;
			break;
		case OPTION_AUTO:
			o->automatic = true;
			break;
		case OPTION_IGNORED:
			break;
		default:
			return usage_error(&command_reset_crashkernel,
					   "wrong option or no value: %s", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return usage_error(&command_reset_crashkernel, "it takes no argument '%s'",
				   argv[optind]);
	return -1;
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
	int status = parse(argc, argv, &o);

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
