/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "target/nfs_options.h"
#include "target/target.h"

/* The same directory on the same file system as of one before. */
static bool has_same(const struct chain *c, const struct place *p)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct plan_target *t = &c->places[i].target;

		if (t->kind == PLAN_TARGET_FS && strcmp(t->path, p->target.path) == 0 &&
		    strcmp(t->device.fs_uuid, p->target.device.fs_uuid) == 0)
			return true;
	}
	return false;
}

int chain_find(const struct root *root, const struct config *c, struct names *names,
	       struct chain *ret, struct buf *notes, struct error *e)
{
	struct chain chain = { .volumes = calloc(1, sizeof(*chain.volumes)) };
	int r = chain.volumes ? 0 : error_errno(e, -ENOMEM, "targets");

	for (size_t i = 0; i < c->targets_count && r == 0; i++) {
		struct place *p = &chain.places[chain.count];
		struct error why = { 0 };

		r = place_find(root, &c->targets[i], names, p, &why);
		if (r == 0 && p->target.last_resort && has_same(&chain, p))
			r = error_set(&why, -EEXIST,
				      "dump_to_rootfs: the root file system is a target already");
		if (r == 0)
			r = network_merge(&chain.network, &p->network, &why);
		if (r == 0 && p->volumes)
			r = volumes_merge(chain.volumes, p->volumes, &why);
		if (r == 0) {
			chain.count++;
			continue;
		}
		place_done(p);
		if (c->targets_count == 1 || r == -ENOMEM)
			r = error_set(e, r, "%s", error_text(&why));
		else
			r = buf_printf(notes, "target %zu is left out: %s\n", i + 1,
				       error_text(&why));
	}
	if (r == 0 && chain.count == 0)
		r = error_set(e, -ENODEV, "none of the %zu targets can be used: %s",
			      c->targets_count, notes->data ?: "");
	if (r < 0) {
		chain_done(&chain);
		return r;
	}
	*ret = chain;
	return 0;
}

/* mount(2) asks for "nfs"; the versions are modules of their own, which the kernel would ask modprobe for. */
static void want_nfs(const struct plan_target *t, bool *v3, bool *v4)
{
	size_t len;
	const char *named = nfs_option(t->mount_options, "vers", &len);

	*v3 |= !named || *named == '3';
	*v4 |= !named || *named == '4';
}

static bool has_kind(const struct network *n, enum plan_link_kind kind)
{
	for (size_t i = 0; i < n->links_count; i++)
		if (n->links[i].kind == kind)
			return true;
	return false;
}

static void want_links(const struct network *n, const struct network *more,
		       struct modules_wanted *w, size_t *named)
{
	static const char *const names[] = {
		[PLAN_LINK_VLAN] = "8021q",
		[PLAN_LINK_BOND] = "bonding",
		[PLAN_LINK_BRIDGE] = "bridge",
	};

	for (enum plan_link_kind kind = PLAN_LINK_VLAN; kind <= PLAN_LINK_BRIDGE; kind++)
		if (has_kind(n, kind) || (more && has_kind(more, kind)))
			w->named[(*named)++] = names[kind];
}

void chain_want_modules(const struct chain *c, const struct network *more,
			struct modules_wanted *ret)
{
	struct modules_wanted w = { 0 };
	size_t syspaths = 0, named = 0, fstypes = 0;
	bool v3 = false, v4 = false;

	for (size_t i = 0; i < c->network.syspaths_count && i < PLAN_LINKS_MAX; i++)
		w.syspaths[syspaths++] = c->network.syspaths[i];
	for (size_t i = 0; i < c->volumes->syspaths_count; i++)
		w.syspaths[syspaths++] = c->volumes->syspaths[i];
	for (size_t i = 0; i < c->volumes->modules_count; i++)
		w.named[named++] = c->volumes->modules[i];
	for (size_t i = 0; i < c->count; i++) {
		const struct plan_target *t = &c->places[i].target;
		struct target_needs needs;

		target_ops(t->kind)->needs(t, &needs);
		if (needs.fstype)
			w.fstypes[fstypes++] = needs.fstype;
		if (t->kind == PLAN_TARGET_NFS)
			want_nfs(t, &v3, &v4);
	}
	for (size_t i = 0; more && i < more->syspaths_count && syspaths < PLAN_LINKS_MAX; i++)
		w.syspaths[syspaths++] = more->syspaths[i];
	want_links(&c->network, more, &w, &named);
	if (v4)
		w.named[named++] = "nfsv4";
	if (v3)
		w.named[named++] = "nfsv3";
	*ret = w;
}

void chain_describe(const struct chain *c, char *buf, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < c->count && at < size; i++) {
		at += (size_t)snprintf(buf + at, size - at, "%s", i ? "; then " : "");
		if (at < size)
			at += (size_t)place_describe(&c->places[i], buf + at, size - at);
	}
}

int chain_give(struct chain *c, struct plan *p)
{
	struct network *n = &c->network;

	p->targets = calloc(c->count, sizeof(*p->targets));
	if (!p->targets)
		return -ENOMEM;
	for (size_t i = 0; i < c->count; i++) {
		p->targets[p->targets_count++] = c->places[i].target;
		c->places[i].target = (struct plan_target){ 0 };
	}
	if (volumes_give(c->volumes, p) < 0)
		return -ENOMEM;
	p->links = TAKE_PTR(n->links);
	p->links_count = n->links_count;
	p->addresses = TAKE_PTR(n->addresses);
	p->addresses_count = n->addresses_count;
	p->routes = TAKE_PTR(n->routes);
	p->routes_count = n->routes_count;
	n->links_count = n->addresses_count = n->routes_count = 0;
	return 0;
}

void chain_done(struct chain *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->places); i++)
		place_done(&c->places[i]);
	network_done(&c->network);
	volumes_free(c->volumes);
	*c = (struct chain){ 0 };
}
