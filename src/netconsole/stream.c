/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/stream.h"

#include <string.h>

#include "base/cleanup.h"

/* Records of several CPUs get their times before their numbers. */
#define SKEW_US USEC_PER_SEC
/* The sender counts anew where its target was made again: no loss. */
#define MSGID_LEAP (UINT32_C(1) << 20)

struct stream_held {
	struct stream_held *next;
	struct stream_message m;
	usec_t deadline;
	size_t size;
	char bytes[]; /* release and body */
};

/* ---- copies ---- */

static struct stream_held *hold(const struct stream_message *m, struct budget *budget,
				usec_t deadline)
{
	size_t size = sizeof(struct stream_held) + m->wire.release.len + m->wire.body.len;
	struct stream_held *h;

	if (!budget_take(budget, size))
		return NULL;
	h = malloc(size);
	if (!h) {
		budget_give(budget, size);
		return NULL;
	}
	*h = (struct stream_held){ .m = *m, .deadline = deadline, .size = size };
	if (m->wire.release.len) {
		memcpy(h->bytes, m->wire.release.start, m->wire.release.len);
		h->m.wire.release.start = h->bytes;
	}
	h->m.wire.body.start = h->bytes + m->wire.release.len;
	if (m->wire.body.len)
		memcpy(h->bytes + m->wire.release.len, m->wire.body.start, m->wire.body.len);
	return h;
}

static void drop(struct stream_held *h, struct budget *budget)
{
	budget_give(budget, h->size);
	free(h);
}

/* ---- what is known of the window ---- */

static bool has_seen(const struct stream *s, uint64_t seq)
{
	uint64_t behind = s->next - 1 - seq;

	return seq < s->next && behind < STREAM_WINDOW && (s->seen >> behind & 1);
}

static void note(struct stream *s, const struct stream_message *m)
{
	uint64_t seq = m->wire.seq;

	stream_history_note(&s->history, s->next, seq, m->wire.time_us);
	if (seq >= s->next) {
		uint64_t by = seq + 1 - s->next;

		s->seen = by < STREAM_WINDOW ? s->seen << by : 0;
		s->next = seq + 1;
		s->time_us = m->wire.time_us;
	}
	if (s->next - 1 - seq < STREAM_WINDOW)
		s->seen |= UINT64_C(1) << (s->next - 1 - seq);
	s->times_us[seq % STREAM_WINDOW] = m->wire.time_us;
}

/* Is a before b, or so little behind it that CPUs explain it? Times are hostile: no sum may overflow. */
static bool not_after(uint64_t a, uint64_t b)
{
	return a <= b || a - b <= SKEW_US;
}

/* Do its neighbours that came have times around its own? */
static bool neighbours_agree(const struct stream *s, const struct stream_message *m)
{
	uint64_t lowest = s->next > STREAM_WINDOW ? s->next - STREAM_WINDOW : 0;
	uint64_t seq = m->wire.seq, time = m->wire.time_us;

	if (seq < lowest)
		return false;
	for (uint64_t below = seq; below > lowest; below--)
		if (has_seen(s, below - 1))
			return not_after(s->times_us[(below - 1) % STREAM_WINDOW], time);
	for (uint64_t above = seq + 1; above < s->next; above++)
		if (has_seen(s, above)) {
			uint64_t then = s->times_us[above % STREAM_WINDOW];

			return not_after(time, then) && not_after(then, time);
		}
	return false;
}

enum fit {
	FIT_NEXT,      /* at or behind the end */
	FIT_LATE,      /* before it, and not seen */
	FIT_DUPLICATE, /* before it, and seen */
	FIT_NOT,       /* another kernel's, or very old */
};

static enum fit fits(const struct stream *s, const struct stream_message *m)
{
	uint64_t seq = m->wire.seq;
	bool sure = m->boot && m->boot == s->boot;

	if (seq >= s->next)
		return sure || not_after(s->time_us, m->wire.time_us) ? FIT_NEXT : FIT_NOT;
	if (has_seen(s, seq) && s->times_us[seq % STREAM_WINDOW] == m->wire.time_us)
		return FIT_DUPLICATE;
	if (sure)
		return FIT_LATE;
	return !has_seen(s, seq) && neighbours_agree(s, m) ? FIT_LATE : FIT_NOT;
}

/* ---- emitting ---- */

static void count_msgid(struct stream *s, const struct stream_message *m, stream_emit emit,
			void *user)
{
	uint32_t ahead = m->msgid - s->msgid;

	if (!m->has_msgid)
		return;
	if (s->has_msgid && ahead > 0 && ahead < MSGID_LEAP)
		emit(user, STREAM_LOST, m, ahead);
	s->has_msgid = true;
	s->msgid = m->msgid + 1;
}

/* The message at the stream's end. */
static void emit_next(struct stream *s, const struct stream_message *m, stream_emit emit,
		      void *user)
{
	if (m->has_msgid)
		count_msgid(s, m, emit, user);
	else if (s->next > 0 && m->wire.seq > s->next)
		emit(user, STREAM_GAP, m, m->wire.seq - s->next);
	note(s, m);
	if (m->boot)
		s->boot = m->boot;
	emit(user, STREAM_MESSAGE, m, 0);
}

static void emit_late(const struct stream_message *m, stream_emit emit, void *user)
{
	struct stream_message late = *m;

	late.flags |= STREAM_LATE;
	emit(user, STREAM_MESSAGE, &late, 0);
}

/* What came meanwhile may have overtaken it. */
static void emit_in_place(struct stream *s, const struct stream_message *m, stream_emit emit,
			  void *user)
{
	if (m->wire.seq >= s->next) {
		emit_next(s, m, emit, user);
		return;
	}
	note(s, m);
	emit_late(m, emit, user);
}

/* Does nothing stand between it and the end? */
static bool follows(const struct stream *s, const struct stream_message *m)
{
	if (s->next == 0 || m->wire.seq <= s->next)
		return true;
	return s->has_msgid && m->has_msgid && m->msgid == s->msgid;
}

/* One that waited too long goes, and all before it. */
static bool any_is_due(const struct stream *s, usec_t now)
{
	for (const struct stream_held *h = s->held; h; h = h->next)
		if (h->deadline <= now)
			return true;
	return false;
}

/* The held that nothing stands before any more, and with `all` those behind gaps, too. */
static void release(struct stream *s, struct budget *budget, usec_t now, bool all, stream_emit emit,
		    void *user)
{
	while (s->held && (all || follows(s, &s->held->m) || s->held_count > STREAM_HELD ||
			   any_is_due(s, now))) {
		struct stream_held *h = s->held;

		s->held = h->next;
		s->held_count--;
		emit_in_place(s, &h->m, emit, user);
		drop(h, budget);
	}
}

/* A new kernel: what is held of the old one goes first. */
static void begin_anew(struct stream *s, struct budget *budget, const struct stream_message *m,
		       stream_emit emit, void *user)
{
	uint64_t old = s->boot;

	release(s, budget, 0, true, emit, user);
	*s = (struct stream){ .previous_boot = old, .suspect = s->suspect };
	emit(user, STREAM_REBOOT, m, 0);
}

/* ---- suspects ---- */

/* A second message that agrees with the suspect, or time, shows that the machine booted. */
static void confirm(struct stream *s, struct budget *budget, stream_emit emit, void *user)
{
	struct stream_held *h = TAKE_PTR(s->suspect);

	begin_anew(s, budget, &h->m, emit, user);
	emit_next(s, &h->m, emit, user);
	drop(h, budget);
}

static void refute(struct stream *s, struct budget *budget, stream_emit emit, void *user)
{
	struct stream_held *h = TAKE_PTR(s->suspect);

	emit_late(&h->m, emit, user);
	drop(h, budget);
}

static bool agrees(const struct stream_message *suspect, const struct stream_message *m)
{
	return m->wire.seq > suspect->wire.seq && not_after(suspect->wire.time_us, m->wire.time_us);
}

static void put(struct stream *s, struct budget *budget, const struct stream_message *m, usec_t now,
		stream_emit emit, void *user);

static void suspect(struct stream *s, struct budget *budget, const struct stream_message *m,
		    usec_t now, stream_emit emit, void *user)
{
	if (s->suspect) {
		const struct stream_message *first = &s->suspect->m;

		if (first->wire.seq == m->wire.seq && first->wire.time_us == m->wire.time_us) {
			emit(user, STREAM_DUPLICATE, m, 0);
			return;
		}
		/* the new kernel's first two may have changed places */
		if (agrees(first, m) || agrees(m, first)) {
			confirm(s, budget, emit, user);
			put(s, budget, m, now, emit, user);
			return;
		}
		refute(s, budget, emit, user);
	}
	s->suspect = hold(m, budget, now + STREAM_DOUBT);
	if (!s->suspect)
		emit_late(m, emit, user);
}

/* ---- what comes ---- */

static void insert(struct stream *s, struct budget *budget, const struct stream_message *m,
		   usec_t now, stream_emit emit, void *user)
{
	struct stream_held **at = &s->held, *h;

	while (*at && (*at)->m.wire.seq < m->wire.seq)
		at = &(*at)->next;
	if (*at && (*at)->m.wire.seq == m->wire.seq && (*at)->m.wire.time_us == m->wire.time_us) {
		emit(user, STREAM_DUPLICATE, m, 0);
		return;
	}
	h = hold(m, budget, now + STREAM_WAIT);
	if (!h) {
		release(s, budget, now, true, emit, user);
		emit_in_place(s, m, emit, user);
		return;
	}
	h->next = *at;
	*at = h;
	s->held_count++;
	release(s, budget, now, false, emit, user);
}

static void put(struct stream *s, struct budget *budget, const struct stream_message *m, usec_t now,
		stream_emit emit, void *user)
{
	enum fit fit = fits(s, m);

	if (fit == FIT_NOT) {
		suspect(s, budget, m, now, emit, user);
		return;
	}
	if (s->suspect)
		refute(s, budget, emit, user);
	if (fit == FIT_DUPLICATE) {
		emit(user, STREAM_DUPLICATE, m, 0);
	} else if (fit == FIT_LATE) {
		note(s, m);
		emit_late(m, emit, user);
	} else if (follows(s, m)) {
		emit_next(s, m, emit, user);
		release(s, budget, now, false, emit, user);
	} else {
		insert(s, budget, m, now, emit, user);
	}
}

/* ---- what is sent again ---- */

static bool contradicts(const struct stream *s, const struct stream_message *m)
{
	if (m->boot && s->boot)
		return m->boot != s->boot;
	if (m->wire.seq >= s->next)
		return s->next > 0 && !not_after(s->time_us, m->wire.time_us);
	return !not_after(m->wire.time_us, s->time_us) ||
	       stream_history_look(&s->history, s->next, m->wire.seq, m->wire.time_us) ==
		       PAST_OTHER;
}

static void put_resent(struct stream *s, struct budget *budget, const struct stream_message *m,
		       stream_emit emit, void *user)
{
	release(s, budget, 0, true, emit, user);
	if (contradicts(s, m)) {
		if (s->suspect)
			refute(s, budget, emit, user);
		begin_anew(s, budget, m, emit, user);
	}
	if (m->boot)
		s->boot = m->boot;
	if (m->wire.seq >= s->next) {
		emit_next(s, m, emit, user);
	} else if (stream_history_look(&s->history, s->next, m->wire.seq, m->wire.time_us) ==
		   PAST_LOST) {
		note(s, m);
		emit_late(m, emit, user);
	} else {
		emit(user, STREAM_DUPLICATE, m, 0);
	}
}

void stream_put(struct stream *s, struct budget *budget, const struct stream_message *m, usec_t now,
		stream_emit emit, void *user)
{
	if (m->resent) {
		/* of a machine that has booted already it is not known what came */
		if (m->boot && m->boot != s->boot && m->boot == s->previous_boot)
			emit(user, STREAM_DUPLICATE, m, 0);
		else
			put_resent(s, budget, m, emit, user);
		return;
	}
	if (m->boot && m->boot != s->boot && m->boot == s->previous_boot) {
		emit_late(m, emit, user);
		return;
	}
	if (m->boot && s->boot && m->boot != s->boot) {
		if (s->suspect)
			refute(s, budget, emit, user);
		begin_anew(s, budget, m, emit, user);
	}
	put(s, budget, m, now, emit, user);
}

void stream_expire(struct stream *s, struct budget *budget, usec_t now, stream_emit emit,
		   void *user)
{
	release(s, budget, now, now == UINT64_MAX, emit, user);
	if (s->suspect && s->suspect->deadline <= now)
		confirm(s, budget, emit, user);
}

usec_t stream_deadline(const struct stream *s)
{
	usec_t deadline = s->suspect ? s->suspect->deadline : UINT64_MAX;

	for (const struct stream_held *h = s->held; h; h = h->next)
		deadline = MIN(deadline, h->deadline);
	return deadline;
}

void stream_done(struct stream *s, struct budget *budget)
{
	while (s->held) {
		struct stream_held *h = s->held;

		s->held = h->next;
		drop(h, budget);
	}
	if (s->suspect)
		drop(s->suspect, budget);
	*s = (struct stream){ 0 };
}
