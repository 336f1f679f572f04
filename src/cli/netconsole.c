/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/netconsole.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_netconsole = {
	.name = "netconsole",
	.arguments = "setup|remove|listen|status …",
	.summary = "kernel messages over the network: send, receive",
	.run = run,
};

static const struct {
	const char *name;
	int (*run)(const struct cli *cli, int argc, char **argv);
	const char *summary;
} verbs[] = {
	{ "setup", netconsole_setup, "send this kernel's messages to receivers" },
	{ "remove", netconsole_remove, "send them no more" },
	{ "listen", netconsole_listen, "receive, one file a host" },
	{ "story", netconsole_story, "what happened to a machine, as a receiver here heard it" },
	{ "status", netconsole_status, "where this kernel sends to; what a receiver here hears" },
};

static int help(void)
{
	puts("usage: lastword netconsole VERB [OPTIONS]\n");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		printf("  %-10s %s\n", verbs[i].name, verbs[i].summary);
	puts("\nlastword netconsole VERB --help tells its options.");
	return EXIT_SUCCESS;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return usage_error(&command_netconsole, "netconsole needs a verb");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help();
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(cli, argc - 1, argv + 1);
	return usage_error(&command_netconsole, "netconsole: unknown verb '%s'", argv[1]);
}
