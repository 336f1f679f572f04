/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/choose.h"
#include "kernel/xarray.h"

/* The order in crash's output. */
enum facility { MEMORY, SEMAPHORES, MESSAGES, FACILITIES };

struct walk;

/* index: in ipc_namespace.ids (ipc/util.h: IPC_SEM_IDS and its like). */
static const struct facility_row {
	unsigned index;
	char option;
	const char *type, *perm, *json, *heading;
	void (*rest)(struct walk *w, const struct object *o);
} facilities[FACILITIES];

struct walk {
	struct inspect *c;
	struct object_source source;
	const struct facility_row *row;
	bool details; /* -M */
	bool wanted[FACILITIES];
	const char *want; /* an id or an address, or NULL */
	struct json *json;
	struct error damage;
	unsigned shown, all;
};

/* linux/shm.h */
#define SHM_DEST 01000
#define SHM_LOCKED 02000
#define PERMISSIONS 0777

static void put(struct walk *w, const char *name, uint64_t value, int width)
{
	if (w->json) {
		json_put_uint(w->json, name, value);
	} else {
		fprintf(w->c->out, " %-*" PRIu64, width, value);
	}
}

static void put_text(struct walk *w, const char *name, const char *text)
{
	if (w->json) {
		json_put_string(w->json, name, text);
	} else {
		fprintf(w->c->out, " %s", text);
	}
}

/* Pages of the segment: how many there may be, how many are in memory, how many are swapped out. */
static void put_pages(struct walk *w, const struct object *o, uint64_t size)
{
	const struct object_source *s = &w->source;
	struct object inode, info;
	uint64_t resident, swapped = 0, pages = DIV_ROUND_UP(size, KIB(4));

	if (object_follow(s, o, "shm_file->f_inode->", &inode, NULL) < 0) {
		if (!w->json)
			fputs("(the file cannot be read)\n", w->c->out);
		return;
	}
	resident = object_number_or_0(s, &inode, "i_mapping->nrpages");
	if (object_container(s, inode.addr, "shmem_inode_info", "vfs_inode", &info, NULL) == 0)
		swapped = object_number_or_0(s, &info, "swapped");
	if (!w->json) {
		fprintf(w->c->out,
			"PAGES ALLOCATED/RESIDENT/SWAPPED: %" PRIu64 "/%" PRIu64 "/%" PRIu64
			"\nINODE: %" PRIx64 "\n",
			pages, resident, swapped, inode.addr);
		return;
	}
	put(w, "pages", pages, 0);
	put(w, "resident", resident, 0);
	put(w, "swapped", swapped, 0);
	json_put_hex(w->json, "inode", inode.addr);
}

static void rest_of_memory(struct walk *w, const struct object *o)
{
	const struct object_source *s = &w->source;
	const uint64_t size = object_number_or_0(s, o, "shm_segsz");
	const uint64_t mode = object_number_or_0(s, o, "shm_perm.mode");

	put(w, "bytes", size, 10);
	put(w, "attached", object_number_or_0(s, o, "shm_nattch"), 6);
	put_text(w, "status",
		 mode & SHM_DEST     ? mode & SHM_LOCKED ? "dest,locked" : "dest"
		 : mode & SHM_LOCKED ? "locked"
				     : "");
	if (!w->json)
		fputc('\n', w->c->out);
	if (w->details)
		put_pages(w, o, size);
}

static void rest_of_semaphores(struct walk *w, const struct object *o)
{
	put(w, "semaphores", object_number_or_0(&w->source, o, "sem_nsems"), 10);
	if (!w->json)
		fputc('\n', w->c->out);
}

static void rest_of_messages(struct walk *w, const struct object *o)
{
	put(w, "used_bytes", object_number_or_0(&w->source, o, "q_cbytes"), 12);
	put(w, "messages", object_number_or_0(&w->source, o, "q_qnum"), 12);
	if (!w->json)
		fputc('\n', w->c->out);
}

static const struct facility_row facilities[FACILITIES] = {
	[MEMORY] = { 2, 'm', "shmid_kernel", "shm_perm", "shared_memory",
		     "SHMID_KERNEL     KEY      SHMID      UID   PERMS BYTES      NATTCH STATUS",
		     rest_of_memory },
	[SEMAPHORES] = { 0, 's', "sem_array", "sem_perm", "semaphores",
			 "SEM_ARRAY        KEY      SEMID      UID   PERMS NSEMS",
			 rest_of_semaphores },
	[MESSAGES] = { 1, 'q', "msg_queue", "q_perm", "message_queues",
		       "MSG_QUEUE        KEY      MSQID      UID   PERMS USED-BYTES   MESSAGES",
		       rest_of_messages },
};

static bool is_wanted(const struct walk *w, uint64_t addr, uint64_t id)
{
	uint64_t value;

	if (!w->want || (inspect_count(w->want, &value, NULL) == 0 && value == id))
		return true;
	return inspect_hex(w->want, &value) && value == addr;
}

static void show(struct walk *w, const struct object *o, const struct object *perm)
{
	const struct object_source *s = &w->source;
	const uint64_t id = object_number_or_0(s, perm, "id");
	const uint64_t key = (uint32_t)object_number_or_0(s, perm, "key");
	const uint64_t mode = object_number_or_0(s, perm, "mode") & PERMISSIONS;
	const uint64_t uid = object_number_or_0(s, perm, "uid");

	if (!is_wanted(w, o->addr, id))
		return;
	if (w->json) {
		json_object(w->json);
		json_put_hex(w->json, "address", o->addr);
		json_put_hex(w->json, "key", key);
		put(w, "id", id, 0);
		put(w, "uid", uid, 0);
		put(w, "mode", mode, 0);
		w->row->rest(w, o);
		json_object_end(w->json);
	} else {
		if (w->shown == 0 || w->details)
			fprintf(w->c->out, "%s%s\n", w->shown ? "\n" : "", w->row->heading);
		fprintf(w->c->out,
			"%016" PRIx64 " %08" PRIx64 " %-10" PRIu64 " %-5" PRIu64 " %-5" PRIo64,
			o->addr, key, id, uid, mode);
		w->row->rest(w, o);
	}
	w->shown++;
	w->all++;
}

static int on_entry(void *user, const struct tree_entry *entry)
{
	struct walk *w = user;
	struct object o, perm;
	int err = object_container(&w->source, entry->value, w->row->type, w->row->perm, &o, NULL);

	if (err == 0)
		err = object_follow(&w->source, &o, w->row->perm, &perm, NULL);
	if (err == 0)
		show(w, &o, &perm);
	return err;
}

static int show_facility(struct walk *w, const struct object *ns, enum facility f, struct error *e)
{
	struct object ids, idr;
	int err;

	w->row = &facilities[f];
	w->shown = 0;
	err = object_follow(&w->source, ns, "ids", &ids, e);
	if (err == 0 && !object_element(&ids, w->row->index, &ids))
		err = error_set(e, -EINVAL, "ipc_namespace is none that is known here");
	if (err == 0)
		err = object_follow(&w->source, &ids, "ipcs_idr.idr_rt", &idr, e);
	if (err < 0)
		return err;
	if (w->json)
		json_put_array(w->json, w->row->json);
	err = xarray_each(&w->source, idr.addr, on_entry, w, &w->damage);
	if (w->json)
		json_array_end(w->json);
	else if (w->shown == 0 && !w->want)
		fprintf(w->c->out, "%s\n(none allocated)\n", w->row->heading);
	if (err < 0 && !w->json)
		fprintf(w->c->out, "(%s)\n", error_text(&w->damage));
	if (!w->json && (w->shown || !w->want))
		fputc('\n', w->c->out);
	return 0;
}

static int show_all(struct walk *w, const struct object *ns, struct error *e)
{
	int err = 0;

	for (unsigned f = 0; err == 0 && f < FACILITIES; f++)
		if (w->wanted[f])
			err = show_facility(w, ns, f, e);
	if (err == 0 && w->want && w->all == 0)
		err = error_set(e, -EINVAL, "invalid id or address: %s", w->want);
	return err;
}

static int show_json(struct walk *w, const struct object *ns, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err, ended;

	w->json = &j;
	inspect_json_begin(w->c, &j, &buf, "ipcs");
	err = show_all(w, ns, e);
	json_put_string(&j, "damage", w->damage.code ? error_text(&w->damage) : NULL);
	ended = inspect_json_end(w->c, &j, e);
	return err < 0 ? err : ended;
}

static int find_namespace(struct walk *w, const char *word, struct object *ret, struct error *e)
{
	const struct task *task;
	struct object o;
	int err;

	if (!word)
		return inspect_variable(w->c, "init_ipc_ns", 0, ret, e);
	err = choose_task(w->c, word, &task, e);
	if (err == 0)
		err = object_at(&w->source, "task_struct", task->addr, &o, e);
	if (err == 0)
		err = object_follow(&w->source, &o, "nsproxy->ipc_ns->", ret, e);
	return err;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct walk w = { .c = c };
	const char *task = NULL;
	struct object ns;
	bool any = false;
	int opt, err;

	while ((opt = getopt(argc, argv, "+smMqn:")) != -1) {
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		if (opt == 'n') {
			task = optarg;
			continue;
		}
		w.details |= opt == 'M';
		for (unsigned f = 0; f < FACILITIES; f++)
			w.wanted[f] |= facilities[f].option == (opt == 'M' ? 'm' : opt);
		any = true;
	}
	if (argc - optind > 1)
		return error_set(e, -EINVAL, "one id or address at a time");
	for (unsigned f = 0; !any && f < FACILITIES; f++)
		w.wanted[f] = true;
	w.want = argv[optind];
	err = inspect_source(c, &w.source, e);
	if (err == 0)
		err = find_namespace(&w, task, &ns, e);
	if (err < 0)
		return err;
	return c->json ? show_json(&w, &ns, e) : show_all(&w, &ns, e);
}

const struct inspect_command inspect_ipcs = {
	.name = "ipcs",
	.usage = "[-s] [-m | -M] [-q] [-n pid | task] [id | address]",
	.summary = "System V shared memory, semaphores and message queues",
	.details = "  -s, -m, -q  semaphores, shared memory, message queues alone\n"
		   "  -M          shared memory with its pages and inode\n"
		   "  -n          in the namespace of that task\n",
	.run = run,
};
