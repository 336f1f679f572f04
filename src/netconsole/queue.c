/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH sizeof(uint32_t)
#define SIZE_FIRST KIB(16)

void queue_done(struct queue *q)
{
	free(q->data);
	*q = (struct queue){ .limit = q->limit };
}

/* Room for more at the end: by moving what waits to the beginning, or by growing. */
static bool make_room(struct queue *q, size_t more)
{
	size_t waiting = q->end - q->start, size = MAX(q->size, (size_t)SIZE_FIRST);
	char *data;

	if (q->size - q->end >= more)
		return true;
	if (q->start >= waiting && q->size - waiting >= more) {
		memcpy(q->data, q->data + q->start, waiting);
		q->start = 0;
		q->end = waiting;
		return true;
	}
	while (size - q->end < more)
		size *= 2;
	data = realloc(q->data, size);
	if (!data)
		return false;
	q->data = data;
	q->size = size;
	return true;
}

bool queue_put(struct queue *q, const char *message, size_t len)
{
	size_t limit = q->limit ?: QUEUE_LIMIT;
	uint32_t length = (uint32_t)len;

	if (len > limit || q->end - q->start + len + LENGTH > limit || !make_room(q, len + LENGTH))
		return false;
	memcpy(q->data + q->end, &length, LENGTH);
	memcpy(q->data + q->end + LENGTH, message, len);
	q->end += len + LENGTH;
	return true;
}

const char *queue_first(const struct queue *q, size_t *ret_len)
{
	uint32_t length;

	if (q->start == q->end)
		return NULL;
	memcpy(&length, q->data + q->start, LENGTH);
	*ret_len = length;
	return q->data + q->start + LENGTH;
}

void queue_pop(struct queue *q)
{
	size_t len;

	if (!queue_first(q, &len))
		return;
	q->start += len + LENGTH;
	q->sent = 0;
	/* after a storm the memory goes back */
	if (q->start == q->end)
		queue_done(q);
}

int queue_flush(struct queue *q, queue_write write, void *user)
{
	const char *message;
	size_t len;

	while ((message = queue_first(q, &len))) {
		ssize_t n = write(user, message + q->sent, len - q->sent);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 1 : -errno;
		q->sent += (size_t)n;
		if (q->sent >= len)
			queue_pop(q);
	}
	return 0;
}

void queue_again(struct queue *q)
{
	q->sent = 0;
}
