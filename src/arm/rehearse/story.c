/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/rehearse/first.h"

#define INIT_SAYS "lastword: "
#define PANIC "Kernel panic - not syncing: "

static const char *const stage_names[] = {
	[STORY_STARTED] = "QEMU started",
	[STORY_FIRST] = "first kernel up",
	[STORY_LOADED] = "capture kernel loaded",
	[STORY_CRASHED] = "crashed",
	[STORY_CAPTURE] = "capture kernel started",
	[STORY_INIT] = "lastword-init started",
	[STORY_ACTION] = "final action",
};

/* Words that a text of lastword-init begins with: docs/capture.md has them as stable. */
static const struct {
	const char *begins;
	enum story_event event;
} texts[] = {
	{ "network up, as ", STORY_NETWORK },
	{ "mounted ", STORY_TARGET },
	{ "opened ", STORY_TARGET },
	{ "vmcore-dmesg.txt saved, ", STORY_LOG },
	{ "report saved", STORY_REPORT },
	{ "vmcore saved, ", STORY_DUMP },
	{ "manifest.json saved", STORY_MANIFEST },
	{ "unmounted /target", STORY_CLOSED },
	{ "target closed", STORY_CLOSED },
};

static const char *const event_names[] = {
	[STORY_MODULES] = "modules",   [STORY_NETWORK] = "network", [STORY_TARGET] = "target",
	[STORY_LOG] = "log",	       [STORY_REPORT] = "report",   [STORY_DUMP] = "dump",
	[STORY_MANIFEST] = "manifest", [STORY_CLOSED] = "closed",
};

static const char *const failures[] = {
	"network: ",
	"target: ",
	"log: ",
	"report: ",
	"dump: ",
	"manifest: ",
	"ownlog: ",
	"close: ",
	"phase ",
	"vmcore-dmesg.txt skipped: ",
	"cannot start the worker: ",
};

static const char *const memory_ran_out[] = {
	"invoked oom-killer",
	"Out of memory",
	"System is deadlocked on memory",
	"because memory ran out",
	"Initramfs unpacking failed: write error",
};

const char *story_stage_name(enum story_stage s)
{
	return stage_names[s];
}

const char *story_event_name(enum story_event e)
{
	return event_names[e];
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void keep(char to[STORY_WORDS], const char *words)
{
	if (!*to)
		snprintf(to, STORY_WORDS, "%s", words);
}

static void reach(struct story *s, enum story_stage stage, usec_t when)
{
	if (s->stage >= stage)
		return;
	s->stage = stage;
	s->reached[stage] = when;
}

/* "PREFIX12.34 s: TEXT": the text, NULL where it is none. */
static const char *text_of(const char *line, const char *prefix, usec_t *ret_uptime)
{
	const char *at = strstr(line, prefix);
	double seconds;
	char *end;

	if (!at)
		return NULL;
	seconds = strtod(at + strlen(prefix), &end);
	if (!begins(end, " s: ") || !(seconds >= 0 && seconds < 1e9))
		return NULL;
	*ret_uptime = (usec_t)(seconds * (double)USEC_PER_SEC);
	return end + strlen(" s: ");
}

static void take_first(struct story *s, const char *text, usec_t when)
{
	reach(s, STORY_FIRST, when);
	if (begins(text, FIRST_RESERVED))
		s->reserved = strtoull(text + strlen(FIRST_RESERVED), NULL, 10);
	else if (begins(text, FIRST_FAILED))
		keep(s->refused, text + strlen(FIRST_FAILED));
	else if (begins(text, FIRST_LOADED))
		reach(s, STORY_LOADED, when);
}

/* "memory: total 77 MiB, lowest available 54 MiB, lowest free 50 MiB, worker peak 8 MiB" */
static void take_memory(struct story *s, const char *text)
{
	static const char fmt[] = "memory: total %u MiB, lowest available %u MiB, lowest free %u "
				  "MiB, worker peak %u MiB";
	unsigned total, available, unused, peak;

	if (sscanf(text, fmt, &total, &available, &unused, &peak) != 4)
		return;
	s->memory_total = MIB(total);
	s->lowest_available = MIB(available);
	s->lowest_free = MIB(unused);
	s->worker_peak = MIB(peak);
}

static void happen(struct story *s, enum story_event event, const char *text, usec_t uptime)
{
	if (s->uptime[event])
		return;
	s->uptime[event] = MAX(uptime, (usec_t)1);
	keep(s->said[event], text);
	if (event == STORY_TARGET)
		s->raw = strstr(text, " (raw)") != NULL;
}

static bool is_action(const char *text)
{
	return strcmp(text, "reboot") == 0 || strcmp(text, "halt") == 0 ||
	       strcmp(text, "poweroff") == 0;
}

static void take_init(struct story *s, const char *text, usec_t uptime)
{
	unsigned loaded, all;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (begins(text, texts[i].begins))
			happen(s, texts[i].event, text, uptime);
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
		if (begins(text, failures[i]))
			keep(s->failure, text);
	if (sscanf(text, "%u of %u modules loaded", &loaded, &all) == 2)
		happen(s, STORY_MODULES, text, uptime);
	if (begins(text, "module ") && strstr(text, "; passed over"))
		keep(s->passed_over, text);
	if (begins(text, "the dump is not saved; going on") || strstr(text, "; trying the next"))
		s->next_target = true;
	take_memory(s, text);
}

static bool take_end(struct story *s, const char *text, usec_t when)
{
	bool shell = begins(text, "a shell on the console;");

	if (!shell && !is_action(text))
		return true;
	reach(s, STORY_ACTION, when);
	snprintf(s->action, sizeof(s->action), "%s", shell ? "shell" : text);
	/* A reboot or a power off ends QEMU. */
	return !shell && strcmp(text, "halt") != 0;
}

static void take_panic(struct story *s, const char *words, usec_t when)
{
	/* What the first stage says last may be lost with the first kernel; this crash is its own, with everything loaded. */
	if (s->stage < STORY_LOADED && strstr(words, "sysrq triggered crash"))
		reach(s, STORY_LOADED, when);
	if (s->stage < STORY_LOADED)
		keep(s->refused, words);
	else if (s->stage == STORY_LOADED)
		reach(s, STORY_CRASHED, when);
	else
		keep(s->panic, words);
}

bool story_take(struct story *s, const char *line, usec_t when)
{
	const char *text = text_of(line, FIRST_SAYS, &(usec_t){ 0 }), *panic;
	usec_t uptime;

	snprintf(s->last, sizeof(s->last), "%s", line);
	if (text) {
		take_first(s, text, when);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(memory_ran_out); i++)
		if (strstr(line, memory_ran_out[i]))
			s->out_of_memory = true;
	panic = strstr(line, PANIC);
	if (panic && !strstr(line, "end Kernel panic"))
		take_panic(s, panic + strlen(PANIC), when);
	if (s->stage >= STORY_LOADED && strstr(line, "Linux version "))
		reach(s, STORY_CAPTURE, when);
	text = s->stage >= STORY_LOADED ? text_of(line, INIT_SAYS, &uptime) : NULL;
	if (!text)
		return true;
	reach(s, STORY_INIT, when);
	take_init(s, text, uptime);
	return take_end(s, text, when);
}

bool story_is_whole(const struct story *s, bool report_wanted)
{
	bool texts_there =
		s->raw || (s->uptime[STORY_LOG] && (!report_wanted || s->uptime[STORY_REPORT]));

	return texts_there && s->uptime[STORY_DUMP] && s->uptime[STORY_CLOSED] && !*s->panic;
}

/* Before lastword-init could say what went wrong. */
static void reason_early(const struct story *s, const char *ended, char *buf, size_t size)
{
	unsigned mib = (unsigned)(s->reserved >> 20);

	if (*s->refused)
		snprintf(buf, size, "%s", s->refused);
	else if (s->stage < STORY_FIRST)
		snprintf(buf, size, "the kernel does not start in QEMU: %s; its last line: %s",
			 ended, *s->last ? s->last : "(none)");
	else if (s->out_of_memory)
		snprintf(buf, size,
			 "the reservation of %u MiB is too small: memory ran out before "
			 "lastword-init ran%s%s",
			 mib, *s->panic ? ": " : "", s->panic);
	else if (*s->panic)
		snprintf(buf, size, "the capture kernel panics before lastword-init runs: %s",
			 s->panic);
	else
		snprintf(buf, size,
			 "the capture kernel comes no further than '%s' (%s); lastword-init does "
			 "not run: too small a reservation (%u MiB), or a word on its command line",
			 s->last, ended, mib);
}

void story_reason(const struct story *s, bool report_wanted, const char *ended, char *buf,
		  size_t size)
{
	static const enum story_event wanted[] = { STORY_TARGET, STORY_LOG, STORY_REPORT,
						   STORY_DUMP, STORY_CLOSED };

	if (s->stage < STORY_INIT) {
		reason_early(s, ended, buf, size);
		return;
	}
	if (s->out_of_memory)
		snprintf(buf, size, "memory ran out in the reservation of %u MiB: %s",
			 (unsigned)(s->reserved >> 20),
			 *s->failure ? s->failure
			 : *s->panic ? s->panic
				     : s->last);
	else if (*s->panic)
		snprintf(buf, size, "the capture kernel panicked: %s", s->panic);
	else if (*s->failure)
		snprintf(buf, size, "%s", s->failure);
	else {
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
			if (s->uptime[wanted[i]] || (wanted[i] == STORY_REPORT && !report_wanted))
				continue;
			snprintf(buf, size, "no %s: %s; the last line was: %s",
				 event_names[wanted[i]], ended, s->last);
			return;
		}
		snprintf(buf, size, "%s; the last line was: %s", ended, s->last);
	}
}
