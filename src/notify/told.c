/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/told.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "arm/image/files.h"
#include "base/cleanup.h"

#define FIRST_LINE "lastword-notified 1"
#define DIGITS "0123456789abcdef"

static int identify(const struct config_notify *n, const struct notify_dump *d, struct digest *ret)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = buf_printf(&text, "%d\n%s\n%s", (int)n->kind, n->to, d->name);

	if (r == 0)
		digest_bytes(text.data, text.len, ret);
	return r;
}

static int add(struct told *t, const struct digest *id)
{
	struct digest *grown;

	if (t->count == TOLD_MAX) {
		memmove(t->items, t->items + 1, (TOLD_MAX - 1) * sizeof(*t->items));
		t->count--;
	}
	grown = reallocarray(t->items, t->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	t->items = grown;
	grown[t->count++] = *id;
	return 0;
}

/* What is no line of ours says nothing: then somebody is told twice. */
static int parse(struct told *t, char *text)
{
	char *rest = text, *line;
	int r = 0;

	while (r == 0 && (line = strsep(&rest, "\n"))) {
		struct digest id = { 0 };

		if (strlen(line) != DIGEST_LEN || strspn(line, DIGITS) != DIGEST_LEN)
			continue;
		memcpy(id.hex, line, DIGEST_LEN);
		r = add(t, &id);
	}
	return r;
}

/* Where it can be noted down, and nobody else tells. */
static int lock(const struct root *root, int *ret, struct error *e)
{
	_cleanup_close_ int fd = -1;
	int r = file_make_parents(root, TOLD_PATH, e);

	if (r < 0)
		return r;
	fd = openat(root->fd, root_relative(ARM_STATE_DIR), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || faccessat(fd, ".", W_OK, 0) < 0 || flock(fd, LOCK_EX) < 0)
		return error_errno(e, -errno,
				   ARM_STATE_DIR ": nobody is told, as it could not be noted down");
	*ret = TAKE_FD(fd);
	return 0;
}

int told_open(const struct root *root, bool look, struct told *ret, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct told t = { .lock = -1 };
	int r = look ? 0 : lock(root, &t.lock, e);

	if (r < 0)
		return r;
	r = root_read_file(root, TOLD_PATH, (DIGEST_LEN + 1) * (TOLD_MAX + 1), &text);
	t.first = r == -ENOENT;
	if (t.first)
		r = 0;
	else if (r == 0)
		r = parse(&t, text.data);
	if (r < 0) {
		told_done(&t);
		return error_errno(e, r, TOLD_PATH);
	}
	*ret = t;
	return 0;
}

bool told_has(const struct told *t, const struct config_notify *n, const struct notify_dump *d)
{
	struct digest id;

	if (identify(n, d, &id) < 0)
		return false;
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->items[i].hex, id.hex) == 0)
			return true;
	return false;
}

int told_add(struct told *t, const struct config_notify *n, const struct notify_dump *d)
{
	struct digest id;
	int r = identify(n, d, &id);

	return r < 0 ? r : add(t, &id);
}

int told_save(const struct root *root, const struct told *t, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = buf_printf(&text, FIRST_LINE "\n");

	for (size_t i = 0; i < t->count && r == 0; i++)
		r = buf_printf(&text, "%s\n", t->items[i].hex);
	return r < 0 ? error_errno(e, r, TOLD_PATH)
		     : file_replace(root, TOLD_PATH, text.data, text.len, e);
}

void told_done(struct told *t)
{
	free(t->items);
	if (t->lock >= 0)
		close(t->lock);
	*t = (struct told){ .lock = -1 };
}
