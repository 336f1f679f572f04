/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel is told: the string and its limit, and a target's files on a made-up configfs. */
#include "../made_root.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

#include "netconsole/probe.h"
#include "netconsole/sender_configfs.h"
#include "netconsole/sender_keep.h"

static struct sender_target target(const char *from, const char *to)
{
	struct sender_target t = { .port = 6665, .extended = true, .release = true };
	struct address a;

	assert_int_equal(address_parse(from, 0, &a, NULL), 0);
	t.path.from = a.ip;
	assert_int_equal(address_parse(to, 6666, &t.path.to, NULL), 0);
	strcpy(t.path.device, "eth0");
	memcpy(t.path.mac, "\x02\xfc\x00\x00\x00\x05", 6);
	return t;
}

static void strings(void **state)
{
	struct sender_target t[] = { target("10.0.0.1", "10.0.0.2"),
				     target("fd00::1", "[fd00::2]:514"),
				     target("fd00:1111:2222:3333:4444:5555:6666:7777",
					    "fd00:1111:2222:3333:4444:5555:6666:8888"),
				     target("10.0.0.1", "10.0.0.9") };
	_cleanup_buf_ struct buf b = { 0 };
	struct error e = { 0 };

	(void)state;
	t[1].extended = false;
	assert_int_equal(sender_string(t, 2, &b, &e), 0);
	assert_string_equal(b.data, "+6665@10.0.0.1/eth0,6666@10.0.0.2/02:fc:00:00:00:05;"
				    "6665@fd00::1/eth0,514@fd00::2/02:fc:00:00:00:05");
	assert_int_equal(sender_string(t, 4, &b, &e), -E2BIG);
	assert_non_null(strstr(e.text, "255"));
}

/* The files of 6.1: no release, no userdata. */
static void make_target(const struct root *root, const char *name)
{
	static const char *const files[] = { "enabled",	    "extended", "dev_name",  "local_port",
					     "remote_port", "local_ip", "remote_ip", "remote_mac" };
	char path[200];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), SENDER_CONFIGFS "/%s/%s", name, files[i]);
		made_file(root, path, "0\n");
	}
}

static void expect(const struct root *root, const char *file, const char *value)
{
	_cleanup_buf_ struct buf b = { 0 };
	char path[200];

	snprintf(path, sizeof(path), SENDER_CONFIGFS "/%s", file);
	assert_int_equal(root_read_file(root, path, 4096, &b), 0);
	assert_int_equal(strncmp(b.data, value, strlen(value)), 0);
}

static int count(void *user, const struct sender_shown *s)
{
	unsigned *n = user;

	*n += s->ours ? 1 : 100;
	return 0;
}

static void targets(void **state)
{
	const struct root *root = *state;
	struct sender_target t = target("10.0.0.1", "10.0.0.2");
	const struct sender_names names = { .host = "web1", .boot = "b1" };
	struct error e = { 0 };
	bool changed = false;
	unsigned n = 0;

	make_target(root, "lastword0");
	make_target(root, "cmdline0");
	assert_true(sender_has_configfs(root));
	assert_int_equal(sender_enable(root, "lastword0", &t, &names, &changed, &e), 0);
	assert_true(changed);
	expect(root, "lastword0/enabled", "1");
	expect(root, "lastword0/extended", "1");
	expect(root, "lastword0/dev_name", "eth0");
	expect(root, "lastword0/remote_mac", "02:fc:00:00:00:05");
	expect(root, "lastword0/remote_ip", "10.0.0.2");
	assert_int_equal(sender_each(root, count, &n), 0);
	assert_int_equal(n, 101);
}

static void probes(void **state)
{
	char token[PROBE_TOKEN_SIZE], found[PROBE_TOKEN_SIZE], text[200];

	(void)state;
	probe_token(token);
	snprintf(text, sizeof(text), "[  1.0] " PROBE_WORDS "%s", token);
	assert_true(probe_find(text, strlen(text), found));
	assert_string_equal(found, token);
	assert_false(probe_find(text, strlen(text) - 1, found));
	assert_false(probe_find(PROBE_WORDS "0123456789abcdeX", strlen(PROBE_WORDS) + 16, found));
}

static void kept(void **state)
{
	const struct root *root = *state;
	const char *const words[] = { "--basic", "10.0.0.1:514" };
	_cleanup_buf_ struct buf b = { 0 };
	struct error e = { 0 };

	assert_int_equal(sender_keep_read(root, &b, &e), -ENOENT);
	made_dir(root, "/etc");
	assert_int_equal(sender_keep_write(root, words, 2, &e), 0);
	assert_int_equal(sender_keep_read(root, &b, &e), 0);
	assert_string_equal(b.data, "--basic\n10.0.0.1:514\n");
	assert_int_equal(sender_keep_remove(root, &e), 0);
	assert_int_equal(sender_keep_remove(root, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),
		cmocka_unit_test(targets),
		cmocka_unit_test(probes),
		cmocka_unit_test(kept),
	};

	return cmocka_run_group_tests(tests, made_root_setup, made_root_teardown);
}
