/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "cli/command_line.h"

extern const struct command command_crash;
extern const struct command command_kdumpctl;
extern const struct command command_kexec;
extern const struct command command_makedumpfile;
extern const struct command command_mkdumprd;

/* Called through a link of its name, a command takes all arguments. */
static const struct command *const links[] = { &command_crash, &command_kdumpctl, &command_kexec,
					       &command_makedumpfile, &command_mkdumprd };

#define ARGUMENTS_WIDTH 34

static void help_line(FILE *out, const struct command *c)
{
	const char *arguments =
		text_columns(c->arguments) > ARGUMENTS_WIDTH ? "[OPTIONS]" : c->arguments;

	fprintf(out, "  %-17s %s%*s %s\n", c->name, arguments,
		ARGUMENTS_WIDTH - text_columns(arguments), "", c->summary);
}

static int help(FILE *out)
{
	fputs("usage: lastword [--root DIR] [--json] COMMAND …\n\n", out);
	for (size_t i = 0; commands[i]; i++)
		help_line(out, commands[i]);
	fputs("\nlastword COMMAND --help tells a command's options; the manual is lastword(8).\n",
	      out);
	return out == stdout ? EXIT_SUCCESS : EXIT_USAGE;
}

/* Takes the options that go before or after the verb out of argv. Returns the new argc, or -1. */
static int take_global_options(struct cli *cli, int argc, char **argv)
{
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (i < argc)
				argv[kept++] = argv[i++];
			break;
		}
		if (strcmp(argv[i], "--json") == 0) {
			cli->json = true;
		} else if (strncmp(argv[i], "--root=", 7) == 0) {
			cli->root = argv[i] + 7;
		} else if (strcmp(argv[i], "--root") == 0) {
			if (++i == argc)
				return -1;
			cli->root = argv[i];
		} else {
			argv[kept++] = argv[i];
		}
	}
	argv[kept] = NULL;
	return kept;
}

int main(int argc, char **argv)
{
	struct cli cli = { .root = "" };

	argc = take_global_options(&cli, argc, argv);
	if (argc < 0) {
		say_error("--root needs a directory");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (strcmp(program_invocation_short_name, links[i]->name) == 0)
			return links[i]->run(&cli, argc, argv);
	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return help(stdout);
	if (strcmp(argv[1], "--version") == 0) {
		puts("lastword " LASTWORD_VERSION);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, argv[1]) == 0)
			return commands[i]->run(&cli, argc - 1, argv + 1);
	say_error("unknown command '%s'; 'lastword help' lists them", argv[1]);
	return EXIT_USAGE;
}
