/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Room and firewall of a machine that takes others' dumps. */
#include <stdio.h>

#include "arm/doctor/exports.h"
#include "arm/doctor/families.h"
#include "arm/doctor/server.h"

#define ETAB "/var/lib/nfs/etab"
#define NFT "/usr/sbin/nft"
#define IPTABLES "/usr/sbin/iptables"

/* A filtered dump of a busy machine: measured ones are below. */
#define DUMP_OF_RAM(bytes) ((bytes) / 8)
#define NAMES_PER_DUMP 10

static void check_nothing(struct doctor *d)
{
	const struct root *root = d->facts->root;

	if (look_listens(root, 2049) || look_listens(root, 22))
		return;
	found(d, FINDING_FAILURE, "nobody could bring a dump here: neither NFS nor SSH listens");
	evidence(d, "/proc/net/tcp: nobody listens at 2049 and 22");
	fix(d, "docs/server.md: make this machine an NFS or SSH server");
}

static void look_room(struct doctor *d, const char *directory)
{
	const struct facts *f = d->facts;
	char have[SIZE_TEXT], want[SIZE_TEXT];
	uint64_t needed = 0;
	struct room room;

	if (!f->trials.room || f->trials.room(f->root, directory, &room) < 0)
		return;
	if (mul_overflow(f->server.clients, DUMP_OF_RAM(f->server.ram), &needed))
		needed = UINT64_MAX;
	if (room.bytes >= MAX(needed, MIB(256)))
		return;
	found(d, FINDING_WARNING, "%s has little room for dumps: %s", directory,
	      size_text(room.bytes, have));
	evidence(d, "%llu machines' dumps of an eighth of their memory are %s",
		 (unsigned long long)f->server.clients, size_text(needed, want));
	fix(d, "make room, or let clients have 'lastword_keep dumps=2 room' in their kdump.conf");
}

static void look_names(struct doctor *d, const char *directory)
{
	const struct facts *f = d->facts;
	struct room room;

	if (!f->trials.room || f->trials.room(f->root, directory, &room) < 0 ||
	    !room.files_limited ||
	    room.files >= MAX(f->server.clients, UINT64_C(1)) * NAMES_PER_DUMP)
		return;
	found(d, FINDING_WARNING, "%s has too few inodes for dumps", directory);
	evidence(d, "%llu are free", (unsigned long long)room.files);
	fix(d, "remove small files there");
}

static void each_directory(struct doctor *d, void (*look)(struct doctor *d, const char *directory))
{
	_cleanup_buf_ struct buf etab = { 0 };
	char state[EXPORT_TEXT_MAX] = "", before[EXPORT_TEXT_MAX] = "";
	struct export x;
	char path[PATH_MAX];
	const char *pos;

	if (root_read_file(d->facts->root, ETAB, MIB(1), &etab) < 0)
		return;
	pos = etab.data ?: "";
	while (export_next(&pos, state, &x)) {
		if (!export_has(&x, ",rw,") || strcmp(before, x.directory) == 0)
			continue;
		snprintf(before, sizeof(before), "%s", x.directory);
		server_path(d->facts->root, x.directory, path);
		look(d, path);
	}
}

static void check_room(struct doctor *d)
{
	each_directory(d, look_room);
}

static void check_names(struct doctor *d)
{
	each_directory(d, look_names);
}

/* A rule names the port by number, or as /etc/services does. */
static bool lets_in(const char *rules, const char *number, const char *name)
{
	return strstr(rules, number) || strstr(rules, name);
}

static void check_firewall(struct doctor *d)
{
	static const char *const nft[] = { NFT, "list", "ruleset", NULL };
	static const char *const iptables[] = { IPTABLES, "-S", NULL };
	static const struct {
		unsigned port;
		const char *number, *name;
	} ports[] = { { 2049, "2049", "nfs" }, { 22, "22", "ssh" } };
	const struct facts *f = d->facts;
	_cleanup_buf_ struct buf text = { .limit = MIB(4) };
	const char *rules;

	if (!f->trials.ask || !f->trials.root) {
		skipped(d, f->trials.ask ? "not root" : "another root: its firewall does not run");
		return;
	}
	if (f->trials.ask(nft, &text) < 0 || !text.len)
		(void)f->trials.ask(iptables, &text);
	rules = text.data ?: "";
	if (!strstr(rules, "hook input priority") && !strstr(rules, "-P INPUT"))
		return;
	if (!strstr(rules, "policy drop") && !strstr(rules, "-P INPUT DROP") &&
	    !strstr(rules, "reject") && !strstr(rules, "REJECT"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		if (!look_listens(f->root, ports[i].port) ||
		    lets_in(rules, ports[i].number, ports[i].name))
			continue;
		found(d, FINDING_WARNING,
		      "the firewall drops what no rule lets in, and no rule names port %u",
		      ports[i].port);
		evidence(d, "nft list ruleset, iptables -S");
		fix(d,
		    "firewall-cmd --permanent --add-service=%s && firewall-cmd --reload, ufw allow "
		    "%s, or "
		    "nft add rule inet filter input tcp dport %u accept",
		    ports[i].name, ports[i].name, ports[i].port);
	}
}

const struct check checks_server[] = {
	{ "server-nothing", "server", "NFS or SSH listens", FINDING_FAILURE, check_nothing },
	{ "server-room", "server", "exports have room for the clients' dumps", FINDING_WARNING,
	  check_room },
	{ "server-inodes", "server", "exports have inodes for them", FINDING_WARNING, check_names },
	{ "server-firewall", "server", "the firewall lets clients in", FINDING_WARNING,
	  check_firewall },
	{ 0 },
};
