/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/fences.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arm/image/modules.h"
#include "base/cleanup.h"

static bool is_this_machine(const char *node)
{
	char name[256];

	return gethostname(name, sizeof(name)) == 0 && strcmp(name, node) == 0;
}

static int reach(const struct root *root, const char *address, struct network *network,
		 struct error *e)
{
	_cleanup_network_ struct network n = { 0 };
	int r = network_find(root, address, &n, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n.links_count; i++)
		n.links[i].needs_carrier = false;
	/* the dump directory is called after the way to the target */
	free(n.host_ip);
	n.host_ip = NULL;
	return network_merge(network, &n, e);
}

static bool is_of_family(const char *address, int family)
{
	return family == AF_UNSPEC || (family == AF_INET6) == (strchr(address, ':') != NULL);
}

static int find_node(const struct root *root, const struct config *c, const char *node,
		     struct names *names, struct network *network, struct fences *f,
		     struct error *e)
{
	_cleanup_(names_freep) char **addresses = NULL;
	int r = names_look_up(names, node, &addresses, e);

	if (r < 0)
		return r;
	r = error_set(e, -EHOSTUNREACH, "it has no address of the family");
	for (size_t i = 0; addresses[i] && r < 0 && r != -ELOOP; i++) {
		if (!is_of_family(addresses[i], c->fence.family))
			continue;
		r = reach(root, addresses[i], network, e);
		if (r < 0)
			continue;
		f->items[f->count].address = strdup(addresses[i]);
		if (!f->items[f->count++].address || names_remember(names, node, addresses[i]) < 0)
			return error_errno(e, -ENOMEM, "address");
	}
	return r;
}

int fences_find(const struct root *root, const struct config *c, struct names *names,
		struct network *network, struct fences *ret, struct error *e)
{
	_cleanup_free_ char *words = strdup(c->fence.nodes ?: "");
	char *rest = words, *node;
	struct fences f = { 0 };
	int r = words ? 0 : error_errno(e, -ENOMEM, "fence_kdump_nodes");

	while (r == 0 && (node = strtok_r(rest, " \t", &rest))) {
		if (f.count == PLAN_FENCES_MAX)
			r = error_set(e, -E2BIG, "more than %d nodes", PLAN_FENCES_MAX);
		else
			r = is_this_machine(node) ? -ELOOP
						  : find_node(root, c, node, names, network, &f, e);
		if (r == -ELOOP)
			r = error_set(e, r, "this machine cannot tell itself; leave it out");
		if (r < 0)
			r = error_prefix(e, r, "fence_kdump_nodes: %s", node);
	}
	if (r < 0) {
		fences_done(&f);
		return r;
	}
	*ret = f;
	return 0;
}

int fences_give(struct fences *f, const struct config *c, struct plan *p)
{
	if (f->count == 0)
		return 0;
	p->fences = calloc(f->count, sizeof(*p->fences));
	if (!p->fences)
		return -ENOMEM;
	memcpy(p->fences, f->items, f->count * sizeof(*f->items));
	p->fences_count = f->count;
	*f = (struct fences){ 0 };
	p->fence_port = c->fence.port;
	p->fence_interval = c->fence.interval;
	p->fence_count = c->fence.count;
	return 0;
}

void fences_done(struct fences *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->items[i].address);
	*f = (struct fences){ 0 };
}
