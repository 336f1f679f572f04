/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/choose.h"
#include "inspect/path.h"
#include "kernel/list.h"
#include "kernel/rbtree.h"

#define TEXT_SIZE 256
#define FIRST_PROCESS 1

enum { MOUNT, SUPERBLOCK, TYPE, DEVICE, DIRECTORY };

static const struct column columns[] = {
	[MOUNT] = { "mount", NULL, COLUMN_ADDRESS, 0 },
	[SUPERBLOCK] = { "super_block", NULL, COLUMN_ADDRESS, 0 },
	[TYPE] = { "type", NULL, COLUMN_TEXT, 0 },
	[DEVICE] = { "device", NULL, COLUMN_TEXT, 0 },
	[DIRECTORY] = { "directory", NULL, COLUMN_TEXT, 0 },
};

struct walk {
	struct inspect *c;
	struct object_source source;
	struct paths *paths;
	const char *want; /* a name, or NULL */
	uint64_t want_addr, want_sb;
	struct inspect_rows rows;
	unsigned shown;
	char directory[PATH_SIZE];
};

/* "fuse.sshfs": some types have a second name. */
static void type_name(const struct object_source *s, const struct object *sb, char ret[TEXT_SIZE])
{
	char sub[TEXT_SIZE];
	size_t len;

	object_text_or_mark(s, sb, "s_type->name", ret, TEXT_SIZE);
	if (object_text(s, sb, "s_subtype", sub, sizeof(sub), NULL) < 0 || !*sub)
		return;
	len = strlen(ret);
	snprintf(ret + len, TEXT_SIZE - len, ".%.*s", (int)(TEXT_SIZE - len - 2), sub);
}

static bool is_wanted(const struct walk *w, uint64_t mount, uint64_t vfsmount, uint64_t sb,
		      const char *device)
{
	if (!w->want)
		return true;
	if (w->want_addr && (w->want_addr == mount || w->want_addr == vfsmount ||
			     w->want_addr == sb || (sb && w->want_sb == sb)))
		return true;
	return strcmp(w->want, device) == 0 || strcmp(w->want, w->directory) == 0;
}

static int show(struct walk *w, uint64_t addr)
{
	const struct object_source *s = &w->source;
	char device[TEXT_SIZE], type[TEXT_SIZE];
	struct object mount, vfsmount, sb = { 0 };
	int err = object_at(s, "mount", addr, &mount, NULL);

	if (err == 0)
		err = object_follow(s, &mount, "mnt", &vfsmount, NULL);
	if (err < 0)
		return err;
	path_of(w->paths, object_number_or_0(s, &vfsmount, "mnt_root"), vfsmount.addr,
		w->directory);
	type[0] = '\0';
	if (object_follow(s, &vfsmount, "mnt_sb->", &sb, NULL) == 0)
		type_name(s, &sb, type);
	object_text_or_mark(s, &mount, "mnt_devname", device, sizeof(device));
	if (!is_wanted(w, addr, vfsmount.addr, sb.addr, device))
		return 0;
	if (w->c->json)
		table_row(&w->rows.table, (union cell[]){ [MOUNT].n = addr,
							  [SUPERBLOCK].n = sb.addr,
							  [TYPE].text = type,
							  [DEVICE].text = device,
							  [DIRECTORY].text = w->directory });
	else
		fprintf(w->c->out, "%016" PRIx64 " %016" PRIx64 " %-6s %-*s %s\n", addr, sb.addr,
			type, 15 - (int)MIN(MAX(strlen(type), (size_t)6), (size_t)15), device,
			w->directory);
	w->shown++;
	return 0;
}

static int on_list(void *user, uint64_t node)
{
	struct walk *w = user;
	struct object mount;
	int err = object_container(&w->source, node, "mount", "mnt_list", &mount, NULL);

	return err < 0 ? err : show(w, mount.addr);
}

static int on_tree(void *user, const struct tree_entry *entry)
{
	struct walk *w = user;
	struct object mount;
	int err = object_container(&w->source, entry->value, "mount", "mnt_node|mnt_list", &mount,
				   NULL);

	return err < 0 ? err : show(w, mount.addr);
}

/* A namespace has its mounts in a list, since 6.8 in a tree. */
static int show_namespace(struct walk *w, const struct object *ns, struct error *e)
{
	struct object at;
	int err;

	if (object_has(ns, "mounts.rb_node")) {
		err = object_follow(&w->source, ns, "mounts", &at, e);
		return err < 0 ? err : rbtree_each(w->c->reader, at.addr, on_tree, w, e);
	}
	err = object_follow(&w->source, ns, "list", &at, e);
	return err < 0 ? err : list_each(w->c->reader, at.addr, 0, on_list, w, e);
}

static int find_namespace(struct inspect *c, const struct object_source *s, const char *word,
			  struct object *ret, struct error *e)
{
	const struct task *task = NULL;
	struct tasks *tasks;
	struct object o;
	int err = inspect_tasks(c, &tasks, e);

	if (err == 0 && word)
		err = choose_task(c, word, &task, e);
	if (err < 0)
		return err;
	if (!task)
		task = tasks_by_pid(tasks, FIRST_PROCESS);
	if (task)
		err = object_at(s, "task_struct", task->addr, &o, e);
	else
		err = inspect_variable(c, "init_task", 0, &o, e);
	if (err == 0)
		err = object_follow(s, &o, "nsproxy->mnt_ns->", ret, e);
	return err < 0 ? error_prefix(e, err, "the namespace") : 0;
}

/* An address may be a dentry's or an inode's too: the super_block it belongs to. */
static void take_wanted(struct walk *w, const char *word)
{
	struct object o;

	w->want = word;
	if (!word || !inspect_hex(word, &w->want_addr) || w->want_addr >> 63 == 0) {
		w->want_addr = 0;
		return;
	}
	if (object_at(&w->source, "dentry", w->want_addr, &o, NULL) == 0)
		w->want_sb = object_number_or_0(&w->source, &o, "d_sb");
	if (w->want_sb >> 63 == 0 && object_at(&w->source, "inode", w->want_addr, &o, NULL) == 0)
		w->want_sb = object_number_or_0(&w->source, &o, "i_sb");
}

/* An inode may by chance have a pointer where a dentry has its super_block: each is asked in turn. */
static int show_wanted(struct walk *w, const struct object *ns, struct error *e)
{
	struct object o;
	int err = show_namespace(w, ns, e);

	if (err < 0 || w->shown > 0 || !w->want)
		return err;
	if (w->want_addr && object_at(&w->source, "inode", w->want_addr, &o, NULL) == 0) {
		w->want_sb = object_number_or_0(&w->source, &o, "i_sb");
		err = show_namespace(w, ns, e);
	}
	if (err == 0 && w->shown == 0)
		err = error_set(e, -ENOENT, "%s: nothing of that name or address is mounted",
				w->want);
	return err;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_(paths_freep) struct paths *paths = NULL;
	struct walk w = { .c = c };
	const char *task = NULL;
	struct object ns;
	int opt, err, ended;

	while ((opt = getopt(argc, argv, "+fin:")) != -1) {
		if (opt == 'f' || opt == 'i')
			return error_set(e, -EOPNOTSUPP,
					 "kernels since 3.13 keep no list that -%c could show",
					 opt);
		if (opt != 'n')
			return inspect_bad_option(argc, argv, e);
		task = optarg;
	}
	if (argc - optind > 1)
		return error_set(e, -EINVAL, "one mount at a time");
	err = inspect_source(c, &w.source, e);
	if (err == 0)
		err = paths_open(c, &paths, e);
	w.paths = paths;
	if (err == 0)
		err = find_namespace(c, &w.source, task, &ns, e);
	if (err < 0)
		return err;
	take_wanted(&w, argv[optind]);
	if (!c->json)
		fputs("     MOUNT           SUPERBLK     TYPE   DEVNAME   DIRNAME\n", c->out);
	inspect_rows_begin(c, &w.rows, "mount", "mounts", columns, ARRAY_SIZE(columns));
	err = show_wanted(&w, &ns, e);
	ended = inspect_rows_end(c, &w.rows, e);
	return err < 0 ? err : ended;
}

const struct inspect_command inspect_mount = {
	.name = "mount",
	.usage = "[-n pid | task] [mount | vfsmount | super_block | device | directory | dentry | "
		 "inode]",
	.summary = "what is mounted",
	.details = "  -n       in the namespace of that task; else of process 1\n",
	.run = run,
};
