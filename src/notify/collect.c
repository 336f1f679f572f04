/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/collect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/place/seen.h"
#include "base/cleanup.h"
#include "notify/message.h"

static struct notify_dump *find(struct notify_dumps *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return &all->items[i];
	return NULL;
}

/* Of one crash the same directory may be on several targets: the whole dump counts. */
static int add(struct notify_dumps *all, struct notify_dump *d)
{
	struct notify_dump *same = find(all, d->name), *grown;

	if (same && same->state > d->state) {
		notify_dump_done(same);
		*same = *d;
		*d = (struct notify_dump){ 0 };
	}
	if (same || all->count == NOTIFY_DUMPS_MAX)
		return 0;
	grown = reallocarray(all->items, all->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	all->items = grown;
	grown[all->count++] = *d;
	*d = (struct notify_dump){ 0 };
	return 0;
}

/* A directory on a server may hold other machines' dumps. */
static bool is_ours(const struct config_target *t, const struct notify_dump *d, const char *host)
{
	if (t->kind != CONFIG_TARGET_NFS)
		return true;
	return (*d->host && strcmp(d->host, host) == 0) || place_is_ours(d->name);
}

static int scan(int fd, const char *where, const struct config_target *t, const char *host,
		struct notify_dumps *all, struct error *e)
{
	_cleanup_closedir_ DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (!dir) {
		close(fd);
		return error_errno(e, -errno, "%s", where);
	}
	for (unsigned i = 0; r == 0 && i < 2 * NOTIFY_DUMPS_MAX && (entry = readdir(dir)); i++) {
		_cleanup_notify_dump_ struct notify_dump d = { 0 };

		if (entry->d_name[0] == '.')
			continue;
		r = notify_dump_read(dirfd(dir), where, entry->d_name, &d, e);
		if (r == 0 && is_ours(t, &d, host))
			r = add(all, &d);
		else if (r == -ENOENT)
			r = 0;
	}
	return r;
}

static int look(const struct root *root, const struct config_target *t, const char *host,
		struct notify_dumps *all, struct error *e)
{
	_cleanup_free_ char *where = NULL;
	int fd, r = place_seen(root, t, &where, e);

	if (r < 0)
		return r;
	fd = openat(root->fd, root_relative(where), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? error_errno(e, -errno, "%s", where) : scan(fd, where, t, host, all, e);
}

static int by_time(const void *a, const void *b)
{
	const struct notify_dump *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

int notify_collect(const struct root *root, const struct config *c, struct notify_dumps *ret,
		   struct error *e)
{
	struct notify_dumps all = { 0 };
	char host[65];
	int r = 0;

	notify_host(root, host);
	for (size_t i = 0; i < c->targets_count && r == 0; i++) {
		struct error why = { 0 };
		int looked = look(root, &c->targets[i], host, &all, &why);

		if (looked < 0)
			r = buf_printf(&all.notes, "%s\n", error_text(&why));
	}
	if (r < 0) {
		notify_dumps_done(&all);
		return error_errno(e, r, "dumps");
	}
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), by_time);
	*ret = all;
	return 0;
}

void notify_dumps_done(struct notify_dumps *d)
{
	for (size_t i = 0; i < d->count; i++)
		notify_dump_done(&d->items[i]);
	free(d->items);
	buf_done(&d->notes);
	*d = (struct notify_dumps){ 0 };
}
