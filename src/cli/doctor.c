/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arm/boot/crashkernel.h"
#include "arm/doctor/prometheus.h"
#include "base/parse.h"
#include "cli/arm_output.h"
#include "cli/doctor_config.h"
#include "cli/doctor_output.h"

extern const struct command command_doctor;

struct options {
	const char *prometheus; /* a file, "-" for standard output */
	struct server_question question;
	bool config, list, server, verbose;
};

static const struct option long_options[] = {
	{ "config", no_argument, NULL, 'c' },
	{ "clients", required_argument, NULL, 'n' },
	{ "ram", required_argument, NULL, 'r' },
	{ "user", required_argument, NULL, 'u' },
	{ "help", no_argument, NULL, 'h' },
	{ "list", no_argument, NULL, 'l' },
	{ "prometheus", required_argument, NULL, 'p' },
	{ "server", no_argument, NULL, 's' },
	{ "verbose", no_argument, NULL, 'v' },
	{ 0 },
};

static int show_help(void)
{
	printf("usage: lastword doctor %s\n\n%s\n\n"
	       "  -v, --verbose         what was looked at and is in order, too\n"
	       "      --prometheus FILE metrics for node_exporter's textfile collector; - for "
	       "standard output\n"
	       "      --server          this machine takes other machines' dumps: look at that "
	       "side\n"
	       "        --clients N         so many machines may dump at once\n"
	       "        --ram SIZE          and have that much memory each: 64G\n"
	       "        --user NAME         who logs in for dumps (kdump, where there is such a "
	       "user, else root)\n"
	       "      --config          what each line of kdump.conf and sysconfig/kdump does "
	       "here\n"
	       "      --list            the checks there are\n"
	       "      --json            one object of schema lastword.doctor/1\n"
	       "\nExit status 0: nothing found, or notes alone; 1: warnings or failures; 2: wrong "
	       "usage.\n",
	       command_doctor.arguments, command_doctor.summary);
	return EXIT_SUCCESS;
}

/* False: option and value do not fit; nobody asks with --clients of a machine that is no server. */
static bool parse_question(int option, const char *value, struct server_question *q)
{
	uint64_t n;

	switch (option) {
	case 'n':
		if (parse_decimal(value, 100000, &n) < 0)
			return false;
		q->clients = (unsigned)n;
		return true;
	case 'r':
		return crashkernel_size_parse(value, &q->ram) == 0;
	default:
		q->user = value;
		return true;
	}
}

/* -1 to go on, else the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "hv", long_options, NULL)) != -1) {
		switch (option) {
		case 'n':
		case 'r':
		case 'u':
			if (!parse_question(option, optarg, &o->question))
				return usage_error(&command_doctor, "'%s' is no number for it",
						   optarg);
			break;
		case 'h':
			return show_help();
		case 'c':
			o->config = true;
			break;
		case 'l':
			o->list = true;
			break;
		case 'p':
			o->prometheus = optarg;
			break;
		case 's':
			o->server = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		default:
			return usage_error(&command_doctor, "wrong option or no value: %s",
					   argv[optind - 1]);
		}
	}
	if (optind < argc)
		return usage_error(&command_doctor, "doctor takes no argument '%s'", argv[optind]);
	return -1;
}

static int give_metrics(const struct doctor *d, const char *path)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error e = { 0 };

	if (prometheus_format(d, &text) < 0) {
		say_error("out of memory");
		return EXIT_FAILURE;
	}
	if (strcmp(path, "-") == 0) {
		fputs(text.data, stdout);
	} else if (prometheus_write(path, &text, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return 0;
}

static int examine(const struct cli *cli, const struct root *root, const struct options *o)
{
	const struct check *const *families = o->server ? doctor_server_families : doctor_families;
	_cleanup_doctor_ struct doctor d = { 0 };
	_cleanup_facts_ struct facts f = { 0 };
	struct error e = { 0 };
	int status = 0;

	if (facts_find(root, NULL, time(NULL), &f, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	f.server = o->question;
	if (doctor_run(families, &f, &d, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	if (o->prometheus)
		status = give_metrics(&d, o->prometheus);
	if (cli->json && !status)
		status = doctor_show_json(&d);
	else if (!o->prometheus || strcmp(o->prometheus, "-") != 0)
		doctor_show(&d, o->verbose);
	return status ?: doctor_worst(&d) >= FINDING_WARNING;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	struct options o = { 0 };
	int status = parse(argc, argv, &o);

	if (status >= 0)
		return status;
	if (o.list)
		return doctor_list(o.server ? doctor_server_families : doctor_families, cli->json);
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	return o.config ? doctor_config(cli, &root) : examine(cli, &root, &o);
}

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "[-v] [--prometheus FILE] [--server] [--config] [--list]",
	.summary = "every known reason for not getting a dump; exit 0 clean, 1 findings",
	.run = run,
};
