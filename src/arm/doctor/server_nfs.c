/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An NFS server that takes dumps, looked at on the server itself. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "arm/doctor/exports.h"
#include "arm/doctor/families.h"
#include "arm/doctor/server.h"

#define EXPORTS "/etc/exports"
#define EXPORTS_DIR "/etc/exports.d"
#define NFS_CONF "/etc/nfs.conf"
#define ETAB "/var/lib/nfs/etab"
#define THREADS "/proc/fs/nfsd/threads"
#define TEXT_MAX MIB(1)

struct gather {
	const struct root *root;
	struct buf text;
};

static void gather_file(void *user, const char *name)
{
	struct gather *g = user;
	size_t len = strlen(name);
	char path[PATH_MAX];
	_cleanup_buf_ struct buf text = { 0 };

	if (len < 8 || strcmp(name + len - 8, ".exports") != 0)
		return;
	snprintf(path, sizeof(path), EXPORTS_DIR "/%s", name);
	if (root_read_file(g->root, path, TEXT_MAX, &text) == 0 && text.len &&
	    buf_printf(&g->text, "\n%s\n", text.data) < 0)
		buf_done(&g->text);
}

/* What is asked to be exported. */
static void read_exports(const struct root *root, struct buf *ret)
{
	struct gather g = { .root = root };

	if (root_read_file(root, EXPORTS, TEXT_MAX, &g.text) < 0)
		buf_done(&g.text);
	look_directory(root, EXPORTS_DIR, gather_file, &g);
	*ret = g.text;
}

void server_path(const struct root *root, const char *directory, char ret[PATH_MAX])
{
	_cleanup_buf_ struct buf text = { 0 };
	char above[200] = "";
	const char *at = NULL;

	if (root_read_file(root, NFS_CONF, TEXT_MAX, &text) == 0 && text.len)
		at = strstr(text.data, "\nrootdir");
	at = at ? strchr(at, '=') : NULL;
	if (at)
		snprintf(above, sizeof(above), "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
	snprintf(ret, PATH_MAX, "%s%s", strcmp(above, "/") == 0 ? "" : above, directory);
}

static bool is_nfs_server(const struct root *root)
{
	_cleanup_buf_ struct buf text = { 0 };
	char state[EXPORT_TEXT_MAX] = "";
	struct export x;
	const char *pos;

	read_exports(root, &text);
	pos = text.data ?: "";
	return export_next(&pos, state, &x);
}

static void check_down(struct doctor *d)
{
	const struct root *root = d->facts->root;
	char threads[64] = "";

	if (!is_nfs_server(root) ||
	    (look_line(root, THREADS, threads, sizeof(threads)) && strcmp(threads, "0") != 0))
		return;
	found(d, FINDING_FAILURE, "directories are to be exported, and no NFS server runs");
	evidence(d, THREADS " %s%s", *threads ? "is " : "is not there", threads);
	fix(d, "systemctl enable --now nfs-server");
}

static bool is_exported(const char *etab, const char *directory)
{
	char state[EXPORT_TEXT_MAX] = "";
	struct export x;

	while (export_next(&etab, state, &x))
		if (strcmp(x.directory, directory) == 0)
			return true;
	return false;
}

static void check_not_exported(struct doctor *d)
{
	const struct root *root = d->facts->root;
	_cleanup_buf_ struct buf asked = { 0 }, etab = { 0 };
	char state[EXPORT_TEXT_MAX] = "", before[EXPORT_TEXT_MAX] = "";
	struct export x;
	const char *pos;

	read_exports(root, &asked);
	if (root_read_file(root, ETAB, TEXT_MAX, &etab) < 0)
		buf_done(&etab);
	pos = asked.data ?: "";
	while (export_next(&pos, state, &x)) {
		if (strcmp(x.directory, before) == 0 || is_exported(etab.data ?: "", x.directory))
			continue;
		snprintf(before, sizeof(before), "%s", x.directory);
		found(d, FINDING_WARNING, "%s is to be exported, and is not", x.directory);
		evidence(d, ETAB " has no %s", x.directory);
		fix(d, "exportfs -ra");
	}
}

/* Calls for each client of each export that is in force. */
static void each_export(struct doctor *d, void (*look)(struct doctor *d, const struct export *x))
{
	_cleanup_buf_ struct buf etab = { 0 };
	char state[EXPORT_TEXT_MAX] = "";
	struct export x;
	const char *pos;

	if (root_read_file(d->facts->root, ETAB, TEXT_MAX, &etab) < 0)
		return;
	pos = etab.data ?: "";
	while (export_next(&pos, state, &x))
		look(d, &x);
}

static bool takes_dumps(const struct export *x)
{
	return export_has(x, ",rw,") && export_has(x, ",no_root_squash,");
}

/* A server exports more than directories for dumps: what those lack counts only where there is none. */
static enum finding_level export_fault(const struct root *root)
{
	_cleanup_buf_ struct buf etab = { 0 };
	char state[EXPORT_TEXT_MAX] = "";
	struct export x;
	const char *pos;

	if (root_read_file(root, ETAB, TEXT_MAX, &etab) < 0)
		return FINDING_FAILURE;
	pos = etab.data ?: "";
	while (export_next(&pos, state, &x))
		if (takes_dumps(&x))
			return FINDING_NOTE;
	return FINDING_FAILURE;
}

static void about(struct doctor *d, const struct export *x)
{
	evidence(d, ETAB ": %s %s(%.*s)", x->directory, x->client, (int)strlen(x->options) - 2,
		 x->options + 1);
}

static void look_squash(struct doctor *d, const struct export *x)
{
	if (export_has(x, ",no_root_squash,"))
		return;
	found(d, export_fault(d->facts->root), "root of %s is nobody on %s: its dumps are refused",
	      x->client, x->directory);
	about(d, x);
	fix(d, "%s CLIENT(rw,sync,no_root_squash,no_subtree_check) in " EXPORTS "; exportfs -ra",
	    x->directory);
}

static void look_read_only(struct doctor *d, const struct export *x)
{
	if (export_has(x, ",rw,"))
		return;
	found(d, export_fault(d->facts->root), "%s is exported read-only to %s", x->directory,
	      x->client);
	about(d, x);
	fix(d, "%s CLIENT(rw,sync,no_root_squash,no_subtree_check) in " EXPORTS "; exportfs -ra",
	    x->directory);
}

static void look_subtree(struct doctor *d, const struct export *x)
{
	if (!takes_dumps(x) || !export_has(x, ",subtree_check,"))
		return;
	found(d, FINDING_WARNING,
	      "%s is checked for each access: a renamed file may be lost to the client",
	      x->directory);
	about(d, x);
	fix(d, "no_subtree_check in " EXPORTS "; exportfs -ra");
}

static void look_async(struct doctor *d, const struct export *x)
{
	if (!takes_dumps(x) || !export_has(x, ",async,"))
		return;
	found(d, FINDING_WARNING, "%s says that a dump is saved before it is on the disk",
	      x->directory);
	about(d, x);
	fix(d, "sync instead of async in " EXPORTS "; exportfs -ra");
}

static void look_wide(struct doctor *d, const struct export *x)
{
	if (!takes_dumps(x) || strcmp(x->client, "*") != 0)
		return;
	found(d, FINDING_WARNING, "everybody is root on %s, and reads all dumps", x->directory);
	about(d, x);
	fix(d, "name the machines or their network instead of * in " EXPORTS "; exportfs -ra");
}

static void look_directory_there(struct doctor *d, const struct export *x)
{
	char path[PATH_MAX];

	server_path(d->facts->root, x->directory, path);
	if (look_exists(d->facts->root, path))
		return;
	found(d, FINDING_FAILURE, "%s is exported, and is not there", x->directory);
	about(d, x);
	fix(d, "mkdir -p %s, or mount it; exportfs -ra", path);
}

static void check_squash(struct doctor *d)
{
	each_export(d, look_squash);
}

static void check_read_only(struct doctor *d)
{
	each_export(d, look_read_only);
}

static void check_subtree(struct doctor *d)
{
	each_export(d, look_subtree);
}

static void check_async(struct doctor *d)
{
	each_export(d, look_async);
}

static void check_wide(struct doctor *d)
{
	each_export(d, look_wide);
}

static void check_there(struct doctor *d)
{
	each_export(d, look_directory_there);
}

/* Version 3 asks rpcbind where mountd is. */
static void check_rpcbind(struct doctor *d)
{
	const struct root *root = d->facts->root;

	if (!is_nfs_server(root) || look_listens(root, 111))
		return;
	found(d, FINDING_NOTE, "version 3 of NFS does not work here: no rpcbind");
	evidence(d, "/proc/net/tcp: nobody listens at port 111");
	fix(d, "systemctl enable --now rpcbind, if a client is told to use vers=3");
}

const struct check checks_server_nfs[] = {
	{ "server-nfs-down", "server", "an NFS server with exports runs", FINDING_FAILURE,
	  check_down },
	{ "server-not-exported", "server", "what is in /etc/exports is exported", FINDING_WARNING,
	  check_not_exported },
	{ "server-export-missing", "server", "exported directories are there", FINDING_FAILURE,
	  check_there },
	{ "server-root-squash", "server", "clients' root is root here", FINDING_FAILURE,
	  check_squash },
	{ "server-read-only", "server", "clients may write", FINDING_FAILURE, check_read_only },
	{ "server-subtree", "server", "renamed files are not lost", FINDING_WARNING,
	  check_subtree },
	{ "server-async", "server", "what is saved is on the disk", FINDING_WARNING, check_async },
	{ "server-everybody", "server", "not everybody reads all dumps", FINDING_WARNING,
	  check_wide },
	{ "server-rpcbind", "server", "version 3 of NFS works", FINDING_NOTE, check_rpcbind },
	{ 0 },
};
