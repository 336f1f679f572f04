/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/command.h"
#include "cli/new_file.h"
#include "inspect/disassemble.h"
#include "inspect/report.h"
#include "inspect/report_write.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_report = {
	.name = "report",
	.arguments = "[OPTIONS] DUMP",
	.summary = "what crashed, where and why: one screen, then the details",
	.run = run,
};

static const char help_text[] =
	"usage: lastword report [OPTIONS] DUMP\n"
	"\n"
	"Explains the crash in DUMP; nothing but the dump is needed. Files are new ones that only "
	"their owner can read.\n"
	"\n"
	"      --json         one JSON document: schema lastword.report/1\n"
	"      --html[=FILE]  one page of HTML that needs nothing else\n"
	"  -o, --output FILE  write to FILE instead of standard output\n"
	"  -f, --force        overwrite FILE\n"
	"      --satyr        also the ids by which ABRT and satyr know this crash\n"
	"  -h, --help         this text\n";

struct options {
	const char *dump, *out;
	bool html, force, satyr;
};

static int write_report(const struct cli *cli, const struct options *o, const struct document *d,
			struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int err;

	if (o->html)
		err = report_write_html(d, &text);
	else if (cli->json)
		err = report_write_json(d, &text);
	else
		err = report_write_text(d, 0, &text);
	if (err < 0)
		return error_errno(e, err, "report");
	if (o->out)
		return write_new_file(o->out, o->force, &text, e);
	err = write_all(STDOUT_FILENO, text.data, text.len);
	return err < 0 ? error_errno(e, err, "standard output") : 0;
}

static int report(const struct cli *cli, const struct options *o, struct error *e)
{
	const struct report_options wanted = {
		.now = clock_now,
		.section_limit = REPORT_SECTION_LIMIT,
		.total_limit = REPORT_TOTAL_LIMIT,
		.satyr = o->satyr,
	};
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	_cleanup_(disassembler_close) struct inspect_disassembler disassembler = { 0 };
	struct document document;
	struct inspect c;
	int err = dumpfile_open(o->dump, &d, e);

	if (err == 0)
		err = kernel_open(d, &k, e);
	if (err == 0)
		err = inspect_open(k, &c, e);
	if (err < 0)
		return err;
	if (disassembler_open(&disassembler, NULL) == 0)
		c.disassembler = &disassembler;
	err = report_build(&c, &wanted, &document, e);
	if (err == 0)
		err = write_report(cli, o, &document, e);
	document_done(&document);
	inspect_done(&c);
	return err;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	enum { HTML = 256, SATYR };
	static const struct option options[] = {
		{ "html", optional_argument, NULL, HTML },
		{ "output", required_argument, NULL, 'o' },
		{ "force", no_argument, NULL, 'f' },
		{ "satyr", no_argument, NULL, SATYR },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options o = { 0 };
	struct error e = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "o:fh", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			fputs(help_text, stdout);
			return EXIT_SUCCESS;
		case HTML:
			o.html = true;
			o.out = optarg ?: o.out;
			break;
		case SATYR:
			o.satyr = true;
			break;
		case 'o':
			o.out = optarg;
			break;
		case 'f':
			o.force = true;
			break;
		default:
			return EXIT_USAGE;
		}
	}
	if (argc - optind != 1)
		return usage_error(&command_report, "report takes one dump");
	if (o.html && cli->json)
		return usage_error(&command_report, "--json or --html, not both");
	o.dump = argv[optind];
	if (report(cli, &o, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
