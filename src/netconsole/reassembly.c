/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/reassembly.h"

#include <errno.h>
#include <string.h>

/* Bytes [offset, offset + len) of a body; no two of a message overlap. */
struct piece {
	struct piece *next; /* behind it */
	uint64_t offset;
	size_t len;
	char bytes[];
};

struct reassembly_open {
	struct reassembly_open *next; /* began later */
	struct wire_message message;  /* release points to our copy; body is not set */
	struct piece *pieces;
	uint64_t have; /* bytes */
	unsigned count, flags;
	usec_t deadline;
	char release[WIRE_RELEASE_MAX];
};

static void free_open(struct reassembly_open *o, struct budget *budget)
{
	while (o->pieces) {
		struct piece *p = o->pieces;

		o->pieces = p->next;
		budget_give(budget, sizeof(*p) + p->len);
		free(p);
	}
	budget_give(budget, sizeof(*o));
	free(o);
}

static bool same(const struct wire_message *a, const struct wire_message *b)
{
	return a->seq == b->seq && a->time_us == b->time_us && a->total == b->total &&
	       a->release.len == b->release.len &&
	       (!a->release.len || memcmp(a->release.start, b->release.start, a->release.len) == 0);
}

static struct reassembly_open *find(const struct reassembly *r, const struct wire_message *m)
{
	for (struct reassembly_open *o = r->open; o; o = o->next)
		if (same(&o->message, m))
			return o;
	return NULL;
}

static int begin(struct reassembly *r, struct budget *budget, const struct wire_message *m,
		 usec_t now, struct reassembly_open **ret)
{
	struct reassembly_open *o, **last = &r->open;

	if (!budget_take(budget, sizeof(*o)))
		return -ENOSPC;
	o = calloc(1, sizeof(*o));
	if (!o) {
		budget_give(budget, sizeof(*o));
		return -ENOMEM;
	}
	o->message = *m;
	if (m->release.len) {
		memcpy(o->release, m->release.start, m->release.len);
		o->message.release.start = o->release;
	}
	o->deadline = now + REASSEMBLY_WAIT;
	while (*last)
		last = &(*last)->next;
	*last = o;
	r->count++;
	*ret = o;
	return 0;
}

/* Bytes that are there already: the same again is no news, others are a conflict. */
static void compare(struct reassembly_open *o, const struct piece *p, uint64_t offset,
		    const char *bytes, size_t len)
{
	uint64_t from = MAX(p->offset, offset);
	uint64_t to = MIN(p->offset + p->len, offset + len);

	if (from < to &&
	    memcmp(p->bytes + (from - p->offset), bytes + (from - offset), to - from) != 0)
		o->flags |= REASSEMBLY_CONFLICT;
}

/* Puts what fills the gap before *at. */
static int insert(struct reassembly_open *o, struct budget *budget, struct piece **at,
		  uint64_t offset, const char *bytes, size_t len)
{
	struct piece *p;

	if (o->count == REASSEMBLY_PIECES || !budget_take(budget, sizeof(*p) + len))
		return -ENOSPC;
	p = malloc(sizeof(*p) + len);
	if (!p) {
		budget_give(budget, sizeof(*p) + len);
		return -ENOMEM;
	}
	p->next = *at;
	p->offset = offset;
	p->len = len;
	memcpy(p->bytes, bytes, len);
	*at = p;
	o->have += len;
	o->count++;
	return 0;
}

/* The wire's parser has checked that the piece lies inside the total. */
static int add(struct reassembly_open *o, struct budget *budget, uint64_t offset, const char *bytes,
	       size_t len)
{
	struct piece **at = &o->pieces;
	uint64_t end = offset + len, from = offset;
	int r = 0;

	while (from < end && r == 0) {
		uint64_t to = end;

		while (*at && (*at)->offset + (*at)->len <= from)
			at = &(*at)->next;
		if (*at && (*at)->offset <= from) {
			compare(o, *at, offset, bytes, len);
			from = (*at)->offset + (*at)->len;
			continue;
		}
		if (*at)
			to = MIN(end, (*at)->offset);
		r = insert(o, budget, at, from, bytes + (from - offset), (size_t)(to - from));
		from = to;
	}
	return r;
}

static int put_hole(struct buf *out, uint64_t size)
{
	return size ? buf_printf(out, "<%llu bytes lost>", (unsigned long long)size) : 0;
}

/* The body and the release in one buffer. */
static int join(struct reassembly_open *o, struct reassembly_result *ret)
{
	_cleanup_buf_ struct buf b = { .limit = (WIRE_TOTAL_MAX + WIRE_RELEASE_MAX) * 4 };
	size_t release = o->message.release.len;
	uint64_t at = 0;
	int r = release ? buf_append(&b, o->release, release) : 0;

	for (struct piece *p = o->pieces; p && r == 0; p = p->next) {
		r = put_hole(&b, p->offset - at);
		if (r == 0)
			r = buf_append(&b, p->bytes, p->len);
		at = p->offset + p->len;
	}
	if (r == 0)
		r = put_hole(&b, o->message.total - at);
	if (r < 0)
		return r;
	ret->message = o->message;
	ret->message.piece = false;
	ret->message.release = (struct wire_slice){ release ? b.data : NULL, release };
	ret->message.body = (struct wire_slice){ b.data + release, b.len - release };
	ret->flags = o->flags | (o->have < o->message.total ? REASSEMBLY_HOLES : 0);
	ret->bytes = b;
	b = (struct buf){ 0 };
	return 0;
}

/* It leaves the list, whether or not there is memory for it. */
static int take(struct reassembly *r, struct budget *budget, struct reassembly_open *o,
		struct reassembly_result *ret)
{
	struct reassembly_open **at = &r->open;
	int err = join(o, ret);

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	r->count--;
	free_open(o, budget);
	return err < 0 ? err : 1;
}

int reassembly_put(struct reassembly *r, struct budget *budget, const struct wire_message *m,
		   usec_t now, struct reassembly_result *ret)
{
	struct reassembly_open *o = m ? find(r, m) : NULL;
	int err;

	if (m && !o) {
		err = begin(r, budget, m, now, &o);
		if (err < 0)
			return err;
	}
	if (m) {
		err = add(o, budget, m->offset, m->body.start, m->body.len);
		if (err < 0)
			return err;
		if (o->have == m->total)
			return take(r, budget, o, ret);
	}
	return r->count > REASSEMBLY_OPEN ? take(r, budget, r->open, ret) : 0;
}

int reassembly_expire(struct reassembly *r, struct budget *budget, usec_t now,
		      struct reassembly_result *ret)
{
	/* as they began, so they end */
	return r->open && r->open->deadline <= now ? take(r, budget, r->open, ret) : 0;
}

usec_t reassembly_deadline(const struct reassembly *r)
{
	return r->open ? r->open->deadline : UINT64_MAX;
}

void reassembly_done(struct reassembly *r, struct budget *budget)
{
	while (r->open) {
		struct reassembly_open *o = r->open;

		r->open = o->next;
		free_open(o, budget);
	}
	r->count = 0;
}
