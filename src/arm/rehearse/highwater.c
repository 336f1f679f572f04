/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/highwater.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arm/place/seen.h"
#include "base/cleanup.h"
#include "base/io.h"

#define MANIFEST "manifest.json"
#define MANIFEST_LIMIT ((size_t)1 << 20)
#define STATE_LIMIT ((size_t)1 << 16)
#define DUMPS_MAX 1000

/* vm.dirty_bytes of the capture kernel: src/capture/setup.c. */
#define UNWRITTEN_SHARE 8
#define UNWRITTEN_MIN MIB(2)
#define UNWRITTEN_MAX MIB(64)

#define MOST_GIVEN GIB(1024)

uint64_t highwater_used(uint64_t given, uint64_t total, uint64_t lowest_available)
{
	uint64_t used = given - MIN(lowest_available, given);
	uint64_t elastic = MAX(MIN(total / UNWRITTEN_SHARE, UNWRITTEN_MAX), UNWRITTEN_MIN);

	return used - MIN(elastic - UNWRITTEN_MIN, used);
}

static uint64_t get_uint(const json_t *j, const char *name)
{
	json_int_t v = json_integer_value(json_object_get(j, name));

	return v > 0 ? (uint64_t)v : 0;
}

static const char *get_text(const json_t *j, const char *name)
{
	return json_string_value(json_object_get(j, name)) ?: "";
}

static uint64_t get_kib(const json_t *j, const char *name)
{
	return MIN(get_uint(j, name), MOST_GIVEN >> 10) << 10;
}

int highwater_parse(const char *text, size_t len, const char *release, struct highwater *ret)
{
	json_auto_t *j = json_loadb(text, len, 0, NULL);
	const json_t *memory = json_object_get(j, "memory_kib");
	struct highwater h = { .time = (int64_t)get_uint(j, "crash_time") };

	h.given = get_kib(memory, "given");
	h.total = get_kib(memory, "total");
	h.lowest_available = get_kib(memory, "lowest_available");
	if (strcmp(get_text(j, "result"), "saved") != 0 ||
	    strcmp(get_text(j, "release"), release) != 0 || !h.given || !h.total ||
	    h.total > h.given || h.lowest_available > h.total ||
	    !json_is_integer(json_object_get(memory, "lowest_available")))
		return -ENODATA;
	snprintf(h.release, sizeof(h.release), "%s", release);
	*ret = h;
	return 0;
}

static bool takes_more(const struct highwater *a, const struct highwater *b)
{
	return highwater_used(a->given, a->total, a->lowest_available) >
	       highwater_used(b->given, b->total, b->lowest_available);
}

/* A manifest that is no regular file is not ours. */
static int read_manifest(int parent, const char *name, const char *release, struct highwater *ret)
{
	_cleanup_close_ int dir =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	struct stat st;
	int r;

	if (dir < 0)
		return -errno;
	fd = openat(dir, MANIFEST, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (uint64_t)st.st_size > MANIFEST_LIMIT)
		return -ENODATA;
	text = malloc((size_t)st.st_size);
	if (!text)
		return -ENOMEM;
	r = pread_exactly(fd, text, (size_t)st.st_size, 0);
	return r < 0 ? r : highwater_parse(text, (size_t)st.st_size, release, ret);
}

/* Without slashes at its end. */
static size_t trimmed(const char *path)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		len--;
	return len;
}

static void look(const struct root *root, const struct config_target *t, const char *release,
		 struct highwater *most)
{
	_cleanup_free_ char *where = NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	int fd;

	if (place_seen(root, t, &where, NULL) < 0)
		return;
	fd = openat(root->fd, root_relative(where), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	for (unsigned i = 0; dir && i < DUMPS_MAX && (entry = readdir(dir)); i++) {
		struct highwater h;

		if (entry->d_name[0] == '.' ||
		    (t->kind == CONFIG_TARGET_NFS && !place_is_ours(entry->d_name)) ||
		    read_manifest(dirfd(dir), entry->d_name, release, &h) < 0 ||
		    !takes_more(&h, most))
			continue;
		*most = h;
		snprintf(most->dump, sizeof(most->dump), "%.*s/%s", (int)trimmed(where), where,
			 entry->d_name);
	}
}

int highwater_read(const struct root *root, const char *release, struct highwater *ret)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct highwater h = { 0 };
	json_auto_t *j = NULL;

	if (root_read_file(root, HIGHWATER_PATH, STATE_LIMIT, &text) < 0)
		return -ENOENT;
	j = json_loadb(text.data ?: "", text.len, 0, NULL);
	h.time = (int64_t)get_uint(j, "time");
	h.given = get_uint(j, "given_bytes");
	h.total = get_uint(j, "total_bytes");
	h.lowest_available = get_uint(j, "lowest_available_bytes");
	if (strcmp(get_text(j, "schema"), HIGHWATER_SCHEMA) != 0 ||
	    strcmp(get_text(j, "release"), release) != 0 || !h.given || h.given > MOST_GIVEN ||
	    h.total > h.given || h.lowest_available > h.total)
		return -ENOENT;
	snprintf(h.release, sizeof(h.release), "%s", release);
	snprintf(h.dump, sizeof(h.dump), "%s", get_text(j, "dump"));
	*ret = h;
	return 0;
}

int highwater_refresh(const struct root *root, const struct config *c, const char *release,
		      bool servers, struct error *e)
{
	struct highwater most = { 0 }, before;
	bool known = highwater_read(root, release, &before) == 0;

	if (known)
		most = before;
	for (size_t i = 0; i < c->targets_count; i++)
		if (servers || c->targets[i].kind != CONFIG_TARGET_NFS)
			look(root, &c->targets[i], release, &most);
	if (!most.given || (known && !takes_more(&most, &before)))
		return 0;
	return highwater_write(root, &most, e);
}
