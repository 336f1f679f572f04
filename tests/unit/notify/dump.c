/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/dump.h"

#include <errno.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"
#include "notify/message.h"

#define REPORT(summary) "{\"sections\": {\"summary\": {" summary "}}}"

static struct notify_dump read_dump(const struct root *root)
{
	struct notify_dump d;
	struct error e = { 0 };

	if (notify_dump_read(root->fd, "/", "d", &d, &e) < 0)
		fail_msg("%s", error_text(&e));
	return d;
}

static void test_states(void **state)
{
	static const struct {
		const char *files[3];
		enum notify_state state;
		bool encrypted;
	} rows[] = {
		{ { "vmcore", "vmcore-dmesg.txt" }, NOTIFY_SAVED, false },
		{ { "vmcore.flat" }, NOTIFY_SAVED, false },
		{ { "vmcore.flat.enc", "vmcore-dmesg.txt.enc" }, NOTIFY_SAVED, true },
		{ { "vmcore-incomplete", "vmcore-dmesg.txt" }, NOTIFY_INCOMPLETE, false },
		{ { "vmcore-incomplete.flat.enc" }, NOTIFY_INCOMPLETE, true },
		{ { "vmcore-dmesg.txt", "report.json" }, NOTIFY_LOG_ONLY, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct notify_dump d;
		struct root root;

		made_root(&root);
		for (size_t k = 0; rows[i].files[k]; k++) {
			char path[100];

			snprintf(path, sizeof(path), "/d/%s", rows[i].files[k]);
			made_file(&root, path, "x");
		}
		d = read_dump(&root);
		assert_int_equal(d.state, rows[i].state);
		assert_int_equal(d.encrypted, rows[i].encrypted);
		assert_string_equal(d.path, "/d");
		assert_string_equal(d.title, "");
		assert_true(d.time > 0);
		notify_dump_done(&d);
		made_root_remove(&root);
	}
}

static void test_no_dumps(void **state)
{
	struct notify_dump d;
	struct root root;
	struct error e;

	made_root(&root);
	made_file(&root, "/file", "x");
	made_file(&root, "/other/vmcore2", "x");
	made_file(&root, "/dump/vmcore", "x");
	made_link(&root, "/link", "dump");
	assert_int_equal(notify_dump_read(root.fd, "/", "file", &d, &e), -ENOENT);
	assert_int_equal(notify_dump_read(root.fd, "/", "other", &d, &e), -ENOENT);
	assert_int_equal(notify_dump_read(root.fd, "/", "link", &d, &e), -ENOENT);
	assert_int_equal(notify_dump_read(root.fd, "/", "none", &d, &e), -ENOENT);
	made_root_remove(&root);
}

/* What a dump says goes nowhere as it is. */
static void test_facts(void **state)
{
	_cleanup_buf_ struct buf line = { 0 }, mail = { 0 };
	struct notify_dump d;
	struct root root;

	made_root(&root);
	made_file(&root, "/d/vmcore", "x");
	made_file(&root, "/d/manifest.json", "{\"release\": \"5.10\", \"crash_time\": 7}");
	made_file(&root, "/d/report.json",
		  REPORT("\"title\": \"BUG\\r\\nBcc: x\\u00e9\", \"release\": \"6.1\", "
			 "\"crash_time\": 9"));
	d = read_dump(&root);
	assert_string_equal(d.title, "BUG??Bcc: x??");
	assert_string_equal(d.release, "6.1");
	assert_int_equal(d.time, 9);
	assert_int_equal(notify_line(&d, "web1", &line), 0);
	assert_string_equal(line.data,
			    "web1: kernel 6.1 crashed: BUG??Bcc: x??; the dump is in /d");
	assert_int_equal(notify_mail(&d, "web1", "root", &mail), 0);
	assert_non_null(strstr(mail.data, "\nSubject: web1: kernel crash: BUG??Bcc: x??\n"));
	assert_non_null(strstr(mail.data, "\nCrashed    1970-01-01 00:00:09 UTC\n"));
	notify_dump_done(&d);
	made_root_remove(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_no_dumps),
		cmocka_unit_test(test_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
