/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dumpfile/manifest_read.h"

/* A directory with more is somebody else's. */
#define ENTRIES_MAX 1000

static bool sums_agree(int fd, const struct manifest_file *f, struct progress *p, int *ret_error)
{
	for (uint32_t i = 0; i < f->parts_count; i++) {
		char hex[SINK_HASH_HEX];

		*ret_error = file_hash(fd, f->parts[i].offset, f->parts[i].bytes, p, hex);
		if (*ret_error < 0 || strcmp(hex, f->parts[i].hex) != 0)
			return false;
	}
	return true;
}

static bool is_dump(const char *name)
{
	return strncmp(name, "vmcore", 6) == 0 && strncmp(name, "vmcore-dmesg", 12) != 0;
}

static enum manifest_state state_of_missing(int dir_fd, const char *name)
{
	return is_dump(name) && faccessat(dir_fd, MANIFEST_REMOVED_NAME, F_OK,
					  AT_SYMLINK_NOFOLLOW) == 0
		       ? MANIFEST_REMOVED
		       : MANIFEST_MISSING;
}

void manifest_check_file(int dir_fd, const struct manifest_file *f, bool sums, struct progress *p,
			 struct manifest_finding *ret)
{
	_cleanup_close_ int fd =
		openat(dir_fd, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st = { 0 };

	*ret = (struct manifest_finding){ .name = f->name, .file = f };
	if (fd < 0 && errno == ENOENT) {
		ret->state = state_of_missing(dir_fd, f->name);
		return;
	}
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		ret->state = MANIFEST_UNREADABLE;
		ret->error = fd < 0 ? -errno : -EINVAL;
		return;
	}
	ret->bytes = (uint64_t)st.st_size;
	if (ret->bytes != f->bytes)
		ret->state = MANIFEST_SIZE_DIFFERS;
	else if (!sums || !f->parts_count)
		ret->state = MANIFEST_SIZE_AGREES;
	else if (sums_agree(fd, f, p, &ret->error))
		ret->state = MANIFEST_AGREES;
	else
		ret->state = ret->error < 0 ? MANIFEST_UNREADABLE : MANIFEST_SUM_DIFFERS;
}

/* What comes behind the manifest has no place in it. */
static bool is_expected(const struct manifest *m, const char *name)
{
	static const char *const later[] = { ".",
					     "..",
					     MANIFEST_NAME,
					     MANIFEST_REMOVED_NAME,
					     "kexec-dmesg.log",
					     "kexec-dmesg.log.enc" };

	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		if (strcmp(name, later[i]) == 0)
			return true;
	for (size_t i = 0; i < MANIFEST_FILES_MAX && m->files[i].begun; i++)
		if (strcmp(name, m->files[i].name) == 0)
			return true;
	return false;
}

static void find_extra(int dir_fd, const struct manifest *m,
		       void (*found)(void *user, const struct manifest_finding *f), void *user)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	for (unsigned i = 0; dir && i < ENTRIES_MAX && (d = readdir(dir)); i++)
		if (!is_expected(m, d->d_name))
			found(user, &(struct manifest_finding){ .name = d->d_name,
								.state = MANIFEST_EXTRA });
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

bool manifest_check(int dir_fd, const struct manifest *m, struct progress *p,
		    void (*found)(void *user, const struct manifest_finding *f), void *user)
{
	bool right = true;
	uint64_t total = 0;

	for (size_t i = 0; i < MANIFEST_FILES_MAX && m->files[i].begun; i++)
		if (add_overflow(total, m->files[i].bytes, &total))
			total = 0;
	progress_begin(p, "reading", total);
	for (size_t i = 0; i < MANIFEST_FILES_MAX && m->files[i].begun; i++) {
		struct manifest_finding f;

		manifest_check_file(dir_fd, &m->files[i], true, p, &f);
		right = right && !manifest_state_is_wrong(f.state);
		found(user, &f);
	}
	progress_end(p);
	find_extra(dir_fd, m, found, user);
	return right;
}
