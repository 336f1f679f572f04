/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconsole/announce.h"
#include "signature/oops_line.h"

#define WAITING_LIMIT MIB(8)
#define CRASHES_LIMIT MIB(64) /* 512 machines at once; most of it is never touched */

/* Time of basic lines that goes back by more is another kernel's; by less, where the source was silent as long as a boot takes. */
#define BASIC_BACK_US (5 * USEC_PER_SEC)
#define BASIC_SILENT_BACK_US USEC_PER_SEC
#define BASIC_SILENCE (3 * USEC_PER_SEC)

/* What the kernel gives a capture kernel on its command line (Documentation/admin-guide/kdump). */
#define CAPTURE_WORD "elfcorehdr="

/* The marks of stream_message.flags that are the record's own. */
#define KEEP_FLAGS(record_flags) ((record_flags) * (unsigned)STREAM_USER_FLAG)
#define TAKE_FLAGS(stream_flags) ((stream_flags) / (unsigned)STREAM_USER_FLAG)

/* A call into a source. */
struct call {
	struct source *source;
	struct source_shared *shared;
	usec_t now;
	uint64_t received_us;
	bool fresh; /* the message that is put did not come before */
};

int source_shared_init(struct source_shared *s)
{
	s->waiting.limit = WAITING_LIMIT;
	s->crashes.limit = CRASHES_LIMIT;
	s->text = malloc(SOURCE_TEXT_SIZE);
	return s->text ? 0 : -ENOMEM;
}

void source_shared_done(struct source_shared *s)
{
	free(s->text);
	s->text = NULL;
}

void source_init(struct source *s, const struct address *from, usec_t now)
{
	*s = (struct source){ .from = *from, .first = now, .last = now };
	address_text(from, s->address);
}

void source_done(struct source *s, struct source_shared *shared)
{
	stream_done(&s->stream, &shared->waiting);
	reassembly_done(&s->pieces, &shared->waiting);
	lines_done(&s->lines, &shared->waiting);
	crashes_done(&s->crashes, &shared->crashes);
	resent_done(&s->resent, &shared->crashes);
	free(s->host);
	free(s->boot);
	free(s->release);
	s->host = s->boot = s->release = NULL;
}

/* ---- names ---- */

static void remember(char **kept, struct wire_slice said)
{
	size_t len = MIN(said.len, (size_t)SOURCE_NAME_MAX);
	char *name;

	if (said.len == 0 || (*kept && strlen(*kept) == len && memcmp(*kept, said.start, len) == 0))
		return;
	name = strndup(said.start, len);
	if (!name)
		return;
	free(*kept);
	*kept = name;
}

static void learn_from(struct source *s, const struct stream_message *m, const struct body *b)
{
	if (b->count) {
		remember(&s->host, body_find(b, "host"));
		remember(&s->boot, body_find(b, "boot"));
	}
	remember(&s->release, m->wire.release.len ? m->wire.release : body_find(b, "release"));
}

static void learn(struct source *s, const struct stream_message *m)
{
	struct body b;

	body_split(m->wire.body, &b);
	learn_from(s, m, &b);
}

/* ---- records ---- */

static struct record record_of(const struct call *c, enum record_kind kind)
{
	const struct source *s = c->source;

	return (struct record){
		.kind = kind,
		.received_us = c->received_us,
		.from = &s->from,
		.address = s->address,
		.port = s->from.port,
		.host = s->host,
		.boot = s->boot,
		.release = s->release,
		.caller = "",
		.text = "",
	};
}

static void emit(const struct call *c, const struct record *r)
{
	c->shared->emit(c->shared->user, r);
}

static void emit_crash(void *user, const struct record_crash *crash)
{
	struct call *c = user;
	struct record r = record_of(c, RECORD_CRASH);

	c->source->crash_count++;
	resent_note(&c->source->resent, crash);
	r.crash = crash;
	emit(c, &r);
}

/* Crashes are read line by line; a record may hold several. caller NULL: console text. */
static void read_crashes(struct call *c, uint64_t time_us, const char *caller, char *text,
			 size_t len, bool resent)
{
	struct source *s = c->source;
	char *end = text + len;

	for (char *newline; text <= end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text)) ?: end;
		char kept = *newline;

		*newline = '\0';
		if (resent)
			resent_put(&s->resent, &c->shared->crashes, &c->shared->counters, time_us,
				   caller, text, (size_t)(newline - text), c->fresh, c->now,
				   emit_crash, c);
		else
			crashes_put(&s->crashes, &c->shared->crashes, &c->shared->counters, time_us,
				    caller, text, (size_t)(newline - text), c->now, emit_crash, c);
		*newline = kept;
	}
}

static void look_for_capture(const struct call *c, const char *text)
{
	struct record r;

	/* only a command line has it, and a kernel prints that at its beginning */
	if (c->source->capture || !strstr(text, CAPTURE_WORD) || !strstr(text, "ommand line: "))
		return;
	c->source->capture = true;
	r = record_of(c, RECORD_CAPTURE);
	emit(c, &r);
}

/* What is sent again has come to its end. What the kernel itself could say of its last crash is in that, or is told now. */
static void end_resent(struct call *c, usec_t now)
{
	struct source *s = c->source;
	bool replaces;

	if (!resent_expire(&s->resent, &c->shared->crashes, &c->shared->counters, now, emit_crash,
			   c, &replaces))
		return;
	if (replaces)
		crashes_done(&s->crashes, &c->shared->crashes);
	else
		crashes_expire(&s->crashes, &c->shared->crashes, &c->shared->counters, UINT64_MAX,
			       emit_crash, c);
}

static void forget(char **name)
{
	free(*name);
	*name = NULL;
}

/* first: of the new kernel, NULL: none that says names. */
static void begin_kernel(struct call *c, const struct stream_message *first)
{
	struct source *s = c->source;
	struct record r;

	end_resent(c, UINT64_MAX);
	crashes_expire(&s->crashes, &c->shared->crashes, &c->shared->counters, UINT64_MAX,
		       emit_crash, c);
	resent_done(&s->resent, &c->shared->crashes);
	s->reboots++;
	s->capture = false;
	c->shared->counters.n[COUNT_REBOOTS]++;
	forget(&s->boot);
	forget(&s->release);
	if (first)
		learn(s, first);
	r = record_of(c, RECORD_REBOOT);
	emit(c, &r);
}

/* text: in the shared buffer, with room for a NUL. */
static void emit_text(struct call *c, struct record *r, char *text, size_t len)
{
	text[len] = '\0';
	r->text = text;
	r->len = len;
	c->source->records++;
	c->shared->counters.n[COUNT_RECORDS]++;
	c->shared->counters.n[COUNT_STRAY] += (r->flags & RECORD_STRAY) != 0;
	emit(c, r);
	if (r->flags & RECORD_RESENT)
		return;
	read_crashes(c, r->time_us, r->extended ? r->caller : NULL, text, len, false);
	look_for_capture(c, text);
}

/* ---- the basic format ---- */

static void take_line(void *user, const char *line, size_t len, bool cut)
{
	struct call *c = user;
	struct source *s = c->source;
	struct oops_prefix at;
	struct record r;
	uint64_t time_us;

	oops_line_prefix(line, len, &at);
	time_us = at.time_ns / 1000;
	if (time_us) {
		bool silent = c->now - s->basic_heard >= BASIC_SILENCE;

		if (s->basic_time_us > time_us &&
		    s->basic_time_us - time_us > (silent ? BASIC_SILENT_BACK_US : BASIC_BACK_US))
			begin_kernel(c, NULL);
		s->basic_time_us = time_us;
		s->basic_heard = c->now;
	}
	/* a new kernel has other names */
	r = record_of(c, RECORD_TEXT);
	r.flags = cut ? RECORD_CUT : 0;
	c->shared->counters.n[COUNT_CUT_LINES] += cut;
	memcpy(c->shared->text, line, len);
	emit_text(c, &r, c->shared->text, len);
}

/* ---- the extended format ---- */

static void take_message(struct call *c, const struct stream_message *m)
{
	struct source *s = c->source;
	struct record r;
	struct body body;
	size_t len;

	body_split(m->wire.body, &body);
	learn_from(s, m, &body);
	c->shared->counters.n[COUNT_FIELDS_DROPPED] += body.full;
	r = record_of(c, RECORD_TEXT);
	r.received_us = m->received_us;
	r.extended = true;
	r.priority = m->wire.priority;
	r.seq = m->wire.seq;
	r.time_us = m->wire.time_us;
	r.flag = m->wire.flag;
	r.caller = m->wire.caller;
	r.body = &body;
	r.flags = TAKE_FLAGS(m->flags) | (m->flags & STREAM_LATE ? RECORD_LATE : 0) |
		  (body.stray ? RECORD_STRAY : 0);
	len = body_text(&body, c->shared->text, SOURCE_TEXT_SIZE - 1);
	emit_text(c, &r, c->shared->text, len);
}

static void take_event(void *user, enum stream_event event, const struct stream_message *m,
		       uint64_t count)
{
	struct call *c = user;
	struct counters *n = &c->shared->counters;
	struct record r;

	switch (event) {
	case STREAM_MESSAGE:
		n->n[COUNT_LATE] += (m->flags & STREAM_LATE) && !m->resent;
		n->n[COUNT_RESENT] += m->resent;
		c->fresh = true;
		take_message(c, m);
		break;
	case STREAM_LOST:
		n->n[COUNT_LOST] += count;
		c->source->lost += count;
		r = record_of(c, RECORD_LOST);
		r.count = count;
		emit(c, &r);
		break;
	case STREAM_GAP:
		n->n[COUNT_GAPS] += count;
		break;
	case STREAM_DUPLICATE:
		n->n[COUNT_DROPPED_DUPLICATE]++;
		break;
	case STREAM_REBOOT:
		begin_kernel(c, m);
		break;
	}
}

static uint64_t hash_of(struct wire_slice s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.start[i]) * UINT64_C(0x100000001b3);
	return h | 1;
}

/* Each comes twice, as it may be lost. */
static void take_stage(struct call *c, const struct wire_message *wire, const struct body *b,
		       enum announce_stage stage, struct wire_slice run)
{
	struct source *s = c->source;
	uint64_t hash = hash_of(run);
	struct record r;

	if (hash == s->run && wire->seq < s->run_next) {
		c->shared->counters.n[COUNT_DROPPED_DUPLICATE]++;
		return;
	}
	s->run = hash;
	s->run_next = wire->seq + (wire->seq < UINT64_MAX);
	remember(&s->host, body_find(b, "host"));
	if (stage == ANNOUNCE_WORDS || stage == ANNOUNCE_ACTION)
		end_resent(c, UINT64_MAX);
	r = record_of(c, RECORD_CAPTURE);
	r.stage = announce_stage_names[stage];
	r.text = c->shared->text;
	r.len = body_text(b, c->shared->text, SOURCE_TEXT_SIZE - 1);
	c->shared->text[r.len] = '\0';
	c->shared->counters.n[COUNT_ANNOUNCED]++;
	emit(c, &r);
}

/* Behind the stream, which says whether it came before. */
static void read_resent(struct call *c, const struct wire_message *wire, const struct body *b)
{
	size_t len = body_text(b, c->shared->text, SOURCE_TEXT_SIZE - 1);

	c->shared->text[len] = '\0';
	read_crashes(c, wire->time_us, wire->caller, c->shared->text, len, true);
}

static void put_message(struct call *c, const struct wire_message *wire, unsigned flags)
{
	struct stream_message m = { .wire = *wire, .received_us = c->received_us };
	struct wire_slice boot, run;
	enum announce_stage stage;
	enum announce_kind kind;
	struct body body;

	body_split(wire->body, &body);
	kind = announce_of(&body, &stage, &run);
	if (kind == ANNOUNCE_IS_STAGE) {
		take_stage(c, wire, &body, stage, run);
		return;
	}
	m.resent = kind == ANNOUNCE_IS_RESENT;
	m.flags = KEEP_FLAGS(flags | (m.resent ? RECORD_RESENT : 0U));
	boot = body_find(&body, "boot");
	m.boot = boot.len ? hash_of(boot) : 0;
	m.has_msgid = body_msgid(&body, &m.msgid);
	c->fresh = false;
	stream_put(&c->source->stream, &c->shared->waiting, &m, c->now, take_event, c);
	if (!m.resent)
		return;
	if (m.boot == c->source->stream.boot)
		learn_from(c->source, &m, &body);
	read_resent(c, wire, &body);
}

static void put_joined(struct call *c, struct reassembly_result *joined)
{
	struct counters *n = &c->shared->counters;
	unsigned flags = (joined->flags & REASSEMBLY_HOLES ? RECORD_HOLES : 0) |
			 (joined->flags & REASSEMBLY_CONFLICT ? RECORD_CONFLICT : 0);

	n->n[COUNT_JOINED] += !(flags & RECORD_HOLES);
	n->n[COUNT_HOLES] += (flags & RECORD_HOLES) != 0;
	n->n[COUNT_CONFLICTS] += (flags & RECORD_CONFLICT) != 0;
	put_message(c, &joined->message, flags);
	buf_done(&joined->bytes);
}

static void put_piece(struct call *c, const struct wire_message *wire)
{
	struct reassembly_result joined;
	int r = reassembly_put(&c->source->pieces, &c->shared->waiting, wire, c->now, &joined);

	while (r > 0) {
		put_joined(c, &joined);
		r = reassembly_put(&c->source->pieces, &c->shared->waiting, NULL, c->now, &joined);
	}
	if (r < 0)
		c->shared->counters.n[COUNT_DROPPED_PIECE]++;
}

void source_put(struct source *s, struct source_shared *shared, const char *datagram, size_t len,
		usec_t now, uint64_t received_us)
{
	struct call c = { s, shared, now, received_us, false };
	struct counters *n = &shared->counters;
	struct wire_message wire;
	enum wire_reason reason;

	s->last = now;
	if (len == 0) {
		n->n[COUNT_DROPPED_EMPTY]++;
		return;
	}
	reason = wire_parse(datagram, len, &wire);
	if (reason != WIRE_EXTENDED) {
		n->n[COUNT_BASIC]++;
		n->n[COUNT_BASIC_NUL + (reason - WIRE_NUL)]++;
		lines_put(&s->lines, &shared->waiting, datagram, len, now, take_line, &c);
		return;
	}
	n->n[COUNT_EXTENDED]++;
	if (wire.piece)
		put_piece(&c, &wire);
	else
		put_message(&c, &wire, 0);
}

void source_expire(struct source *s, struct source_shared *shared, usec_t now, uint64_t received_us)
{
	struct call c = { s, shared, now, received_us, false };
	struct reassembly_result joined;
	int r;

	/* a message that gets no memory is counted and the next is tried: each call takes one off */
	while ((r = reassembly_expire(&s->pieces, &shared->waiting, now, &joined)) != 0) {
		if (r > 0)
			put_joined(&c, &joined);
		else
			shared->counters.n[COUNT_DROPPED_MEMORY]++;
	}
	stream_expire(&s->stream, &shared->waiting, now, take_event, &c);
	lines_expire(&s->lines, &shared->waiting, now, take_line, &c);
	end_resent(&c, now);
	crashes_expire(&s->crashes, &shared->crashes, &shared->counters, now, emit_crash, &c);
}

usec_t source_deadline(const struct source *s)
{
	return MIN(MIN(stream_deadline(&s->stream), reassembly_deadline(&s->pieces)),
		   MIN(MIN(lines_deadline(&s->lines), crashes_deadline(s->crashes)),
		       resent_deadline(&s->resent)));
}
