/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * captured DIRECTORY: plays what real kernels sent (NAME.packets, of `python3 -m tests.lab packets`) to the receiver, in the
 * time it took then, and compares the records with NAME.text and NAME.json. With LASTWORD_GOLDEN=write it writes those.
 */
#include "../test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "netconsole/hosts.h"
#include "netconsole/json_line.h"
#include "netconsole/text.h"
#include "packets.h"

#define BEGAN UINT64_C(1767225600000000) /* 2026-01-01 */

static const char *directory;

struct replay {
	struct hosts hosts;
	struct source_shared shared;
	struct buf text, json;
	usec_t now;
};

static void note(void *user, const struct record *r)
{
	struct replay *p = user;

	assert_int_equal(text_put(&p->text, r, true), 0);
	assert_int_equal(json_line_put(&p->json, r), 0);
}

/* What falls due until then happens at its time. */
static void pass(struct replay *p, usec_t until)
{
	usec_t deadline;

	while ((deadline = hosts_deadline(&p->hosts)) <= until) {
		p->now = MAX(p->now, deadline);
		hosts_expire(&p->hosts, p->now, BEGAN + p->now);
	}
	p->now = until;
}

static void play(struct replay *p, char *packets)
{
	struct address from;
	struct error e = { 0 };
	unsigned long ms;
	char *bytes;
	size_t len;

	assert_int_equal(address_parse("10.0.2.15:6665", 0, &from, &e), 0);
	while ((bytes = packets_next(&packets, &ms, &len))) {
		pass(p, p->now + ms * USEC_PER_MSEC);
		assert_int_equal(hosts_put(&p->hosts, &from, bytes, len, p->now, BEGAN + p->now),
				 0);
	}
	hosts_expire(&p->hosts, UINT64_MAX, BEGAN + p->now);
}

static void compare(const char *name, const char *ending, const struct buf *got)
{
	_cleanup_buf_ struct buf wanted = { 0 };
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s%s", directory, name, ending);
	if (getenv("LASTWORD_GOLDEN")) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		assert_int_equal(fwrite(got->data, 1, got->len, f), got->len);
		assert_int_equal(fclose(f), 0);
		return;
	}
	assert_int_equal(read_file_at(AT_FDCWD, path, MIB(1), &wanted), 0);
	for (size_t at = 0, line = 1; at < MIN(got->len, wanted.len);
	     line += got->data[at++] == '\n')
		if (got->data[at] != wanted.data[at])
			fail_msg("%s: line %zu is\n%.300s", path, line, got->data + at);
	assert_int_equal(got->len, wanted.len);
}

static void replay(const char *name)
{
	struct replay p = { .shared = { .emit = note, .user = &p } };
	_cleanup_buf_ struct buf packets = { 0 };
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.packets", directory, name);
	assert_int_equal(read_file_at(AT_FDCWD, path, MIB(1), &packets), 0);
	assert_int_equal(source_shared_init(&p.shared), 0);
	assert_int_equal(hosts_init(&p.hosts, &p.shared, 16, 0), 0);
	play(&p, packets.data);
	/* kernels keep to the format: none of theirs is taken for something else */
	if (!strstr(name, "-basic"))
		assert_int_equal(p.shared.counters.n[COUNT_BASIC], 0);
	else
		assert_int_equal(p.shared.counters.n[COUNT_EXTENDED], 0);
	assert_int_equal(p.shared.counters.n[COUNT_HOLES] + p.shared.counters.n[COUNT_LOST], 0);
	compare(name, ".text", &p.text);
	compare(name, ".json", &p.json);
	hosts_done(&p.hosts);
	assert_int_equal(p.shared.waiting.used + p.shared.crashes.used, 0);
	source_shared_done(&p.shared);
	buf_done(&p.text);
	buf_done(&p.json);
}

static void captured(void **state)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	unsigned count = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char *ending = strstr(entry->d_name, ".packets");

		if (!ending)
			continue;
		*ending = '\0';
		replay(entry->d_name);
		count++;
	}
	closedir(dir);
	assert_int_equal(count, 12);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(captured) };

	if (argc != 2)
		return 2;
	directory = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
