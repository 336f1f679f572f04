/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "cli/command_line.h"
#include "cli/new_file.h"
#include "kernel/printk.h"

/* log_buf_len= can be 2 GiB; JSON is the larger form. */
#define TEXT_LIMIT ((size_t)4 << 30)

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_dmesg = {
	.name = "dmesg",
	.arguments = "[-f] DUMP [OUT]",
	.summary = "the kernel log in a dump",
	.run = run,
};

struct options {
	bool force;
};

static const struct option_row rows[] = {
	FLAG_ROW(struct options, force, 'f', "force", "overwrite OUT"),
};

static const struct command_line usage = {
	.command = &command_dmesg,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.least = 1,
	.most = 2,
	.operands = "a dump and, if wanted, a file to write",
	.about = "Writes the kernel log found in DUMP to OUT, a new file that only its owner can "
		 "read, or to standard output: the text that makedumpfile --dump-dmesg gives.",
	.json = "records as JSON: schema lastword.dmesg/1",
};

static void json_record(struct json *j, const struct printk_record *rec, const char *text)
{
	char caller[PRINTK_CALLER_SIZE];

	json_object(j);
	json_put_uint(j, "seq", rec->seq);
	json_put_uint(j, "time_ns", rec->ts_nsec);
	if (rec->has_caller) {
		printk_caller(rec, caller);
		json_put_string(j, "caller", caller);
	}
	if (rec->level != PRINTK_UNKNOWN) {
		json_put_uint(j, "level", rec->level);
		json_put_uint(j, "facility", rec->facility);
	}
	json_put_string(j, "text", text);
	json_object_end(j);
}

/* A record's text ends at its first NUL: JSON strings here are C strings. */
static int take_record(void *user, const struct printk_record *rec)
{
	_cleanup_free_ char *text = strndup(rec->text, rec->text_len);

	if (!text)
		return -ENOMEM;
	json_record(user, rec, text);
	return 0;
}

static int dmesg_json(struct kernel *k, struct buf *ret, struct printk_stats *ret_stats,
		      struct error *e)
{
	struct json j;
	int err;

	json_document(&j, ret, "lastword.dmesg/1");
	json_put_string(&j, "release", kernel_release(k));
	json_put_array(&j, "records");
	err = printk_each(k, take_record, &j, ret_stats, e);
	if (err < 0)
		return err;
	json_array_end(&j);
	json_put_uint(&j, "damaged_records", ret_stats->damaged);
	json_object_end(&j);
	err = json_end(&j);
	return err < 0 ? error_errno(e, err, "the records as JSON") : 0;
}

static int dmesg(const char *dump, const char *out, bool json, bool force, struct error *e)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	_cleanup_buf_ struct buf text = { .limit = TEXT_LIMIT };
	struct printk_stats stats = { 0 };
	int err = dumpfile_open(dump, &d, e);

	if (err < 0)
		return err;
	err = kernel_open(d, &k, e);
	if (err < 0)
		return err;
	if (kernel_doubts(k))
		say_error("%s: %s", dump, kernel_doubts(k));
	err = json ? dmesg_json(k, &text, &stats, e) : printk_text(k, &text, &stats, e);
	if (err < 0)
		return error_prefix(e, err, "%s", dump);
	if (stats.damaged)
		say_error("%s: %llu records of the log are damaged and left out", dump,
			  (unsigned long long)stats.damaged);
	if (stats.ends_lost)
		say_error("%s: the ends of the log make no sense: records were found by their "
			  "numbers",
			  dump);
	if (stats.cut)
		say_error("%s: the oldest %llu bytes of the log are left out for want of memory",
			  dump, (unsigned long long)stats.cut);
	if (out)
		return write_new_file(out, force, &text, e);
	err = write_all(STDOUT_FILENO, text.data, text.len);
	return err < 0 ? error_errno(e, err, "standard output") : 0;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct error e = { 0 };
	struct options o = { 0 };
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	if (dmesg(argv[optind], argv[optind + 1], cli->json, o.force, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
