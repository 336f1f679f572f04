/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arm/rehearse/highwater.h"
#include "arm/rehearse/past.h"

/* Beside what was in use at the worst moment. */
#define ROOM MIB(4)

/* Of each CPU but the first: arm/kexec/reserve.c. */
#define CPU_BYTES MIB(4)

/* A capture kernel that came to its good end. */
struct run {
	uint64_t given; /* with so much */
	bool same;	/* nothing of it was changed for QEMU */
	uint64_t used;	/* of it, at its worst moment */
	uint64_t grown; /* the image, since */
	enum need_source source;
	char words[400];
};

static const char *const source_names[] = {
	[NEED_FORMULA] = "formula",
	[NEED_MEASURED] = "measured",
	[NEED_REHEARSED] = "rehearsed",
	[NEED_CRASHED] = "crashed",
};

const char *need_source_name(enum need_source s)
{
	return source_names[s];
}

static unsigned long long mib(uint64_t bytes)
{
	return (unsigned long long)(bytes >> 20);
}

static uint64_t growth(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

static void day(int64_t when, char *buf, size_t size)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(buf, size, "%Y-%m-%d %H:%M", &tm))
		snprintf(buf, size, "unknown time");
}

static bool last_rehearsal(const struct root *root, const char *release,
			   const struct capture_sizes *s, struct run *ret)
{
	char when[40];
	struct past p;

	if (past_read(root, &p, NULL) < 0 || !p.passed || strcmp(p.release, release) != 0 ||
	    !p.unpacked || !p.memory_total || p.lowest_available > p.crashkernel)
		return false;
	day(p.when, when, sizeof(when));
	*ret = (struct run){
		.given = p.crashkernel,
		.same = !p.changed,
		.used = highwater_used(p.crashkernel, p.memory_total, p.lowest_available),
		.grown = growth(s->packed, p.packed) + growth(s->unpacked, p.unpacked) +
			 growth(s->cpus, p.cpus) * CPU_BYTES,
		.source = NEED_REHEARSED,
	};
	snprintf(ret->words, sizeof(ret->words),
		 "the rehearsal of %s took %llu MiB, and passed with %llu", when, mib(ret->used),
		 mib(ret->given));
	return true;
}

static bool worst_crash(const struct root *root, const char *release, struct run *ret)
{
	struct highwater h;
	char when[40];

	if (highwater_read(root, release, &h) < 0)
		return false;
	day(h.time, when, sizeof(when));
	*ret = (struct run){
		.given = h.given,
		.same = true,
		.used = highwater_used(h.given, h.total, h.lowest_available),
		.source = NEED_CRASHED,
	};
	snprintf(ret->words, sizeof(ret->words), "the crash of %s took %llu of %llu MiB (%s)", when,
		 mib(ret->used), mib(ret->given), h.dump);
	return true;
}

/* No more than what was seen to be enough, and no less than what was seen in use. */
static void take_run(const struct run *run, struct need *n)
{
	uint64_t enough = align_up(run->given + run->grown, MIB(1));
	uint64_t wanted = MIN(align_up(run->used + run->grown + ROOM, MIB(1)), enough);

	if ((n->source == NEED_FORMULA && run->same && enough < n->bytes) || wanted > n->bytes) {
		n->bytes = wanted > n->bytes ? wanted : enough;
		n->source = run->source;
		snprintf(n->words, sizeof(n->words), "%s", run->words);
	}
}

void past_need(const struct root *root, const struct digest *kernel, const char *release,
	       const struct reservation *r, const struct capture_sizes *s, struct need *ret)
{
	struct need n = { .bytes = reservation_needed(r, s), .source = NEED_FORMULA };
	struct past_estimate p;
	uint64_t measured = 0;
	struct run run;

	n.formula = n.bytes;
	if (kernel && past_estimate_read(root, &p, NULL) == 0)
		measured = past_estimate_minimum(&p, kernel, s, r->ram);
	if (measured) {
		n.bytes = align_up(measured + (s->network ? NEED_NETWORK : 0), MIB(1));
		n.source = NEED_MEASURED;
	}
	snprintf(n.words, sizeof(n.words), "%s",
		 measured ? "measured by lastword estimate with this kernel"
			  : "by formula: lastword estimate measures it");
	if (last_rehearsal(root, release, s, &run))
		take_run(&run, &n);
	if (worst_crash(root, release, &run))
		take_run(&run, &n);
	*ret = n;
}

void past_need_of(const struct root *root, const struct record *rec, const struct reservation *r,
		  const struct capture_sizes *s, struct need *ret)
{
	past_need(root, record_digest(rec, RECORD_KERNEL_IMAGE), rec->release ?: "", r, s, ret);
}

uint64_t past_needed(const struct root *root, const struct record *rec, const struct reservation *r,
		     const struct capture_sizes *s)
{
	struct need n;

	past_need_of(root, rec, r, s, &n);
	return n.bytes;
}
