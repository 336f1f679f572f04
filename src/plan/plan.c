/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

#define PLAN_VERSION 1
#define PLAN_TEXT_MAX ((size_t)1 << 20)
#define SECONDS_MAX (7 * 24 * 3600)

/* Where a key's field lives: in the plan, in its last module, in its last target, or that
 * target's device. */
enum scope { SCOPE_PLAN, SCOPE_MODULE, SCOPE_TARGET, SCOPE_DEVICE };

enum type { TYPE_STRING, TYPE_U32, TYPE_U64, TYPE_INT, TYPE_WORD };

struct key {
	const char *name;
	enum scope scope;
	enum type type;
	size_t offset;
	uint64_t max;		  /* of a number */
	const char *const *words; /* of an enum, in its order */
};

static const char *const action_words[] = {
	[PLAN_REBOOT] = "reboot",
	[PLAN_HALT] = "halt",
	[PLAN_POWEROFF] = "poweroff",
	[PLAN_SHELL] = "shell",
	[PLAN_DUMP_TO_ROOTFS] = "dump_to_rootfs",
	NULL,
};

static const char *const collector_words[] = {
	[PLAN_COLLECT_MAKEDUMPFILE] = "makedumpfile",
	[PLAN_COLLECT_COPY] = "copy",
	NULL,
};

static const char *const target_words[] = {
	[PLAN_TARGET_FS] = "fs",
	[PLAN_TARGET_RAW] = "raw",
	NULL,
};

#define STRING(name, scope, type, field)                                                           \
	{                                                                                          \
		name, scope, TYPE_STRING, offsetof(struct type, field), 0, NULL                    \
	}
#define NUMBER(name, scope, kind, type, field, max)                                                \
	{                                                                                          \
		name, scope, kind, offsetof(struct type, field), max, NULL                         \
	}
#define WORD(name, scope, type, field, words)                                                      \
	{                                                                                          \
		name, scope, TYPE_WORD, offsetof(struct type, field), 0, words                     \
	}

/* In the order in which they are written. */
static const struct key keys[] = {
	STRING("kernel", SCOPE_PLAN, plan, kernel_release),
	STRING("host-ip", SCOPE_PLAN, plan, host_ip),
	STRING("timezone", SCOPE_PLAN, plan, timezone),
	WORD("collector", SCOPE_PLAN, plan, collector, collector_words),
	NUMBER("level", SCOPE_PLAN, TYPE_U32, plan, level, 31),
	NUMBER("codec", SCOPE_PLAN, TYPE_U32, plan, codec, 255),
	NUMBER("codec-level", SCOPE_PLAN, TYPE_INT, plan, codec_level, 100),
	NUMBER("threads", SCOPE_PLAN, TYPE_U32, plan, threads, 4096),
	WORD("failure-action", SCOPE_PLAN, plan, failure_action, action_words),
	WORD("final-action", SCOPE_PLAN, plan, final_action, action_words),
	NUMBER("device-timeout", SCOPE_PLAN, TYPE_U32, plan, device_timeout, SECONDS_MAX),
	NUMBER("log-timeout", SCOPE_PLAN, TYPE_U32, plan, log_timeout, SECONDS_MAX),
	NUMBER("dump-timeout", SCOPE_PLAN, TYPE_U32, plan, dump_timeout, SECONDS_MAX),
	NUMBER("total-timeout", SCOPE_PLAN, TYPE_U32, plan, total_timeout, SECONDS_MAX),
	STRING("module", SCOPE_MODULE, plan_module, path),
	STRING("module.options", SCOPE_MODULE, plan_module, options),
	WORD("target", SCOPE_TARGET, plan_target, kind, target_words),
	STRING("target.fstype", SCOPE_TARGET, plan_target, fstype),
	STRING("target.options", SCOPE_TARGET, plan_target, mount_options),
	STRING("target.path", SCOPE_TARGET, plan_target, path),
	STRING("device.uuid", SCOPE_DEVICE, plan_device, fs_uuid),
	STRING("device.syspath", SCOPE_DEVICE, plan_device, syspath),
	STRING("device.serial", SCOPE_DEVICE, plan_device, serial),
	STRING("device.name", SCOPE_DEVICE, plan_device, name),
	NUMBER("device.partition", SCOPE_DEVICE, TYPE_U32, plan_device, partition, UINT32_MAX),
	NUMBER("device.size", SCOPE_DEVICE, TYPE_U64, plan_device, size, INT64_MAX),
};

/* The key that begins a module or a target: the first of its scope. */
static bool key_opens(const struct key *k)
{
	return (k->scope == SCOPE_MODULE || k->scope == SCOPE_TARGET) && k[-1].scope != k->scope;
}

static const struct key *key_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static struct plan_module *last_module(struct plan *p)
{
	return p->modules_count ? &p->modules[p->modules_count - 1] : NULL;
}

static struct plan_target *last_target(struct plan *p)
{
	return p->targets_count ? &p->targets[p->targets_count - 1] : NULL;
}

/* The struct a key's field is in, or NULL where there is no module or target yet. */
static void *key_base(struct plan *p, const struct key *k)
{
	struct plan_target *t = last_target(p);

	switch (k->scope) {
	case SCOPE_PLAN:
		return p;
	case SCOPE_MODULE:
		return last_module(p);
	case SCOPE_TARGET:
		return t;
	case SCOPE_DEVICE:
		return t ? &t->device : NULL;
	}
	return NULL;
}

/* Gives every string that was not set the value "". */
static int fill_strings(struct plan *p, enum scope scope)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char **field;

		if (keys[i].scope != scope || keys[i].type != TYPE_STRING)
			continue;
		field = (char **)((char *)key_base(p, &keys[i]) + keys[i].offset);
		if (!*field)
			*field = strdup("");
		if (!*field)
			return -ENOMEM;
	}
	return 0;
}

static int module_add(struct plan *p, struct error *e)
{
	struct plan_module *grown;

	if (p->modules_count == PLAN_MODULES_MAX)
		return error_set(e, -E2BIG, "more than %d modules", PLAN_MODULES_MAX);
	grown = reallocarray(p->modules, p->modules_count + 1, sizeof(*grown));
	if (!grown)
		return error_errno(e, -ENOMEM, "modules");
	p->modules = grown;
	p->modules[p->modules_count++] = (struct plan_module){ 0 };
	return 0;
}

static int target_add(struct plan *p, struct error *e)
{
	if (p->targets_count == PLAN_TARGETS_MAX)
		return error_set(e, -E2BIG, "more than %d targets", PLAN_TARGETS_MAX);
	p->targets_count++;
	return 0;
}

static int set_word(const struct key *k, unsigned *field, const char *value, struct error *e)
{
	for (unsigned i = 0; k->words[i]; i++) {
		if (strcmp(k->words[i], value) == 0) {
			*field = i;
			return 0;
		}
	}
	return error_set(e, -EINVAL, "%s: unknown word '%s'", k->name, value);
}

static int set_number(const struct key *k, void *field, const char *value, struct error *e)
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
	else
		*(int *)field = negative ? -(int)number : (int)number;
	return 0;
}

static int set_value(struct plan *p, const struct key *k, const char *value, struct error *e)
{
	char *base = key_base(p, k);
	char **string;

	if (!base)
		return error_set(e, -EINVAL, "%s: no module or target before it", k->name);
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
	uint32_t seen; /* by key; those of a module or target are cleared where the next begins */
};

_Static_assert(ARRAY_SIZE(keys) <= 32, "struct parser has one bit a key");

static void forget_scope(struct parser *s, const struct key *opener)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].scope == opener->scope ||
		    (opener->scope == SCOPE_TARGET && keys[i].scope == SCOPE_DEVICE))
			s->seen &= ~(UINT32_C(1) << i);
}

static int parse_pair(struct parser *s, const char *name, const char *value, struct error *e)
{
	const struct key *k = key_find(name);
	uint32_t bit;
	int r = 0;

	if (!k)
		return error_set(e, -EINVAL, "unknown key '%s'", name);
	if (key_opens(k)) {
		r = k->scope == SCOPE_MODULE ? module_add(s->plan, e) : target_add(s->plan, e);
		if (r < 0)
			return r;
		forget_scope(s, k);
	}
	bit = UINT32_C(1) << (k - keys);
	if (s->seen & bit)
		return error_set(e, -EINVAL, "%s: given twice", name);
	s->seen |= bit;
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

static bool given(const char *s)
{
	return s && *s;
}

static int check_target(const struct plan_target *t, struct error *e)
{
	const struct plan_device *d = &t->device;

	if (!given(d->fs_uuid) && !given(d->syspath) && !given(d->serial) && !given(d->name))
		return error_set(e, -EINVAL, "a target says nothing of its device");
	if (t->kind == PLAN_TARGET_FS && (!given(t->fstype) || !given(t->path) || *t->path != '/'))
		return error_set(e, -EINVAL,
				 "a file-system target needs a type and an absolute path");
	return 0;
}

static int check_plan(const struct plan *p, struct error *e)
{
	int r = 0;

	if (!given(p->kernel_release))
		return error_set(e, -EINVAL, "the kernel is not named");
	if (!given(p->host_ip) || strchr(p->host_ip, '/'))
		return error_set(e, -EINVAL, "host-ip: '%s' cannot begin a directory's name",
				 p->host_ip ?: "");
	if (!p->targets_count)
		return error_set(e, -EINVAL, "no target");
	if (p->final_action > PLAN_POWEROFF)
		return error_set(e, -EINVAL, "%s is no final action",
				 action_words[p->final_action]);
	for (size_t i = 0; i < p->modules_count && r == 0; i++)
		if (!given(p->modules[i].path) || *p->modules[i].path != '/')
			r = error_set(e, -EINVAL, "a module's path is not absolute");
	for (size_t i = 0; i < p->targets_count && r == 0; i++)
		r = check_target(&p->targets[i], e);
	return r;
}

static int fill_all_strings(struct plan *p)
{
	size_t modules = p->modules_count, targets = p->targets_count;
	int r = fill_strings(p, SCOPE_PLAN);

	/* fill_strings() works on the last module and target. */
	for (size_t i = 1; i <= modules && r == 0; i++) {
		p->modules_count = i;
		r = fill_strings(p, SCOPE_MODULE);
	}
	for (size_t i = 1; i <= targets && r == 0; i++) {
		p->targets_count = i;
		r = fill_strings(p, SCOPE_TARGET);
		if (r == 0)
			r = fill_strings(p, SCOPE_DEVICE);
	}
	p->modules_count = modules;
	p->targets_count = targets;
	return r;
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
	if (fill_all_strings(p) < 0)
		return error_errno(e, -ENOMEM, "plan");
	*ret = TAKE_PTR(p);
	return 0;
}

static int format_string(const struct key *k, const char *value, struct buf *out)
{
	if (!given(value))
		return 0;
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < ' ')
			return -EINVAL;
	return buf_printf(out, "%s %s\n", k->name, value);
}

static int format_key(const struct key *k, const void *base, struct buf *out)
{
	const char *field = (const char *)base + k->offset;

	switch (k->type) {
	case TYPE_STRING:
		return format_string(k, *(char *const *)field, out);
	case TYPE_U32:
		return buf_printf(out, "%s %u\n", k->name, *(const uint32_t *)field);
	case TYPE_U64:
		return buf_printf(out, "%s %llu\n", k->name,
				  (unsigned long long)*(const uint64_t *)field);
	case TYPE_INT:
		return buf_printf(out, "%s %d\n", k->name, *(const int *)field);
	case TYPE_WORD:
		return buf_printf(out, "%s %s\n", k->name, k->words[*(const unsigned *)field]);
	}
	return -EINVAL;
}

static int format_scope(enum scope scope, const void *base, struct buf *out)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && r == 0; i++)
		if (keys[i].scope == scope)
			r = format_key(&keys[i], base, out);
	return r;
}

int plan_format(const struct plan *p, struct buf *out)
{
	int r = check_plan(p, NULL);

	if (r == 0)
		r = buf_printf(out, "lastword-plan %d\n", PLAN_VERSION);
	if (r == 0)
		r = format_scope(SCOPE_PLAN, p, out);
	for (size_t i = 0; i < p->modules_count && r == 0; i++)
		r = format_scope(SCOPE_MODULE, &p->modules[i], out);
	for (size_t i = 0; i < p->targets_count && r == 0; i++) {
		r = format_scope(SCOPE_TARGET, &p->targets[i], out);
		if (r == 0)
			r = format_scope(SCOPE_DEVICE, &p->targets[i].device, out);
	}
	return r < 0 ? r : buf_printf(out, "end\n");
}

static void free_scope(enum scope scope, void *base)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].scope == scope && keys[i].type == TYPE_STRING)
			free(*(char **)((char *)base + keys[i].offset));
}

struct plan *plan_free(struct plan *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->modules_count; i++)
		free_scope(SCOPE_MODULE, &p->modules[i]);
	for (size_t i = 0; i < p->targets_count; i++) {
		free_scope(SCOPE_TARGET, &p->targets[i]);
		free_scope(SCOPE_DEVICE, &p->targets[i].device);
	}
	free_scope(SCOPE_PLAN, p);
	free(p->modules);
	free(p);
	return NULL;
}

const char *plan_action_name(enum plan_action a)
{
	return action_words[a];
}

bool plan_action_parse(const char *word, enum plan_action *ret)
{
	for (unsigned i = 0; action_words[i]; i++) {
		if (strcmp(action_words[i], word) == 0) {
			*ret = (enum plan_action)i;
			return true;
		}
	}
	return false;
}
