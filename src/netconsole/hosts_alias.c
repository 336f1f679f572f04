/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/hosts_alias.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconsole/announce.h"

int hosts_aliases_init(struct hosts_aliases *a, size_t size)
{
	*a = (struct hosts_aliases){ .by_ip = calloc(size, sizeof(*a->by_ip)), .size = size };
	return a->by_ip ? 0 : -ENOMEM;
}

void hosts_aliases_done(struct hosts_aliases *a)
{
	free(a->by_ip);
	*a = (struct hosts_aliases){ 0 };
}

void hosts_aliases_add(struct hosts_aliases *a, uint64_t hash, struct source *s)
{
	a->by_ip[hash & (a->size - 1)] = s;
}

void hosts_aliases_forget(struct hosts_aliases *a, uint64_t hash, const struct source *s)
{
	struct source **hint = &a->by_ip[hash & (a->size - 1)];

	if (*hint == s)
		*hint = NULL;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].to == s)
			a->items[i].to = NULL;
}

/* Does it tell of the kernel that was heard there? Of one that never said its boot it must be the release. */
static bool tells_of(const struct source *s, const char *datagram, size_t len)
{
	static const char key[] = " " ANNOUNCE_KEY "=";
	enum announce_stage stage;
	struct wire_message wire;
	struct wire_slice said, known;
	struct body body;

	if (!memmem(datagram, len, key, strlen(key)) ||
	    wire_parse(datagram, len, &wire) != WIRE_EXTENDED || wire.piece)
		return false;
	body_split(wire.body, &body);
	if (announce_of(&body, &stage, &known) == ANNOUNCE_NONE)
		return false;
	said = s->boot ? body_find(&body, "boot") : wire.release;
	known.start = s->boot ?: s->release;
	if (!known.start)
		return !s->boot && s->stream.next > 0;
	return said.start && said.len == strlen(known.start) &&
	       memcmp(said.start, known.start, said.len) == 0;
}

struct source *hosts_aliases_find(struct hosts_aliases *a, uint64_t hash,
				  const struct address *from, const char *datagram, size_t len)
{
	struct source *s = a->by_ip[hash & (a->size - 1)];

	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].to && address_equal(&a->items[i].from, from))
			return a->items[i].to;
	if (!s || memcmp(&s->from.ip, &from->ip, sizeof(from->ip)) != 0 ||
	    s->from.scope != from->scope || !tells_of(s, datagram, len))
		return NULL;
	a->items[a->next] = (struct hosts_alias){ *from, s };
	a->next = (a->next + 1) % HOSTS_ALIASES;
	a->count = MAX(a->count, a->next ?: (size_t)HOSTS_ALIASES);
	return s;
}
