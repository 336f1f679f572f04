/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "target/target.h"

int chain_find(const struct root *root, const struct config *c, struct chain *ret,
	       struct buf *notes, struct error *e)
{
	struct chain chain = { 0 };
	int r = 0;

	for (size_t i = 0; i < c->targets_count && r == 0; i++) {
		struct place *p = &chain.places[chain.count];
		struct error why = { 0 };

		r = place_find(root, &c->targets[i], p, &why);
		if (r == 0)
			r = network_merge(&chain.network, &p->network, &why);
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
	const char *version = strstr(t->mount_options, "vers=");

	*v3 |= !version || version[5] == '3';
	*v4 |= !version || version[5] == '4';
}

static void want_links(const struct network *n, struct modules_wanted *w, size_t *named)
{
	static const char *const names[] = {
		[PLAN_LINK_VLAN] = "8021q",
		[PLAN_LINK_BOND] = "bonding",
		[PLAN_LINK_BRIDGE] = "bridge",
	};

	for (enum plan_link_kind kind = PLAN_LINK_VLAN; kind <= PLAN_LINK_BRIDGE; kind++)
		for (size_t i = 0; i < n->links_count; i++)
			if (n->links[i].kind == kind) {
				w->named[(*named)++] = names[kind];
				break;
			}
}

void chain_want_modules(const struct chain *c, struct modules_wanted *ret)
{
	struct modules_wanted w = { 0 };
	size_t syspaths = 0, named = 0, fstypes = 0;
	bool v3 = false, v4 = false;

	for (size_t i = 0; i < c->network.syspaths_count && i < PLAN_LINKS_MAX; i++)
		w.syspaths[syspaths++] = c->network.syspaths[i];
	for (size_t i = 0; i < c->count; i++) {
		const struct plan_target *t = &c->places[i].target;
		struct target_needs needs;

		target_ops(t->kind)->needs(t, &needs);
		if (needs.block_device)
			w.syspaths[syspaths++] = t->device.syspath;
		if (needs.fstype)
			w.fstypes[fstypes++] = needs.fstype;
		if (t->kind == PLAN_TARGET_NFS)
			want_nfs(t, &v3, &v4);
	}
	want_links(&c->network, &w, &named);
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
	*c = (struct chain){ 0 };
}
