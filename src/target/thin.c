/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/thin.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "target/dump_dir.h"

#define REMOVED_NAME "vmcore-removed.txt"
#define ENTRIES_MAX 100000
#define DAY 86400

/* A dump that did not end may be another machine's, behind the same address, that is writing. */
#define GROWING_SECONDS 3600

/* A clock that jumped tells no age. */
#define CLOCK_JUMP (400 * (int64_t)DAY)

static const char *const names[] = { "vmcore", "vmcore.flat", "vmcore.enc", "vmcore.flat.enc" };

#define FORMS (2 * ARRAY_SIZE(names))

/* The names of a dump's file, whole and not. */
static const char *form(size_t i, char buf[NAME_MAX + 1])
{
	if (i < ARRAY_SIZE(names))
		return names[i];
	dump_dir_incomplete_name(names[i - ARRAY_SIZE(names)], buf, NAME_MAX + 1);
	return buf;
}

/* HOST-YYYY-MM-DD-HH:MM:SS, and perhaps -N. */
static bool is_dump_name(const char *name, const char *host)
{
	const char *shape = "-dddd-dd-dd-dd:dd:dd";
	size_t len = strlen(host);

	if (strncmp(name, host, len) != 0 || strlen(name) >= sizeof(((struct thin_dump *)0)->dir))
		return false;
	for (name += len; *shape; shape++, name++)
		if (*shape == 'd' ? !isdigit((unsigned char)*name) : *name != *shape)
			return false;
	return !*name ||
	       (*name == '-' && name[1] && strspn(name + 1, "0123456789") == strlen(name + 1));
}

static int open_dir(int parent_fd, const char *name)
{
	return openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* False where there is no dump, or one that is not to be touched. */
static bool measure(int parent_fd, dev_t dev, int64_t now, struct thin_dump *d)
{
	_cleanup_close_ int fd = open_dir(parent_fd, d->dir);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != dev)
		return false;
	for (size_t i = 0; i < FORMS; i++) {
		char buf[NAME_MAX + 1];

		if (fstatat(fd, form(i, buf), &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!S_ISREG(st.st_mode) || st.st_nlink != 1 ||
		    (i >= ARRAY_SIZE(names) && now - st.st_mtime < GROWING_SECONDS))
			return false;
		d->bytes += (uint64_t)st.st_blocks * 512;
		d->changed = MAX(d->changed, (int64_t)st.st_mtime);
	}
	return d->changed > 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct thin_dump *)a)->dir, ((const struct thin_dump *)b)->dir);
}

int thin_list_read(int parent_fd, const char *host, const char *own, struct thin_list *ret,
		   struct error *e)
{
	int fd = openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct thin_list l = { .dumps = calloc(THIN_DUMPS_MAX, sizeof(*l.dumps)) };
	struct dirent *entry;
	struct stat st;
	int r = 0;

	if (!dir || !l.dumps || fstatat(parent_fd, own, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		r = error_errno(e, l.dumps ? -errno : -ENOMEM, "older dumps");
		thin_list_done(&l);
	}
	if (r == 0)
		l.now = st.st_mtime;
	for (unsigned i = 0;
	     r == 0 && i < ENTRIES_MAX && l.count < THIN_DUMPS_MAX && (entry = readdir(dir)); i++) {
		struct thin_dump *d = &l.dumps[l.count];

		if (!is_dump_name(entry->d_name, host) || strcmp(entry->d_name, own) == 0)
			continue;
		*d = (struct thin_dump){ 0 };
		snprintf(d->dir, sizeof(d->dir), "%s", entry->d_name);
		l.count += measure(parent_fd, st.st_dev, l.now, d);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	if (r < 0)
		return r;
	qsort(l.dumps, l.count, sizeof(*l.dumps), by_name);
	*ret = l;
	return 0;
}

void thin_list_done(struct thin_list *l)
{
	free(l->dumps);
	*l = (struct thin_list){ 0 };
}

static bool is_old(const struct thin_list *l, const struct thin_dump *d, unsigned days)
{
	int64_t newest = l->dumps[l->count - 1].changed;

	return days && l->now - newest < CLOCK_JUMP && l->now - d->changed > (int64_t)days * DAY;
}

struct thin_dump *thin_choose(const struct thin_list *l, const struct plan_keep *k,
			      const struct thin_new *n)
{
	uint64_t bytes = n->bytes, dumps = 1;
	size_t end = l->count;

	for (size_t i = 0; i < l->count; i++) {
		dumps += !l->dumps[i].gone;
		bytes += l->dumps[i].gone ? 0 : l->dumps[i].bytes;
	}
	if (!n->saved && end)
		end--;
	for (size_t i = k->first ? 1 : 0; i < end; i++) {
		struct thin_dump *d = &l->dumps[i];

		if (d->gone)
			continue;
		if ((k->dumps && dumps > k->dumps) || (k->bytes && bytes > k->bytes) ||
		    is_old(l, d, k->days) || (n->needs_room && k->room))
			return d;
	}
	return NULL;
}

/* The directory stays, and says why its dump does not. */
static void leave_word(int fd, const struct thin_dump *d, const char *own)
{
	_cleanup_close_ int file = openat(
		fd, REMOVED_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (file >= 0)
		(void)dprintf(file,
			      "lastword_keep: the dump, %llu bytes, was removed when %s was "
			      "saved\n",
			      (unsigned long long)d->bytes, own);
}

int thin_remove(int parent_fd, struct thin_dump *d, const char *own, struct error *e)
{
	_cleanup_close_ int fd = open_dir(parent_fd, d->dir);

	d->gone = true;
	if (fd < 0)
		return error_errno(e, -errno, "%s", d->dir);
	for (size_t i = 0; i < FORMS; i++) {
		char buf[NAME_MAX + 1];

		if (unlinkat(fd, form(i, buf), 0) < 0 && errno != ENOENT)
			return error_errno(e, -errno, "%s/%s: remove", d->dir, form(i, buf));
	}
	leave_word(fd, d, own);
	/* a journal gives the room back when it has the removal */
	return fsync(fd) < 0 ? error_errno(e, -errno, "%s: sync", d->dir) : 0;
}
