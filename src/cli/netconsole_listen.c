/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/netconsole.h"
#include "netconsole/output.h"
#include "netconsole/receiver.h"

#define LONG_MAX_OPTIONS 32

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_netconsole_listen = {
	.name = "netconsole listen",
	.arguments = "[OPTIONS]",
	.summary = "receive, one file a host",
	.run = run,
};

/* What it was called with: read again on SIGHUP. */
struct call {
	const struct cli *cli;
	int argc;
	char **argv;
	const struct option *options;
};

enum { OPTION_CONFIG = 1000, OPTION_HELP };

static void print_help(void)
{
	puts("usage: lastword netconsole listen [OPTIONS]\n\n"
	     "Receives what kernels send with netconsole, in both formats. Without an output, "
	     "lines go to\n"
	     "standard output (--json: as JSON).\n");
	for (const struct listen_options_row *o = listen_options_table; o->name; o++) {
		char words[64];

		snprintf(words, sizeof(words), "--%s %s", o->name, o->argument);
		printf("  %-28s %s\n", words, o->help);
	}
	puts("  --config FILE                lines of the same words, without the dashes\n"
	     "  --json                       a JSON object a line on standard output\n"
	     "  --help                       this text\n\n"
	     "Outputs (KIND:ARGUMENT):");
	for (size_t i = 0; output_table[i]; i++)
		printf("  %s:%s\n        %s\n", output_table[i]->name, output_table[i]->argument,
		       output_table[i]->summary);
	puts("\nSIGHUP reads the configuration again; nothing is lost meanwhile. "
	     "docs/netconsole.md has it all.");
}

/* 0, a negative errno, or 1 where help was asked for. */
static int read_options(const struct call *c, struct listen_options *ret, struct error *e)
{
	int chosen, index = 0, r = 0;

	listen_options_init(ret);
	optind = 0;
	opterr = e == NULL;
	while (r == 0 && (chosen = getopt_long(c->argc, c->argv, "h", c->options, &index)) != -1) {
		if (chosen == 'h' || chosen == OPTION_HELP)
			r = 1;
		else if (chosen == OPTION_CONFIG)
			r = listen_options_read(ret, optarg, e);
		else if (chosen == 0)
			r = listen_options_set(ret, c->options[index].name, optarg, e);
		else
			r = error_set(e, -EINVAL, "see lastword netconsole listen --help");
	}
	if (r == 0 && optind < c->argc)
		r = error_set(e, -EINVAL, "takes no argument '%s'", c->argv[optind]);
	if (r == 0 && c->cli->json)
		r = listen_options_set(ret, "output", "json:", e);
	if (r != 0)
		listen_options_done(ret);
	return r;
}

static int reload(void *user, struct listen_options *ret, struct error *e)
{
	return read_options(user, ret, e);
}

static void say(void *user, const char *text)
{
	(void)user;
	say_error("netconsole: %s", text);
}

static void make_options(struct option *ret)
{
	size_t n = 0;

	for (; listen_options_table[n].name; n++)
		ret[n] =
			(struct option){ listen_options_table[n].name, required_argument, NULL, 0 };
	ret[n++] = (struct option){ "config", required_argument, NULL, OPTION_CONFIG };
	ret[n++] = (struct option){ "help", no_argument, NULL, OPTION_HELP };
	ret[n] = (struct option){ 0 };
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct option long_options[LONG_MAX_OPTIONS];
	struct call c = { .cli = cli, .argc = argc, .argv = argv, .options = long_options };
	const struct receiver_calls calls = { .reload = reload, .say = say, .user = &c };
	struct listen_options o;
	struct error e = { 0 };
	int r;

	make_options(long_options);
	r = read_options(&c, &o, &e);
	if (r == 1) {
		print_help();
		return EXIT_SUCCESS;
	}
	if (r < 0) {
		say_error("netconsole listen: %s", error_text(&e));
		return EXIT_USAGE;
	}
	r = receiver_run(&o, &calls, &e);
	if (r < 0)
		say_error("netconsole listen: %s", error_text(&e));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
