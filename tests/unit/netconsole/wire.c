/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each rule of what is an extended record, by datagrams on both sides of it. */
#include "../test.h"

#include <stdio.h>
#include <string.h>

#include "netconsole/body.h"

static const struct {
	const char *datagram;
	size_t len; /* 0: strlen() */
	enum wire_reason outcome;
} rows[] = {
	/* as 6.1 sends them */
	{ "6,1000,5000000,-;text\n", 0, WIRE_EXTENDED },
	{ "6,1000,5000000,-,caller=T1;text\n SUBSYSTEM=pci\n", 0, WIRE_EXTENDED },
	{ "6.1.0-50-amd64,6,1000,5000000,-;text\n", 0, WIRE_EXTENDED },
	{ "12,1000,5000000,-,ncfrag=0/2000;text", 0, WIRE_EXTENDED },
	{ "6,0,0,-;\n", 0, WIRE_EXTENDED },
	{ "6,1,2,c;x", 0, WIRE_EXTENDED },
	{ "6,1,2,z;an unknown flag", 0, WIRE_EXTENDED },
	{ "6,1,2,-,cpu=3,odd=a\tb;an unknown token", 0, WIRE_EXTENDED },
	{ "6,1,2,-;", 0, WIRE_EXTENDED },
	{ "1023,18446744073709551614,18446744073709551615,-;x", 0, WIRE_EXTENDED },
	/* basic */
	{ "[    1.000000] eth0: link up\n", 0, WIRE_NO_HEADER },
	{ "semi; colon\n", 0, WIRE_FIELDS },
	{ "6,1,2,-;nul\0", 12, WIRE_NUL },
	{ ";", 0, WIRE_FIELDS },
	{ ",,,;", 0, WIRE_FIELDS },
	{ "6;x", 0, WIRE_FIELDS },
	{ "6,1;x", 0, WIRE_FIELDS },
	{ "6,1,2;x", 0, WIRE_FIELDS },
	{ "two words,6,1,2,-;x", 0, WIRE_FIELDS },
	{ "a/b,6,1,2,-;x", 0, WIRE_FIELDS },
	{ "6,,2,-;x", 0, WIRE_NUMBER },
	{ "6,-1,2,-;x", 0, WIRE_NUMBER },
	{ "6,0x10,2,-;x", 0, WIRE_NUMBER },
	{ "6, 1,2,-;x", 0, WIRE_NUMBER },
	{ "6,18446744073709551615,2,-;x", 0, WIRE_NUMBER },
	{ "6,1,18446744073709551616,-;x", 0, WIRE_NUMBER },
	{ "1024,1,2,-;x", 0, WIRE_NUMBER },
	{ "-6,1,2,-;x", 0, WIRE_NUMBER },
	{ "6,1,2,;x", 0, WIRE_FLAG },
	{ "6,1,2,--;x", 0, WIRE_FLAG },
	{ "6,1,2,-,ncfrag=0/0;", 0, WIRE_PIECE },
	{ "6,1,2,-,ncfrag=0/0;x", 0, WIRE_PIECE },
	{ "6,1,2,-,ncfrag=5/5;x", 0, WIRE_PIECE },
	{ "6,1,2,-,ncfrag=4/5;xy", 0, WIRE_PIECE },
	{ "6,1,2,-,ncfrag=0/5;", 0, WIRE_PIECE },
	{ "6,1,2,-,ncfrag=0;x", 0, WIRE_PIECE },
	{ "6,1,2,-,ncfrag=/5;x", 0, WIRE_PIECE },
	{ "6,1,2,-,ncfrag=18446744073709551615/18446744073709551615;x", 0, WIRE_PIECE },
	{ "6,1,2,-,ncfrag=0/131073;x", 0, WIRE_PIECE },
	{ "6,1,2,-,ncfrag=0/5,ncfrag=0/5;x", 0, WIRE_PIECE },
	{ "6,1,2,-,ncemg=1,ncemg=1;x", 0, WIRE_PIECE },
};

static void each_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wire_message m = { .priority = 77 };
		size_t len = rows[i].len ?: strlen(rows[i].datagram);
		enum wire_reason reason = wire_parse(rows[i].datagram, len, &m);

		if (reason != rows[i].outcome)
			fail_msg("'%s' is %d, not %d", rows[i].datagram, reason, rows[i].outcome);
		if (reason != WIRE_EXTENDED)
			assert_int_equal(m.priority, 77);
	}
}

static void parts(void **state)
{
	static const char datagram[] = "6.1.0,13,77,5000001,c,caller=C12,ncfrag=10/20;0123456789";
	struct wire_message m;

	(void)state;
	assert_int_equal(wire_parse(datagram, strlen(datagram), &m), WIRE_EXTENDED);
	assert_int_equal(m.release.len, 5);
	assert_memory_equal(m.release.start, "6.1.0", 5);
	assert_int_equal(m.priority, 13);
	assert_int_equal(m.seq, 77);
	assert_int_equal(m.time_us, 5000001);
	assert_int_equal(m.flag, 'c');
	assert_string_equal(m.caller, "C12");
	assert_true(m.piece);
	assert_int_equal(m.offset, 10);
	assert_int_equal(m.total, 20);
	assert_int_equal(m.body.len, 10);
}

static void sizes(void **state)
{
	char datagram[2048];
	struct wire_message m;

	(void)state;
	memset(datagram, 'a', sizeof(datagram));
	memcpy(datagram, "6,1,2,-;", 8);
	assert_int_equal(wire_parse(datagram, 1472, &m), WIRE_EXTENDED);
	assert_int_equal(wire_parse(datagram, 1473, &m), WIRE_LONG);
	/* the header ends in the first 1023 bytes */
	memcpy(datagram, "6,1,2,-,", 8);
	datagram[1022] = ';';
	assert_int_equal(wire_parse(datagram, 1100, &m), WIRE_EXTENDED);
	datagram[1022] = 'a';
	datagram[1023] = ';';
	assert_int_equal(wire_parse(datagram, 1100, &m), WIRE_NO_HEADER);
}

static struct body split(const char *raw)
{
	struct body b;

	body_split((struct wire_slice){ raw, strlen(raw) }, &b);
	return b;
}

static void expect_text(const char *raw, const char *text)
{
	struct body b = split(raw);
	char out[200];
	size_t len = body_text(&b, out, sizeof(out) - 1);

	out[len] = '\0';
	assert_string_equal(out, text);
}

static void texts(void **state)
{
	(void)state;
	expect_text("plain\n", "plain");
	expect_text("no newline", "no newline");
	expect_text("", "");
	expect_text("h\\xc3\\xa9\\x0atwo\\x5c\n", "h\xc3\xa9\ntwo\\");
	expect_text("cut \\x\n", "cut \\x");
	expect_text("cut \\x4\n", "cut \\x4");
	expect_text("\\xzz \\y \\\n", "\\xzz \\y \\");
	expect_text("\\xC3\n", "\xc3");
	expect_text("text\n KEY=value\nstray \\x41\n  two=blanks\n", "text\nstray A\n  two=blanks");
}

static void expect_field(const char *raw, const char *key, const char *value)
{
	struct body b = split(raw);
	struct wire_slice found = body_find(&b, key);

	if (!value) {
		assert_null(found.start);
		return;
	}
	assert_non_null(found.start);
	assert_int_equal(found.len, strlen(value));
	assert_memory_equal(found.start, value, found.len);
}

static void dictionaries(void **state)
{
	uint32_t msgid = 0;
	struct body b;

	(void)state;
	expect_field("t\n SUBSYSTEM=net\n DEVICE=n2\n host=web1\n", "host", "web1");
	expect_field("t\n host=\n", "host", "");
	expect_field("t\n host=a\n host=b\n", "host", "a");
	expect_field("t\n =x\n", "", NULL);
	/* a task named "x\n host=evil" */
	expect_field("t\n host=web1\n taskname=x\n host=evil\n", "host", "web1");
	expect_field("t\n taskname=x\n host=evil\n", "host", NULL);
	/* and one named "x\n release=1": the kernel's own comes after it */
	expect_field("t\n taskname=x\n release=1\n release=6.12.0\n", "release", "6.12.0");
	b = split("t\n msgid=7\n taskname=x\n msgid=1\n msgid=99\n");
	assert_true(body_msgid(&b, &msgid));
	assert_int_equal(msgid, 99);
	b = split("t\n msgid=4294967296\n");
	assert_false(body_msgid(&b, &msgid));
	b = split("t\n msgid=-1\n");
	assert_false(body_msgid(&b, &msgid));
}

static void many_fields(void **state)
{
	char raw[4096] = "t\n";
	struct body b;

	(void)state;
	for (int i = 0; i < 100; i++)
		sprintf(raw + strlen(raw), " k%d=v\n", i);
	b = split(raw);
	assert_int_equal(b.count, BODY_FIELDS);
	assert_true(b.full);
	assert_false(b.stray);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule),	cmocka_unit_test(parts),
		cmocka_unit_test(sizes),	cmocka_unit_test(texts),
		cmocka_unit_test(dictionaries), cmocka_unit_test(many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
