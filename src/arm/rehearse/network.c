/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * QEMU's user network: 10.0.2.0/24, itself at .2, the guest at .15. What the guest sends leaves this machine as traffic of its
 * own, so a server is reached under its own address (QEMU's documentation, "Using the user mode network stack").
 */
#define OWN_NET "10.0.2."
#define OWN_ADDRESS "10.0.2.15/24"
#define OWN_GATEWAY "10.0.2.2"

static const char *const card_modules[] = { "virtio_pci", QEMU_CARD_DEFAULT_DRIVER, NULL };

/* As it is, the plan works there: a plain card with addresses of that net. */
static bool fits(const struct plan *p)
{
	for (size_t i = 0; i < p->links_count; i++)
		if (p->links[i].kind != PLAN_LINK_HARDWARE)
			return false;
	for (size_t i = 0; i < p->addresses_count; i++)
		if (strncmp(p->addresses[i].address, OWN_NET, strlen(OWN_NET)) != 0 &&
		    strncmp(p->addresses[i].address, "fe", 2) != 0)
			return false;
	return p->links_count == 1;
}

static const struct plan_link *hardware(const struct plan *p)
{
	for (size_t i = 0; i < p->links_count; i++)
		if (p->links[i].kind == PLAN_LINK_HARDWARE)
			return &p->links[i];
	return NULL;
}

/* The image's own driver decides, where QEMU has a card for it. */
static const char *choose_card(const struct subject *s)
{
	for (size_t i = 0; i < s->plan->modules_count; i++) {
		const char *base = strrchr(s->plan->modules[i].path, '/');
		_cleanup_free_ char *name = base ? strdup(base + 1) : NULL;
		const char *found;

		if (!name)
			continue;
		name[strcspn(name, ".")] = '\0';
		found = qemu_card_find(name);
		if (found)
			return found;
	}
	return NULL;
}

static int replace_addresses(struct plan *p, struct error *e)
{
	const struct plan_link *found = hardware(p);
	struct plan_link *l = calloc(1, sizeof(*l));
	struct plan_address *a = calloc(1, sizeof(*a));
	struct plan_route *r = calloc(1, sizeof(*r));

	if (!l || !a || !r) {
		free(l);
		free(a);
		free(r);
		return error_errno(e, -ENOMEM, "network");
	}
	*l = (struct plan_link){
		.name = strdup(found->name),
		.kind = PLAN_LINK_HARDWARE,
		.mac = strdup(found->mac),
		.master = strdup(""),
		.lower = strdup(""),
		.needs_carrier = true,
	};
	*a = (struct plan_address){ .address = strdup(OWN_ADDRESS), .link = strdup(found->name) };
	*r = (struct plan_route){ .to = strdup("default"),
				  .via = strdup(OWN_GATEWAY),
				  .source = strdup(""),
				  .link = strdup(found->name) };
	plan_drop_network(p);
	p->links = l;
	p->addresses = a;
	p->routes = r;
	p->links_count = p->addresses_count = p->routes_count = 1;
	return l->name && l->mac && l->master && l->lower && a->address && a->link && r->to &&
			       r->via && r->source && r->link
		       ? 0
		       : error_errno(e, -ENOMEM, "network");
}

/* What must not be done to a real server for a crash that is none. */
static int be_harmless(struct subject *s, struct scene *scene, struct error *e)
{
	static const struct plan_keep none = { 0 };
	struct plan *p = s->plan;

	if (memcmp(&p->keep, &none, sizeof(none)) == 0 && !p->crash_loop_count &&
	    !p->fences_count && !p->receivers_count)
		return 0;
	p->keep = none;
	p->crash_loop_count = 0;
	for (size_t i = 0; i < p->fences_count; i++)
		free(p->fences[i].address);
	p->fences_count = 0;
	plan_drop_receivers(p);
	scene->changed = true;
	return scene_note(&scene->different, e,
			  "no older dump is removed on the server, no crash loop is looked for, no "
			  "fence_kdump message and no last word is sent: the plan is without "
			  "them");
}

static int check_servers(const struct plan *p, struct error *e)
{
	for (size_t i = 0; i < p->targets_count; i++)
		if (p->targets[i].server && strchr(p->targets[i].server, ':'))
			return error_set(
				e, -EOPNOTSUPP,
				"server %s: QEMU's user network has no IPv6 to the outside; "
				"rehearse with --local",
				p->targets[i].server);
	return hardware(p) ? 0
			   : error_set(e, -EOPNOTSUPP,
				       "the plan has no network card; rehearse with --local");
}

int scene_add_network(const struct root *root, struct subject *s, struct scene *scene,
		      struct error *e)
{
	const char *card = choose_card(s);
	int r = check_servers(s->plan, e);

	if (r == 0)
		r = be_harmless(s, scene, e);
	if (r == 0 && !card) {
		r = subject_add_modules(root, s, card_modules, NULL, e);
		scene->changed = true;
		if (r == 0)
			r = scene_note(&scene->different, e,
				       "network card: QEMU has none for its driver; the image has "
				       "got virtio's");
	} else if (r == 0) {
		r = scene_note(&scene->same, e, "network card's driver: QEMU has a %s", card);
	}
	if (r == 0 && !fits(s->plan)) {
		r = replace_addresses(s->plan, e);
		scene->changed = true;
		if (r == 0)
			r = scene_note(
				&scene->different, e,
				"network: one card with " OWN_ADDRESS " in QEMU's user network, "
				"and the plan says so; the server hears this machine, from a "
				"port above 1023 (NFS exports want 'insecure')");
	}
	if (r < 0)
		return r;
	r = qemu_words_add(&scene->words, "-netdev") ?:
	    qemu_words_add(&scene->words, "user,id=n0") ?:
	    qemu_words_add(&scene->words, "-device") ?:
	    qemu_words_add(&scene->words, "%s,netdev=n0,mac=%s", card ?: QEMU_CARD_DEFAULT,
			   hardware(s->plan)->mac);
	return r < 0 ? error_errno(e, r, "QEMU's network") : 0;
}
