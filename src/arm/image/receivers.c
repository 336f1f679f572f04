/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/receivers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/image/modules.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "netconsole/sender_configfs.h"
#include "netconsole/sender_keep.h"

struct finder {
	const struct root *root;
	struct names *names;
	struct receivers *found;
	struct buf *notes;
};

/* One that is asked for. Ours: "" and 0 for any. */
struct wanted {
	const char *host, *source;
	uint32_t port, our_port;
};

static bool is_known(const struct receivers *r, const char *address, uint32_t port)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->items[i].address, address) == 0 && r->items[i].port == port)
			return true;
	return false;
}

/* The way there, which nobody waits for: that of a target, where it is the same, is waited for anyway. */
static int add_way(struct finder *f, const char *address, struct error *e)
{
	_cleanup_network_ struct network n = { 0 };
	int r = network_find(f->root, address, &n, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n.links_count; i++)
		n.links[i].late = true;
	/* the dump directory is called after the way to the target */
	free(n.host_ip);
	n.host_ip = NULL;
	return network_merge(&f->found->network, &n, e);
}

/* Our address is told only where it is not the routed one: the same, whoever says who the receivers are. */
static int add(struct finder *f, const struct wanted *w, const char *address,
	       const struct network *way)
{
	struct receivers *r = f->found;
	struct plan_receiver *to = &r->items[r->count];
	bool routed = way->host_ip && strcmp(way->host_ip, w->source) == 0;

	*to = (struct plan_receiver){
		.address = strdup(address),
		.source = strdup(routed ? "" : w->source),
		.port = w->port,
		.our_port = w->our_port,
	};
	r->count++;
	return to->address && to->source ? names_remember(f->names, w->host, address) : -ENOMEM;
}

static int find(struct finder *f, const struct wanted *w, struct error *e)
{
	_cleanup_(names_freep) char **addresses = NULL;
	int r;

	if (f->found->count == PLAN_RECEIVERS_MAX)
		return error_set(e, -E2BIG, "more than %d receivers", PLAN_RECEIVERS_MAX);
	r = names_look_up(f->names, w->host, &addresses, e);
	if (r < 0)
		return r;
	r = error_set(e, -EHOSTUNREACH, "it has no address");
	for (size_t i = 0; addresses[i] && r < 0; i++) {
		_cleanup_network_ struct network way = { 0 };

		if (is_known(f->found, addresses[i], w->port))
			return 0;
		r = network_find(f->root, addresses[i], &way, e);
		if (r == 0 && add(f, w, addresses[i], &way) < 0)
			return error_errno(e, -ENOMEM, "%s", addresses[i]);
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct plan_receiver *x = a, *y = b;
	int order = strcmp(x->address, y->address);

	return order ?: (x->port > y->port) - (x->port < y->port);
}

/* In an order that does not depend on who was asked first: the plan is compared with what was armed. */
static int add_ways(struct finder *f, struct error *e)
{
	struct receivers *found = f->found;
	int r = 0;

	qsort(found->items, found->count, sizeof(*found->items), compare);
	for (size_t i = 0; i < found->count && r == 0; i++)
		r = add_way(f, found->items[i].address, e);
	return r;
}

/* What keeps one from being told is told to people, and is no more. */
static int try(struct finder *f, const struct wanted *w)
{
	struct error why = { 0 };
	int r = find(f, w, &why);

	if (r < 0 && r != -ENOMEM)
		r = buf_printf(f->notes, "%s will not hear the last words: %s\n", w->host,
			       error_text(&why));
	return r;
}

static int try_word(struct finder *f, const char *word, const char *source, uint32_t our_port)
{
	struct wanted w = { .source = source, .our_port = our_port };
	_cleanup_free_ char *host = NULL;
	struct error why = { 0 };
	int r = config_split_receiver(word, &host, &w.port, &why);

	if (r < 0)
		return r == -ENOMEM ? r : buf_printf(f->notes, "%s\n", error_text(&why));
	w.host = host;
	return try(f, &w);
}

static int try_words(struct finder *f, const char *words)
{
	_cleanup_free_ char *copy = strdup(words);
	char *rest = copy, *word;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (word = strtok_r(rest, " \t", &rest)))
		r = try_word(f, word, "", SENDER_PORT);
	return r;
}

/* As the running kernel has it. Whose format is basic would not know what it gets. */
static int try_live(void *user, const struct sender_shown *s)
{
	struct wanted w = { .host = s->remote_ip, .source = s->local_ip };
	uint64_t port, our_port;

	if (!s->enabled || *s->extended != '1' ||
	    parse_decimal(s->remote_port, UINT16_MAX, &port) < 0 ||
	    parse_decimal(s->local_port, UINT16_MAX, &our_port) < 0)
		return 0;
	w.port = (uint32_t)port;
	w.our_port = (uint32_t)our_port;
	return try(user, &w);
}

/* "--NAME=VALUE", or "--NAME" and the next word; NULL: another word. */
static const char *value_of(const char *word, const char *name, char **save)
{
	size_t len = strlen(name);

	if (strncmp(word, name, len) != 0 || (word[len] && word[len] != '='))
		return NULL;
	return word[len] ? word + len + 1 : strtok_r(NULL, "\n", save) ?: "";
}

/* As `netconsole setup` will do it, words of its command line a line: it may be that it has not yet. */
static int try_kept(struct finder *f)
{
	_cleanup_buf_ struct buf words = { 0 };
	const char *receivers[PLAN_RECEIVERS_MAX], *source = "", *value;
	uint64_t our_port = SENDER_PORT;
	char *word, *save = NULL;
	size_t count = 0;
	int r = 0;

	if (sender_keep_read(f->root, &words, NULL) < 0 || !words.data)
		return 0;
	for (word = strtok_r(words.data, "\n", &save); word; word = strtok_r(NULL, "\n", &save)) {
		if (strcmp(word, "--basic") == 0)
			return 0;
		if ((value = value_of(word, "--from", &save)))
			source = value;
		else if ((value = value_of(word, "--local-port", &save)))
			(void)!parse_decimal(value, UINT16_MAX, &our_port);
		else if (!value_of(word, "--device", &save) && *word != '-' &&
			 count < PLAN_RECEIVERS_MAX)
			receivers[count++] = word;
	}
	for (size_t i = 0; i < count && r == 0; i++)
		r = try_word(f, receivers[i], source, (uint32_t)our_port);
	return r;
}

int receivers_find(const struct root *root, const struct config *c, struct names *names,
		   struct receivers *ret, struct buf *notes, struct error *e)
{
	_cleanup_receivers_ struct receivers found = { 0 };
	struct finder f = { .root = root, .names = names, .found = &found, .notes = notes };
	struct error why = { 0 };
	int r;

	if (c->receivers) {
		r = try_words(&f, c->receivers);
	} else {
		/* the kernel's own knows our address */
		r = sender_each(root, try_live, &f);
		if (r == 0)
			r = try_kept(&f);
	}
	if (r < 0)
		return error_errno(e, r, "receivers of the last words");
	if (add_ways(&f, &why) < 0) {
		receivers_done(&found);
		if (buf_printf(notes, "nobody will hear the last words: %s\n", error_text(&why)) <
		    0)
			return error_errno(e, -ENOMEM, "receivers of the last words");
	}
	*ret = found;
	found = (struct receivers){ 0 };
	return 0;
}

int receivers_describe(const struct receivers *r, struct buf *ret)
{
	int err = buf_append(ret, "", 0);

	for (size_t i = 0; i < r->count && err == 0; i++) {
		const struct plan_receiver *p = &r->items[i];
		bool v6 = strchr(p->address, ':') != NULL;

		err = buf_printf(ret, "%s%s%s%s:%u", i ? ", " : "", v6 ? "[" : "", p->address,
				 v6 ? "]" : "", p->port);
	}
	return err;
}

int receivers_give(struct receivers *r, const struct config *c, struct plan *p)
{
	if (r->count == 0)
		return 0;
	p->receivers = calloc(r->count, sizeof(*p->receivers));
	if (!p->receivers)
		return -ENOMEM;
	memcpy(p->receivers, r->items, r->count * sizeof(*r->items));
	p->receivers_count = r->count;
	p->words_timeout = c->time.words;
	r->count = 0;
	return 0;
}

void receivers_done(struct receivers *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->items[i].address);
		free(r->items[i].source);
	}
	network_done(&r->network);
	*r = (struct receivers){ 0 };
}
