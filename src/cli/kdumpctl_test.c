/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `kdumpctl test` crashes the machine with a word of its own on the capture kernel's command line. That kernel's log lies beside
 * the dump, so the next start finds the word there, or not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arm/image/compose.h"
#include "arm/image/files.h"
#include "arm/kexec/load.h"
#include "arm/status.h"
#include "base/io.h"
#include "base/parse.h"
#include "cli/kdumpctl.h"
#include "notify/collect.h"

#define TEST_FILE ARM_STATE_DIR "/crash-test" /* "RESULT ID IMAGE", one line */
#define TEST_WORD "kdump_test_id="
#define OWN_LOG "kexec-dmesg.log"
#define OWN_LOG_MAX ((size_t)MIB(16))
#define SYSRQ "/proc/sysrq-trigger"

struct test {
	char result[16]; /* pending, success, fail, manual */
	char id[64];	 /* SECONDS-NANOSECONDS */
	char image[65];	 /* SHA-256 of the capture image */
};

static int test_write(const struct root *root, const struct test *t, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = buf_printf(&text, "%s %s %s\n", t->result, t->id, t->image);

	return r < 0 ? error_errno(e, r, TEST_FILE)
		     : file_replace(root, TEST_FILE, text.data, text.len, e);
}

static bool test_read(const struct root *root, struct test *ret)
{
	_cleanup_buf_ struct buf text = { 0 };

	return root_read_file(root, TEST_FILE, 4096, &text) == 0 && text.data &&
	       sscanf(text.data, "%15s %63[0-9-] %64[0-9a-f]", ret->result, ret->id, ret->image) ==
		       3;
}

/* The time at which the test began. */
static time_t test_time(const struct test *t)
{
	return (time_t)strtoll(t->id, NULL, 10);
}

static bool names_test(const struct root *root, const struct notify_dump *d, const struct test *t)
{
	_cleanup_buf_ struct buf log = { 0 };
	_cleanup_free_ char *path = NULL, *word = NULL;

	if (asprintf(&path, "%s/" OWN_LOG, d->path) < 0) {
		path = NULL;
		return false;
	}
	if (asprintf(&word, TEST_WORD "%s", t->id) < 0) {
		word = NULL;
		return false;
	}
	return root_read_file(root, path, OWN_LOG_MAX, &log) == 0 && log.data &&
	       strstr(log.data, word);
}

/* "success", "fail", or "manual" where the place cannot be looked at, or what is there cannot be read. */
static const char *test_judge(const struct root *root, const struct test *t)
{
	_cleanup_config_ struct config c = { 0 };
	struct notify_dumps dumps = { 0 };
	const char *result = "manual";
	bool missing;

	if (compose_config(root, &c, &missing, NULL) < 0 ||
	    notify_collect(root, &c, &dumps, NULL) < 0)
		return result;
	if (!dumps.notes.len)
		result = "fail";
	for (size_t i = 0; i < dumps.count; i++) {
		const struct notify_dump *d = &dumps.items[i];

		if (d->encrypted && d->time >= test_time(t))
			result = "manual";
		if (!names_test(root, d, t))
			continue;
		result = d->state == NOTIFY_SAVED ? "success" : "fail";
		break;
	}
	notify_dumps_done(&dumps);
	return result;
}

void kdump_say_test(const struct kdumpctl *k)
{
	const struct root *root = &k->root;
	static const struct {
		const char *result, *words;
	} words[] = {
		{ "success", "Notice: Last successful vmcore creation test on" },
		{ "fail", "Last NOT successful vmcore creation test on" },
		{ "manual", "Require manual check for vmcore creation test of" },
	};
	_cleanup_buf_ struct buf record = { 0 };
	struct test t = { 0 };
	struct error e = { 0 };
	char date[64];
	time_t when;
	struct tm tm;

	if (!test_read(root, &t)) {
		if (k->sysconfig.notification)
			kdump_warn("No vmcore creation test performed!");
		return;
	}
	if (strcmp(t.result, "pending") == 0) {
		snprintf(t.result, sizeof(t.result), "%s", test_judge(root, &t));
		if (test_write(root, &t, &e) < 0)
			kdump_error("%s", error_text(&e));
	}
	when = test_time(&t);
	strftime(date, sizeof(date), "%a %b %e %H:%M:%S %Z %Y", localtime_r(&when, &tm));
	(void)!root_read_file(root, ARM_RECORD, MIB(1), &record);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(t.result, words[i].result) == 0)
			kdump_info("%s %s%s", words[i].words, date,
				   record.data && strstr(record.data, t.image)
					   ? ""
					   : "; the capture image is another one now");
}

static bool confirmed(void)
{
	char answer[16] = "";

	fputs("DANGER!!! Will perform a kdump test by crashing the system, proceed? (y/N): ",
	      stderr);
	return fgets(answer, sizeof(answer), stdin) && strcspn(answer, "yY") == 0;
}

/* What was armed, with the test's word. */
static int test_arm(const struct root *root, struct test *ret, struct error *e)
{
	_cleanup_status_ struct status s = { 0 };
	_cleanup_armed_ struct armed a = { 0 };
	_cleanup_buf_ struct buf append = { 0 };
	struct test t = { .result = "pending" };
	struct timespec now;
	int r;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(t.id, sizeof(t.id), "%lld-%09ld", (long long)now.tv_sec, now.tv_nsec);
	status_read(root, &s);
	r = buf_printf(&append, "%s%s" TEST_WORD "%s", s.record.append ?: "",
		       s.record.append && *s.record.append ? " " : "", t.id);
	if (r < 0)
		return error_errno(e, r, "test");
	r = arm_arm(root, append.data, &a, e);
	if (r < 0)
		return r;
	memcpy(t.image, a.record.image.hex, sizeof(t.image));
	*ret = t;
	return 0;
}

int kdumpctl_test(struct kdumpctl *k, int argc, char **argv)
{
	struct test t;
	struct error e = { 0 };
	int r;

	if (!crash_loaded(&k->root)) {
		kdump_error("Kdump needs be operational before test.");
		return EXIT_FAILURE;
	}
	if ((argc < 2 || strcmp(argv[1], "--force") != 0) && !confirmed()) {
		kdump_info("Operation cancelled.");
		return EXIT_SUCCESS;
	}
	kdump_info("Start kdump test...");
	r = test_arm(&k->root, &t, &e);
	if (r == 0)
		r = test_write(&k->root, &t, &e);
	if (r == 0) {
		sync();
		r = write_file_at(k->root.fd, root_relative(SYSRQ), "c");
		(void)(r < 0 ? error_errno(&e, r, SYSRQ)
			     : error_set(&e, -EIO, SYSRQ ": the system did not crash"));
		(void)!file_remove(&k->root, TEST_FILE, NULL);
	}
	kdump_error("Set kdump test id fail.");
	kdump_error("%s", error_text(&e));
	return EXIT_FAILURE;
}
