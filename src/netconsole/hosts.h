/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The sources that are known, in bounded memory. One that spoke twice with some time between is a regular; the others are
 * new. Room is made by forgetting the new one that was silent longest, and a regular only where regulars alone fill most of
 * the table: a flood from made-up addresses drives out its own. Forgetting loses nothing that was said.
 */
#include "netconsole/hosts_alias.h"
#include "netconsole/wheel.h"

#define HOSTS_REGULAR (2 * USEC_PER_SEC) /* between being heard first and being a regular */

struct hosts_entry;

struct hosts_list {
	struct hosts_entry *newest, *oldest;
	size_t count;
};

struct hosts {
	struct source_shared *shared; /* borrowed */
	size_t max;
	struct hosts_entry **buckets;
	size_t bucket_count; /* a power of two */
	unsigned char key[16];
	struct hosts_list fresh, regular;
	struct wheel wheel;
	struct hosts_aliases aliases;
};

/* max: sources at once, at least 4. -ENOMEM */
int hosts_init(struct hosts *h, struct source_shared *shared, size_t max, usec_t now) _must_check_;

/* What they had waiting is not emitted: call hosts_expire() with UINT64_MAX before. */
void hosts_done(struct hosts *h);

static inline size_t hosts_count(const struct hosts *h)
{
	return h->fresh.count + h->regular.count;
}

/* A datagram of that sender. -ENOMEM: it is dropped. */
int hosts_put(struct hosts *h, const struct address *from, const char *datagram, size_t len,
	      usec_t now, uint64_t received_us) _must_check_;

/* Emits what waited too long; UINT64_MAX as now: all that waits. */
void hosts_expire(struct hosts *h, usec_t now, uint64_t received_us);

/* UINT64_MAX: never. */
usec_t hosts_deadline(const struct hosts *h);

/* Each source, the one heard last first among regulars, then among the new. Returns false to stop. */
typedef bool (*hosts_visit)(void *user, const struct source *s, bool regular);
void hosts_each(const struct hosts *h, hosts_visit visit, void *user);
