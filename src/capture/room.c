/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/room.h"

#include <fcntl.h>
#include <string.h>

#include "capture/console.h"
#include "target/thin.h"

static bool has_policy(const struct plan_keep *k)
{
	return k->dumps || k->bytes || k->days || k->room;
}

/* Removes one dump after the other, until there are as many bytes free or none may go. */
static void thin(struct worker *w, const struct thin_new *n, uint64_t needed)
{
	const struct plan_keep *k = &w->c->plan->keep;
	const char *slash = strrchr(w->target->dir, '/'), *own = slash ? slash + 1 : "";
	_cleanup_close_ int dir = -1, parent = -1;
	struct thin_list list = { 0 };
	struct thin_dump *d;
	struct error e = { 0 };
	int r;

	if (!has_policy(k) || !*own)
		return;
	dir = open(w->target->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	parent = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = thin_list_read(parent, w->c->plan->host_ip, own, &list, &e);
	while (r == 0 && w->target->ops->space(w->target) < needed &&
	       (d = thin_choose(&list, k, n))) {
		r = thin_remove(parent, d, own, &e);
		if (r < 0)
			break;
		say("removed the dump in %s, %llu MiB, as lastword_keep says", d->dir,
		    (unsigned long long)d->bytes >> 20);
		manifest_add_removed(&w->c->board->manifest, d->dir, d->bytes);
	}
	if (r < 0)
		say("lastword_keep: %s", error_text(&e));
	thin_list_done(&list);
}

/* No older dump goes for what the plan's limit forbids. */
static uint64_t ask(void *user, uint64_t needed, bool last)
{
	struct worker *w = user;
	uint64_t limit = w->c->plan->limit ?: UINT64_MAX;
	const struct thin_new new = { .bytes = MIN(needed, limit), .needs_room = last };

	if (w->target->ops->space(w->target) < new.bytes)
		thin(w, &new, new.bytes);
	return MIN(w->target->ops->space(w->target), limit);
}

static void tell(void *user, const char *text)
{
	struct worker *w = user;

	say("vmcore: %s", text);
	manifest_add_skipped(&w->c->board->manifest, "room", text);
}

struct save_room room_of(struct worker *w)
{
	return (struct save_room){ .ask = ask, .say = tell, .user = w };
}

void room_after(struct worker *w)
{
	const struct manifest *m = &w->c->board->manifest;
	struct thin_new new = { .saved = true };

	for (size_t i = 0; i < MANIFEST_FILES_MAX && m->files[i].begun; i++)
		if (m->files[i].target == w->index)
			new.bytes += m->files[i].bytes;
	thin(w, &new, UINT64_MAX);
}
