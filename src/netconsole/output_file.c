/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file a host. Lines wait for some milliseconds, so that a storm costs one write a file and not one a line. What fails to be
 * written is counted and dropped: a full disk holds nobody up.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "netconsole/log_file.h"
#include "netconsole/syncer.h"
#include "netconsole/text.h"

#define BUCKETS 4096
#define WRITE_WAIT (50 * USEC_PER_MSEC)
#define WRITE_SIZE KIB(64)
#define WAITING_MAX MIB(8) /* of all files: then all are written */
#define FDS_SPARE 128	   /* left to the rest of the program */
#define FILES_MAX 20000	   /* in the directory: made-up addresses must not fill it */
#define OTHERS "others"	   /* whose file there is no room or no time for */
/* Making files may take so long at once, and of all time this part: a file system may take milliseconds for each. */
#define MAKING_MAX USEC_PER_SEC
#define MAKING_PART 4

struct file {
	struct file *chain;
	struct file *newer, *older; /* by use */
	struct file *next_dirty;
	bool dirty, unsynced;
	struct log_file log;
};

enum sync { SYNC_NEVER, SYNC_CRASH, SYNC_ALWAYS };

struct files {
	struct output_stats *stats;
	int dir;
	char *path;
	bool by_host;
	uint64_t size, age, keep; /* of a file; 0: no limit */
	enum sync sync;
	struct syncer *syncer; /* NULL: SYNC_NEVER */
	struct file *buckets[BUCKETS];
	struct file *newest, *oldest;
	size_t open, open_max;
	uint64_t there, there_max; /* files in the directory, without rotated ones */
	usec_t making, making_at;  /* time it took lately, as of then */
	struct file *dirty;
	size_t waiting;
	usec_t deadline;
};

/* ---- options ---- */

enum { OPT_NAME, OPT_SIZE, OPT_AGE, OPT_KEEP, OPT_SYNC, OPT_FILES, OPTIONS };

static int choose(const struct output_option *o, const char *const *words, size_t count,
		  size_t *ret, struct error *e)
{
	for (size_t i = 0; o->value && i < count; i++)
		if (strcmp(o->value, words[i]) == 0) {
			*ret = i;
			return 0;
		}
	return o->value ? error_set(e, -EINVAL, "%s=%s is not known", o->key, o->value) : 0;
}

static int read_options(struct files *f, const char *argument, struct error *e)
{
	static const char *const names[] = { "address", "host" };
	static const char *const syncs[] = { "never", "crash", "always" };
	struct output_option o[OPTIONS] = { { "name", NULL }, { "size", NULL }, { "age", NULL },
					    { "keep", NULL }, { "sync", NULL }, { "files", NULL } };
	size_t name = 0, sync = SYNC_CRASH;
	int r = output_split(argument, &f->path, o, OPTIONS, e);

	f->size = MIB(64);
	f->keep = 4;
	f->there_max = FILES_MAX;
	if (r == 0 && !*f->path)
		r = error_set(e, -EINVAL, "a directory is wanted");
	if (r == 0)
		r = choose(&o[OPT_NAME], names, ARRAY_SIZE(names), &name, e);
	if (r == 0)
		r = choose(&o[OPT_SYNC], syncs, ARRAY_SIZE(syncs), &sync, e);
	if (r == 0)
		r = output_size(&o[OPT_SIZE], &f->size, e);
	if (r == 0)
		r = output_seconds(&o[OPT_AGE], &f->age, e);
	if (r == 0)
		r = output_number(&o[OPT_KEEP], 1000, &f->keep, e);
	if (r == 0)
		r = output_number(&o[OPT_FILES], UINT32_MAX, &f->there_max, e);
	f->by_host = name == 1;
	f->sync = (enum sync)sync;
	output_options_done(o, OPTIONS);
	return r;
}

static bool is_log(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".log") == 0;
}

static int count_files(int directory, uint64_t *ret)
{
	_cleanup_closedir_ DIR *dir = NULL;
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	uint64_t count = 0;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(dir)))
		count += is_log(entry->d_name);
	*ret = count;
	return 0;
}

/* Files that are renamed or removed by others are known no more after it. */
static int open_directory(struct files *f)
{
	_cleanup_close_ int fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : count_files(fd, &f->there);

	if (r == 0 && faccessat(fd, ".", W_OK | X_OK, 0) < 0)
		r = -errno;
	if (r < 0)
		return r;
	if (f->dir >= 0)
		close(f->dir);
	f->dir = TAKE_FD(fd);
	return 0;
}

static size_t descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < 2 * FDS_SPARE)
		return FDS_SPARE;
	return MIN((size_t)limit.rlim_cur, (size_t)65536) - FDS_SPARE;
}

static void free_files(struct files *f)
{
	if (f->dir >= 0)
		close(f->dir);
	free(f->path);
	free(f);
}

static int open_files(const char *argument, struct output_stats *stats, void **ret, struct error *e)
{
	struct files *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return error_errno(e, -ENOMEM, "%s", argument);
	f->dir = -1;
	r = read_options(f, argument, e);
	if (r == 0 && mkdir(f->path, 0750) < 0 && errno != EEXIST)
		r = error_errno(e, -errno, "%s", f->path);
	if (r == 0) {
		r = open_directory(f);
		if (r < 0)
			r = error_errno(e, r, "%s", f->path);
	}
	if (r == 0 && f->sync != SYNC_NEVER && syncer_new(&f->syncer) < 0)
		r = error_errno(e, -EAGAIN, "a thread");
	if (r < 0) {
		free_files(f);
		return r;
	}
	f->stats = stats;
	f->open_max = descriptors();
	f->deadline = UINT64_MAX;
	*ret = f;
	return 0;
}

static void write_file(struct files *f, struct file *file)
{
	f->waiting -= file->log.waiting.len;
	log_file_write(&file->log, f->dir, f->stats);
	if ((f->sync == SYNC_ALWAYS || file->unsynced) && file->log.fd >= 0 &&
	    !syncer_put(f->syncer, file->log.fd))
		output_failed(f->stats, -EBUSY, "sync");
	file->unsynced = false;
}

/* ---- the table ---- */

static struct file **bucket_of(struct files *f, const char *name)
{
	uint32_t hash = 2166136261; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619;
	return &f->buckets[hash % BUCKETS];
}

static void list_remove(struct files *f, struct file *file)
{
	*(file->newer ? &file->newer->older : &f->newest) = file->older;
	*(file->older ? &file->older->newer : &f->oldest) = file->newer;
}

static void list_add(struct files *f, struct file *file)
{
	file->newer = NULL;
	file->older = f->newest;
	*(f->newest ? &f->newest->newer : &f->oldest) = file;
	f->newest = file;
}

static void clean_dirty(struct files *f, const struct file *file)
{
	struct file **at = &f->dirty;

	while (*at && *at != file)
		at = &(*at)->next_dirty;
	if (*at)
		*at = file->next_dirty;
}

static void forget(struct files *f, struct file *file)
{
	struct file **at = bucket_of(f, file->log.name);

	if (file->dirty) {
		clean_dirty(f, file);
		write_file(f, file);
	}
	while (*at != file)
		at = &(*at)->chain;
	*at = file->chain;
	list_remove(f, file);
	log_file_close(&file->log);
	f->open--;
	free(file);
}

static struct file *find(struct files *f, const char *name)
{
	struct file *file = *bucket_of(f, name);

	while (file && strcmp(file->log.name, name) != 0)
		file = file->chain;
	if (file && f->newest != file) {
		list_remove(f, file);
		list_add(f, file);
	}
	return file;
}

/* 0 or a negative errno: -ENOENT where it is not there and may not be made. */
static int add(struct files *f, const char *name, bool make, struct file **ret)
{
	struct file **bucket = bucket_of(f, name), *file;
	usec_t began;
	int r;

	if (f->open >= f->open_max)
		forget(f, f->oldest);
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	file->log.waiting.limit = WAITING_MAX;
	strcpy(file->log.name, name);
	began = clock_now();
	r = log_file_open(&file->log, f->dir, make);
	if (r < 0) {
		free(file);
		return r;
	}
	f->there += r > 0;
	f->making += r > 0 ? clock_now() - began : 0;
	file->chain = *bucket;
	*bucket = file;
	list_add(f, file);
	f->open++;
	*ret = file;
	return 0;
}

/* A flood of made-up addresses neither fills the directory nor takes the time of those who speak. */
static bool may_make(struct files *f, usec_t now)
{
	f->making -= MIN(f->making, (now - f->making_at) / MAKING_PART);
	f->making_at = now;
	return f->there < f->there_max && f->making < MAKING_MAX;
}

/* Those who get no file of their own share one. NULL: it cannot be opened. */
static struct file *find_or_add(struct files *f, const char *name, usec_t now)
{
	struct file *file = find(f, name);
	bool make = file || may_make(f, now);
	int r = file ? 0 : add(f, name, make, &file);

	if (r == -ENOENT && !make) {
		name = OTHERS;
		file = find(f, name);
		r = file ? 0 : add(f, name, true, &file);
	}
	if (r < 0)
		output_failed(f->stats, r, name);
	return file;
}

/* A name that is one in any directory: letters, digits, '.', '_', '-', ':'; it begins with no dot. */
static void name_of(const struct files *f, const struct record *r, char ret[LOG_FILE_NAME])
{
	const char *said = f->by_host && r->host && *r->host ? r->host : r->address;
	size_t len = strlen(said);

	len = MIN(len, (size_t)LOG_FILE_NAME - 1);
	for (size_t i = 0; i < len; i++) {
		char c = said[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') || strchr("_-:", c) || (c == '.' && i > 0);

		ret[i] = plain ? c : '_';
	}
	ret[len] = '\0';
}

/* ---- operations ---- */

static void write_dirty(struct files *f)
{
	int r = f->syncer ? syncer_failure(f->syncer) : 0;

	if (r < 0)
		output_failed(f->stats, r, "sync");
	while (f->dirty) {
		struct file *file = f->dirty;

		f->dirty = file->next_dirty;
		file->dirty = false;
		write_file(f, file);
	}
	f->deadline = UINT64_MAX;
	f->stats->waiting = 0;
}

static void mark_dirty(struct files *f, struct file *file, usec_t now)
{
	if (!file->dirty) {
		file->dirty = true;
		file->next_dirty = f->dirty;
		f->dirty = file;
	}
	if (f->deadline == UINT64_MAX)
		f->deadline = now + WRITE_WAIT;
}

static bool is_due(const struct files *f, const struct log_file *l, uint64_t now)
{
	return (f->size && l->size + l->waiting.len >= f->size) ||
	       (f->age && l->begun && now >= l->begun + f->age);
}

/* Lines into what waits for a file. */
static void add_lines(struct files *f, struct file *file, const struct record *r)
{
	struct buf *waiting = &file->log.waiting;
	size_t before = waiting->len, begun;

	log_file_begin(&file->log, r->received_us);
	begun = waiting->len;
	if (text_put(waiting, r, f->by_host || strcmp(file->log.name, OTHERS) == 0) < 0) {
		waiting->len = begun;
		f->stats->dropped++;
	}
	f->waiting += waiting->len - before;
	f->stats->waiting = f->waiting;
}

static void put(void *user, const struct record *r, usec_t now)
{
	struct files *f = user;
	char name[LOG_FILE_NAME];
	struct file *file;

	f->stats->records++;
	name_of(f, r, name);
	file = find_or_add(f, name, now);
	if (!file) {
		f->stats->dropped++;
		return;
	}
	if (is_due(f, &file->log, r->received_us / USEC_PER_SEC)) {
		f->waiting -= file->log.waiting.len;
		log_file_rotate(&file->log, f->dir, f->keep, f->stats);
	}
	add_lines(f, file, r);
	mark_dirty(f, file, now);
	file->unsynced |= r->kind == RECORD_CRASH && f->sync == SYNC_CRASH;
	if (r->kind == RECORD_CRASH || f->waiting >= WAITING_MAX)
		write_dirty(f);
	else if (file->log.waiting.len >= WRITE_SIZE)
		write_file(f, file);
}

static void run(void *user, usec_t now)
{
	struct files *f = user;

	if (f->deadline <= now)
		write_dirty(f);
}

static usec_t deadline(const void *user)
{
	const struct files *f = user;

	return f->deadline;
}

static void close_all(struct files *f)
{
	write_dirty(f);
	while (f->oldest)
		forget(f, f->oldest);
}

static void reopen_files(void *user, usec_t now)
{
	struct files *f = user;
	int r;

	(void)now;
	close_all(f);
	r = open_directory(f);
	if (r < 0)
		output_failed(f->stats, r, f->path);
}

static void close_files(void *user, usec_t until)
{
	struct files *f = user;

	close_all(f);
	if (f->syncer)
		syncer_close(f->syncer, until);
	free_files(f);
}

const struct output_ops output_file = {
	.name = "file",
	.argument = "DIRECTORY[,name=address|host][,size=64M][,age=1d][,keep=4][,sync=never|crash|"
		    "always][,files=20000]",
	.summary = "a file a host, rotated by size and age",
	.open = open_files,
	.put = put,
	.run = run,
	.deadline = deadline,
	.reopen = reopen_files,
	.close = close_files,
};
