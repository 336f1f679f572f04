/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/resent.h"

struct teller {
	struct resent *resent;
	crashes_emit emit;
	void *user;
};

/* FNV-1a */
static uint64_t hash_of(const struct record_crash *crash)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) + crash->panic;

	for (const char *c = crash->signature.hash; *c; c++)
		h = (h ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	return h;
}

static bool was_told(const struct resent *r, uint64_t hash)
{
	for (unsigned i = 0; i < MIN(r->told_count, (unsigned)RESENT_TOLD); i++)
		if (r->told[i] == hash)
			return true;
	return false;
}

void resent_note(struct resent *r, const struct record_crash *crash)
{
	r->told[r->told_count++ % RESENT_TOLD] = hash_of(crash);
}

static void tell(void *user, const struct record_crash *crash)
{
	struct teller *t = user;
	struct resent *r = t->resent;

	r->last_fresh = r->fresh;
	r->fresh = false;
	if (r->last_fresh && !was_told(r, hash_of(crash)))
		t->emit(t->user, crash);
}

void resent_put(struct resent *r, struct budget *budget, struct counters *n, uint64_t time_us,
		const char *caller, const char *line, size_t len, bool fresh, usec_t now,
		crashes_emit emit, void *user)
{
	struct teller t = { r, emit, user };

	if (!r->began)
		r->last_fresh = r->fresh = false;
	r->began = true;
	r->deadline = now + RESENT_WAIT;
	/* a line may end a block, begin one, or both */
	r->fresh |= fresh;
	crashes_put(&r->crashes, budget, n, time_us, caller, line, len, now, tell, &t);
	r->fresh = r->crashes && (r->fresh || fresh);
}

bool resent_expire(struct resent *r, struct budget *budget, struct counters *n, usec_t now,
		   crashes_emit emit, void *user, bool *ret_replaces)
{
	struct teller t = { r, emit, user };

	if (!r->began || r->deadline > now)
		return false;
	crashes_expire(&r->crashes, budget, n, UINT64_MAX, tell, &t);
	crashes_done(&r->crashes, budget);
	*ret_replaces = r->last_fresh;
	r->began = r->fresh = false;
	return true;
}

usec_t resent_deadline(const struct resent *r)
{
	return r->began ? r->deadline : UINT64_MAX;
}

void resent_done(struct resent *r, struct budget *budget)
{
	crashes_done(&r->crashes, budget);
	*r = (struct resent){ 0 };
}
