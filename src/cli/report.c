/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/command_line.h"
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

struct options {
	const char *dump, *out;
	bool html, force, satyr;
};

static int take_html(void *into, const char *word, struct error *e)
{
	struct options *o = into;

	o->html = true;
	o->out = word ?: o->out;
	return 0;
}

static const struct option_row rows[] = {
	{ .name = "html",
	  .argument = optional_argument,
	  .kind = OPTION_TAKE,
	  .take = take_html,
	  .value = "FILE",
	  .words = "one page of HTML that needs nothing else" },
	WORD_ROW(struct options, out, 'o', "output", "FILE",
		 "write to FILE instead of standard output"),
	FLAG_ROW(struct options, force, 'f', "force", "overwrite FILE"),
	FLAG_ROW(struct options, satyr, 0, "satyr",
		 "also the ids by which ABRT and satyr know this crash"),
};

static const struct command_line usage = {
	.command = &command_report,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.least = 1,
	.most = 1,
	.operands = "one dump",
	.about = "Explains the crash in DUMP; nothing but the dump is needed. Files are new ones "
		 "that "
		 "only their owner can read.",
	.json = "one JSON document: schema lastword.report/1",
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
	struct options o = { 0 };
	struct error e = { 0 };
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	if (o.html && cli->json)
		return usage_error(&command_report, "--json or --html, not both");
	o.dump = argv[optind];
	if (report(cli, &o, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
