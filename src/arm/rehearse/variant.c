/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/scene.h"

#include <stdlib.h>

/* A plan of nothing else frees a list. */
static void free_lists(struct plan lists)
{
	struct plan *p = malloc(sizeof(*p));

	if (!p)
		return; /* memory is out: what follows will say so */
	*p = lists;
	plan_free(p);
}

void plan_drop_receivers(struct plan *p)
{
	free_lists((struct plan){
		.receivers = p->receivers,
		.receivers_count = p->receivers_count,
	});
	p->receivers = NULL;
	p->receivers_count = 0;
}

void plan_drop_network(struct plan *p)
{
	free_lists((struct plan){
		.links = p->links,
		.links_count = p->links_count,
		.addresses = p->addresses,
		.addresses_count = p->addresses_count,
		.routes = p->routes,
		.routes_count = p->routes_count,
		.fences = p->fences,
		.fences_count = p->fences_count,
	});
	plan_drop_receivers(p);
	p->links = NULL;
	p->addresses = NULL;
	p->routes = NULL;
	p->fences = NULL;
	p->links_count = p->addresses_count = p->routes_count = p->fences_count = 0;
}

void plan_drop_volumes(struct plan *p)
{
	free_lists((struct plan){
		.volumes = p->volumes,
		.volumes_count = p->volumes_count,
		.parts = p->parts,
		.parts_count = p->parts_count,
		.rows = p->rows,
		.rows_count = p->rows_count,
	});
	p->volumes = NULL;
	p->parts = NULL;
	p->rows = NULL;
	p->volumes_count = p->parts_count = p->rows_count = 0;
}

void plan_drop_target(struct plan_target *t)
{
	struct plan_target *one = malloc(sizeof(*one));

	if (!one)
		return;
	*one = *t;
	free_lists((struct plan){ .targets = one, .targets_count = 1 });
	*t = (struct plan_target){ 0 };
}
