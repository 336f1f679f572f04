/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "cli/command.h"
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

static const char help_text[] = "usage: lastword dmesg [OPTIONS] DUMP [OUT]\n"
				"\n"
				"Writes the kernel log found in DUMP to OUT, a new file that only "
				"its owner can read, or to\n"
				"standard output: the text that makedumpfile --dump-dmesg gives.\n"
				"\n"
				"  -f, --force  overwrite OUT\n"
				"      --json   records as JSON: schema lastword.dmesg/1\n"
				"  -h, --help   this text\n";

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
	static const struct option options[] = {
		{ "force", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct error e = { 0 };
	bool force = false;
	int c;

	while ((c = getopt_long(argc, argv, "fh", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(help_text, stdout);
			return EXIT_SUCCESS;
		}
		if (c != 'f')
			return EXIT_USAGE;
		force = true;
	}
	if (argc - optind < 1 || argc - optind > 2)
		return usage_error(&command_dmesg,
				   "dmesg takes a dump and, if wanted, a file to write");
	if (dmesg(argv[optind], argv[optind + 1], cli->json, force, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
