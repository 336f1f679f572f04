/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/setup/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/arm_output.h"
#include "cli/command_line.h"
#include "cli/setup_import.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_setup = {
	.name = "setup",
	.arguments = "[--dry-run] [--undo] […]",
	.summary = "from nothing to armed: boot loader, panic policy, service; and back",
	.run = run,
};

static void show_row(const struct setup_row *row, void *context)
{
	const char *line = row->text.data ?: "";
	const char *outcome = setup_outcome_name(row->outcome);
	const char *name = row->name;

	do {
		int len = (int)strcspn(line, "\n");

		printf("%-8s %-11s %.*s\n", outcome, name, len, line);
		line += len + (line[len] == '\n');
		outcome = name = "";
	} while (*line);
	fflush(stdout);
}

static int show_json(const struct setup *s)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_document(&j, &out, "lastword.setup/1");
	json_put_string(&j, "boot_loader", loader_name(&s->loader));
	json_put_uint(&j, "needed_bytes", s->advice.needed);
	json_put_uint(&j, "reserved_bytes", s->state.reserved);
	json_put_text(&j, "kdump_default", s->advice.kdump);
	json_put_bool(&j, "reboot_needed", s->reboot_needed);
	json_put_array(&j, "steps");
	for (size_t i = 0; i < s->count; i++) {
		json_object(&j);
		json_put_string(&j, "name", s->rows[i].name);
		json_put_string(&j, "what", s->rows[i].what);
		json_put_string(&j, "outcome", setup_outcome_name(s->rows[i].outcome));
		json_put_string(&j, "text", s->rows[i].text.data ?: "");
		json_object_end(&j);
	}
	json_array_end(&j);
	if (s->options.dry_run)
		json_put_string(&j, "diff", s->diff.data ?: "");
	return say_json(&j, stdout, setup_failed(s) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static bool all_as_it_was(const struct setup *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->rows[i].outcome == SETUP_DONE && strcmp(s->rows[i].name, "size") != 0)
			return false;
	return !s->options.dry_run;
}

static int show_end(const struct setup *s, bool undo)
{
	if (s->diff.len)
		printf("\n%s", s->diff.data);
	if (s->options.dry_run)
		puts("\nNothing was changed.");
	else if (undo && s->reboot_needed)
		puts("\nThe memory is free again after a reboot.");
	else if (!undo && s->reboot_needed && !setup_failed(s))
		puts("\nNow reboot: a crash before that leaves no dump.");
	else if (all_as_it_was(s) && !setup_failed(s))
		puts("\nNothing had to be changed.");
	return setup_failed(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}

struct options {
	struct setup_options setup;
	struct buf sizes;
	bool undo, import;
};

static void options_done(struct options *o)
{
	buf_done(&o->sizes);
}

/* A value may be written with the name before it, as it stands on the command line. */
static int take_size(void *into, const char *word, struct error *e)
{
	struct buf *sizes = into;
	struct crashkernel c;
	int r;

	if (strncmp(word, CRASHKERNEL, strlen(CRASHKERNEL)) == 0)
		word += strlen(CRASHKERNEL);
	r = crashkernel_parse(word, &c, e);
	if (r < 0)
		return error_prefix(e, r, "--crashkernel");
	return buf_printf(sizes, "%s%s", sizes->len ? " " : "", word);
}

static const struct option_row rows[] = {
	FLAG_ROW(struct options, setup.dry_run, 'n', "dry-run",
		 "change nothing; show a diff of every file"),
	FLAG_ROW(struct options, undo, 0, "undo", "take back what setup did, files byte for byte"),
	TAKE_ROW(struct options, sizes, take_size, 0, "crashkernel", "SIZE",
		 "reserve this, in any form the kernel takes; twice for ,high and ,low (default: "
		 "what this machine needs, and some room)"),
	WORD_ROW(struct options, setup.target, 0, "target", "WHERE",
		 "dumps go there: a directory, /dev/…, UUID=…, nfs:HOST:/DIRECTORY, "
		 "ssh:USER@HOST[:/DIRECTORY]; in kdump.conf and fstab"),
	WORD_ROW(struct options, setup.format, 0, "format", "xfs|ext4",
		 "makes that file system on the target, a device that is empty"),
	FLAG_ROW(struct options, setup.force, 0, "force",
		 "replace a crashkernel= or a target that somebody else wrote; a copy is kept"),
	WORD_ROW(struct options, setup.preset, 0, "preset", "NAME",
		 "of the panic switches (see lastword sysctl preset)"),
	FLAG_ROW(struct options, setup.no_sysctl, 0, "no-sysctl", "leave the panic switches alone"),
	FLAG_ROW(struct options, setup.no_bootloader, 0, "no-bootloader",
		 "leave the boot loader alone"),
	FLAG_ROW(struct options, setup.no_service, 0, "no-service", "leave the service alone"),
	{ .name = "import",
	  .kind = OPTION_FLAG,
	  .field = offsetof(struct options, import),
	  .value = "[FILE]",
	  .words = "only make kdump.conf from /etc/default/kdump-tools (Debian) or "
		   "/etc/sysconfig/kdump (SUSE); --force, --dry-run as above" },
};

static const struct command_line usage = {
	.command = &command_setup,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.most = 1,
	.operands = "one file at most",
	.usage = "setup [--dry-run] [--undo] [OPTION…]",
	.about = "Reserves memory in the boot loader's configuration, sets what makes the kernel "
		 "panic, enables the service, and arms. It may be run again: what is so already "
		 "stays.",
	.json = "the result as JSON",
};

static bool beside_import(const struct options *o)
{
	const struct setup_options *s = &o->setup;

	return o->undo || o->sizes.len || s->target || s->format || s->preset || s->no_sysctl ||
	       s->no_bootloader || s->no_service;
}

/* -1 to go on, else the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
	int status = command_line_read(&usage, argc, argv, o);

	if (status >= 0)
		return status;
	if (o->import && beside_import(o))
		return usage_error(&command_setup,
				   "--import goes with --force and --dry-run alone");
	if (!o->import && optind < argc)
		return usage_error(&command_setup, "setup takes no argument '%s'", argv[optind]);
	if (o->setup.format && !o->setup.target)
		return usage_error(&command_setup, "--format needs --target");
	o->setup.crashkernel = o->sizes.data;
	return -1;
}

static int set_up(const struct cli *cli, const struct options *o)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_setup_ struct setup s = { .options = o->setup };
	struct error e = { 0 };
	int status;

	if (geteuid() != 0) {
		say_error("setup changes the machine: run it as root");
		return EXIT_FAILURE;
	}
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	s.root = &root;
	s.tell = cli->json ? NULL : show_row;
	if ((o->undo ? setup_undo(&s, &e) : setup_run(&s, &e)) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return cli->json ? show_json(&s) : show_end(&s, o->undo);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_(options_done) struct options o = { 0 };
	int status = parse(argc, argv, &o);

	if (status >= 0)
		return status;
	return o.import ? setup_import(cli, argv[optind], o.setup.dry_run, o.setup.force)
			: set_up(cli, &o);
}
