/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFS: the server is asked and a file is written there, in a mount namespace of our own. */
#include <errno.h>

#include "arm/doctor/target.h"

static bool is_nfs(const struct target_facts *t)
{
	return t->config->kind == CONFIG_TARGET_NFS && t->r == 0;
}

/* A server's port that nobody answers at: `refused` and `silent` are the fixes. */
void target_connection(struct doctor *d, enum config_target_kind kind, bool refused,
		       const char *repair)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		if (t->config->kind != kind || t->r < 0)
			continue;
		if (!t->connected_known) {
			skipped(d, "another root: servers are not asked");
			return;
		}
		if (t->connected == 0 || (t->connected == -ECONNREFUSED) != refused)
			continue;
		found(d, target_fault(f), "%s %s port %u", t->place.target.server,
		      refused ? "has nothing that listens at" : "does not answer at", t->port);
		evidence(d, "connect to %s, port %u: %s", t->place.target.server, t->port,
			 strerror(-t->connected));
		fix(d, "%s", repair);
	}
}

static void check_refused(struct doctor *d)
{
	target_connection(
		d, CONFIG_TARGET_NFS, true,
		"on the server: systemctl enable --now nfs-server; lastword doctor --server");
}

static void check_silent(struct doctor *d)
{
	target_connection(
		d, CONFIG_TARGET_NFS, false,
		"is it up, and does a firewall drop port 2049? On the server: nft list ruleset; "
		"lastword doctor --server");
}

/* The trial that got as far as `step` and failed there; says where it could not be tried. */
static const struct nfs_trial *failed_at(struct doctor *d, const struct target_facts *t,
					 enum nfs_step step)
{
	if (!is_nfs(t) || (t->connected_known && t->connected < 0))
		return NULL;
	if (!t->tried) {
		skipped(d, t->connected_known ? "not root" : "another root: servers are not asked");
		return NULL;
	}
	return t->nfs.step == step && t->nfs.code < 0 ? &t->nfs : NULL;
}

static void about(struct doctor *d, const struct target_facts *t, const struct nfs_trial *n)
{
	evidence(d, "mounted %s:%s%s%s: %s", t->place.target.server, t->place.target.share,
		 *n->version ? " with NFS " : "", n->version,
		 *n->text ? n->text : strerror(-n->code));
}

/* How a mount fails: by its errno. */
static void mount_fails(struct doctor *d, const int *codes, const char *text, const char *repair)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		const struct nfs_trial *n = failed_at(d, t, NFS_MOUNT);

		for (const int *code = codes; n && *code; code++) {
			if (n->code != *code)
				continue;
			found(d, target_fault(f), "'%s': %s", t->words, text);
			about(d, t, n);
			fix(d, "%s", repair);
		}
	}
}

static const int code_access[] = { -EACCES, -EPERM, 0 };
static const int code_export[] = { -ENOENT, 0 };
static const int code_version[] = { -EPROTONOSUPPORT, -EPROTO, 0 };

static void check_access(struct doctor *d)
{
	mount_fails(d, code_access, "the server does not let this machine mount it",
		    "on the server: name this machine in /etc/exports; exportfs -ra");
}

static void check_export(struct doctor *d)
{
	mount_fails(d, code_export, "the server exports no such directory",
		    "showmount -e SERVER tells what it exports; on the server: /etc/exports, "
		    "exportfs -ra");
}

static void check_version(struct doctor *d)
{
	mount_fails(d, code_version,
		    "the server does not speak the NFS version that the options ask for",
		    "take vers= out of the options in fstab; then lastword arm");
}

static void check_mount(struct doctor *d)
{
	static const int *const known[] = { code_access, code_export, code_version };
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		const struct nfs_trial *n = failed_at(d, t, NFS_MOUNT);
		bool other = n;

		for (size_t i = 0; i < ARRAY_SIZE(known) && n; i++)
			for (const int *code = known[i]; *code; code++)
				other &= n->code != *code;
		if (!other)
			continue;
		found(d, target_fault(f), "%s cannot be mounted", t->words);
		about(d, t, n);
		fix(d, "mount -t nfs %s /mnt; dmesg | tail", t->config->device);
	}
}

static void check_path(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		const struct nfs_trial *n = failed_at(d, t, NFS_PATH);

		if (!n)
			continue;
		found(d,
		      t->config->path_given || n->code != -ENOENT ? target_fault(f) : FINDING_NOTE,
		      "%s is not there on %s:%s", t->config->path, t->place.target.server,
		      t->place.target.share);
		about(d, t, n);
		fix(d, "on the server: mkdir -p %s%s", t->place.target.share, t->config->path);
	}
}

static void check_read_only(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		const struct nfs_trial *n = failed_at(d, t, NFS_CREATE);

		if (!n || n->code != -EROFS)
			continue;
		found(d, target_fault(f), "%s is exported read-only", t->words);
		evidence(d, "a file in %s: %s", t->config->path, strerror(-n->code));
		fix(d, "on the server: 'rw' instead of 'ro' in /etc/exports; exportfs -ra");
	}
}

#define FIX_SQUASH                                                                                 \
	"on the server: add no_root_squash in /etc/exports, for this machine alone; exportfs -ra"

/* Refused, or belonging to nobody: then the directory is open to all, and so are the dumps. */
static void check_squash(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		const struct nfs_trial *n = failed_at(d, t, NFS_CREATE);

		if (n && (n->code == -EACCES || n->code == -EPERM)) {
			found(d, target_fault(f), "the server does not take root for root on %s",
			      t->words);
			evidence(d, "a file in %s: %s", t->config->path, strerror(-n->code));
			fix(d, FIX_SQUASH);
		} else if (is_nfs(t) && t->tried && t->nfs.step > NFS_CREATE && t->nfs.owner) {
			found(d, FINDING_WARNING, "what root writes to %s belongs to somebody else",
			      t->words);
			evidence(d, "a file in %s belongs to uid %u", t->config->path,
				 t->nfs.owner);
			fix(d, FIX_SQUASH);
		}
	}
}

static void check_write(struct doctor *d)
{
	static const int known[] = { -EROFS, -EACCES, -EPERM };
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		const struct nfs_trial *n = failed_at(d, t, NFS_WRITE);
		bool other;

		n = n ?: failed_at(d, t, NFS_CREATE);
		other = n;
		for (size_t i = 0; i < ARRAY_SIZE(known) && n; i++)
			other &= n->code != known[i];
		if (!other)
			continue;
		found(d, target_fault(f), "nothing can be written to %s", t->words);
		evidence(d, "a file in %s: %s", t->config->path, strerror(-n->code));
		fix(d, "on the server: df, and its log");
	}
}

static void check_room(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f) if (is_nfs(t) && t->tried && t->nfs.step > NFS_PATH)
		target_room(d, &t->nfs.room, t->words);
}

const struct check checks_target_nfs[] = {
	{ "nfs-refused", "nfs", "an NFS server listens", FINDING_FAILURE, check_refused },
	{ "nfs-silent", "nfs", "no firewall stands before the NFS server", FINDING_FAILURE,
	  check_silent },
	{ "nfs-access", "nfs", "the server lets this machine mount", FINDING_FAILURE,
	  check_access },
	{ "nfs-export", "nfs", "the server exports the directory", FINDING_FAILURE, check_export },
	{ "nfs-version", "nfs", "the server speaks the version asked for", FINDING_FAILURE,
	  check_version },
	{ "nfs-mount", "nfs", "the export can be mounted", FINDING_FAILURE, check_mount },
	{ "nfs-path", "nfs", "the directory for dumps is there", FINDING_FAILURE, check_path },
	{ "nfs-read-only", "nfs", "the export is not read-only", FINDING_FAILURE, check_read_only },
	{ "nfs-root-squash", "nfs", "root is root there", FINDING_FAILURE, check_squash },
	{ "nfs-write", "nfs", "a file can be written there", FINDING_FAILURE, check_write },
	{ "nfs-room", "nfs", "there is room for a dump", FINDING_FAILURE, check_room },
	{ 0 },
};
