/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/story_host.h"

#include <stdlib.h>
#include <string.h>

const char *const story_kind_names[STORY_ENTRY_KINDS] = {
	[STORY_ENTRY_BOOT] = "boot",	   [STORY_ENTRY_CRASH] = "crash",
	[STORY_ENTRY_CAPTURE] = "capture", [STORY_ENTRY_TARGET] = "target",
	[STORY_ENTRY_SAVED] = "saved",	   [STORY_ENTRY_FAILED] = "failed",
	[STORY_ENTRY_SILENT] = "silent",   [STORY_ENTRY_ACTION] = "action",
};

static void copy(char *to, size_t size, const char *from, size_t len)
{
	len = MIN(len, size - 1);
	memcpy(to, from, len);
	to[len] = '\0';
}

static struct story_entry entry_of(enum story_kind kind, const struct story_line *l)
{
	struct story_entry e = { .kind = kind, .time_us = l->time_us };

	copy(e.text, sizeof(e.text), l->text, l->len);
	return e;
}

/* Clocks are set: what seems to end before it began has no length. */
static uint64_t since(uint64_t now, uint64_t then)
{
	return then && now > then ? now - then : 0;
}

/* The capture kernel of which no end was heard. */
static void end_capture(struct host_story *s, uint64_t now, story_emit emit, void *user)
{
	struct story_entry e = {
		.kind = STORY_ENTRY_SILENT,
		.time_us = now,
		.since_us = since(now, s->began_us),
		.resent = s->resent,
	};

	if (s->capturing && !s->told_end) {
		memcpy(e.text, s->progress, sizeof(s->progress));
		emit(user, &e);
	}
	s->capturing = s->told_end = false;
	s->began_us = s->resent = 0;
	s->progress[0] = '\0';
}

static void take_boot(struct host_story *s, const struct story_line *l, story_emit emit, void *user)
{
	struct story_entry e = entry_of(STORY_ENTRY_BOOT, l);

	end_capture(s, s->heard_us, emit, user);
	e.since_us = since(l->time_us, s->crash_us);
	e.lost = s->lost;
	s->crash_us = s->lost = 0;
	emit(user, &e);
}

/* It is told when the block is whole. It happened when the kernel spoke last, or, where that could not, before the capture kernel. */
static void take_crash(struct host_story *s, const struct story_line *l, story_emit emit,
		       void *user)
{
	struct story_entry e = entry_of(STORY_ENTRY_CRASH, l);

	e.panic = l->panic;
	if (s->capturing && s->resent)
		e.time_us = MIN(s->began_us, l->time_us);
	else if (s->said_us)
		e.time_us = MIN(s->said_us, l->time_us);
	copy(e.hash, sizeof(e.hash), l->hash ?: "", l->hash_len);
	if (l->panic)
		s->crash_us = e.time_us;
	emit(user, &e);
}

static void begin_capture(struct host_story *s, const struct story_line *l, story_emit emit,
			  void *user)
{
	struct story_entry e = entry_of(STORY_ENTRY_CAPTURE, l);

	end_capture(s, l->time_us, emit, user);
	s->capturing = true;
	s->began_us = l->time_us;
	emit(user, &e);
}

static void take_result(struct host_story *s, enum story_kind kind, const struct story_line *l,
			story_emit emit, void *user)
{
	struct story_entry e = entry_of(kind, l);

	e.since_us = since(l->time_us, s->began_us);
	e.resent = s->resent;
	s->told_end = true;
	emit(user, &e);
}

/* A stage whose beginning was lost has one even so. */
static void take_stage(struct host_story *s, const struct story_line *l, story_emit emit,
		       void *user)
{
	static const char not_heard[] = "its beginning was not heard";
	struct story_line begin = *l;
	struct story_entry e;

	if (l->stage == ANNOUNCE_START) {
		begin_capture(s, l, emit, user);
		return;
	}
	if (!s->capturing) {
		begin.text = not_heard;
		begin.len = strlen(not_heard);
		begin_capture(s, &begin, emit, user);
	}
	switch (l->stage) {
	case ANNOUNCE_TARGET:
		e = entry_of(STORY_ENTRY_TARGET, l);
		emit(user, &e);
		break;
	case ANNOUNCE_PROGRESS:
		copy(s->progress, sizeof(s->progress), l->text, l->len);
		break;
	case ANNOUNCE_SAVED:
		take_result(s, STORY_ENTRY_SAVED, l, emit, user);
		break;
	case ANNOUNCE_FAILED:
		take_result(s, STORY_ENTRY_FAILED, l, emit, user);
		break;
	case ANNOUNCE_ACTION:
		end_capture(s, l->time_us, emit, user);
		e = entry_of(STORY_ENTRY_ACTION, l);
		emit(user, &e);
		break;
	case ANNOUNCE_START:
	case ANNOUNCE_WORDS:
	case ANNOUNCE_STAGES:
		break;
	}
}

void host_story_put(struct host_story *s, const struct story_line *l, story_emit emit, void *user)
{
	struct story_entry e;

	switch (l->mark) {
	case STORY_TEXT:
		if (l->resent)
			s->resent++;
		else
			s->said_us = l->time_us;
		break;
	case STORY_LOST:
		s->lost += l->count;
		break;
	case STORY_BOOT:
		take_boot(s, l, emit, user);
		s->said_us = l->time_us;
		break;
	case STORY_IS_CAPTURE:
		e = entry_of(STORY_ENTRY_CAPTURE, l);
		emit(user, &e);
		break;
	case STORY_STAGE:
		take_stage(s, l, emit, user);
		break;
	case STORY_CRASH:
		take_crash(s, l, emit, user);
		break;
	}
	s->heard_us = l->time_us;
}

void host_story_end(struct host_story *s, story_emit emit, void *user)
{
	end_capture(s, s->heard_us, emit, user);
}

/* ---- by time ---- */

static bool is_before(const struct story_entry *a, const struct story_entry *b)
{
	if (a->time_us != b->time_us)
		return a->time_us < b->time_us;
	return a->kind == STORY_ENTRY_CRASH && b->kind == STORY_ENTRY_CAPTURE;
}

static bool make_room(struct story_list *l)
{
	size_t room = MAX(2 * l->room, (size_t)64);
	struct story_entry *grown;

	if (l->count >= STORY_ENTRIES) {
		memmove(l->entries, l->entries + 1, (l->count - 1) * sizeof(*l->entries));
		l->count--;
		l->forgotten++;
	}
	if (l->count < l->room)
		return true;
	grown = reallocarray(l->entries, room, sizeof(*grown));
	if (!grown)
		return false;
	l->entries = grown;
	l->room = room;
	return true;
}

void story_list_add(void *user, const struct story_entry *e)
{
	struct story_list *l = user;
	size_t at;

	if (l->failed || !make_room(l)) {
		l->failed = true;
		return;
	}
	for (at = l->count; at > 0 && is_before(e, &l->entries[at - 1]); at--)
		;
	memmove(l->entries + at + 1, l->entries + at, (l->count - at) * sizeof(*l->entries));
	l->entries[at] = *e;
	l->count++;
}

void story_list_done(struct story_list *l)
{
	free(l->entries);
	*l = (struct story_list){ 0 };
}
