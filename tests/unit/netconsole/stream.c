/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streams by scenario. A step is "SEQ@SECONDS", with "#MSGID", "=BOOT" and "!" (sent again) where said, or "+MS" for time that passes. The
 * outcome: each event as a word; "10" a message, "10l" a late one, "lost2", "gap3", "dup", "BOOT".
 */
#include "../test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconsole/stream.h"

static const struct {
	const char *what, *steps, *outcome;
} rows[] = {
	{ "in order", "1@1 2@2 3@3", "1 2 3" },
	{ "number 0", "0@0 1@0 2@0", "0 1 2" },
	{ "a gap that stays", "1@1 5@2 +200 6@2", "1 gap3 5 6" },
	{ "a gap delays what is behind it", "1@1 5@2", "1" },
	{ "a gap of what is not sent, with msgid", "1@1#7 5@2#8 9@3#9", "1 5 9" },
	{ "two have changed places", "1@1 3@3 2@2 4@4", "1 2 3 4" },
	{ "four came backwards", "1@1 5@5 4@4 3@3 2@2 6@6", "1 2 3 4 5 6" },
	{ "the first two have changed places", "101@5.2 100@5.1 102@5.3", "101 100l 102" },
	{ "too late", "1@1 3@3 +200 2@2 4@4", "1 gap1 3 2l 4" },
	{ "twice", "1@1 2@2 2@2 1@1 3@3", "1 2 dup dup 3" },
	{ "twice while it waits", "1@1 3@3 3@3 2@2", "1 dup 2 3" },
	{ "lost by msgid", "1@1#1 2@2#2 9@3#5 +200", "1 2 lost2 9" },
	{ "msgid wraps", "1@1#4294967295 2@2#0 3@3#1", "1 2 3" },
	{ "msgid begins anew: the target was made again", "1@1#500 2@2#501 3@3#1 +200 4@3#2",
	  "1 2 3 4" },
	{ "a reboot", "900@3000 901@3001 1@0.5 2@0.6 3@0.7", "900 901 BOOT 1 2 3" },
	{ "a reboot heard from its first message", "900@3000 0@0 1@0 2@0.1", "900 BOOT 0 1 2" },
	{ "a reboot of one message", "900@3000 5@0.5 +300", "900 BOOT 5" },
	{ "a reboot within the window", "20@3000 21@3001 10@1 11@1.1", "20 21 BOOT 10 11" },
	{ "a reboot at the same numbers", "20@3000 21@3001 20@1 21@1.1", "20 21 BOOT 20 21" },
	{ "a reboot ahead: its first messages were not sent", "20@3000 400@10 401@11",
	  "20 BOOT 400 401" },
	{ "a reboot whose first two have changed places", "900@3000 2@0.6 1@0.5 3@0.7",
	  "900 BOOT 2 1l 3" },
	{ "an old message strays in", "900@3000 5@20 901@3000 902@3000", "900 5l 901 902" },
	{ "a reboot by its key, at once", "900@3000=a 1@1=b 2@2=b", "900 BOOT 1 2" },
	{ "the key comes later, the kernel is the same", "900@3000=a 1@1 2@1 3@2=b 4@3=b",
	  "900 BOOT 1 2 3 4" },
	{ "one of the old kernel after the reboot", "900@3000=a 1@1=b 901@3001=a 2@2=b",
	  "900 BOOT 1 901l 2" },
	{ "the same key: no reboot, whatever the time says", "900@3000=a 901@1=a 902@2=a",
	  "900 901 902" },
	{ "a capture kernel after the crashed one", "900@3000=a 901@3001=a 0@0 1@0 2@0.1 300@3=c",
	  "900 901 BOOT 0 1 2" },
	{ "two reboots", "900@3000 1@1 2@2 1@0.1 2@0.2 3@0.3", "900 BOOT 1 2 BOOT 1 2 3" },
	{ "sent again: what is missing", "1@1 2@2 5@5 +200 1@1! 2@2! 3@3! 4@4! 5@5! 6@6!",
	  "1 2 gap2 5 dup dup 3l 4l dup 6" },
	{ "sent again while some wait", "1@1 3@3 2@2! 3@3!", "1 gap1 3 2l dup" },
	{ "sent again, far behind", "1@1 2@2 900@9 +200 899@8! 3@3! 2@2! 3@3!",
	  "1 2 gap897 900 899l 3l dup dup" },
	{ "sent again, before what is known", "1@1 5000@9 +200 2@2!", "1 gap4998 5000 dup" },
	{ "sent again, by key and later", "900@9 901@9.5=a! 902@9.6=a! 1@0.1=b",
	  "900 901 902 BOOT 1" },
	{ "sent again of another kernel, by key", "900@9=a 901@9.5=b!", "900 BOOT 901" },
	{ "sent again of another kernel, by time", "900@9 901@1! 902@1.1!", "900 BOOT 901 902" },
	{ "sent again, nothing came before", "900@9=a! 901@9=a! 0@0 +300", "900 901 BOOT 0" },
	{ "the largest numbers", "18446744073709551613@1 18446744073709551614@2",
	  "18446744073709551613 18446744073709551614" },
};

static void note(void *user, enum stream_event event, const struct stream_message *m,
		 uint64_t count)
{
	char *out = user;

	out += strlen(out);
	switch (event) {
	case STREAM_MESSAGE:
		sprintf(out, "%llu%s ", (unsigned long long)m->wire.seq,
			m->flags & STREAM_LATE ? "l" : "");
		break;
	case STREAM_LOST:
		sprintf(out, "lost%llu ", (unsigned long long)count);
		break;
	case STREAM_GAP:
		sprintf(out, "gap%llu ", (unsigned long long)count);
		break;
	case STREAM_DUPLICATE:
		strcat(out, "dup ");
		break;
	case STREAM_REBOOT:
		strcat(out, "BOOT ");
		break;
	}
}

static void step(struct stream *s, struct budget *budget, const char *word, usec_t *now, char *out)
{
	struct stream_message m = { .wire = { .body = { "x", 1 }, .flag = '-' } };
	char *at;

	if (*word == '+') {
		*now += strtoull(word + 1, NULL, 10) * USEC_PER_MSEC;
		if (stream_deadline(s) <= *now)
			stream_expire(s, budget, *now, note, out);
		assert_true(stream_deadline(s) > *now);
		return;
	}
	m.wire.seq = strtoull(word, &at, 10);
	m.wire.time_us = (uint64_t)(strtod(at + 1, &at) * 1e6);
	if (*at == '#') {
		m.has_msgid = true;
		m.msgid = (uint32_t)strtoull(at + 1, &at, 10);
	}
	if (*at == '=') {
		m.boot = (unsigned char)at[1];
		at += 2;
	}
	m.resent = *at == '!';
	stream_put(s, budget, &m, *now, note, out);
}

static void play(struct stream *s, struct budget *budget, const char *steps, char *out)
{
	char words[400], *save = NULL;
	usec_t now = 1000;

	strcpy(words, steps);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		step(s, budget, w, &now, out);
}

static void scenarios(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct budget budget = { .limit = MIB(1) };
		struct stream s = { 0 };
		char out[1000] = "";

		play(&s, &budget, rows[i].steps, out);
		if (*out)
			out[strlen(out) - 1] = '\0';
		if (strcmp(out, rows[i].outcome) != 0)
			fail_msg("%s: '%s' gave '%s', not '%s'", rows[i].what, rows[i].steps, out,
				 rows[i].outcome);
		stream_done(&s, &budget);
		assert_int_equal(budget.used, 0);
	}
}

/* Where nothing can be kept, nothing is lost either: it comes out at once. */
static void no_memory(void **state)
{
	struct budget budget = { .limit = 16 };
	struct stream s = { 0 };
	char out[200] = "";

	(void)state;
	play(&s, &budget, "1@1 3@3 2@2 900@4 5@0.1", out);
	assert_string_equal(out, "1 gap1 3 2l gap896 900 5l ");
	stream_done(&s, &budget);
}

/* A stream with gaps everywhere holds a window of it, and no more. */
static void window(void **state)
{
	struct budget budget = { .limit = MIB(1) };
	struct stream s = { 0 };
	char out[20000] = "";
	usec_t now = 0;

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		char word[40];

		sprintf(word, "%u@%u", 10 + 2 * i, i);
		step(&s, &budget, word, &now, out);
		assert_true(s.held_count <= STREAM_HELD);
	}
	stream_expire(&s, &budget, UINT64_MAX, note, out);
	assert_non_null(strstr(out, " gap1 1008 "));
	assert_int_equal(s.held_count, 0);
	stream_done(&s, &budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenarios),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
