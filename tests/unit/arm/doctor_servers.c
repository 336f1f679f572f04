/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFS, SSH and the network between. */
#include <errno.h>

#include "../test.h"
#include "doctor_made.h"

#define CONF "/etc/kdump.conf"
#define NFS .base = { { CONF, "nfs 10.0.0.5:/dumps\npath /crash\n" } }
#define KEY "/root/.ssh/kdump_id_rsa"
#define KEY_TEXT                                                                                   \
	"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAA\n"
#define SSH                                                                                        \
	.base = { { CONF, "ssh kdump@storage\npath /crash\n" }, { KEY, KEY_TEXT } },               \
	.prepare = private_key
#define CARD "/sys/class/net/eth0"
#define TRIE "Local:\n           |-- 10.0.2.15\n              /32 host LOCAL\n"
#define ROUTE "Iface\tDestination\tGateway\neth0\t00000000\t0202000A\t0003\n"
#define PLAN                                                                                       \
	.base = { { CARD "/address", "52:54:00:12:34:56\n" },                                      \
		  { CARD "/carrier", "1\n" },                                                      \
		  { "/proc/net/fib_trie", TRIE },                                                  \
		  { "/proc/net/route", ROUTE } },                                                  \
	.prepare = networked

static void private_key(const struct root *r)
{
	made_mode(r, KEY, 0600);
}

static void public_key(const struct root *r)
{
	made_mode(r, KEY, 0644);
}

static void networked(const struct root *r)
{
	made_armed_plan(
		r, "link eth0\nlink.kind hardware\nlink.mac 52:54:00:12:34:56\nlink.carrier 1\n"
		   "address 10.0.2.15/24\naddress.link eth0\n"
		   "route default\nroute.via 10.0.2.2\nroute.link eth0\n");
}

static void place_is(int code, const char *words)
{
	answers.place_r = code;
	answers.place_words = words;
}

static void no_name(const struct root *r)
{
	place_is(-EHOSTUNREACH, "storage: Name or service not known");
}

static void no_route(const struct root *r)
{
	place_is(-ENETUNREACH, "no route to 10.0.0.5");
}

static void ourselves(const struct root *r)
{
	place_is(-ELOOP, "10.0.0.5 is this machine");
}

static void tunnel(const struct root *r)
{
	place_is(-EOPNOTSUPP, "the way to the target leads over tun0");
}

static void unknown_host(const struct root *r)
{
	place_is(-ENOENT, "ssh: the key of storage is not in known_hosts");
}

static void connection_refused(const struct root *r)
{
	answers.connect_r = -ECONNREFUSED;
}

static void silent(const struct root *r)
{
	answers.connect_r = -ETIMEDOUT;
}

static void nfs_fails(enum nfs_step step, int code)
{
	answers.nfs.step = step;
	answers.nfs.code = code;
}

static void nfs_access(const struct root *r)
{
	nfs_fails(NFS_MOUNT, -EACCES);
}

static void nfs_export(const struct root *r)
{
	nfs_fails(NFS_MOUNT, -ENOENT);
}

static void nfs_version(const struct root *r)
{
	nfs_fails(NFS_MOUNT, -EPROTONOSUPPORT);
}

static void nfs_mount(const struct root *r)
{
	nfs_fails(NFS_MOUNT, -ETIMEDOUT);
}

static void nfs_path(const struct root *r)
{
	nfs_fails(NFS_PATH, -ENOENT);
}

static void nfs_read_only(const struct root *r)
{
	nfs_fails(NFS_CREATE, -EROFS);
}

static void nfs_squash(const struct root *r)
{
	nfs_fails(NFS_CREATE, -EACCES);
}

static void nfs_nobody(const struct root *r)
{
	answers.nfs.owner = 65534;
}

static void nfs_full(const struct root *r)
{
	nfs_fails(NFS_WRITE, -ENOSPC);
}

static void nfs_little(const struct root *r)
{
	answers.nfs.room.bytes = MIB(2);
}

static void ssh_fails(const char *words)
{
	answers.ssh_r = -EIO;
	answers.ssh = words;
}

static void ssh_key_changed(const struct root *r)
{
	ssh_fails("Host key verification failed.");
}

static void ssh_no_login(const struct root *r)
{
	ssh_fails("kdump@10.0.0.5: Permission denied (publickey).");
}

static void ssh_forced(const struct root *r)
{
	answers.ssh = "This account is for sftp only.\n";
}

static void ssh_path(const struct root *r)
{
	answers.ssh =
		"refused mkdir: cannot create directory '/crash': Permission denied\ndf \ndone\n";
}

static void ssh_no_sum(const struct root *r)
{
	answers.ssh = "missing sha256sum\ndf a 1000000000 0 1000000000 0% /\ndone\n";
}

static void ssh_no_cat(const struct root *r)
{
	answers.ssh = "missing cat\nmissing sync\ndf a 1000000000 0 1000000000 0% /\ndone\n";
}

static void ssh_little(const struct root *r)
{
	answers.ssh = "df /dev/sda1 100000 99000 1000 99% /\ndone\n";
}

const struct doctor_case cases_servers[] = {
	{ "server-name", FINDING_FAILURE, "Name or service not known", NFS, .break_it = no_name },
	{ "server-name", FINDING_FAILURE, "ssh kdump@storage", SSH, .break_it = no_name },
	{ "server-route", FINDING_FAILURE, "no route to 10.0.0.5", NFS, .break_it = no_route },
	{ "server-route", FINDING_FAILURE, "is this machine", NFS, .break_it = ourselves },
	{ "server-route", FINDING_FAILURE, "leads over tun0", NFS, .break_it = tunnel },
	{ "nfs-refused", FINDING_FAILURE, "port 2049", NFS, .break_it = connection_refused },
	{ "nfs-silent", FINDING_FAILURE, "port 2049", NFS, .break_it = silent },
	{ "nfs-access", FINDING_FAILURE, "does not let this machine", NFS, .break_it = nfs_access },
	{ "nfs-export", FINDING_FAILURE, "exports no such directory", NFS, .break_it = nfs_export },
	{ "nfs-version", FINDING_FAILURE, "vers=", NFS, .break_it = nfs_version },
	{ "nfs-mount", FINDING_FAILURE, "timed out", NFS, .break_it = nfs_mount },
	{ "nfs-path", FINDING_FAILURE, "mkdir -p /dumps/crash", NFS, .break_it = nfs_path },
	{ "nfs-read-only", FINDING_FAILURE, "read-only", NFS, .break_it = nfs_read_only },
	{ "nfs-root-squash", FINDING_FAILURE, "no_root_squash", NFS, .break_it = nfs_squash },
	{ "nfs-root-squash", FINDING_WARNING, "uid 65534", NFS, .break_it = nfs_nobody },
	{ "nfs-write", FINDING_FAILURE, "No space left", NFS, .break_it = nfs_full },
	{ "nfs-room", FINDING_FAILURE, "no room", NFS, .break_it = nfs_little },
	{ "nfs-refused", FINDING_WARNING, "port 2049",
	  .base = { { CONF, "nfs 10.0.0.5:/dumps\nfallback ext4 /dev/vda1\n" } },
	  .break_it = connection_refused },

	{ "ssh-program", FINDING_FAILURE, "/usr/bin/ssh", SSH,
	  .broken = { { "/usr/bin/ssh", NULL } } },
	{ "ssh-key-missing", FINDING_FAILURE, "ssh-keygen -t ed25519", SSH,
	  .broken = { { KEY, NULL } } },
	{ "ssh-key-permissions", FINDING_WARNING, "mode 0644", SSH, .break_it = public_key },
	{ "ssh-key-passphrase", FINDING_FAILURE, "ssh-keygen -p", SSH,
	  .broken = { { KEY, "-----BEGIN OPENSSH PRIVATE KEY-----\n"
			     "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0\n" } } },
	{ "ssh-key-passphrase", FINDING_FAILURE, "is encrypted", SSH,
	  .broken = { { KEY, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n" } } },
	{ "ssh-host-unknown", FINDING_FAILURE, "known_hosts", SSH, .break_it = unknown_host },
	{ "ssh-refused", FINDING_FAILURE, "port 22", SSH, .break_it = connection_refused },
	{ "ssh-silent", FINDING_FAILURE, "port 22", SSH, .break_it = silent },
	{ "ssh-host-key", FINDING_FAILURE, "ssh-keygen -R storage", SSH,
	  .break_it = ssh_key_changed },
	{ "ssh-login", FINDING_FAILURE, "Permission denied", SSH, .break_it = ssh_no_login },
	{ "ssh-shell", FINDING_FAILURE, "sftp only", SSH, .break_it = ssh_forced },
	{ "ssh-path", FINDING_FAILURE, "cannot create directory", SSH, .break_it = ssh_path },
	{ "ssh-programs", FINDING_FAILURE, "has no sync", SSH, .break_it = ssh_no_cat },
	{ "ssh-programs", FINDING_WARNING, "sha256sum", SSH, .break_it = ssh_no_sum },
	{ "ssh-room", FINDING_FAILURE, "no room", SSH, .break_it = ssh_little },

	{ "network-card", FINDING_FAILURE, "eth0", PLAN,
	  .broken = { { CARD "/address", NULL }, { CARD "/carrier", NULL }, { CARD, NULL } } },
	{ "network-mac", FINDING_FAILURE, "52:54:00:ff:ff:ff", PLAN,
	  .broken = { { CARD "/address", "52:54:00:ff:ff:ff\n" } } },
	{ "network-mac", FINDING_FAILURE, "52:54:00:ff:ff:ff", PLAN,
	  .broken = { { CARD "/address", "52:54:00:12:34:56\n" },
		      { CARD "/bonding_slave/perm_hwaddr", "52:54:00:ff:ff:ff\n" },
		      { CARD "/address", "52:54:00:ff:ff:ff\n" } } },
	{ "network-carrier", FINDING_WARNING, "eth0 has no link", PLAN,
	  .broken = { { CARD "/carrier", "0\n" } } },
	{ "network-address", FINDING_FAILURE, "10.0.2.15/24", PLAN,
	  .broken = { { "/proc/net/fib_trie", "Local:\n           |-- 10.0.2.150\n" } } },
	{ "network-gateway", FINDING_FAILURE, "10.0.2.2", PLAN,
	  .broken = { { "/proc/net/route",
			"Iface\tDestination\tGateway\neth0\t00000000\t0302000A\t0003\n" } } },
	{ 0 },
};
