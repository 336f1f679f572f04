/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other side: NFS and SSH servers that take dumps. */
#include <string.h>

#include "../test.h"
#include "arm/doctor/exports.h"
#include "doctor_made.h"

#define ETAB "/var/lib/nfs/etab"
#define ETAB_WITH(options)                                                                         \
	{                                                                                          \
		ETAB, "/srv\t10.0.0.0/24(" options ")\n"                                           \
	}
#define GOOD "rw,sync,wdelay,hide,no_root_squash,no_subtree_check,sec=sys"
#define LISTEN(port) "   0: 00000000:" port " 00000000:0000 0A 00000000:00000000\n"
#define NFS                                                                                        \
	{ "/etc/exports", "/srv 10.0.0.0/24(rw,no_root_squash)\n" },                               \
		{ "/proc/fs/nfsd/threads", "8\n" }, { "/srv", "/" },                               \
	{                                                                                          \
		"/proc/net/tcp", LISTEN("0801") LISTEN("006F") LISTEN("0016")                      \
	}
#define PASSWD "root:x:0:0::/root:/bin/sh\nkdump:x:998:998::/home/kdump:/bin/sh\n"
#define SSH                                                                                        \
	{ "/usr/sbin/sshd", "" }, { "/etc/passwd", PASSWD },                                       \
		{ "/home/kdump/.ssh/authorized_keys", "ssh-ed25519 AAAA root@client\n" },          \
	{                                                                                          \
		"/proc/net/tcp", LISTEN("0016")                                                    \
	}

static void programs(const struct root *r)
{
	static const char *const names[] = { "sh", "cat",  "mv", "mkdir",
					     "rm", "sync", "wc", "sha256sum" };
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/usr/bin/%s", names[i]);
		made_file(r, path, "");
	}
	answers.asked =
		"port 22\npubkeyauthentication yes\nforcecommand none\nchrootdirectory none\n"
		"authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2\n";
}

static void forced(const struct root *r)
{
	answers.asked = "port 22\nforcecommand internal-sftp\n";
}

static void chrooted(const struct root *r)
{
	answers.asked = "port 22\nchrootdirectory /jail\n";
}

static void no_keys_taken(const struct root *r)
{
	answers.asked = "port 22\npubkeyauthentication no\n";
}

static void other_user(struct facts *f)
{
	f->server.user = "dumper";
}

static void other_port(const struct root *r)
{
	answers.asked = "port 2222\n";
}

static void many_clients(struct facts *f)
{
	f->server.clients = 100;
	f->server.ram = GIB(64);
}

static void no_inodes(const struct root *r)
{
	answers.room.files = 5;
}

static void open_firewall(const struct root *r)
{
	answers.asked = "chain in { type filter hook input priority filter; policy drop; tcp dport "
			"{ 22, 2049 } accept }\n";
}

static void firewall(const struct root *r)
{
	answers.asked = "chain in { type filter hook input priority filter; policy drop; tcp dport "
			"22 accept }\n";
}

const struct doctor_case cases_server_side[] = {
	{ "server-nfs-down", FINDING_FAILURE, "nfs-server", .base = { NFS },
	  .broken = { { "/proc/fs/nfsd/threads", "0\n" } } },
	{ "server-not-exported", FINDING_WARNING, "exportfs -ra", .base = { NFS, ETAB_WITH(GOOD) },
	  .broken = { { "/etc/exports.d/more.exports", "/more *(rw)\n" } } },
	{ "server-export-missing", FINDING_FAILURE, "mkdir -p /srv",
	  .base = { NFS, ETAB_WITH(GOOD) }, .broken = { { "/srv", NULL } } },
	{ "server-export-missing", FINDING_FAILURE, "mkdir -p /above/srv",
	  .base = { NFS, ETAB_WITH(GOOD) },
	  .broken = { { "/etc/nfs.conf", "[exports]\nrootdir=/above\n" } } },
	{ "server-root-squash", FINDING_FAILURE, "no_root_squash", .base = { NFS, ETAB_WITH(GOOD) },
	  .broken = { ETAB_WITH("rw,sync,root_squash,no_subtree_check") } },
	{ "server-root-squash", FINDING_NOTE, "/home", .base = { NFS, ETAB_WITH(GOOD) },
	  .broken = { { ETAB, "/srv\t10.0.0.0/24(" GOOD ")\n/home\t*(rw,sync,root_squash)\n" } } },
	{ "server-read-only", FINDING_FAILURE, "read-only", .base = { NFS, ETAB_WITH(GOOD) },
	  .broken = { ETAB_WITH("ro,sync,no_root_squash") } },
	{ "server-subtree", FINDING_WARNING, "no_subtree_check", .base = { NFS, ETAB_WITH(GOOD) },
	  .broken = { ETAB_WITH("rw,no_root_squash,subtree_check") } },
	{ "server-async", FINDING_WARNING, "async", .base = { NFS, ETAB_WITH(GOOD) },
	  .broken = { ETAB_WITH("rw,no_root_squash,async") } },
	{ "server-everybody", FINDING_WARNING, "everybody is root",
	  .base = { NFS, ETAB_WITH(GOOD) }, .broken = { { ETAB, "/srv\t*(" GOOD ")\n" } } },
	{ "server-rpcbind", FINDING_NOTE, "111", .base = { NFS },
	  .broken = { { "/proc/net/tcp", LISTEN("0801") } } },
	{ "server-room", FINDING_WARNING, "100 machines", .base = { NFS, ETAB_WITH(GOOD) },
	  .tweak = many_clients },
	{ "server-inodes", FINDING_WARNING, "5 are free", .base = { NFS, ETAB_WITH(GOOD) },
	  .break_it = no_inodes },
	{ "server-nothing", FINDING_FAILURE, "neither NFS nor SSH", .base = { NFS },
	  .broken = { { "/proc/net/tcp", LISTEN("0050") } } },
	{ "server-firewall", FINDING_WARNING, "port 2049", .base = { NFS },
	  .prepare = open_firewall, .break_it = firewall },

	{ "server-ssh-down", FINDING_WARNING, "port 2222", .base = { SSH }, .prepare = programs,
	  .break_it = other_port },
	{ "server-ssh-user", FINDING_FAILURE, "useradd", .base = { SSH }, .prepare = programs,
	  .tweak = other_user },
	{ "server-ssh-login", FINDING_FAILURE, "pubkeyauthentication no", .base = { SSH },
	  .prepare = programs, .break_it = no_keys_taken },
	{ "server-ssh-command", FINDING_FAILURE, "internal-sftp", .base = { SSH },
	  .prepare = programs, .break_it = forced },
	{ "server-ssh-shell", FINDING_FAILURE, "usermod --shell /bin/sh kdump", .base = { SSH },
	  .prepare = programs,
	  .broken = { { "/etc/passwd", "kdump:x:998:998::/home/kdump:/usr/sbin/nologin\n" } } },
	{ "server-ssh-programs", FINDING_FAILURE, "/jail/usr/bin/cat", .base = { SSH },
	  .prepare = programs, .break_it = chrooted },
	{ "server-ssh-programs", FINDING_FAILURE, "sha256sum", .base = { SSH }, .prepare = programs,
	  .broken = { { "/usr/bin/sha256sum", NULL } } },
	{ "server-ssh-keys", FINDING_WARNING, "is empty", .base = { SSH }, .prepare = programs,
	  .broken = { { "/home/kdump/.ssh/authorized_keys", "" } } },
	{ "server-ssh-keys", FINDING_WARNING, "command=", .base = { SSH }, .prepare = programs,
	  .broken = { { "/home/kdump/.ssh/authorized_keys",
			"command=\"x\" ssh-ed25519 AAAA\n" } } },
	{ 0 },
};

void test_exports(void **state)
{
	static const char text[] =
		"# all\n\n/a  one(rw) \\\n  two(ro,sync)\n\"/with blank\" *\n/alone\n/b (rw) # x\n";
	static const struct {
		const char *directory, *client, *options;
	} wanted[] = {
		{ "/a", "one", ",rw," }, { "/a", "two", ",ro,sync," }, { "/with blank", "*", ",," },
		{ "/alone", "*", "," },	 { "/b", "*", ",rw," },
	};
	char directory[EXPORT_TEXT_MAX] = "";
	const char *pos = text;
	struct export x;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_true(export_next(&pos, directory, &x));
		assert_string_equal(x.directory, wanted[i].directory);
		assert_string_equal(x.client, wanted[i].client);
		assert_string_equal(x.options, wanted[i].options);
	}
	assert_false(export_next(&pos, directory, &x));
}
