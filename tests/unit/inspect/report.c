/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/report_write.h"

#include "../test.h"

#define HOSTILE "</pre><script>alert('\"x\"')&amp;\x1b[31m\xff\xc3\xa9\n"

static const struct column columns[] = {
	{ "pid", "pid", COLUMN_UINT, 0 },	{ NULL, "command", COLUMN_TEXT, 0 },
	{ "address", NULL, COLUMN_ADDRESS, 0 }, { "running", "running", COLUMN_BOOL, 0 },
	{ "nice", "nice", COLUMN_INT, 0 },
};

static void add_rows(struct document *d, const char *text)
{
	document_table(d, "tasks", "Tasks", columns, ARRAY_SIZE(columns));
	document_row(
		d,
		(const union cell[]){
			{ .n = 1 }, { .text = text }, { .n = 16 }, { .yes = true }, { .i = -20 } });
	document_row(d, (const union cell[]){ { .n = 12345 },
					      { .text = NULL },
					      { .n = UINT64_MAX },
					      { .yes = false },
					      { .i = 0 } });
}

/* Everything a document can hold, with `text` wherever a dump's text can be. */
static void fill(struct document *d, const char *text)
{
	document_section(d, "first", "First", false);
	document_fact(d, "title", "Title", "%s", text);
	document_fact(d, NULL, "People", "only %s", text);
	document_fact(d, "program", NULL, "only %s", text);
	document_number(d, "n", "Number", COLUMN_UINT, 7);
	document_number(d, "at", "Address", COLUMN_ADDRESS, 0xabc);
	document_number(d, "yes", "Truth", COLUMN_BOOL, 1);
	add_rows(d, text);
	document_section(d, "second", "Second", true);
	document_text(d, "log", "Log", text, strlen(text));
	document_list(d, "cpus", "CPUs");
	for (unsigned i = 0; i < 2; i++) {
		document_entry(d, i > 0, "CPU %u: %s", i, text);
		document_number(d, "cpu", NULL, COLUMN_UINT, i);
		add_rows(d, text);
		document_damage(d, "inner %s", text);
		document_entry_end(d);
	}
	document_list_end(d);
	document_note(d, "note %s", text);
	document_damage(d, "damage %s", text);
	assert_int_equal(document_error(d), 0);
}

/* ---- a judge of JSON: RFC 8259, what lastword writes of it ---- */

static const char *judge(const char *s);

static const char *blanks(const char *s)
{
	return s + strspn(s, " \n");
}

static const char *judge_string(const char *s)
{
	assert_int_equal(*s, '"');
	for (s++; *s != '"'; s++) {
		assert_true((unsigned char)*s >= ' ' && (unsigned char)*s < 0x7f);
		if (*s == '\\')
			assert_non_null(strchr("\"\\nu", *++s));
	}
	return s + 1;
}

static const char *judge_members(const char *s, char end, bool named)
{
	s = blanks(s + 1);
	while (*s != end) {
		if (named) {
			s = blanks(judge_string(s));
			assert_int_equal(*s, ':');
			s = blanks(s + 1);
		}
		s = blanks(judge(s));
		assert_true(*s == ',' || *s == end);
		if (*s == ',') {
			s = blanks(s + 1);
			assert_int_not_equal(*s, end);
		}
	}
	return s + 1;
}

static const char *judge(const char *s)
{
	static const char *const words[] = { "true", "false", "null" };
	char *end;

	if (*s == '"')
		return judge_string(s);
	if (*s == '{' || *s == '[')
		return judge_members(s, *s == '{' ? '}' : ']', *s == '{');
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strncmp(s, words[i], strlen(words[i])) == 0)
			return s + strlen(words[i]);
	(void)strtod(s, &end);
	assert_ptr_not_equal(end, s);
	return end;
}

static void test_json(void **state)
{
	_cleanup_(document_done) struct document d = { 0 };
	_cleanup_buf_ struct buf out = { 0 };

	fill(&d, HOSTILE);
	assert_int_equal(report_write_json(&d, &out), 0);
	assert_int_equal(*blanks(judge(out.data)), '\0');
	assert_non_null(strstr(out.data, "\"schema\": \"lastword.report/1\""));
	assert_non_null(strstr(out.data, "\"address\": \"0xffffffffffffffff\""));
	assert_non_null(strstr(out.data, "\"nice\": -20"));
	assert_non_null(strstr(out.data, "\"program\": \"only "));
	assert_null(strstr(out.data, "People"));
	/* notes and damage are those of their own level */
	assert_non_null(strstr(out.data, "\"damage\": [\n        \"damage "));
}

static void test_text(void **state)
{
	_cleanup_(document_done) struct document d = { 0 };
	_cleanup_buf_ struct buf out = { 0 };

	fill(&d, "init");
	assert_int_equal(report_write_text(&d, 0, &out), 0);
	assert_string_equal(out.data, "First\n"
				      "-----\n"
				      "  Title    init\n"
				      "  People   only init\n"
				      "  Number   7\n"
				      "  Address  0000000000000abc\n"
				      "  Truth    yes\n"
				      "  Tasks\n"
				      "    pid  command  running  nice\n"
				      "      1  init     yes       -20\n"
				      "  12345           no          0\n"
				      "\n"
				      "Second\n"
				      "------\n"
				      "  Log\n"
				      "  init\n"
				      "  CPUs\n"
				      "  CPU 0: init\n"
				      "    Tasks\n"
				      "      pid  command  running  nice\n"
				      "        1  init     yes       -20\n"
				      "    12345           no          0\n"
				      "    ! inner init\n"
				      "  CPU 1: init\n"
				      "    Tasks\n"
				      "      pid  command  running  nice\n"
				      "        1  init     yes       -20\n"
				      "    12345           no          0\n"
				      "    ! inner init\n"
				      "  note init\n"
				      "  ! damage init\n");
}

/* Nothing that a terminal obeys. */
static void test_text_is_printable(void **state)
{
	_cleanup_(document_done) struct document d = { 0 };
	_cleanup_buf_ struct buf out = { 0 };

	fill(&d, HOSTILE);
	assert_int_equal(report_write_text(&d, 0, &out), 0);
	for (size_t i = 0; i < out.len; i++)
		assert_true(out.data[i] == '\n' || (out.data[i] >= ' ' && out.data[i] < 0x7f));
	assert_non_null(strstr(out.data, "\\x1b[31m\\xff\\xc3\\xa9"));
}

/* Every tag is one that the writer knows, and each that is opened is closed in its order. */
static void judge_html(const char *s)
{
	static const char *const alone[] = { "!doctype", "meta" };
	char open[64][16];
	size_t depth = 0;

	while ((s = strchr(s, '<'))) {
		bool closes = s[1] == '/', is_alone = false;
		char tag[16];
		size_t n;

		s += 1 + closes;
		n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789!");
		assert_true(n > 0 && n < sizeof(tag));
		memcpy(tag, s, n);
		tag[n] = '\0';
		assert_string_not_equal(tag, "script");
		for (size_t i = 0; i < ARRAY_SIZE(alone); i++)
			is_alone |= strcmp(tag, alone[i]) == 0;
		if (is_alone)
			continue;
		if (closes) {
			assert_true(depth > 0);
			assert_string_equal(tag, open[--depth]);
		} else {
			assert_true(depth < ARRAY_SIZE(open));
			strcpy(open[depth++], tag);
		}
	}
	assert_int_equal(depth, 0);
}

static void test_html(void **state)
{
	_cleanup_(document_done) struct document d = { 0 };
	_cleanup_buf_ struct buf out = { 0 };

	fill(&d, HOSTILE);
	assert_int_equal(report_write_html(&d, &out), 0);
	judge_html(out.data);
	assert_non_null(strstr(out.data, "&lt;/pre&gt;&lt;script&gt;alert(&#39;&quot;x&quot;&#39;)"
					 "&amp;amp;\\x1b"));
	/* nothing is fetched from anywhere */
	assert_null(strstr(out.data, "http:"));
	assert_null(strstr(out.data, "https:"));
	assert_null(strstr(out.data, "src="));
	assert_null(strstr(out.data, "url("));
}

/* A section that has too much is cut and says so; the next one has room again. What was open is closed. */
static void test_limit(void **state)
{
	_cleanup_(document_done) struct document d = { 0 };
	_cleanup_buf_ struct buf json = { 0 }, html = { 0 };

	document_section(&d, "much", "Much", false);
	document_list(&d, "entries", NULL);
	for (unsigned i = 0; i < 20000; i++) {
		document_entry(&d, false, "entry %u", i);
		document_fact(&d, "text", "Text", "%s", "0123456789012345678901234567890123456789");
		if (i % 2)
			document_entry_end(&d);
	}
	document_section(&d, "next", "Next", false);
	document_fact(&d, "text", "Text", "there");
	assert_int_equal(report_write_json(&d, &json), 0);
	assert_int_equal(*blanks(judge(json.data)), '\0');
	assert_non_null(strstr(json.data, "more was found"));
	assert_non_null(strstr(json.data, "\"text\": \"there\""));
	assert_true(json.len < MIB(1));
	assert_int_equal(report_write_html(&d, &html), 0);
	judge_html(html.data);
}

static void test_one_long_text(void **state)
{
	_cleanup_(document_done) struct document d = { 0 };
	_cleanup_free_ char *text = malloc(MIB(2));
	_cleanup_buf_ struct buf out = { 0 };

	assert_non_null(text);
	memset(text, '\xff', MIB(2));
	document_section(&d, "log", "Log", false);
	document_text(&d, "lines", NULL, text, MIB(2));
	document_fact(&d, "late", "Late", "left out");
	assert_int_equal(report_write_text(&d, 0, &out), 0);
	assert_true(out.len < MIB(2));
	assert_non_null(strstr(out.data, "more was found"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_is_printable),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_one_long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
