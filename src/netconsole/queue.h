/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Messages that wait for a descriptor, in bounded memory, in their order; one is never sent by halves unless its connection
 * breaks, and then it is sent again as a whole.
 */
#include "base/macro.h"

#include <sys/types.h>

#define QUEUE_LIMIT ((size_t)4 << 20)

struct queue {
	char *data; /* each: its length, its bytes */
	size_t start, end, size, limit;
	size_t sent; /* of the first message */
};

/* False: there is no room for it (or no memory). */
bool queue_put(struct queue *q, const char *message, size_t len);

/* The first message; NULL: none. */
const char *queue_first(const struct queue *q, size_t *ret_len);
void queue_pop(struct queue *q);

static inline size_t queue_waiting(const struct queue *q)
{
	return q->end - q->start;
}

/* How to send some bytes: as write(2), -1 with errno. */
typedef ssize_t (*queue_write)(void *user, const char *bytes, size_t len);

/* Writes what it can: 0 where all is written, 1 where some is left (EAGAIN), or a negative errno. */
int queue_flush(struct queue *q, queue_write write, void *user) _must_check_;

/* The connection is another one. */
void queue_again(struct queue *q);

void queue_done(struct queue *q);
