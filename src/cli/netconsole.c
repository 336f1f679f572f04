/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/netconsole.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_netconsole = {
	.name = "netconsole",
	.arguments = "setup|remove|listen|story|status …",
	.summary = "kernel messages over the network: send, receive",
	.run = run,
};

static const struct command *const verbs[] = {
	&command_netconsole_setup, &command_netconsole_remove, &command_netconsole_listen,
	&command_netconsole_story, &command_netconsole_status,
};

static const char *verb_of(const struct command *c)
{
	return strchr(c->name, ' ') + 1;
}

static int help(void)
{
	puts("usage: lastword netconsole VERB [OPTIONS]\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-10s %s\n", verb_of(verbs[i]), verbs[i]->summary);
	puts("\nlastword netconsole VERB --help tells its options.");
	return EXIT_SUCCESS;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return usage_error(&command_netconsole, "netconsole needs a verb");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help();
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(argv[1], verb_of(verbs[i])) == 0)
			return verbs[i]->run(cli, argc - 1, argv + 1);
	return usage_error(&command_netconsole, "netconsole: unknown verb '%s'", argv[1]);
}
