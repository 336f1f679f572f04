/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/mapped.h"
#include "inspect/open_files.h"

enum use { USE_ROOT = 1, USE_CWD = 2, USE_FD = 4, USE_MMAP = 8 };

struct finder {
	struct inspect *c;
	struct paths *paths;
	struct json *j;
	const char *name; /* a path's whole text; NULL: an inode */
	uint64_t inode;
	unsigned uses; /* of the task that is looked at */
	size_t users;
	char path[PATH_SIZE];
};

static bool is_wanted(struct finder *f, uint64_t inode, uint64_t dentry, uint64_t mnt)
{
	if (!f->name)
		return inode == f->inode;
	path_of(f->paths, dentry, mnt, f->path);
	return strcmp(f->path, f->name) == 0;
}

static int look_at_file(void *user, const struct open_file *file)
{
	struct finder *f = user;

	if (file->known && is_wanted(f, file->file.inode.addr, file->file.dentry, file->file.mnt))
		f->uses |= USE_FD;
	return 0;
}

static int look_at_area(void *user, const struct mapped_area *area)
{
	struct finder *f = user;

	if (area->file.addr &&
	    is_wanted(f, area->file.inode.addr, area->file.dentry, area->file.mnt))
		f->uses |= USE_MMAP;
	return 0;
}

static void look_at_directory(struct finder *f, const struct task *task, bool cwd)
{
	uint64_t dentry, mnt, super;
	struct path_inode inode = { 0 };

	if (!open_directory(f->c, task, cwd, &dentry, &mnt))
		return;
	(void)path_read_dentry(f->paths, dentry, &inode, &super);
	if (is_wanted(f, inode.addr, dentry, mnt))
		f->uses |= cwd ? USE_CWD : USE_ROOT;
}

static void print_user(struct finder *f, const struct task *task)
{
	static const struct {
		enum use use;
		const char *name;
	} names[] = {
		{ USE_ROOT, "root" }, { USE_CWD, "cwd" }, { USE_FD, "fd" }, { USE_MMAP, "mmap" }
	};
	char comm[TASK_COMM_SIZE + 2];

	if (f->c->json) {
		json_object(f->j);
		json_task_line(f->j, task);
		json_put_array(f->j, "usage");
	} else {
		if (f->users == 0)
			fputs(" PID         TASK        COMM             USAGE\n", f->c->out);
		snprintf(comm, sizeof(comm), "\"%s\"", task->comm);
		fprintf(f->c->out, "%5u  %016" PRIx64 "  %-16s ", task->pid, task->addr, comm);
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(f->uses & names[i].use))
			continue;
		if (f->c->json)
			json_string(f->j, names[i].name);
		else
			fprintf(f->c->out, "%s ", names[i].name);
	}
	if (f->c->json) {
		json_array_end(f->j);
		json_object_end(f->j);
	} else {
		fputc('\n', f->c->out);
	}
}

static int look_at_all(struct finder *f, struct error *e)
{
	const struct task *list;
	struct tasks *tasks;
	size_t n;
	int err = inspect_tasks(f->c, &tasks, e);

	if (err < 0)
		return err;
	n = tasks_list(tasks, &list);
	for (size_t i = 0; i < n; i++) {
		f->uses = 0;
		look_at_directory(f, &list[i], false);
		look_at_directory(f, &list[i], true);
		(void)!open_files_each(f->c, f->paths, &list[i], look_at_file, f, NULL);
		if (list[i].mm)
			(void)!mapped_each(f->c, f->paths, list[i].mm, look_at_area, f, NULL);
		if (f->uses) {
			print_user(f, &list[i]);
			f->users++;
		}
	}
	return 0;
}

static int find_users(struct finder *f, const char *word, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err, ended;

	f->j = &j;
	if (f->c->json) {
		inspect_json_begin(f->c, &j, &buf, "fuser");
		json_put_array(&j, "users");
	}
	err = look_at_all(f, e);
	if (!f->c->json) {
		if (err == 0 && f->users == 0)
			fprintf(f->c->out, "No users of %s found\n", word);
		return err;
	}
	json_array_end(&j);
	ended = inspect_json_end(f->c, &j, e);
	return err < 0 ? err : ended;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_free_ struct finder *f = calloc(1, sizeof(*f));
	_cleanup_(paths_freep) struct paths *paths = NULL;
	int err;

	if (!f)
		return error_errno(e, -ENOMEM, "fuser");
	if (getopt(argc, argv, "+") != -1)
		return inspect_bad_option(argc, argv, e);
	if (argc - optind != 1)
		return error_set(e, -EINVAL, "fuser takes a path or the address of an inode");
	f->c = c;
	if (!inspect_hex(argv[optind], &f->inode))
		f->name = argv[optind];
	err = paths_open(c, &paths, e);
	f->paths = paths;
	return err < 0 ? err : find_users(f, argv[optind], e);
}

const struct inspect_command inspect_fuser = {
	.name = "fuser",
	.usage = "path | inode",
	.summary = "the tasks that use a file: open, mapped, as root or working directory",
	.details = "",
	.run = run,
};
