/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/standin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/process.h"

#define MKFS_LIMIT (120 * USEC_PER_SEC)
#define CHUNK ((size_t)1 << 20)

/* uuid: the option and what stands before its value in the same word. */
static const struct maker {
	const char *fstype, *package;
	const char *options[3];
	const char *uuid_option, *uuid_prefix, *label_option;
	uint64_t smallest; /* bytes */
} makers[] = {
	{ "ext4", "e2fsprogs", { "-q", "-F" }, "-U", "", "-L", MIB(16) },
	{ "ext3", "e2fsprogs", { "-q", "-F" }, "-U", "", "-L", MIB(16) },
	{ "ext2", "e2fsprogs", { "-q", "-F" }, "-U", "", "-L", MIB(16) },
	{ "xfs", "xfsprogs", { "-q", "-f" }, "-m", "uuid=", "-L", MIB(320) },
	{ "btrfs", "btrfs-progs", { "-q", "-f" }, "-U", "", "-L", MIB(256) },
	{ "f2fs", "f2fs-tools", { "-q", "-f" }, "-U", "", "-l", MIB(128) },
	{ "vfat", "dosfstools", { 0 }, "-i", "", "-n", MIB(64) },
};

static const struct maker *find(const char *fstype)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (strcmp(makers[i].fstype, fstype) == 0)
			return &makers[i];
	return NULL;
}

/* FAT's is written ABCD-1234 and given without the dash. */
static void write_uuid(const struct maker *m, const char *uuid, char *buf, size_t size)
{
	size_t at = (size_t)snprintf(buf, size, "%s", m->uuid_prefix);
	bool fat = strcmp(m->fstype, "vfat") == 0;

	for (; *uuid && at + 1 < size; uuid++)
		if (!fat || *uuid != '-')
			buf[at++] = *uuid;
	buf[at] = '\0';
}

int standin_mkfs_words(const struct standin *s, const char *path, struct standin_words *ret,
		       struct error *e)
{
	const struct maker *m = find(s->fstype);
	size_t n = 0;

	if (!m)
		return error_set(e, -EOPNOTSUPP, "no stand-in with %s can be made", s->fstype);
	*ret = (struct standin_words){ .package = m->package, .smallest = m->smallest };
	for (size_t i = 0; i < ARRAY_SIZE(m->options) && m->options[i]; i++)
		ret->words[n++] = m->options[i];
	if (*s->uuid) {
		write_uuid(m, s->uuid, ret->uuid, sizeof(ret->uuid));
		ret->words[n++] = m->uuid_option;
		ret->words[n++] = ret->uuid;
	}
	if (*s->label) {
		ret->words[n++] = m->label_option;
		ret->words[n++] = s->label;
	}
	ret->words[n] = path;
	return 0;
}

static int find_mkfs(const char *fstype, const char *package, char ret[PATH_MAX], struct error *e)
{
	static const char *const places[] = { "/usr/sbin", "/sbin", "/usr/bin", "/usr/local/sbin" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(ret, PATH_MAX, "%s/mkfs.%s", places[i], fstype);
		if (access(ret, X_OK) == 0)
			return 0;
	}
	return error_set(
		e, -ENOENT,
		"mkfs.%s is not installed: a stand-in for the target needs it (package %s)", fstype,
		package);
}

int standin_blank(const char *path, uint64_t size, struct error *e)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return error_errno(e, -errno, "%s", path);
	return 0;
}

int standin_make(const char *path, const struct standin *s, struct error *e)
{
	const char *argv[STANDIN_WORDS_MAX + 2];
	struct standin_words words;
	char program[PATH_MAX];
	size_t n = 1;
	int r = standin_mkfs_words(s, path, &words, e);

	if (r == 0)
		r = find_mkfs(s->fstype, words.package, program, e);
	/* A file system keeps some for itself: a journal, tables, a reserve. */
	if (r == 0)
		r = standin_blank(
			path,
			align_up(MAX(s->room + s->room / 10 + MIB(8), words.smallest), MIB(1)), e);
	if (r < 0)
		return r;
	argv[0] = program;
	for (size_t i = 0; i < STANDIN_WORDS_MAX && words.words[i]; i++)
		argv[n++] = words.words[i];
	argv[n] = NULL;
	r = process_run(argv, NULL, clock_now() + MKFS_LIMIT, NULL, e);
	return r < 0 ? error_prefix(e, r, "mkfs.%s", s->fstype) : 0;
}

/* [at, to) of one file into the other. */
static int copy_range(int in, int out, off_t at, off_t to, char *chunk)
{
	while (at < to) {
		size_t len = (size_t)MIN(to - at, (off_t)CHUNK);
		int r = pread_exactly(in, chunk, len, (uint64_t)at);

		if (r == 0)
			r = pwrite_all(out, chunk, len, (uint64_t)at);
		if (r < 0)
			return r;
		at += (off_t)len;
	}
	return 0;
}

int standin_copy(int dirfd, const char *from, const char *to, struct error *e)
{
	_cleanup_close_ int in = openat(dirfd, from, O_RDONLY | O_CLOEXEC), out = -1;
	_cleanup_free_ char *chunk = malloc(CHUNK);
	off_t at = 0, end;
	int r = 0;

	if (in < 0)
		return error_errno(e, -errno, "%s", from);
	end = lseek(in, 0, SEEK_END);
	if (!chunk || end < 0)
		return error_errno(e, -ENOMEM, "%s", from);
	r = standin_blank(to, (uint64_t)end, e);
	if (r < 0)
		return r;
	out = open(to, O_WRONLY | O_CLOEXEC);
	if (out < 0)
		return error_errno(e, -errno, "%s", to);
	while (r == 0 && (at = lseek(in, at, SEEK_DATA)) >= 0) {
		off_t hole = lseek(in, at, SEEK_HOLE);

		r = copy_range(in, out, at, hole < 0 ? end : hole, chunk);
		at = hole < 0 ? end : hole;
	}
	return r < 0 ? error_errno(e, r, "%s", to) : 0;
}
