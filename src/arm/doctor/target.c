/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is each target where the configuration says? */
#include "arm/doctor/target.h"

#include <errno.h>

bool target_is_server(const struct target_facts *t)
{
	return t->config->kind == CONFIG_TARGET_NFS || t->config->kind == CONFIG_TARGET_SSH;
}

const char *target_directory(const struct facts *f, const struct target_facts *t)
{
	if (t->dir && look_exists(f->root, t->dir))
		return t->dir;
	return *t->mounted_at ? t->mounted_at : NULL;
}

/* Compressed, kernel memory takes a quarter to a half. */
#define COMPRESSED(bytes) ((bytes) / 4)

void target_room(struct doctor *d, const struct room *room, const char *what)
{
	const struct facts *f = d->facts;
	char have[SIZE_TEXT], want[SIZE_TEXT], ram[SIZE_TEXT];
	uint64_t least = f->config.collector == PLAN_COLLECT_COPY ? f->dump_bytes
								  : COMPRESSED(f->dump_bytes);

	size_text(room->bytes, have);
	size_text(f->dump_bytes, want);
	if (room->bytes < MAX(least, MIB(16)))
		found(d, target_fault(f), "%s has no room for a dump: %s", what, have);
	else if (room->bytes < f->dump_bytes)
		found(d, FINDING_WARNING, "%s may have no room for a dump: %s", what, have);
	else if (f->reservation.ram && room->bytes < f->reservation.ram)
		found(d, FINDING_NOTE, "%s has room for a filtered dump, not for all memory: %s",
		      what, have);
	else
		return;
	evidence(d, "level %u keeps about %s before compression, of %s of memory", f->config.level,
		 want, size_text(f->reservation.ram, ram));
	fix(d, "make room there, or let older dumps go: lastword_keep in " CONFIG_PATH);
}

/* What is wrong with a target's place, by what place_find() returned. */
static void by_code(struct doctor *d, int code, bool servers, const char *repair)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		if (t->r != code || target_is_server(t) != servers)
			continue;
		found(d, target_fault(f), "target '%s': %s", t->words, error_text(&t->why));
		evidence(d, CONFIG_PATH ": %s", t->words);
		fix(d, "%s", repair);
	}
}

static void check_missing(struct doctor *d)
{
	by_code(d, -ENODEV, false,
		"lsblk -f shows what there is; put its UUID into " CONFIG_PATH
		"; then lastword arm");
}

static void check_ambiguous(struct doctor *d)
{
	by_code(d, -ENOTUNIQ, false,
		"give one a new name (tune2fs -U random, xfs_admin -U generate), or name the "
		"device "
		"itself; then lastword arm");
}

static void check_type(struct doctor *d)
{
	by_code(d, -EINVAL, false,
		"write the type that it has into " CONFIG_PATH "; then lastword arm");
}

static void check_path(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		if ((t->r != -ENOENT && t->r != -ENOTDIR) || target_is_server(t))
			continue;
		found(d, target_fault(f), "target '%s': %s", t->words, error_text(&t->why));
		evidence(d, CONFIG_PATH ": path %s", t->config->path);
		fix(d, "mkdir -p %s; then lastword arm", t->dir ?: t->config->path);
	}
}

/* What holds it: a device that a capture kernel cannot make again, a file system that is gone after a crash, … */
static void check_unusable(struct doctor *d)
{
	static const int others[] = { -ENODEV, -ENOTUNIQ, -EINVAL, -ENOENT, -ENOTDIR, -EROFS };
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		bool other = t->r == 0 || target_is_server(t);

		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			other |= t->r == others[i];
		if (other)
			continue;
		found(d, target_fault(f), "target '%s' cannot take a dump: %s", t->words,
		      error_text(&t->why));
		evidence(d, CONFIG_PATH ": %s", t->words);
		fix(d, "name another target in " CONFIG_PATH "; then lastword arm");
	}
}

static void check_name(struct doctor *d)
{
	by_code(d, -EHOSTUNREACH, true,
		"getent hosts NAME; or write the server's address into " CONFIG_PATH
		"; then lastword arm");
}

static void check_route(struct doctor *d)
{
	const struct facts *f = d->facts;

	by_code(d, -ENETUNREACH, true, "ip route; bring the network up; then lastword arm");
	by_code(d, -ELOOP, true, "name another machine in " CONFIG_PATH "; then lastword arm");
	by_code(d, -EADDRNOTAVAIL, true,
		"ip addr; give the interface an address; then lastword arm");
	for_each_target(t, f)
	{
		/* SSH is not looked at for another root */
		if (t->r != -EOPNOTSUPP || !target_is_server(t) ||
		    (t->config->kind == CONFIG_TARGET_SSH && *f->root->path))
			continue;
		found(d, target_fault(f), "target '%s': %s", t->words, error_text(&t->why));
		evidence(d, CONFIG_PATH ": %s", t->words);
		fix(d, "reach it over Ethernet, VLAN, bond or bridge, or add a fallback target");
	}
}

const struct check checks_target[] = {
	{ "target-missing", "target", "the device of each target is there", FINDING_FAILURE,
	  check_missing },
	{ "target-ambiguous", "target", "one device alone has the name in kdump.conf",
	  FINDING_FAILURE, check_ambiguous },
	{ "target-type", "target", "each target is of the type in kdump.conf", FINDING_FAILURE,
	  check_type },
	{ "target-path", "target", "the directory for dumps is there", FINDING_FAILURE,
	  check_path },
	{ "target-unusable", "target", "a capture kernel can write to each target", FINDING_FAILURE,
	  check_unusable },
	{ "server-name", "target", "servers' names have addresses", FINDING_FAILURE, check_name },
	{ "server-route", "target", "there is a way to each server", FINDING_FAILURE, check_route },
	{ 0 },
};
