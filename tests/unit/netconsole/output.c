/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of hosts in a directory of the test's own: names, rotation, limits; and what outputs are called with. */
#include "../test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/io.h"
#include "netconsole/listen_options.h"
#include "netconsole/output.h"

static char directory[] = "/tmp/lastword-netconsole-XXXXXX";

static int make(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int clean(void **state)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	(void)state;
	while (dir && (entry = readdir(dir)))
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	return rmdir(directory);
}

static void open_with(struct output *o, const char *options)
{
	char spec[200];
	struct error e = { 0 };

	snprintf(spec, sizeof(spec), "file:%s%s", directory, options);
	if (output_open(spec, o, &e) < 0)
		fail_msg("%s", error_text(&e));
}

static void say(struct output *o, const char *address, const char *host, const char *text)
{
	const struct record r = { .received_us = 1763735401000000,
				  .address = address,
				  .host = host,
				  .caller = "",
				  .text = text,
				  .len = strlen(text) };

	o->ops->put(o->state, &r, 0);
}

static void say_later(struct output *o, const char *address, usec_t now)
{
	const struct record r = { .received_us = 1763735401000000,
				  .address = address,
				  .caller = "",
				  .text = "later",
				  .len = 5 };

	o->ops->put(o->state, &r, now);
}

static void expect(const char *name, const char *content)
{
	_cleanup_buf_ struct buf b = { 0 };
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (!content) {
		assert_int_equal(access(path, F_OK), -1);
		return;
	}
	assert_int_equal(read_file_at(AT_FDCWD, path, KIB(64), &b), 0);
	assert_string_equal(b.data ?: "", content);
	assert_int_equal(unlink(path), 0);
}

#define T "2025-11-21T14:30:01.000000Z "

static void names(void **state)
{
	struct output o;

	(void)state;
	open_with(&o, "");
	say(&o, "10.0.0.1", "web1", "a");
	say(&o, "fd00::1", NULL, "b");
	say(&o, "10.0.0.1", "web1", "c");
	output_close(&o, 0);
	expect("10.0.0.1.log", T "a\n" T "c\n");
	expect("fd00::1.log", T "b\n");
	open_with(&o, ",name=host");
	say(&o, "10.0.0.1", "web1", "a");
	say(&o, "10.0.0.2", NULL, "b");
	say(&o, "10.0.0.3", "../../etc/passwd", "c");
	say(&o, "10.0.0.4", ".x y\n", "d");
	output_close(&o, 0);
	expect("web1.log", T "10.0.0.1 web1 a\n");
	expect("10.0.0.2.log", T "10.0.0.2 b\n");
	expect("_.._.._etc_passwd.log", NULL);
	expect("_._.._etc_passwd.log", T "10.0.0.3 ../../etc/passwd c\n");
	expect("_x_y_.log", T "10.0.0.4 .x\\x20y\\x0a d\n");
}

static void appended(void **state)
{
	struct output o;

	(void)state;
	for (int i = 0; i < 2; i++) {
		open_with(&o, "");
		say(&o, "h", NULL, "x");
		output_close(&o, 0);
	}
	expect("h.log", T "x\n" T "x\n");
}

static void rotation(void **state)
{
	struct output o;

	(void)state;
	open_with(&o, ",size=60,keep=2");
	for (const char *text = "abcdefgh"; *text; text++) {
		const char line[] = { *text, '\0' };

		say(&o, "h", NULL, line);
	}
	output_close(&o, 0);
	expect("h.log", T "g\n" T "h\n");
	expect("h.log.1", T "e\n" T "f\n");
	expect("h.log.2", T "c\n" T "d\n");
	expect("h.log.3", NULL);
}

/* Made-up addresses do not fill a directory. */
static void others(void **state)
{
	struct output o;

	(void)state;
	open_with(&o, ",files=1");
	say(&o, "a", NULL, "1");
	say(&o, "b", NULL, "2");
	say(&o, "c", NULL, "3");
	say(&o, "a", NULL, "4");
	output_close(&o, 0);
	expect("a.log", T "1\n" T "4\n");
	expect("b.log", NULL);
	expect("others.log", T "b 2\n" T "c 3\n");
}

static void say_at(struct output *o, uint64_t second, const char *text)
{
	const struct record r = { .received_us = second * USEC_PER_SEC,
				  .address = "h",
				  .caller = "",
				  .text = text,
				  .len = strlen(text) };

	o->ops->put(o->state, &r, 0);
}

/* A clock that was set back rotates nothing, and one that was set right does. */
static void clock_back(void **state)
{
	struct output o;

	(void)state;
	open_with(&o, ",age=1h");
	say_at(&o, 1763735401, "a");
	say_at(&o, 1763735401 - 86400, "b");
	say_at(&o, 1763735401 + 3599, "c");
	say_at(&o, 1763735401 + 3600, "d");
	output_close(&o, 0);
	expect("h.log", "2025-11-21T15:30:01.000000Z d\n");
	expect("h.log.1", T "a\n2025-11-20T14:30:01.000000Z b\n2025-11-21T15:30:00.000000Z c\n");
}

static void limit_files(rlim_t size)
{
	const struct rlimit limit = { size, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* No more room in the middle of a line, as on a full disk: nothing by halves, all counted, and told when there is room. */
static void full(void **state)
{
	struct output o, all;
	char spec[200];

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	open_with(&o, "");
	snprintf(spec, sizeof(spec), "text:%s/all", directory);
	assert_int_equal(output_open(spec, &all, NULL), 0);
	limit_files(45);
	for (const char *text = "abc"; *text; text++) {
		const char line[] = { *text, '\0' };

		say(&o, "h", NULL, line);
		say(&all, "h", NULL, line);
	}
	o.ops->run(o.state, UINT64_MAX);
	all.ops->run(all.state, UINT64_MAX);
	say(&o, "h", NULL, "d");
	o.ops->run(o.state, UINT64_MAX);
	assert_int_equal(o.stats.dropped, 3);
	assert_int_equal(all.stats.dropped, 2);
	limit_files(RLIM_INFINITY);
	say(&o, "h", NULL, "e");
	say(&all, "h", NULL, "f");
	output_close(&o, 0);
	output_close(&all, UINT64_MAX);
	expect("h.log", T "a\n" T "-- lastword: 3 lines could not be written\n" T "e\n");
	expect("all", T "h a\n" T "h f\n");
}

/* What is asked for still stays as it is, with its counts, and finds files that were moved; a mistake changes nothing. */
static void changed(void **state)
{
	char file[200], text[200], moved[200];
	char *both[] = { file, text }, *one[] = { text }, *wrong[] = { text, (char *)"nothing:" };
	struct outputs o = { 0 };
	struct output *kept;

	(void)state;
	snprintf(file, sizeof(file), "file:%s", directory);
	snprintf(text, sizeof(text), "text:%s/all", directory);
	snprintf(moved, sizeof(moved), "%s/moved", directory);
	assert_int_equal(outputs_open(&o, both, 2, NULL), 0);
	kept = o.list[1];
	say(o.list[0], "h", NULL, "a");
	say(kept, "h", NULL, "b");
	assert_int_equal(outputs_change(&o, wrong, 2, 0, NULL), -EINVAL);
	assert_int_equal(o.count, 2);
	assert_int_equal(rename(text + 5, moved), 0);
	assert_int_equal(outputs_change(&o, one, 1, 0, NULL), 0);
	assert_int_equal(o.count, 1);
	assert_ptr_equal(o.list[0], kept);
	say(kept, "h", NULL, "c");
	assert_int_equal(kept->stats.records, 2);
	assert_int_equal(outputs_change(&o, both, 2, 0, NULL), 0);
	assert_ptr_equal(o.list[1], kept);
	outputs_close(&o, UINT64_MAX);
	expect("h.log", T "a\n");
	expect("moved", T "h b\n");
	expect("all", T "h c\n");
}

static unsigned synced;

/* In the place of the C library's: a disk that takes its time. */
int fdatasync(int fd)
{
	assert_true(fcntl(fd, F_GETFD) >= 0);
	usleep(20000);
	__atomic_add_fetch(&synced, 1, __ATOMIC_SEQ_CST);
	if (synced == 1) {
		errno = EIO;
		return -1;
	}
	return 0;
}

/* Crashes are brought to the disk, and nobody waits for it but who ends. */
static void slow_disk(void **state)
{
	static const struct record_crash crash = { .text = "" };
	_cleanup_buf_ struct buf b = { 0 };
	char path[200];
	struct output o;

	(void)state;
	open_with(&o, "");
	for (unsigned i = 0; i < 25; i++) {
		const struct record r = { .kind = RECORD_CRASH,
					  .address = "h",
					  .caller = "",
					  .text = "",
					  .crash = &crash };

		o.ops->put(o.state, &r, 0);
	}
	assert_true(__atomic_load_n(&synced, __ATOMIC_SEQ_CST) < 25);
	while (__atomic_load_n(&synced, __ATOMIC_SEQ_CST) < 2)
		usleep(1000);
	o.ops->run(o.state, UINT64_MAX);
	say(&o, "h", NULL, "x");
	o.ops->run(o.state, UINT64_MAX);
	assert_int_equal(o.stats.errors, 1);
	assert_string_equal(o.stats.last_error, "sync: Input/output error");
	output_close(&o, clock_now() + 10 * USEC_PER_SEC);
	assert_int_equal(synced, 25);
	snprintf(path, sizeof(path), "%s/h.log", directory);
	assert_int_equal(read_file_at(AT_FDCWD, path, KIB(64), &b), 0);
	assert_int_equal(output_count_lines(b.data, b.len), 26);
	assert_int_equal(unlink(path), 0);
}

static bool slow_files;

/* In the place of the C library's: a directory in which files are made slowly. */
int openat(int dir, const char *path, int flags, ...)
{
	if (slow_files && flags & O_CREAT)
		usleep(260000);
	return (int)syscall(SYS_openat, dir, path, flags, 0640);
}

/* Then new hosts share a file, until a part of the time has passed. */
static void slow_directory(void **state)
{
	static const char *const hosts[] = { "a", "b", "c", "d", "e", "f" };
	struct output o;

	(void)state;
	slow_files = true;
	open_with(&o, "");
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		say(&o, hosts[i], NULL, "x");
	slow_files = false;
	say_later(&o, "a", 0);
	say_later(&o, "e", 0);
	say_later(&o, "f", 20 * USEC_PER_SEC);
	output_close(&o, 0);
	expect("a.log", T "x\n" T "later\n");
	expect("b.log", T "x\n");
	expect("c.log", T "x\n");
	expect("d.log", T "x\n");
	expect("e.log", NULL);
	expect("f.log", T "later\n");
	expect("others.log", T "e x\n" T "f x\n" T "e later\n");
}

/* What stands in the way is neither followed nor waited for. */
static void traps(void **state)
{
	char path[200];
	struct output o;

	(void)state;
	snprintf(path, sizeof(path), "%s/h.log", directory);
	assert_int_equal(symlink("/tmp/elsewhere", path), 0);
	open_with(&o, "");
	say(&o, "h", NULL, "x");
	assert_int_equal(o.stats.dropped, 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	say(&o, "h", NULL, "x");
	assert_int_equal(o.stats.dropped, 2);
	assert_int_equal(o.stats.errors, 2);
	output_close(&o, 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(access("/tmp/elsewhere", F_OK), -1);
}

static void refused(void **state)
{
	static const char *const specs[] = {
		"nothing:",
		"file:",
		"file:/nonexistent/x",
		"file:/tmp,size=x",
		"file:/tmp,colour=red",
		"file:/tmp,name=x",
		"syslog:localhost",
		"syslog:udp://",
		"syslog:udp://127.0.0.1,ca=/x",
		"syslog:tcp://1:2:3",
		"syslog:tls://127.0.0.1,ca=/nonexistent",
		"journal:/nonexistent",
		"program:true",
		"program:/nonexistent",
	};
	struct output o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct error e = { 0 };

		if (output_open(specs[i], &o, &e) == 0)
			fail_msg("%s was taken", specs[i]);
		assert_true(e.code < 0 && *e.text);
	}
}

static void options(void **state)
{
	static const char *const bad[][2] = {
		{ "port", "0" },	 { "port", "x" },	   { "sources", "3" },
		{ "allow", "x" },	 { "metrics", "x" },	   { "metrics", "10.0.0.1" },
		{ "run-on-crash", "x" }, { "run-on-crash", "/x" }, { "colour", "red" },
		{ "listen", "host" },
	};
	_cleanup_listen_options_ struct listen_options o;

	(void)state;
	listen_options_init(&o);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(listen_options_set(&o, bad[i][0], bad[i][1], NULL) < 0);
	assert_int_equal(listen_options_set(&o, "metrics", "9100", NULL), 0);
	assert_true(IN6_IS_ADDR_V4MAPPED(&o.metrics.ip));
	assert_int_equal(listen_options_set(&o, "dir", "/tmp", NULL), 0);
	assert_string_equal(o.outputs[0], "file:/tmp");
}

static void config(void **state)
{
	_cleanup_listen_options_ struct listen_options o;
	struct error e = { 0 };
	char path[200];
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/conf", directory);
	f = fopen(path, "w");
	fputs("# a comment\n\nport 514\n  allow\t10.0.0.0/8  \noutput = json:/tmp/x,y z\nport x\n",
	      f);
	fclose(f);
	listen_options_init(&o);
	assert_true(listen_options_read(&o, path, &e) < 0);
	assert_non_null(strstr(e.text, "conf:6: port: 'x'"));
	assert_int_equal(o.port, 514);
	assert_int_equal(o.allow.count, 1);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),	  cmocka_unit_test(appended),
		cmocka_unit_test(rotation),	  cmocka_unit_test(others),
		cmocka_unit_test(traps),	  cmocka_unit_test(refused),
		cmocka_unit_test(options),	  cmocka_unit_test(config),
		cmocka_unit_test(clock_back),	  cmocka_unit_test(full),
		cmocka_unit_test(changed),	  cmocka_unit_test(slow_disk),
		cmocka_unit_test(slow_directory),
	};

	return cmocka_run_group_tests(tests, make, clean);
}
