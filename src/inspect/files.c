/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/files.h"
#include "inspect/open_files.h"

struct printer {
	struct inspect *c;
	struct paths *paths;
	struct json *j;
	const struct task *task;
	const char *ref; /* -R: only what has it */
	bool cached;	 /* -c */
	bool headed;	 /* the task's lines and the headings are written */
	size_t shown;
	char root[PATH_SIZE], cwd[PATH_SIZE], path[PATH_SIZE];
};

static void print_head(struct printer *p)
{
	if (p->shown++)
		fputc('\n', p->c->out);
	print_task_line(p->c->out, p->task);
	fprintf(p->c->out, "ROOT: %s    CWD: %s\n", p->root, p->cwd);
	p->headed = true;
}

static void read_directory(struct printer *p, bool cwd, char ret[PATH_SIZE])
{
	uint64_t dentry, mnt;

	ret[0] = '\0';
	if (open_directory(p->c, p->task, cwd, &dentry, &mnt))
		path_of(p->paths, dentry, mnt, ret);
}

/* Is it the descriptor, one of the addresses, or a part of the path? */
static bool has_ref(const struct printer *p, const struct open_file *f)
{
	const uint64_t addresses[] = { f->file.addr, f->file.dentry, f->file.inode.addr,
				       f->file.inode.mapping };
	uint64_t value;

	if (!p->ref || strstr(p->path, p->ref))
		return true;
	if (inspect_count(p->ref, &value, NULL) == 0 && value == f->fd)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(addresses) && inspect_hex(p->ref, &value); i++)
		if (value && addresses[i] == value)
			return true;
	return false;
}

static void json_file(struct printer *p, const struct open_file *f)
{
	struct json *j = p->j;

	json_object(j);
	json_put_uint(j, "fd", f->fd);
	json_put_hex(j, "file", f->file.addr);
	json_put_hex(j, "dentry", f->file.dentry);
	json_put_hex(j, "inode", f->file.inode.addr);
	json_put_hex(j, "mapping", f->file.inode.mapping);
	json_put_uint(j, "pages", f->file.inode.pages);
	json_put_uint(j, "mode", f->file.inode.mode);
	json_put_string(j, "path", f->known ? p->path : NULL);
	json_object_end(j);
}

static int print_file(void *user, const struct open_file *f)
{
	struct printer *p = user;

	p->path[0] = '\0';
	if (f->known)
		path_of(p->paths, f->file.dentry, f->file.mnt, p->path);
	if (!has_ref(p, f))
		return 0;
	if (p->c->json) {
		json_file(p, f);
		return 0;
	}
	if (!p->headed) {
		print_head(p);
		fputs(p->cached ? " FD      INODE          I_MAPPING     NRPAGES TYPE PATH\n"
				: " FD       FILE            DENTRY           INODE       TYPE "
				  "PATH\n",
		      p->c->out);
	}
	if (!f->known)
		fprintf(p->c->out, "%3u %016" PRIx64 " (not in the dump)\n", f->fd, f->file.addr);
	else if (p->cached)
		fprintf(p->c->out, "%3u %016" PRIx64 " %016" PRIx64 " %7" PRIu64 " %s %s\n", f->fd,
			f->file.inode.addr, f->file.inode.mapping, f->file.inode.pages,
			path_type(f->file.inode.mode), p->path);
	else
		fprintf(p->c->out, "%3u %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %s %s\n",
			f->fd, f->file.addr, f->file.dentry, f->file.inode.addr,
			path_type(f->file.inode.mode), p->path);
	return 0;
}

/* What a task's table lacks is said in its place. */
static void print_task(struct printer *p, const struct task *task)
{
	struct error why = { 0 };
	int err;

	p->task = task;
	p->headed = false;
	read_directory(p, false, p->root);
	read_directory(p, true, p->cwd);
	if (p->c->json) {
		json_object(p->j);
		json_task_line(p->j, task);
		json_put_string(p->j, "root", p->root);
		json_put_string(p->j, "cwd", p->cwd);
		json_put_array(p->j, "files");
	}
	err = open_files_each(p->c, p->paths, task, print_file, p, &why);
	if (p->c->json) {
		json_array_end(p->j);
		json_put_string(p->j, "fault", err < 0 ? error_text(&why) : NULL);
		json_object_end(p->j);
		return;
	}
	if (!p->ref && !p->headed) {
		print_head(p);
		if (err == 0)
			fputs("No open files\n", p->c->out);
	}
	if (err < 0)
		fprintf(p->c->out, "(%s)\n", error_text(&why));
}

static int print_tasks(struct printer *p, const struct chosen *chosen, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;

	p->j = &j;
	if (p->c->json) {
		inspect_json_begin(p->c, &j, &buf, "files");
		json_put_array(&j, "tasks");
	}
	for (size_t i = 0; i < chosen->count; i++)
		print_task(p, chosen->tasks[i]);
	if (!p->c->json)
		return 0;
	json_array_end(&j);
	return inspect_json_end(p->c, &j, e);
}

/* -d */
static int print_dentry(struct printer *p, const char *word, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct path_inode inode = { 0 };
	const char *type;
	uint64_t dentry, super = 0;
	struct json j;

	if (!inspect_hex(word, &dentry))
		return error_set(e, -EINVAL, "%s is no address of a dentry", word);
	if (!path_read_dentry(p->paths, dentry, &inode, &super) && !super)
		return error_set(e, -ENOENT, "no dentry can be read at %s", word);
	path_of(p->paths, dentry, 0, p->path);
	type = inode.addr ? path_type(inode.mode) : "N/A ";
	if (!p->c->json) {
		fprintf(p->c->out,
			"     DENTRY           INODE           SUPERBLK     TYPE PATH\n%016" PRIx64
			" %016" PRIx64 " %016" PRIx64 " %s %s\n",
			dentry, inode.addr, super, type, p->path);
		return 0;
	}
	inspect_json_begin(p->c, &j, &buf, "files");
	json_put_hex(&j, "dentry", dentry);
	json_put_hex(&j, "inode", inode.addr);
	json_put_hex(&j, "superblock", super);
	json_put_uint(&j, "mode", inode.mode);
	json_put_string(&j, "path", p->path);
	return inspect_json_end(p->c, &j, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_free_ struct printer *p = calloc(1, sizeof(*p));
	_cleanup_(paths_freep) struct paths *paths = NULL;
	_cleanup_chosen_ struct chosen chosen = { 0 };
	const char *dentry = NULL, *inode = NULL;
	int opt, err;

	if (!p)
		return error_errno(e, -ENOMEM, "files");
	p->c = c;
	while ((opt = getopt(argc, argv, "+cd:p:R:")) != -1) {
		if (opt == 'c')
			p->cached = true;
		else if (opt == 'd')
			dentry = optarg;
		else if (opt == 'p')
			inode = optarg;
		else if (opt == 'R')
			p->ref = optarg;
		else
			return inspect_bad_option(argc, argv, e);
	}
	err = paths_open(c, &paths, e);
	p->paths = paths;
	if (err == 0 && dentry)
		return print_dentry(p, dentry, e);
	if (err == 0 && inode)
		return files_show_pages(c, paths, inode, e);
	if (err == 0)
		err = choose_tasks(c, argc - optind, argv + optind, &chosen, e);
	return err < 0 ? err : print_tasks(p, &chosen, e);
}

const struct inspect_command inspect_files = {
	.name = "files",
	.usage = "[-c] [-R reference] [pid | task | command …] | -d dentry | -p inode",
	.summary = "a task's open files, root and working directory",
	.details =
		"  -c            inodes, their mappings, and how many pages of them are in memory\n"
		"  -R reference  a descriptor, a part of the path, or an address of file, dentry, "
		"inode "
		"or mapping\n"
		"  -d dentry     what a dentry leads to\n",
	.run = run,
};
