/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "plan/plan_keys.h"
#include "plan/volumes.h"

#define PLAN_VERSION 1
#define PLAN_TEXT_MAX ((size_t)1 << 20)

/* The key that begins an item of a list: the first of its scope. */
static bool key_opens(const struct plan_key *k)
{
	return k->scope != SCOPE_PLAN && k[-1].scope != k->scope;
}

static const struct plan_key *key_find(const char *name)
{
	for (size_t i = 0; i < plan_keys_count; i++)
		if (strcmp(plan_keys[i].name, name) == 0)
			return &plan_keys[i];
	return NULL;
}

static size_t list_count(const struct plan *p, enum plan_scope scope)
{
	return scope == SCOPE_PLAN ? 1
				   : *(const size_t *)((const char *)p + plan_lists[scope].count);
}

/* The struct that the fields of a scope are in: the plan, or an item of a list. */
static void *scope_base(const struct plan *p, enum plan_scope scope, size_t index)
{
	const struct plan_list *l = &plan_lists[scope];

	if (scope == SCOPE_PLAN)
		return (void *)p;
	return *(char *const *)((const char *)p + l->items) + index * l->size;
}

static int list_add(struct plan *p, enum plan_scope scope, struct error *e)
{
	const struct plan_list *l = &plan_lists[scope];
	size_t *count = (size_t *)((char *)p + l->count);
	void **items = (void **)((char *)p + l->items);
	char *grown;

	if (*count == l->max)
		return error_set(e, -E2BIG, "more than %zu %s", l->max, l->what);
	grown = reallocarray(*items, *count + 1, l->size);
	if (!grown)
		return error_errno(e, -ENOMEM, "%s", l->what);
	memset(grown + *count * l->size, 0, l->size);
	*items = grown;
	(*count)++;
	return 0;
}

/* Does f for every item of every list, and for the plan itself. */
static int each_scope(struct plan *p, int (*f)(enum plan_scope scope, void *base, void *user),
		      void *user)
{
	int r = 0;

	for (enum plan_scope s = SCOPE_PLAN; s < SCOPES; s++)
		for (size_t i = 0; i < list_count(p, s) && r == 0; i++)
			r = f(s, scope_base(p, s, i), user);
	return r;
}

/* Gives every string that was not set the value "". */
static int fill_strings(enum plan_scope scope, void *base, void *user)
{
	for (size_t i = 0; i < plan_keys_count; i++) {
		char **field = (char **)((char *)base + plan_keys[i].offset);

		if (plan_keys[i].scope != scope || plan_keys[i].type != TYPE_STRING)
			continue;
		if (!*field)
			*field = strdup("");
		if (!*field)
			return -ENOMEM;
	}
	return 0;
}

static int set_word(const struct plan_key *k, unsigned *field, const char *value, struct error *e)
{
	for (unsigned i = 0; k->words[i]; i++) {
		if (strcmp(k->words[i], value) == 0) {
			*field = i;
			return 0;
		}
	}
	return error_set(e, -EINVAL, "%s: unknown word '%s'", k->name, value);
}

static int set_number(const struct plan_key *k, void *field, const char *value, struct error *e)
{
	bool negative = k->type == TYPE_INT && *value == '-';
	uint64_t number;
	int r = parse_decimal(value + negative, k->max, &number);

	if (r < 0)
		return error_set(e, r, "%s: '%s' is no number up to %llu", k->name, value,
				 (unsigned long long)k->max);
	if (k->type == TYPE_U64)
		*(uint64_t *)field = number;
	else if (k->type == TYPE_U32)
		*(uint32_t *)field = (uint32_t)number;
	else if (k->type == TYPE_BOOL)
		*(bool *)field = number;
	else
		*(int *)field = negative ? -(int)number : (int)number;
	return 0;
}

static int set_value(struct plan *p, const struct plan_key *k, const char *value, struct error *e)
{
	size_t count = list_count(p, k->scope);
	char **string, *base;

	if (count == 0)
		return error_set(e, -EINVAL, "%s: none of the %s was begun", k->name,
				 plan_lists[k->scope].what);
	base = scope_base(p, k->scope, count - 1);
	if (k->type == TYPE_WORD)
		return set_word(k, (unsigned *)(base + k->offset), value, e);
	if (k->type != TYPE_STRING)
		return set_number(k, base + k->offset, value, e);
	string = (char **)(base + k->offset);
	*string = strdup(value);
	return *string ? 0 : error_errno(e, -ENOMEM, "%s", k->name);
}

struct parser {
	struct plan *plan;
	bool started; /* the line with the version was there */
	bool ended;
	bool seen
		[PLAN_KEYS_MAX]; /* by key; those of a list are cleared where the next item begins */
};

static void forget_scope(struct parser *s, enum plan_scope scope)
{
	for (size_t i = 0; i < plan_keys_count; i++)
		if (plan_keys[i].scope == scope)
			s->seen[i] = false;
}

static int parse_pair(struct parser *s, const char *name, const char *value, struct error *e)
{
	const struct plan_key *k = key_find(name);

	if (!k)
		return error_set(e, -EINVAL, "unknown key '%s'", name);
	if (key_opens(k)) {
		int r = list_add(s->plan, k->scope, e);

		if (r < 0)
			return r;
		forget_scope(s, k->scope);
	}
	if (s->seen[k - plan_keys])
		return error_set(e, -EINVAL, "%s: given twice", name);
	s->seen[k - plan_keys] = true;
	return set_value(s->plan, k, value, e);
}

static int parse_line(struct parser *s, char *line, struct error *e)
{
	char *value = strchr(line, ' ');

	if (s->ended)
		return error_set(e, -EINVAL, "text after the end");
	if (!s->started) {
		s->started = strcmp(line, "lastword-plan " STRINGIFY(PLAN_VERSION)) == 0;
		return s->started ? 0
				  : error_set(e, -EINVAL, "no plan of version %d", PLAN_VERSION);
	}
	if (strcmp(line, "end") == 0) {
		s->ended = true;
		return 0;
	}
	if (!value || !value[1])
		return error_set(e, -EINVAL, "'%.40s' has no value", line);
	*value++ = '\0';
	return parse_pair(s, line, value, e);
}

static int check_target(const struct plan_target *t, struct error *e)
{
	const struct plan_device *d = &t->device;

	if (t->kind != PLAN_TARGET_RAW && (!given(t->path) || *t->path != '/'))
		return error_set(e, -EINVAL, "a target needs an absolute path");
	if (t->kind == PLAN_TARGET_NFS)
		return given(t->server) && given(t->share)
			       ? 0
			       : error_set(e, -EINVAL, "an NFS target needs a server and a share");
	if (t->kind == PLAN_TARGET_SSH)
		return given(t->server) && given(t->host) && given(t->user) && t->port &&
				       given(t->key) && given(t->known_hosts)
			       ? 0
			       : error_set(
					 e, -EINVAL,
					 "an SSH target needs a server, its name, a user, a port, "
					 "a key and known hosts");
	if (t->kind == PLAN_TARGET_VIRTIOFS)
		return given(t->share) ? 0 : error_set(e, -EINVAL, "a virtiofs target needs a tag");
	if (!plan_device_known(d))
		return error_set(e, -EINVAL, "a target says nothing of its device");
	if (t->kind == PLAN_TARGET_FS && !given(t->fstype))
		return error_set(e, -EINVAL, "a file-system target needs a type");
	return 0;
}

static const struct plan_link *link_find(const struct plan *p, const char *name, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (given(p->links[i].name) && strcmp(p->links[i].name, name) == 0)
			return &p->links[i];
	return NULL;
}

/* What a link stands on comes before it; who belongs to a master, after that. */
static int check_network(const struct plan *p, struct error *e)
{
	for (size_t i = 0; i < p->links_count; i++) {
		const struct plan_link *l = &p->links[i];

		if (link_find(p, l->name, i))
			return error_set(e, -EINVAL, "link %s: there are two", l->name);
		if (given(l->master) && !link_find(p, l->master, i))
			return error_set(e, -EINVAL, "link %s: no %s before it", l->name,
					 l->master);
		if (l->kind == PLAN_LINK_VLAN && (!given(l->lower) || !link_find(p, l->lower, i)))
			return error_set(e, -EINVAL, "link %s: no link below it", l->name);
		if (l->kind == PLAN_LINK_HARDWARE && !given(l->mac))
			return error_set(e, -EINVAL, "link %s: no hardware address", l->name);
	}
	for (size_t i = 0; i < p->addresses_count; i++)
		if (!given(p->addresses[i].link) ||
		    !link_find(p, p->addresses[i].link, p->links_count))
			return error_set(e, -EINVAL, "address %s: on no link",
					 p->addresses[i].address);
	for (size_t i = 0; i < p->routes_count; i++)
		if (!given(p->routes[i].link) || !link_find(p, p->routes[i].link, p->links_count))
			return error_set(e, -EINVAL, "route %s: on no link", p->routes[i].to);
	return 0;
}

/* Who hears of it, and what runs besides. */
static int check_hooks(const struct plan *p, struct error *e)
{
	for (size_t i = 0; i < p->hooks_count; i++)
		if (!given(p->hooks[i].path) || *p->hooks[i].path != '/')
			return error_set(e, -EINVAL, "a hook's path is not absolute");
	if (p->hooks_count && !p->hook_timeout)
		return error_set(e, -EINVAL, "hooks need a limit of time");
	if (p->fences_count && (!p->fence_port || !p->fence_interval))
		return error_set(e, -EINVAL, "fences need a port and an interval");
	if (given(p->erase) && *p->erase != '/')
		return error_set(e, -EINVAL, "erase has no absolute path");
	for (size_t i = 0; i < p->receivers_count; i++)
		if (!p->receivers[i].port)
			return error_set(e, -EINVAL, "receiver %s: no port",
					 p->receivers[i].address);
	if (p->receivers_count && !p->words_timeout)
		return error_set(e, -EINVAL, "receivers need a limit of time");
	if (p->failure_action == PLAN_SHELL && (!given(p->shell) || *p->shell != '/'))
		return error_set(e, -EINVAL, "the shell has no absolute path");
	return 0;
}

static int check_plan(const struct plan *p, struct error *e)
{
	int r;

	if (!given(p->kernel_release))
		return error_set(e, -EINVAL, "the kernel is not named");
	if (!given(p->host_ip) || strchr(p->host_ip, '/'))
		return error_set(e, -EINVAL, "host-ip: '%s' cannot begin a directory's name",
				 p->host_ip ?: "");
	if (!p->targets_count)
		return error_set(e, -EINVAL, "no target");
	if (p->final_action > PLAN_POWEROFF)
		return error_set(e, -EINVAL, "%s is no final action",
				 plan_action_words[p->final_action]);
	if (p->crash_loop_action > PLAN_POWEROFF)
		return error_set(e, -EINVAL, "%s does not end a crash loop",
				 plan_action_words[p->crash_loop_action]);
	r = check_network(p, e);
	if (r == 0)
		r = plan_check_volumes(p, e);
	for (size_t i = 0; i < p->modules_count && r == 0; i++)
		if (!given(p->modules[i].path) || *p->modules[i].path != '/')
			r = error_set(e, -EINVAL, "a module's path is not absolute");
	for (size_t i = 0; i < p->targets_count && r == 0; i++) {
		r = check_target(&p->targets[i], e);
		if (r == 0 && p->targets[i].last_resort && i + 1 < p->targets_count)
			r = error_set(e, -EINVAL, "the last resort is not the last target");
	}
	return r < 0 ? r : check_hooks(p, e);
}

static bool text_is_clean(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\n')
			return false;
	return len && text[len - 1] == '\n';
}

int plan_parse(const char *text, size_t len, struct plan **ret, struct error *e)
{
	_cleanup_(plan_freep) struct plan *p = calloc(1, sizeof(*p));
	struct parser s = { .plan = p };
	_cleanup_free_ char *copy = NULL;
	char *rest;
	int r = 0;

	if (len > PLAN_TEXT_MAX || !text_is_clean(text, len))
		return error_set(e, -EINVAL, "plan: not the text of a plan");
	copy = strndup(text, len - 1);
	if (!copy || !p)
		return error_errno(e, -ENOMEM, "plan");
	rest = copy;
	for (unsigned number = 1; rest; number++) {
		r = parse_line(&s, strsep(&rest, "\n"), e);
		if (r < 0)
			return error_prefix(e, r, "plan:%u", number);
	}
	if (!s.ended)
		return error_set(e, -EINVAL, "plan: cut short: it has no end");
	r = check_plan(p, e);
	if (r < 0)
		return error_prefix(e, r, "plan");
	if (each_scope(p, fill_strings, NULL) < 0)
		return error_errno(e, -ENOMEM, "plan");
	*ret = TAKE_PTR(p);
	return 0;
}

static int format_string(const struct plan_key *k, const char *value, struct buf *out)
{
	if (!given(value))
		return 0;
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < ' ')
			return -EINVAL;
	return buf_printf(out, "%s %s\n", k->name, value);
}

static int format_key(const struct plan_key *k, const void *base, struct buf *out)
{
	const char *field = (const char *)base + k->offset;
	uint64_t number;

	switch (k->type) {
	case TYPE_STRING:
		return format_string(k, *(char *const *)field, out);
	case TYPE_INT:
		return buf_printf(out, "%s %d\n", k->name, *(const int *)field);
	case TYPE_WORD:
		if (k->sparse && *(const unsigned *)field == 0)
			return 0;
		return buf_printf(out, "%s %s\n", k->name, k->words[*(const unsigned *)field]);
	case TYPE_U32:
		number = *(const uint32_t *)field;
		break;
	case TYPE_BOOL:
		number = *(const bool *)field;
		break;
	case TYPE_U64:
		number = *(const uint64_t *)field;
		break;
	default:
		return -EINVAL;
	}
	if (k->sparse && number == 0)
		return 0;
	return buf_printf(out, "%s %llu\n", k->name, (unsigned long long)number);
}

static int format_scope(enum plan_scope scope, void *base, void *user)
{
	int r = 0;

	for (size_t i = 0; i < plan_keys_count && r == 0; i++)
		if (plan_keys[i].scope == scope)
			r = format_key(&plan_keys[i], base, user);
	return r;
}

int plan_format(const struct plan *p, struct buf *out)
{
	int r = check_plan(p, NULL);

	if (r == 0)
		r = buf_printf(out, "lastword-plan %d\n", PLAN_VERSION);
	if (r == 0)
		r = each_scope((struct plan *)p, format_scope, out);
	return r < 0 ? r : buf_printf(out, "end\n");
}

static int free_scope(enum plan_scope scope, void *base, void *user)
{
	for (size_t i = 0; i < plan_keys_count; i++)
		if (plan_keys[i].scope == scope && plan_keys[i].type == TYPE_STRING)
			free(*(char **)((char *)base + plan_keys[i].offset));
	return 0;
}

struct plan *plan_free(struct plan *p)
{
	if (!p)
		return NULL;
	(void)each_scope(p, free_scope, NULL);
	for (enum plan_scope s = SCOPE_MODULE; s < SCOPES; s++)
		free(*(void **)((char *)p + plan_lists[s].items));
	free(p);
	return NULL;
}

const char *plan_hook_name(enum plan_hook_when when)
{
	return plan_hook_words[when];
}

const char *plan_action_name(enum plan_action a)
{
	return plan_action_words[a];
}

bool plan_action_parse(const char *word, enum plan_action *ret)
{
	for (unsigned i = 0; plan_action_words[i]; i++) {
		if (strcmp(plan_action_words[i], word) == 0) {
			*ret = (enum plan_action)i;
			return true;
		}
	}
	return false;
}
