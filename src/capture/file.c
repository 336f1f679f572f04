/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/console.h"
#include "capture/ownlog.h"
#include "seal/sink.h"
#include "target/dump_dir.h"

bool file_is_taken(const struct worker *w)
{
	struct target_needs needs;

	w->target->ops->needs(w->planned, &needs);
	return !needs.dump_alone;
}

bool file_is_sealed(const struct worker *w)
{
	return w->c->plan->recipients_count > 0;
}

/* The manifest holds nothing that is secret, and can so be checked where the key is not. */
static bool name_is_sealed(const struct worker *w, const char *name)
{
	return file_is_sealed(w) && strcmp(name, MANIFEST_NAME) != 0;
}

/* The name on the target. It is in the worker until the next file, as sinks borrow it. */
static const char *final_name(struct worker *w, const char *name)
{
	snprintf(w->file_name, sizeof(w->file_name), "%s%s", name,
		 name_is_sealed(w, name) ? SEAL_SUFFIX : "");
	return w->file_name;
}

static int recipients(const struct plan *p, struct seal_keys *ret, struct error *e)
{
	for (size_t i = 0; i < p->recipients_count; i++)
		if (ret->count == SEAL_KEYS_MAX ||
		    seal_public_parse(p->recipients[i].key, &ret->keys[ret->count++]) < 0)
			return error_set(e, -EINVAL, "recipient %zu is no public key", i + 1);
	return 0;
}

/* Nothing is ever written in clear where it was to be encrypted. */
static int seal(struct worker *w, struct sink **sink, struct error *e)
{
	struct seal_keys to = { 0 };
	int r = recipients(w->c->plan, &to, e);

	return r < 0 ? r : seal_sink_new(*sink, &to, sink, e);
}

/* The manifest, and what comes behind it: they are in none. */
static bool is_last(const char *name)
{
	return strcmp(name, MANIFEST_NAME) == 0 ||
	       strncmp(name, OWNLOG_NAME, strlen(OWNLOG_NAME)) == 0;
}

/* name: on the target. NULL where there is no room, or it is in no manifest. */
static struct manifest_file *entry(struct worker *w, const char *name)
{
	char incomplete[NAME_MAX + 1];

	if (is_last(name))
		return NULL;
	dump_dir_incomplete_name(name, incomplete, sizeof(incomplete));
	return manifest_file(&w->c->board->manifest, w->index, incomplete);
}

int file_create(struct worker *w, const char *name, struct sink **ret, struct error *e)
{
	_cleanup_sink_ struct sink *sink = NULL;
	int r = w->target->ops->create(w->target, final_name(w, name), &sink, e);

	if (r < 0)
		return r;
	(void)entry(w, w->file_name);
	w->hash = NULL;
	if (file_is_taken(w)) {
		r = sink_hash_new(sink, &sink, e);
		w->hash = r == 0 ? sink : NULL;
	}
	if (r == 0 && name_is_sealed(w, name))
		r = seal(w, &sink, e);
	if (r == 0)
		*ret = TAKE_PTR(sink);
	return r;
}

static void say_unhashed(const struct manifest_file *f, int err)
{
	say("%s: cannot be read again, so it has no checksum: %s", f->name, strerror(err));
}

/* A file behind whose table the data was hashed as it came: the table is read again. */
static void hash_table(int fd, const struct sink_hash_sum *data, struct manifest_file *f)
{
	bool all = data->offset + data->bytes == f->bytes;
	uint64_t bytes = all ? data->offset : f->bytes;
	int r = file_hash(fd, 0, bytes, NULL, f->parts[0].hex);

	if (r < 0) {
		say_unhashed(f, -r);
		return;
	}
	f->parts[0].bytes = bytes;
	f->parts[1] = *data;
	f->parts_count = all && data->bytes ? 2 : 1;
}

static void note_kept(const struct target *t, struct manifest_file *f)
{
	snprintf(f->name, sizeof(f->name), "%s", t->kept.name);
	f->bytes = f->parts[0].bytes = t->kept.bytes;
	f->parts[0].offset = 0;
	snprintf(f->parts[0].hex, sizeof(f->parts[0].hex), "%s", t->kept.sum);
	f->parts_count = 1;
}

/* written: nothing failed, so that sum is what is there. */
static void note(struct worker *w, const char *name, bool written, bool named,
		 const struct sink_hash_sum *sum)
{
	struct manifest_file *f = entry(w, name);
	_cleanup_close_ int dir = -1, fd = -1;
	struct stat st;

	if (!f)
		return;
	f->bytes = sum->offset + sum->bytes;
	f->whole = named;
	if (named)
		snprintf(f->name, sizeof(f->name), "%s",
			 target_file_name(w->target->ops->kind, name));
	if (named && w->target->kept.name[0]) {
		note_kept(w->target, f);
		return;
	}
	if (written && sum->bytes && sum->offset == 0) {
		f->parts[0] = *sum;
		f->parts_count = 1;
		return;
	}
	/* not opened for reading: for that a client of NFS asks the server more, and some servers refuse it */
	dir = open(w->target->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		fd = openat(dir, f->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		say_unhashed(f, errno);
		return;
	}
	f->bytes = (uint64_t)st.st_size;
	if (written)
		hash_table(fd, sum, f);
}

int file_finish(struct worker *w, const char *name, struct sink *sink, int r, bool whole,
		struct error *e)
{
	struct sink_hash_sum sum = { 0 };
	int synced, closed;
	bool written;

	if (r == 0)
		r = sink_finish(sink, e);
	synced = sink_sync(sink, r == 0 ? e : NULL);
	r = r < 0 ? r : synced;
	if (w->hash)
		sink_hash_sum(w->hash, &sum);
	closed = sink_close(sink, r == 0 ? e : NULL);
	r = r < 0 ? r : closed;
	written = r == 0;
	snprintf(w->target->sum, sizeof(w->target->sum), "%s", sum.offset == 0 ? sum.hex : "");
	if (r == 0 && whole)
		r = w->target->ops->commit(w->target, final_name(w, name), e);
	if (w->hash)
		note(w, final_name(w, name), written, whole && r == 0, &sum);
	w->hash = NULL;
	return r;
}

int file_reopen(struct worker *w, const char *name, int *ret_fd, struct error *e)
{
	return w->target->ops->reopen(w->target, final_name(w, name), ret_fd, e);
}

int file_resumed(struct worker *w, const char *name, int fd, struct progress *p, struct error *e)
{
	struct sink_hash_sum sum = { 0 };
	struct stat st;
	int r;

	if (fsync(fd) < 0 || fstat(fd, &st) < 0)
		return error_errno(e, -errno, "%s", name);
	sum.bytes = (uint64_t)st.st_size;
	progress_begin(p, "reading it for its checksum", sum.bytes);
	r = file_hash(fd, 0, sum.bytes, p, sum.hex);
	progress_end(p);
	if (r < 0)
		sum.bytes = 0;
	r = w->target->ops->commit(w->target, final_name(w, name), e);
	note(w, final_name(w, name), true, r == 0, &sum);
	return r;
}

int file_save(struct worker *w, const char *name, const void *data, size_t len, bool whole,
	      struct error *e)
{
	struct sink *sink;
	int r = file_create(w, name, &sink, e);

	if (r < 0)
		return r;
	r = sink_append(sink, data, len, e);
	return file_finish(w, name, sink, r, whole, e);
}
