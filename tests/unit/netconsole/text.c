/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as lines and as JSON: nothing that a terminal would obey, nothing that is no JSON. */
#include "../test.h"

#include <string.h>

#include "netconsole/json_line.h"
#include "netconsole/text.h"

#define TIME 1763735401123456

static struct record record(const char *text, size_t len)
{
	return (struct record){
		.kind = RECORD_TEXT,
		.received_us = TIME,
		.address = "10.0.0.1",
		.port = 6665,
		.caller = "",
		.text = text,
		.len = len,
	};
}

static void expect(const struct record *r, bool source, const char *lines)
{
	_cleanup_buf_ struct buf b = { 0 };

	assert_int_equal(text_put(&b, r, source), 0);
	assert_string_equal(b.data, lines);
}

static void lines(void **state)
{
	struct record r = record("hello", 5);

	(void)state;
	expect(&r, false, "2025-11-21T14:30:01.123456Z hello\n");
	expect(&r, true, "2025-11-21T14:30:01.123456Z 10.0.0.1 hello\n");
	r.host = "web1";
	r.extended = true;
	r.time_us = 12345678;
	expect(&r, true, "2025-11-21T14:30:01.123456Z 10.0.0.1 web1 [   12.345678] hello\n");
	r.caller = "T123";
	r.text = "a\nb";
	r.len = 3;
	expect(&r, false,
	       "2025-11-21T14:30:01.123456Z [   12.345678][  T123] a\n"
	       "2025-11-21T14:30:01.123456Z [   12.345678][  T123] b\n");
	r = record("\x1b[2Jx\0y\xc2\x9b\xff\xc3\xa9\t\r\n", 16);
	r.len = 14;
	expect(&r, false, "2025-11-21T14:30:01.123456Z \\x1b[2Jx\\x00y\\xc2\\x9b\\xff\xc3\xa9\t\n");
	r = record("", 0);
	expect(&r, false, "2025-11-21T14:30:01.123456Z \n");
	/* marks are ours alone */
	r = record("-- lastword: panic: x\n(resent) y\n -- lastword: z", 48);
	expect(&r, false,
	       "2025-11-21T14:30:01.123456Z \\x2d- lastword: panic: x\n"
	       "2025-11-21T14:30:01.123456Z \\x28resent) y\n"
	       "2025-11-21T14:30:01.123456Z  -- lastword: z\n");
	r = record("-- lastword: panic: x", 21);
	r.extended = true;
	r.flags = RECORD_LATE | RECORD_RESENT;
	expect(&r, false,
	       "2025-11-21T14:30:01.123456Z (resent) [    0.000000] -- lastword: panic: x\n");
	r = record("x", 1);
	r.host = "-- lastword: ";
	expect(&r, true, "2025-11-21T14:30:01.123456Z 10.0.0.1 \\x2d-\\x20lastword:\\x20 x\n");
	r = record("43 MiB\n-- lastword: y", 21);
	r.kind = RECORD_CAPTURE;
	r.stage = "saved";
	expect(&r, false,
	       "2025-11-21T14:30:01.123456Z -- lastword: capture saved: 43 MiB\\x0a-- lastword: "
	       "y\n");
	r = record("", 0);
	r.kind = RECORD_LOST;
	r.count = 3;
	expect(&r, false, "2025-11-21T14:30:01.123456Z -- lastword: 3 messages lost\n");
}

static void utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{ "a", 1 },
		{ "\xc3\xa9", 2 },
		{ "\xe2\x82\xac", 3 },
		{ "\xf0\x9f\x98\x80", 4 },
		{ "\xc0\x80", 0 },
		{ "\xe0\x80\x80", 0 },
		{ "\xed\xa0\x80", 0 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xf8\x88\x80\x80", 0 },
		{ "\x80", 0 },
		{ "\xc3", 0 },
		{ "\xe2\x82", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(text_utf8(rows[i].bytes, strlen(rows[i].bytes)), rows[i].n);
}

static void json(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct record r = record("q\"\\\n\x01\xff\xc3\xa9", 8);
	struct body body;

	(void)state;
	body_split((struct wire_slice){ "t\n host=a\n taskname=b\n x=c\n", 27 }, &body);
	r.extended = true;
	r.priority = 30;
	r.seq = 7;
	r.time_us = 8;
	r.flag = '-';
	r.flags = RECORD_LATE | RECORD_STRAY;
	r.body = &body;
	assert_int_equal(json_line_put(&b, &r), 0);
	assert_string_equal(b.data,
			    "{\"time\":\"2025-11-21T14:30:01.123456Z\",\"kind\":\"text\","
			    "\"address\":\"10.0.0.1\","
			    "\"port\":6665,\"level\":6,\"facility\":3,\"seq\":7,\"time_us\":8,"
			    "\"flags\":[\"late\",\"stray\"],\"text\":"
			    "\"q\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\","
			    "\"fields\":[[\"host\",\"a\"],[\"taskname\",\"b\"]],\"untrusted\":[["
			    "\"x\",\"c\"]]}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(utf8),
		cmocka_unit_test(json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
