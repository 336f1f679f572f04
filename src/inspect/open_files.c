/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/open_files.h"

#include <errno.h>

#include "base/bytes.h"

#define BATCH 64

/* task->files->fdt: *ret_count descriptors at *ret_array; 0 where the task has none. */
static int find_table(struct inspect *c, const struct task *task, uint64_t *ret_array,
		      uint64_t *ret_count, struct error *e)
{
	struct object_source source;
	struct object o, table;
	int err = inspect_source(c, &source, e);

	*ret_count = 0;
	if (err == 0)
		err = object_at(&source, "task_struct", task->addr, &o, e);
	if (err == 0)
		err = object_follow(&source, &o, "files->fdt->", &table, e);
	if (err == -EFAULT)
		return 0;
	if (err == 0)
		err = object_number(&source, &table, "fd", ret_array, e);
	if (err == 0)
		err = object_number(&source, &table, "max_fds", ret_count, e);
	*ret_count = MIN(*ret_count, (uint64_t)OPEN_FILES_MAX);
	return err;
}

static int tell(struct paths *p, uint32_t fd, uint64_t addr,
		int (*emit)(void *user, const struct open_file *file), void *user)
{
	struct open_file file = { .fd = fd, .file.addr = addr };

	file.known = path_read_file(p, addr, &file.file);
	return emit(user, &file);
}

int open_files_each(struct inspect *c, struct paths *p, const struct task *task,
		    int (*emit)(void *user, const struct open_file *file), void *user,
		    struct error *e)
{
	uint64_t array = 0, count, words[BATCH];
	int err = find_table(c, task, &array, &count, e);

	for (uint64_t fd = 0; fd < count && err == 0; fd += BATCH) {
		uint64_t n = MIN(count - fd, (uint64_t)BATCH);

		err = kernel_read(c->reader, array + fd * 8, words, n * 8, NULL);
		if (err < 0)
			return kernel_read_error(array + fd * 8, err, e);
		for (uint64_t i = 0; i < n && err == 0; i++)
			if (le64_get(&words[i]))
				err = tell(p, fd + i, le64_get(&words[i]), emit, user);
	}
	return err;
}

bool open_directory(struct inspect *c, const struct task *task, bool cwd, uint64_t *ret_dentry,
		    uint64_t *ret_mnt)
{
	struct object_source source;
	struct object o, path;

	return inspect_source(c, &source, NULL) == 0 &&
	       object_at(&source, "task_struct", task->addr, &o, NULL) == 0 &&
	       object_follow(&source, &o, cwd ? "fs->pwd" : "fs->root", &path, NULL) == 0 &&
	       object_number(&source, &path, "dentry", ret_dentry, NULL) == 0 &&
	       object_number(&source, &path, "mnt", ret_mnt, NULL) == 0;
}
