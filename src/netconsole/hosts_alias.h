/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A capture kernel speaks from the port of the crashed one. Where an address translation gave that another meanwhile, it is known by
 * address and boot: who tells of a kernel that was heard from there is the same sender.
 */
#include "netconsole/source.h"

#define HOSTS_ALIASES 64

struct hosts_alias {
	struct address from;
	struct source *to; /* NULL: free */
};

struct hosts_aliases {
	struct hosts_alias items[HOSTS_ALIASES];
	size_t count, next;
	struct source **by_ip; /* the newest source of an address, by a hash; a hint */
	size_t size;	       /* a power of two */
};

/* -ENOMEM */
int hosts_aliases_init(struct hosts_aliases *a, size_t size) _must_check_;
void hosts_aliases_done(struct hosts_aliases *a);

/* hash: of the address without its port. */
void hosts_aliases_add(struct hosts_aliases *a, uint64_t hash, struct source *s);
void hosts_aliases_forget(struct hosts_aliases *a, uint64_t hash, const struct source *s);

/* Whose datagram is it, that no source sent? NULL: somebody's who is new. */
struct source *hosts_aliases_find(struct hosts_aliases *a, uint64_t hash,
				  const struct address *from, const char *datagram, size_t len);
