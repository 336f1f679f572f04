/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arm/boot/diff.h"
#include "arm/image/files.h"
#include "base/io.h"

#define FILE_MAX ((size_t)4 << 20)
#define LINKS_MAX 8

static void edit_done(struct edit *edit)
{
	free(edit->path);
	buf_done(&edit->before);
	buf_done(&edit->after);
}

void edits_done(struct edits *edits)
{
	for (size_t i = 0; i < edits->count; i++)
		edit_done(&edits->list[i]);
	free(edits->list);
	*edits = (struct edits){ 0 };
}

static struct edit *find(const struct edits *edits, const char *path)
{
	for (size_t i = 0; i < edits->count; i++)
		if (strcmp(edits->list[i].path, path) == 0)
			return &edits->list[i];
	return NULL;
}

static int copy(const struct buf *from, struct buf *to)
{
	struct buf b = { 0 };
	int r = buf_append(&b, from->data ?: "", from->len);

	if (r == 0)
		*to = b;
	return r;
}

int edits_read(const struct root *root, const struct edits *edits, const char *path,
	       struct buf *ret, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	const struct edit *edit = find(edits, path);
	int r;

	if (edit)
		r = edit->removed ? -ENOENT : copy(&edit->after, &text);
	else
		r = root_read_file(root, path, FILE_MAX, &text);
	if (r == 0 && !text.data)
		r = buf_append(&text, "", 0);
	if (r < 0)
		return error_errno(e, r, "%s", path);
	*ret = text;
	text = (struct buf){ 0 };
	return 0;
}

/* An edit that changes nothing yet. */
static int add(const struct root *root, struct edits *edits, const char *path, struct edit **ret,
	       struct error *e)
{
	struct edit edit = { .path = strdup(path) };
	struct edit *list;
	int r = edit.path ? root_read_file(root, path, FILE_MAX, &edit.before) : -ENOMEM;

	edit.existed = r == 0;
	if (r == -ENOENT)
		r = 0;
	if (r == 0)
		r = copy(&edit.before, &edit.after);
	if (r == 0 && edits->count == EDITS_MAX)
		r = -E2BIG;
	list = r < 0 ? NULL : realloc(edits->list, (edits->count + 1) * sizeof(*list));
	if (!list) {
		edit_done(&edit);
		return error_errno(e, r < 0 ? r : -ENOMEM, "%s", path);
	}
	list[edits->count] = edit;
	edits->list = list;
	*ret = &list[edits->count++];
	return 0;
}

static bool changes(const struct edit *edit)
{
	if (edit->removed || !edit->existed)
		return edit->removed == edit->existed;
	return edit->before.len != edit->after.len ||
	       (edit->after.len &&
		memcmp(edit->before.data, edit->after.data, edit->after.len) != 0);
}

static void drop_last_if_same(struct edits *edits)
{
	struct edit *last = &edits->list[edits->count - 1];

	if (!changes(last)) {
		edit_done(last);
		edits->count--;
	}
}

int edits_put(const struct root *root, struct edits *edits, const char *path, const void *text,
	      size_t len, mode_t mode, struct error *e)
{
	struct edit *edit = find(edits, path);
	struct buf after = { 0 };
	bool fresh = !edit;
	int r = fresh ? add(root, edits, path, &edit, e) : 0;

	if (r < 0)
		return r;
	r = buf_append(&after, text, len);
	if (r < 0)
		return error_errno(e, r, "%s", path);
	buf_done(&edit->after);
	edit->after = after;
	edit->removed = false;
	edit->mode = mode;
	if (fresh)
		drop_last_if_same(edits);
	return 0;
}

int edits_remove(const struct root *root, struct edits *edits, const char *path, struct error *e)
{
	struct edit *edit = find(edits, path);
	bool fresh = !edit;
	int r = fresh ? add(root, edits, path, &edit, e) : 0;

	if (r < 0)
		return r;
	buf_done(&edit->after);
	edit->removed = true;
	if (fresh)
		drop_last_if_same(edits);
	return 0;
}

int edits_diff(const struct edits *edits, struct buf *ret)
{
	_cleanup_buf_ struct buf out = { 0 };

	for (size_t i = 0; i < edits->count; i++) {
		const struct edit *edit = &edits->list[i];
		int r;

		if (!changes(edit) || (edits->not_shown && strncmp(edit->path, edits->not_shown,
								   strlen(edits->not_shown)) == 0))
			continue;
		r = diff_write(edit->path, edit->existed ? &edit->before : NULL,
			       edit->removed ? NULL : &edit->after, &out);
		if (r < 0)
			return r;
	}
	*ret = out;
	out = (struct buf){ 0 };
	return 0;
}

/* Where a link leads, inside the root: /boot/grub2/grubenv is one on EFI machines. */
static int follow(const struct root *root, char path[PATH_MAX])
{
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		char to[PATH_MAX], joined[2 * PATH_MAX + 2];
		ssize_t n = readlinkat(root->fd, root_relative(path), to, sizeof(to) - 1);

		if (n < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : -errno;
		to[n] = '\0';
		if (to[0] == '/')
			snprintf(joined, sizeof(joined), "%s", to);
		else
			snprintf(joined, sizeof(joined), "%.*s/%s",
				 (int)(strrchr(path, '/') - path), path, to);
		if (strlen(joined) >= PATH_MAX)
			return -ENAMETOOLONG;
		strcpy(path, joined);
	}
	return -ELOOP;
}

/* A file system without owners, such as that of the ESP, refuses them; there is nothing to keep then. */
static int fill(int fd, const struct edit *edit, const struct stat *was)
{
	int r = write_all(fd, edit->after.data, edit->after.len);

	if (r == 0 && was && fchown(fd, was->st_uid, was->st_gid) < 0 && errno != EPERM)
		r = -errno;
	if (r == 0 && fchmod(fd, was ? was->st_mode & 07777 : edit->mode) < 0 && errno != EPERM)
		r = -errno;
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

static int sync_directory(const struct root *root, const char *path)
{
	_cleanup_close_ int fd = -1;
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	fd = openat(root->fd, root_relative(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* vfat before 5.x has no fsync of directories. */
	return fd < 0 || (fsync(fd) < 0 && errno != EINVAL) ? -errno : 0;
}

static int replace(const struct root *root, const struct edit *edit, const char *path)
{
	char temporary[PATH_MAX + 8];
	_cleanup_close_ int fd = -1;
	struct stat was;
	bool existed = fstatat(root->fd, root_relative(path), &was, 0) == 0;
	int r;

	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	if (unlinkat(root->fd, root_relative(temporary), 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(root->fd, root_relative(temporary),
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = fill(fd, edit, existed ? &was : NULL);
	if (r == 0 &&
	    renameat(root->fd, root_relative(temporary), root->fd, root_relative(path)) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(root->fd, root_relative(temporary), 0);
	return r < 0 ? r : sync_directory(root, path);
}

static int write_one(const struct root *root, const struct edit *edit, struct error *e)
{
	char path[PATH_MAX];
	int r;

	if (strlen(edit->path) >= sizeof(path))
		return error_errno(e, -ENAMETOOLONG, "%s", edit->path);
	strcpy(path, edit->path);
	r = edit->removed ? 0 : file_make_parents(root, path, e);
	if (r < 0)
		return r;
	r = follow(root, path);
	if (r == 0 && edit->removed)
		r = unlinkat(root->fd, root_relative(edit->path), 0) < 0
			    ? -errno
			    : sync_directory(root, path);
	else if (r == 0)
		r = replace(root, edit, path);
	if (r == -EROFS)
		return error_set(e, r,
				 "%s: the file system is read-only; remount it with write access "
				 "(mount -o remount,rw) and try again",
				 edit->path);
	return r < 0 ? error_errno(e, r, "%s %s", edit->removed ? "remove" : "write", edit->path)
		     : 0;
}

int edits_write(const struct root *root, const struct edits *edits, struct error *e)
{
	for (size_t i = 0; i < edits->count; i++) {
		int r;

		if (!changes(&edits->list[i]))
			continue;
		r = write_one(root, &edits->list[i], e);
		if (r < 0)
			return r;
	}
	return 0;
}
