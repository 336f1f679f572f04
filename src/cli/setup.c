/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/setup/setup.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/arm_output.h"
#include "cli/setup_import.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_setup = {
	.name = "setup",
	.arguments = "[--dry-run] [--undo] […]",
	.summary = "from nothing to armed: boot loader, panic policy, service; and back",
	.run = run,
};

static const char help_text[] =
	"usage: lastword setup [--dry-run] [--undo] [OPTION…]\n"
	"\n"
	"Reserves memory in the boot loader's configuration, sets what makes the kernel panic,\n"
	"enables the service, and arms. It may be run again: what is so already stays.\n"
	"\n"
	"  -n, --dry-run           change nothing; show a diff of every file\n"
	"      --undo              take back what setup did, files byte for byte\n"
	"      --crashkernel SIZE  reserve this, in any form the kernel takes; twice for ,high\n"
	"                          and ,low (default: what this machine needs, and some room)\n"
	"      --target WHERE      dumps go there: a directory, /dev/…, UUID=…, "
	"nfs:HOST:/DIRECTORY,\n"
	"                          ssh:USER@HOST[:/DIRECTORY]; in kdump.conf and fstab\n"
	"      --format xfs|ext4   makes that file system on the target, a device that is empty\n"
	"      --force             replace a crashkernel= or a target that somebody else wrote; a\n"
	"                          copy is kept\n"
	"      --preset NAME       of the panic switches (see lastword sysctl preset)\n"
	"      --no-sysctl         leave the panic switches alone\n"
	"      --no-bootloader     leave the boot loader alone\n"
	"      --no-service        leave the service alone\n"
	"      --import [FILE]     only make kdump.conf from /etc/default/kdump-tools (Debian) or\n"
	"                          /etc/sysconfig/kdump (SUSE); --force, --dry-run as above\n"
	"      --json              the result as JSON\n"
	"  -h, --help              this text\n";

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

enum {
	OPTION_UNDO = 256,
	OPTION_CRASHKERNEL,
	OPTION_TARGET,
	OPTION_FORMAT,
	OPTION_FORCE,
	OPTION_PRESET,
	OPTION_NO_SYSCTL,
	OPTION_NO_BOOTLOADER,
	OPTION_NO_SERVICE
};

static const struct option long_options[] = {
	{ "dry-run", no_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ "undo", no_argument, NULL, OPTION_UNDO },
	{ "crashkernel", required_argument, NULL, OPTION_CRASHKERNEL },
	{ "target", required_argument, NULL, OPTION_TARGET },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "preset", required_argument, NULL, OPTION_PRESET },
	{ "no-sysctl", no_argument, NULL, OPTION_NO_SYSCTL },
	{ "no-bootloader", no_argument, NULL, OPTION_NO_BOOTLOADER },
	{ "no-service", no_argument, NULL, OPTION_NO_SERVICE },
	{ 0 },
};

/* A value may be written with the name before it, as it stands on the command line. */
static int add_size(struct buf *sizes, const char *word, struct error *e)
{
	struct crashkernel c;

	if (strncmp(word, CRASHKERNEL, strlen(CRASHKERNEL)) == 0)
		word += strlen(CRASHKERNEL);
	if (crashkernel_parse(word, &c, e) < 0)
		return -EINVAL;
	return buf_printf(sizes, "%s%s", sizes->len ? " " : "", word);
}

/* -1 to go on, else an exit status. */
static int parse(int argc, char **argv, struct setup_options *o, struct buf *sizes, bool *ret_undo)
{
	struct error e = { 0 };
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
		case OPTION_UNDO:
			*ret_undo = true;
			break;
		case OPTION_CRASHKERNEL:
			if (add_size(sizes, optarg, &e) < 0)
				return usage_error(&command_setup, "--crashkernel: %s",
						   error_text(&e));
			o->crashkernel = sizes->data;
			break;
		case OPTION_TARGET:
			o->target = optarg;
			break;
		case OPTION_FORMAT:
			o->format = optarg;
			break;
		case OPTION_FORCE:
			o->force = true;
			break;
		case OPTION_PRESET:
			o->preset = optarg;
			break;
		case OPTION_NO_SYSCTL:
			o->no_sysctl = true;
			break;
		case OPTION_NO_BOOTLOADER:
			o->no_bootloader = true;
			break;
		case OPTION_NO_SERVICE:
			o->no_service = true;
			break;
		default:
			return usage_error(&command_setup, "wrong option or no value: %s",
					   argv[optind - 1]);
		}
	}
	if (o->format && !o->target)
		return usage_error(&command_setup, "--format needs --target");
	if (optind < argc)
		return usage_error(&command_setup, "setup takes no argument '%s'", argv[optind]);
	return -1;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_setup_ struct setup s = { 0 };
	_cleanup_buf_ struct buf sizes = { 0 };
	struct error e = { 0 };
	bool undo = false;
	int status;

	if (setup_imports(argc, argv))
		return setup_import(cli, argc, argv);
	status = parse(argc, argv, &s.options, &sizes, &undo);
	if (status >= 0)
		return status;
	if (geteuid() != 0) {
		say_error("setup changes the machine: run it as root");
		return EXIT_FAILURE;
	}
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	s.root = &root;
	s.tell = cli->json ? NULL : show_row;
	if ((undo ? setup_undo(&s, &e) : setup_run(&s, &e)) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return cli->json ? show_json(&s) : show_end(&s, undo);
}
