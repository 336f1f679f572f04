/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each target of the configuration looked for by itself, so that one fault does not hide another. */
#include <errno.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "arm/doctor/facts_impl.h"
#include "arm/place/impl.h"
#include "arm/place/seen.h"
#include "target/nfs_options.h"
#include "target/ssh.h"

#define LOOK_UP_LIMIT (5 * USEC_PER_SEC)

static const char *kind_words(const struct config_target *c)
{
	switch (c->kind) {
	case CONFIG_TARGET_FS:
		return c->fstype;
	case CONFIG_TARGET_RAW:
		return "raw";
	case CONFIG_TARGET_NFS:
		return "nfs";
	case CONFIG_TARGET_SSH:
		return "ssh";
	case CONFIG_TARGET_VIRTIOFS:
		return "virtiofs";
	case CONFIG_TARGET_ROOTFS:
		return "dump_to_rootfs";
	case CONFIG_TARGET_PATH:
	default:
		return "path";
	}
}

/* The mount that holds a path, the last of the longest. */
static struct libmnt_fs *mount_of(struct libmnt_table *mounts, const char *path)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs, *best = NULL;
	size_t best_len = 0;

	while (iter && mnt_table_next_fs(mounts, iter, &fs) == 0) {
		const char *at = mnt_fs_get_target(fs);
		size_t len = at ? strlen(at) : 0;
		bool below = at && (strcmp(at, "/") == 0 || (strncmp(at, path, len) == 0 &&
							     (!path[len] || path[len] == '/')));

		if (below && len >= best_len) {
			best = fs;
			best_len = len;
		}
	}
	mnt_free_iter(iter);
	return best;
}

static void remember_disk(struct target_facts *t, struct blockdev *b)
{
	snprintf(t->disk, sizeof(t->disk), "%s", b->kernel_name);
	blockdev_done(b);
}

static void look_at_disk(struct facts *f, struct target_facts *t)
{
	struct blockdev b = { 0 };

	if ((t->config->kind == CONFIG_TARGET_FS || t->config->kind == CONFIG_TARGET_RAW) &&
	    blockdev_find(f->root, t->config->device, &b, NULL) == 0)
		remember_disk(t, &b);
}

static void look_at_mount(struct facts *f, struct target_facts *t)
{
	struct libmnt_table *mounts = place_read_mounts(f->root, NULL);
	struct libmnt_fs *fs = mounts ? mount_of(mounts, t->dir) : NULL;
	dev_t number = fs ? mnt_fs_get_devno(fs) : 0;
	struct blockdev b = { 0 };

	if (fs) {
		snprintf(t->fstype, sizeof(t->fstype), "%s", mnt_fs_get_fstype(fs) ?: "");
		snprintf(t->mount_options, sizeof(t->mount_options), ",%s,",
			 mnt_fs_get_options(fs) ?: "");
		snprintf(t->mounted_at, sizeof(t->mounted_at), "%s", mnt_fs_get_target(fs) ?: "");
		if (!*t->disk && major(number) &&
		    blockdev_from_number(f->root, major(number), minor(number), &b, NULL) == 0)
			remember_disk(t, &b);
	}
	if (mounts)
		mnt_unref_table(mounts);
}

#define NFS_PORT 2049

static void try_nfs(struct facts *f, struct target_facts *t)
{
	const struct plan_target *p = &t->place.target;
	size_t len;
	const char *port = nfs_option(p->mount_options, "port", &len);

	t->port = port ? (unsigned)strtoul(port, NULL, 10) : NFS_PORT;
	if (!f->trials.connect || !f->trials.nfs)
		return;
	t->connected_known = true;
	t->connected = f->trials.connect(p->server, t->port);
	t->tried = t->connected == 0 && f->trials.root;
	if (t->tried)
		f->trials.nfs(p, &t->nfs);
}

/*
 * What a dump there takes, in one go: the programs that target/ssh.c calls, a directory to write to, and room. "done" is the
 * last line where the server ran the command and nothing else.
 */
#define SSH_PROGRAMS "cat mv mkdir rm sync wc"

static char *ssh_command(const char *path)
{
	_cleanup_free_ char *quoted = ssh_quote(path);
	char *command;

	if (!quoted ||
	    asprintf(
		    &command,
		    "umask 077; p=%s; for c in " SSH_PROGRAMS
		    " sha256sum; do command -v $c >/dev/null "
		    "|| echo \"missing $c\"; done; w=$(mkdir -p \"$p\" 2>&1) && "
		    "w=$({ : > \"$p/.lastword-doctor\" && rm \"$p/.lastword-doctor\"; } 2>&1) "
		    "|| echo \"refused $w\"; echo \"df $(df -Pk \"$p\" 2>/dev/null | tail -n 1)\"; "
		    "echo done",
		    quoted) < 0)
		return NULL;
	return command;
}

static int try_ssh(struct facts *f, struct target_facts *t)
{
	const struct plan_target *p = &t->place.target;
	_cleanup_free_ char *command = ssh_command(p->path);

	if (!command)
		return -ENOMEM;
	t->port = p->port;
	if (!f->trials.connect || !f->trials.ssh)
		return 0;
	t->connected_known = true;
	t->connected = f->trials.connect(p->server, t->port);
	t->tried = t->connected == 0 && f->trials.root;
	if (t->tried)
		t->ssh_r = f->trials.ssh(p, &t->place, command, &t->ssh_answer, &t->ssh_why);
	return 0;
}

int facts_find_targets(struct facts *f, struct error *e)
{
	_cleanup_record_ struct record found = { 0 };
	struct names names = {
		.limit = LOOK_UP_LIMIT,
		.armed = f->armed_r == 0 ? &f->armed : NULL,
		.now = &found,
	};

	f->targets_count = f->config.targets_count;
	for (size_t i = 0; i < f->targets_count; i++) {
		struct target_facts *t = &f->targets[i];
		const struct config_target *c = &f->config.targets[i];

		t->config = c;
		snprintf(t->words, sizeof(t->words), "%s %s", kind_words(c),
			 c->device ? c->device : c->path);
		t->r = f->trials.place(f->root, c, &names, &t->place, &t->why);
		if (t->r == -ENOMEM)
			return error_errno(e, t->r, "targets");
		look_at_disk(f, t);
		if (t->r == 0 && c->kind == CONFIG_TARGET_NFS)
			try_nfs(f, t);
		if (t->r == 0 && c->kind == CONFIG_TARGET_SSH && try_ssh(f, t) < 0)
			return error_errno(e, -ENOMEM, "targets");
		if (place_seen(f->root, c, &t->dir, &t->unseen) < 0)
			t->dir = NULL;
		else
			look_at_mount(f, t);
	}
	buf_done(&names.unsure);
	return 0;
}
