/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arm/boot/crashkernel.h"
#include "arm/doctor/prometheus.h"
#include "cli/arm_output.h"
#include "cli/command_line.h"
#include "cli/doctor_config.h"
#include "cli/doctor_output.h"

#define CLIENTS_MAX 100000

extern const struct command command_doctor;

struct options {
	const char *prometheus; /* a file, "-" for standard output */
	struct server_question question;
	bool config, list, server, verbose;
};

static int take_ram(void *size, const char *word, struct error *e)
{
	return crashkernel_size_parse(word, size) < 0
		       ? error_set(e, -EINVAL, "'%s' is no size", word)
		       : 0;
}

static const struct option_row rows[] = {
	FLAG_ROW(struct options, verbose, 'v', "verbose",
		 "what was looked at and is in order, too"),
	WORD_ROW(struct options, prometheus, 0, "prometheus", "FILE",
		 "metrics for node_exporter's textfile collector; - for standard output"),
	FLAG_ROW(struct options, server, 0, "server",
		 "this machine takes other machines' dumps: look at that side"),
	{ .name = "clients",
	  .argument = required_argument,
	  .kind = OPTION_NUMBER,
	  .field = offsetof(struct options, question.clients),
	  .limit = CLIENTS_MAX,
	  .value = "N",
	  .words = "with --server: so many machines may dump at once" },
	TAKE_ROW(struct options, question.ram, take_ram, 0, "ram", "SIZE",
		 "and have that much memory each: 64G"),
	WORD_ROW(struct options, question.user, 0, "user", "NAME",
		 "who logs in for dumps (kdump, where there is such a user, else root)"),
	FLAG_ROW(struct options, config, 0, "config",
		 "what each line of kdump.conf and sysconfig/kdump does here"),
	FLAG_ROW(struct options, list, 0, "list", "the checks there are"),
};

static const struct command_line usage = {
	.command = &command_doctor,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.json = "one object of schema lastword.doctor/1",
	.after = "Exit status 0: nothing found, or notes alone; 1: warnings or failures; 2: wrong "
		 "usage.",
};

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
	int status = command_line_read(&usage, argc, argv, &o);

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
