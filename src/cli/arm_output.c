/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/arm_output.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/files.h"
#include "base/json.h"

int arm_open_root(const struct cli *cli, struct root *ret)
{
	_cleanup_free_ char *real = realpath(*cli->root ? cli->root : "/", NULL);
	int r = real ? root_open(real, ret) : -errno;

	if (r < 0) {
		say_error("--root %s: %s", cli->root, strerror(-r));
		return EXIT_FAILURE;
	}
	return 0;
}

int arm_options(const struct command *c, int argc, char **argv, const char **ret_append)
{
	static const struct option options[] = {
		{ "append", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ret_append ? "a:h" : "h",
				     ret_append ? options : options + 1, NULL)) != -1) {
		if (option == 'h') {
			printf("usage: lastword %s %s\n\n%s\n", c->name, c->arguments, c->summary);
			if (ret_append)
				puts("\n  --append STRING   more words for the capture kernel's "
				     "command line");
			return EXIT_SUCCESS;
		}
		if (option != 'a')
			return usage_error(c, "wrong option or no value: %s", argv[optind - 1]);
		*ret_append = optarg;
	}
	if (optind < argc)
		return usage_error(c, "%s takes no argument '%s'", c->name, argv[optind]);
	return -1;
}

static void show_notes(const struct armed *a)
{
	const char *notes = a->composition.config.notes.data ?: "";

	if (a->composition.config_missing)
		say_error("note: no " CONFIG_PATH "; dumps go to %s, filtered with level %u",
			  a->composition.config.targets[0].path, a->composition.config.level);
	while (*notes) {
		size_t len = strcspn(notes, "\n");

		say_error("note: %.*s", (int)len, notes);
		notes += len + (notes[len] == '\n');
	}
}

static int show_json(const struct armed *a, const char *done)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_begin(&j, &out);
	json_object(&j);
	json_name(&j, "schema");
	json_string(&j, "lastword.arm/1");
	json_name(&j, "state");
	json_string(&j, done);
	json_name(&j, "kernel");
	json_string(&j, a->record.kernel);
	json_name(&j, "release");
	json_string(&j, a->record.release);
	json_name(&j, "target");
	json_string(&j, a->record.target);
	json_name(&j, "command_line");
	json_string(&j, a->record.cmdline);
	json_name(&j, "image");
	json_string(&j, ARM_IMAGE);
	json_name(&j, "image_sha256");
	json_string(&j, a->record.image.hex);
	json_name(&j, "image_bytes");
	json_uint(&j, a->record.image_size);
	json_name(&j, "reserved_bytes");
	json_uint(&j, a->reservation.reserved);
	if (a->recovered.file) {
		json_name(&j, "recovered");
		json_string(&j, a->recovered.file);
		json_name(&j, "recovered_complete");
		json_bool(&j, a->recovered.complete);
	}
	if (a->needed) {
		json_name(&j, "needed_bytes");
		json_uint(&j, a->needed);
		json_name(&j, "unpacked_bytes");
		json_uint(&j, a->composition.image.unpacked);
		json_name(&j, "modules");
		json_array(&j);
		for (size_t i = 0; i < a->composition.modules.count; i++)
			json_string(&j, a->composition.modules.items[i].name);
		json_array_end(&j);
	}
	json_object_end(&j);
	if (json_end(&j) < 0) {
		say_error("out of memory");
		return EXIT_FAILURE;
	}
	fputs(out.data, stdout);
	return EXIT_SUCCESS;
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (double)MIB(1);
}

int arm_show(const struct cli *cli, const struct armed *a, const char *done)
{
	show_notes(a);
	if (cli->json)
		return show_json(a, done);
	if (a->recovered.file)
		printf("recovered: %s, %.1f MiB%s\n", a->recovered.file, mib(a->recovered.size),
		       a->recovered.complete ? "" : "; the dump on the device was cut short");
	printf("%s: kernel %s, %s\n", done, a->record.release, a->record.target);
	if (a->needed)
		printf("image %.1f MiB (%.1f MiB unpacked, %zu modules); needs %.0f MiB of the "
		       "%.0f MiB reserved\n",
		       mib(a->record.image_size), mib(a->composition.image.unpacked),
		       a->composition.modules.count, mib(a->needed), mib(a->reservation.reserved));
	return EXIT_SUCCESS;
}
