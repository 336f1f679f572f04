/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Datagrams wait in the sockets meanwhile. */
#define LEAVE_TIME (USEC_PER_SEC / 4)

static char *const usual[] = { (char *)"text:" };

static void close_list(struct output **list, size_t count, usec_t until)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i])
			output_close(list[i], until);
		free(list[i]);
		list[i] = NULL;
	}
}

void outputs_close(struct outputs *o, usec_t until)
{
	close_list(o->list, o->count, until);
	o->count = 0;
}

/* Its state points to its stats: outputs do not move. */
static int open_one(const char *spec, struct output **ret, struct error *e)
{
	struct output *output = calloc(1, sizeof(*output));
	int r = output ? output_open(spec, output, e) : error_errno(e, -ENOMEM, "%s", spec);

	if (r < 0)
		free(output);
	else
		*ret = output;
	return r;
}

int outputs_open(struct outputs *o, char *const *specs, size_t count, struct error *e)
{
	return outputs_change(o, specs, count, 0, e);
}

/* The place in the list of one of these words that is not kept yet; `count` where there is none. */
static size_t find(const struct outputs *o, const char *spec, const bool *kept)
{
	size_t i = 0;

	while (i < o->count && (kept[i] || strcmp(o->list[i]->spec, spec) != 0))
		i++;
	return i;
}

int outputs_change(struct outputs *o, char *const *specs, size_t count, usec_t now, struct error *e)
{
	struct output *opened[OUTPUTS_MAX] = { NULL };
	struct outputs next = { .count = count ?: ARRAY_SIZE(usual) };
	bool kept[OUTPUTS_MAX] = { false };

	for (size_t i = 0; i < next.count; i++) {
		const char *spec = count ? specs[i] : usual[i];
		size_t old = find(o, spec, kept);
		int r = old < o->count ? 0 : open_one(spec, &opened[i], e);

		if (r < 0) {
			close_list(opened, i, now);
			return r;
		}
		if (old < o->count)
			kept[old] = true;
		next.list[i] = old < o->count ? o->list[old] : opened[i];
	}
	for (size_t i = 0; i < o->count; i++) {
		if (!kept[i])
			close_list(&o->list[i], 1, clock_now() + LEAVE_TIME);
		else if (o->list[i]->ops->reopen)
			o->list[i]->ops->reopen(o->list[i]->state, now);
	}
	*o = next;
	return 0;
}

void outputs_put(struct outputs *o, const struct record *r, usec_t now)
{
	for (size_t i = 0; i < o->count; i++)
		o->list[i]->ops->put(o->list[i]->state, r, now);
}

void outputs_run(struct outputs *o, usec_t now)
{
	for (size_t i = 0; i < o->count; i++)
		o->list[i]->ops->run(o->list[i]->state, now);
}

void outputs_child(struct outputs *o, int pid, int status, usec_t now)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->list[i]->ops->child)
			o->list[i]->ops->child(o->list[i]->state, pid, status, now);
}

usec_t outputs_deadline(const struct outputs *o)
{
	usec_t deadline = UINT64_MAX;

	for (size_t i = 0; i < o->count; i++)
		deadline = MIN(deadline, o->list[i]->ops->deadline(o->list[i]->state));
	return deadline;
}

bool outputs_over(const struct outputs *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (!o->list[i]->stats.over)
			return false;
	return o->count > 0;
}

size_t outputs_poll(const struct outputs *o, struct pollfd *fds)
{
	size_t n = 0;

	for (size_t i = 0; i < o->count; i++) {
		const struct output *output = o->list[i];
		uint32_t events = 0;
		int fd = output->ops->wait ? output->ops->wait(output->state, &events) : -1;

		if (fd >= 0)
			fds[n++] = (struct pollfd){ .fd = fd, .events = (short)events };
	}
	return n;
}
