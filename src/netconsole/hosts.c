/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/hosts.h"

#include <errno.h>
#include <sodium/crypto_shorthash.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct hosts_entry {
	struct hosts_entry *chain;	   /* of its bucket */
	struct hosts_entry *newer, *older; /* of its list */
	struct wheel_entry timer;
	bool regular;
	struct source source;
};

_Static_assert(crypto_shorthash_KEYBYTES == sizeof(((struct hosts *)0)->key), "key of the hash");

int hosts_init(struct hosts *h, struct source_shared *shared, size_t max, usec_t now)
{
	*h = (struct hosts){ .shared = shared, .max = max, .bucket_count = 64 };
	while (h->bucket_count < max)
		h->bucket_count *= 2;
	h->buckets = calloc(h->bucket_count, sizeof(*h->buckets));
	if (!h->buckets || hosts_aliases_init(&h->aliases, h->bucket_count) < 0)
		return -ENOMEM;
	wheel_init(&h->wheel, now);
	/* who can choose addresses shall not choose buckets */
	return getrandom(h->key, sizeof(h->key), 0) == sizeof(h->key) ? 0 : -EIO;
}

/* ---- buckets and lists ---- */

static uint64_t hash_of(const struct hosts *h, const struct address *from)
{
	unsigned char bytes[sizeof(from->ip) + sizeof(from->port) + sizeof(from->scope)];
	uint64_t hash;

	memcpy(bytes, &from->ip, sizeof(from->ip));
	memcpy(bytes + sizeof(from->ip), &from->port, sizeof(from->port));
	memcpy(bytes + sizeof(from->ip) + sizeof(from->port), &from->scope, sizeof(from->scope));
	crypto_shorthash((unsigned char *)&hash, bytes, sizeof(bytes), h->key);
	return hash;
}

static struct hosts_entry **bucket_of(const struct hosts *h, const struct address *from)
{
	return &h->buckets[hash_of(h, from) & (h->bucket_count - 1)];
}

static uint64_t hash_of_ip(const struct hosts *h, const struct address *from)
{
	struct address ip = *from;

	ip.port = 0;
	return hash_of(h, &ip);
}

static void list_remove(struct hosts_list *l, struct hosts_entry *e)
{
	*(e->newer ? &e->newer->older : &l->newest) = e->older;
	*(e->older ? &e->older->newer : &l->oldest) = e->newer;
	l->count--;
}

static void list_add(struct hosts_list *l, struct hosts_entry *e)
{
	e->newer = NULL;
	e->older = l->newest;
	*(l->newest ? &l->newest->newer : &l->oldest) = e;
	l->newest = e;
	l->count++;
}

static struct hosts_list *list_of(struct hosts *h, const struct hosts_entry *e)
{
	return e->regular ? &h->regular : &h->fresh;
}

static void forget(struct hosts *h, struct hosts_entry *e)
{
	struct hosts_entry **at = bucket_of(h, &e->source.from);

	while (*at != e)
		at = &(*at)->chain;
	*at = e->chain;
	list_remove(list_of(h, e), e);
	hosts_aliases_forget(&h->aliases, hash_of_ip(h, &e->source.from), &e->source);
	wheel_clear(&e->timer);
	source_done(&e->source, h->shared);
	free(e);
}

void hosts_done(struct hosts *h)
{
	while (h->fresh.oldest)
		forget(h, h->fresh.oldest);
	while (h->regular.oldest)
		forget(h, h->regular.oldest);
	free(h->buckets);
	h->buckets = NULL;
	hosts_aliases_done(&h->aliases);
}

/* ---- who comes and who goes ---- */

static void make_room(struct hosts *h, uint64_t received_us)
{
	size_t regulars_max = h->max - h->max / 4;
	bool regular = h->regular.count > regulars_max || h->fresh.count == 0;
	struct hosts_entry *e = regular ? h->regular.oldest : h->fresh.oldest;

	source_expire(&e->source, h->shared, UINT64_MAX, received_us);
	h->shared->counters.n[regular ? COUNT_SOURCES_EVICTED_REGULAR : COUNT_SOURCES_EVICTED]++;
	forget(h, e);
}

static int add(struct hosts *h, const struct address *from, usec_t now, uint64_t received_us,
	       struct hosts_entry **ret)
{
	struct hosts_entry *e, **bucket;

	if (hosts_count(h) >= h->max)
		make_room(h, received_us);
	e = malloc(sizeof(*e));
	if (!e)
		return -ENOMEM;
	bucket = bucket_of(h, from);
	*e = (struct hosts_entry){ .chain = *bucket };
	source_init(&e->source, from, now);
	*bucket = e;
	list_add(&h->fresh, e);
	hosts_aliases_add(&h->aliases, hash_of_ip(h, from), &e->source);
	h->shared->counters.n[COUNT_SOURCES_NEW]++;
	*ret = e;
	return 0;
}

static void move_forward(struct hosts *h, struct hosts_entry *e, usec_t now)
{
	struct hosts_list *l = list_of(h, e);

	if (!e->regular && now - e->source.first >= HOSTS_REGULAR) {
		list_remove(l, e);
		e->regular = true;
		list_add(&h->regular, e);
	} else if (l->newest != e) {
		list_remove(l, e);
		list_add(l, e);
	}
}

static struct hosts_entry *entry_of(struct source *s)
{
	return s ? (struct hosts_entry *)((char *)s - offsetof(struct hosts_entry, source)) : NULL;
}

int hosts_put(struct hosts *h, const struct address *from, const char *datagram, size_t len,
	      usec_t now, uint64_t received_us)
{
	struct hosts_entry *e = *bucket_of(h, from);
	int r;

	while (e && !address_equal(&e->source.from, from))
		e = e->chain;
	if (!e)
		e = entry_of(
			hosts_aliases_find(&h->aliases, hash_of_ip(h, from), from, datagram, len));
	if (e) {
		move_forward(h, e, now);
	} else {
		r = add(h, from, now, received_us, &e);
		if (r < 0) {
			h->shared->counters.n[COUNT_DROPPED_MEMORY]++;
			return r;
		}
	}
	source_put(&e->source, h->shared, datagram, len, now, received_us);
	wheel_set(&h->wheel, &e->timer, source_deadline(&e->source));
	return 0;
}

/* ---- time ---- */

static void expire_all(struct hosts *h, struct hosts_list *l, uint64_t received_us)
{
	for (struct hosts_entry *e = l->newest; e; e = e->older) {
		source_expire(&e->source, h->shared, UINT64_MAX, received_us);
		wheel_clear(&e->timer);
	}
}

void hosts_expire(struct hosts *h, usec_t now, uint64_t received_us)
{
	struct wheel_entry *timer;

	if (now == UINT64_MAX) {
		expire_all(h, &h->fresh, received_us);
		expire_all(h, &h->regular, received_us);
		return;
	}
	while ((timer = wheel_take(&h->wheel, now))) {
		struct hosts_entry *e =
			(struct hosts_entry *)((char *)timer - offsetof(struct hosts_entry, timer));

		source_expire(&e->source, h->shared, now, received_us);
		wheel_set(&h->wheel, &e->timer, source_deadline(&e->source));
	}
}

usec_t hosts_deadline(const struct hosts *h)
{
	return wheel_deadline(&h->wheel);
}

void hosts_each(const struct hosts *h, hosts_visit visit, void *user)
{
	const struct hosts_list *lists[] = { &h->regular, &h->fresh };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (struct hosts_entry *e = lists[i]->newest; e; e = e->older)
			if (!visit(user, &e->source, e->regular))
				return;
}
