/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/dump.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "seal/key.h"

/* A dump directory has a dozen files. */
#define FILES_MAX 1000

enum kind { OTHER, CORE, CORE_PART, LOG };

static const struct {
	const char *name;
	enum kind kind;
} known[] = {
	{ "vmcore", CORE },
	{ "vmcore.flat", CORE },
	{ "vmcore-incomplete", CORE_PART },
	{ "vmcore-incomplete.flat", CORE_PART },
	{ "vmcore-dmesg.txt", LOG },
	{ "vmcore-dmesg-incomplete.txt", LOG },
};

const char *notify_state_name(enum notify_state s)
{
	static const char *const names[NOTIFY_STATES] = {
		[NOTIFY_SAVED] = "saved",
		[NOTIFY_INCOMPLETE] = "incomplete",
		[NOTIFY_LOG_ONLY] = "log only",
	};

	return names[s];
}

void notify_clean(const char *from, char *to, size_t size)
{
	for (; *from && size > 1; from++, size--)
		*to++ = *from >= ' ' && *from <= '~' ? *from : '?';
	*to = '\0';
}

static enum kind kind_of(const char *name, bool *ret_encrypted)
{
	size_t len = strlen(name), suffix = strlen(SEAL_SUFFIX);
	bool encrypted = len > suffix && strcmp(name + len - suffix, SEAL_SUFFIX) == 0;

	if (encrypted)
		len -= suffix;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strlen(known[i].name) != len || memcmp(known[i].name, name, len) != 0)
			continue;
		*ret_encrypted |= encrypted;
		return known[i].kind;
	}
	return OTHER;
}

static int look_at_names(int dir_fd, struct notify_dump *d)
{
	int copy = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	_cleanup_closedir_ DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	bool seen[LOG + 1] = { false };
	const struct dirent *entry;

	if (!dir)
		return -errno;
	for (unsigned i = 0; i < FILES_MAX && (entry = readdir(dir)); i++)
		seen[kind_of(entry->d_name, &d->encrypted)] = true;
	if (!seen[CORE] && !seen[CORE_PART] && !seen[LOG])
		return -ENOENT;
	d->state = seen[CORE]	     ? NOTIFY_SAVED
		   : seen[CORE_PART] ? NOTIFY_INCOMPLETE
				     : NOTIFY_LOG_ONLY;
	return 0;
}

/* NULL where it is not there, no file, too large or no JSON: then what it would tell is not known. */
static json_t *read_json(int dir_fd, const char *name)
{
	_cleanup_close_ int fd =
		openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	_cleanup_buf_ struct buf text = { .limit = NOTIFY_REPORT_MAX };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uint64_t)st.st_size > NOTIFY_REPORT_MAX || !buf_reserve(&text, (size_t)st.st_size) ||
	    pread_exactly(fd, text.data, (size_t)st.st_size, 0) < 0)
		return NULL;
	return json_loadb(text.data, (size_t)st.st_size, 0, NULL);
}

static void take_text(const json_t *from, const char *member, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(from, member));

	if (text && !*to)
		notify_clean(text, to, size);
}

static void take_time(const json_t *from, int64_t *to)
{
	json_int_t time = json_integer_value(json_object_get(from, "crash_time"));

	if (time > 0)
		*to = time;
}

static void read_facts(int dir_fd, struct notify_dump *d)
{
	json_t *report = read_json(dir_fd, "report.json"),
	       *manifest = read_json(dir_fd, "manifest.json");
	const json_t *summary = json_object_get(json_object_get(report, "sections"), "summary");
	struct stat st;

	if (fstat(dir_fd, &st) == 0)
		d->time = st.st_mtime;
	take_time(manifest, &d->time);
	take_time(summary, &d->time);
	take_text(summary, "title", d->title, sizeof(d->title));
	take_text(summary, "release", d->release, sizeof(d->release));
	take_text(summary, "nodename", d->host, sizeof(d->host));
	take_text(manifest, "release", d->release, sizeof(d->release));
	json_decref(report);
	json_decref(manifest);
}

int notify_dump_read(int parent_fd, const char *where, const char *name, struct notify_dump *ret,
		     struct error *e)
{
	_cleanup_close_ int fd =
		openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_notify_dump_ struct notify_dump d = { 0 };
	int r;

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP || errno == ENOENT))
		return -ENOENT;
	if (fd < 0)
		return error_errno(e, -errno, "%s/%s", where, name);
	r = look_at_names(fd, &d);
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return error_errno(e, r, "%s/%s", where, name);
	read_facts(fd, &d);
	d.name = strdup(name);
	if (!d.name || asprintf(&d.path, "%s/%s", strcmp(where, "/") == 0 ? "" : where, name) < 0) {
		d.path = NULL;
		return error_errno(e, -ENOMEM, "%s/%s", where, name);
	}
	*ret = d;
	d = (struct notify_dump){ 0 };
	return 0;
}

void notify_dump_done(struct notify_dump *d)
{
	free(d->name);
	free(d->path);
	*d = (struct notify_dump){ 0 };
}
