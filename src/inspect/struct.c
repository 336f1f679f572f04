/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct, union and *: what a type looks like, and values of it in memory. */
#include "inspect/struct.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/choose.h"
#include "kernel/type_print.h"

#define MEMBERS 64
#define COUNT_LIMIT 1000000

struct options {
	const char *command;
	uint32_t kinds; /* of types that the command takes */
	bool offsets, raw, pointers, hex, has_count, has_minus;
	uint64_t before; /* -l: bytes from the struct's start to the address */
	uint64_t count;
};

/* "task_struct.pid,comm" */
struct wanted {
	char *name; /* owns the members' text too */
	struct type type;
	char *members[MEMBERS];
	size_t count;
};

static void wanted_done(struct wanted *w)
{
	free(w->name);
}

static bool is_struct(struct type type)
{
	struct btf_type t;
	uint32_t id;

	return btf_resolve(type.btf, type.id, &id, &t) && (BTF_BIT(t.kind) & BTF_STRUCTS);
}

static int find_type(struct inspect *c, const char *name, uint32_t kinds, bool anywhere,
		     struct type *ret, struct error *e)
{
	struct types *types;
	struct type type;
	int err = inspect_types(c, &types, e);

	if (err < 0)
		return err;
	if (!types_find_kinds(types, name, kinds, &type) &&
	    !(types_find_kinds(types, name, BTF_BIT(BTF_TYPEDEF), &type) && is_struct(type)) &&
	    !(anywhere && types_find_anywhere(types, name, kinds, &type)))
		return error_set(e, -ENOENT, "invalid data structure reference: %s", name);
	*ret = type;
	return 0;
}

static int split(struct inspect *c, const char *text, uint32_t kinds, struct wanted *ret,
		 struct error *e)
{
	char *members, *rest = NULL;

	ret->name = strdup(text);
	if (!ret->name)
		return error_errno(e, -ENOMEM, "%s", text);
	members = strchr(ret->name, '.');
	if (members)
		*members++ = '\0';
	for (char *word = members ? strtok_r(members, ",", &rest) : NULL; word;
	     word = strtok_r(NULL, ",", &rest)) {
		if (ret->count == MEMBERS)
			return error_set(e, -EINVAL, "more than %d members", MEMBERS);
		ret->members[ret->count++] = word;
	}
	return find_type(c, ret->name, kinds, true, &ret->type, e);
}

int struct_write(struct inspect *c, const char *command, const struct buf *text, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;

	if (!c->json) {
		fwrite(text->data, 1, text->len, c->out);
		return 0;
	}
	inspect_json_begin(c, &j, &buf, command);
	json_put_string(&j, "declaration", text->data);
	return inspect_json_end(c, &j, e);
}

/* What the type looks like; at an address with -o. */
static int print_definition(const struct wanted *w, const struct type_style *style, struct buf *out,
			    struct error *e)
{
	int err = 0;

	if (w->count == 0)
		err = type_print(w->type, NULL, style, out);
	for (size_t i = 0; err == 0 && i < w->count; i++) {
		err = type_print(w->type, w->members[i], style, out);
		if (err == -ENOENT)
			return error_set(e, err, "invalid data structure reference: %s.%s", w->name,
					 w->members[i]);
	}
	return err < 0 ? error_errno(e, err, "%s", w->name) : 0;
}

/* -r: as rd shows memory. */
static int print_raw(struct inspect *c, uint64_t addr, uint64_t size, struct error *e)
{
	char place[24], count[24];
	char *words[] = { (char *)"rd", (char *)(size % 8 ? "-8" : "-64"), place, count, NULL };

	snprintf(place, sizeof(place), "%" PRIx64, addr);
	snprintf(count, sizeof(count), "%" PRIu64, size % 8 ? size : size / 8);
	return inspect_start(inspect_find(c, "rd"), c, 4, words, e);
}

static int print_raws(struct inspect *c, const struct wanted *w, uint64_t addr, struct error *e)
{
	struct type_member m;
	uint64_t size;
	int err = 0;

	if (w->count == 0)
		return btf_size(w->type.btf, w->type.id, &size)
			       ? print_raw(c, addr, size, e)
			       : error_set(e, -EINVAL, "%s has no size", w->name);
	for (size_t i = 0; err == 0 && i < w->count; i++) {
		if (!type_member_find(w->type, w->members[i], &m))
			return error_set(e, -ENOENT, "invalid data structure member reference: %s",
					 w->members[i]);
		err = print_raw(c, addr + m.offset, m.size, e);
	}
	return err;
}

/* One element: definition, raw or values. */
static int print_at(struct inspect *c, const struct options *o, const struct wanted *w,
		    uint64_t addr, struct json *j, struct error *e)
{
	const struct type_style style = {
		.offsets = true,
		.hex = o->hex,
		.placed = true,
		.address = addr,
	};
	const struct struct_values values = {
		.type = w->type,
		.name = w->name,
		.members = w->members,
		.count = w->count,
		.pointers = o->pointers,
		.hex = o->hex,
	};
	_cleanup_buf_ struct buf out = { 0 };
	int err;

	if (o->raw && !j)
		return print_raws(c, w, addr, e);
	err = o->offsets ? print_definition(w, &style, &out, e)
			 : struct_print(c, &values, addr, &out, e);
	if (err < 0)
		return err;
	if (!j) {
		fwrite(out.data, 1, out.len, c->out);
		return 0;
	}
	json_object(j);
	json_put_hex(j, "address", addr);
	json_put_string(j, "value", out.data);
	json_object_end(j);
	return 0;
}

/* As many as were asked for, one behind the other. */
static int print_some(struct inspect *c, const struct options *o, const struct wanted *w,
		      uint64_t addr, struct json *j, struct error *e)
{
	uint64_t size = 0, count = o->has_count ? o->count : 1;
	int err = 0;

	if (!btf_size(w->type.btf, w->type.id, &size) || size == 0)
		return error_set(e, -EINVAL, "%s has no size", w->name);
	addr -= o->before;
	if (o->has_minus && count > 0)
		addr -= size * (count - 1);
	for (uint64_t i = 0; err == 0 && i < count; i++) {
		if (i > 0 && !j)
			fputc('\n', c->out);
		err = print_at(c, o, w, addr + i * size, j, e);
		if (ferror(c->out))
			return -EPIPE;
	}
	return err;
}

static int print_on_cpus(struct inspect *c, const struct options *o, const struct wanted *w,
			 uint64_t symbol, const char *cpus, struct json *j, struct error *e)
{
	_cleanup_free_ bool *chosen = NULL;
	const struct task *context;
	struct percpu *percpu;
	char number[16];
	uint32_t count;
	int err = inspect_percpu(c, &percpu, e);

	if (err == 0 && !*cpus) {
		err = choose_context(c, &context, e);
		if (err == 0)
			snprintf(number, sizeof(number), "%" PRIu32, context->cpu);
		cpus = number;
	}
	if (err == 0)
		err = choose_cpus(c, strcmp(cpus, "a") == 0 ? "all" : cpus, &chosen, &count, e);
	for (uint32_t cpu = 0; err == 0 && cpu < count; cpu++) {
		uint64_t addr;

		if (!chosen[cpu] || !percpu_address(percpu, cpu, symbol, &addr))
			continue;
		if (!j)
			fprintf(c->out, "[%" PRIu32 "]: %" PRIx64 "\n", cpu, addr);
		err = print_some(c, o, w, addr, j, e);
	}
	return err;
}

/* The value at a place: "init_task", "ffff…", "runqueues:0". */
static int print_place(struct inspect *c, const struct options *o, const struct wanted *w,
		       const char *place, struct json *j, struct error *e)
{
	_cleanup_free_ char *name = strdup(place);
	char *colon;
	uint64_t addr;
	int err;

	if (!name)
		return error_errno(e, -ENOMEM, "%s", place);
	colon = strchr(name, ':');
	if (colon)
		*colon = '\0';
	err = inspect_address(c, name, &addr, e);
	if (err < 0)
		return err;
	return colon ? print_on_cpus(c, o, w, addr, colon + 1, j, e)
		     : print_some(c, o, w, addr, j, e);
}

static int run_place(struct inspect *c, const struct options *o, const struct wanted *w,
		     const char *place, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err, end;

	if (!c->json)
		return print_place(c, o, w, place, NULL, e);
	inspect_json_begin(c, &j, &buf, o->command);
	json_put_string(&j, "type", w->name);
	json_put_array(&j, "values");
	err = print_place(c, o, w, place, &j, e);
	json_array_end(&j);
	end = inspect_json_end(c, &j, err < 0 ? NULL : e);
	return err < 0 ? err : end;
}

static int run_definition(struct inspect *c, const struct options *o, const struct wanted *w,
			  struct error *e)
{
	const struct type_style style = { .offsets = o->offsets, .hex = o->hex };
	_cleanup_buf_ struct buf out = { 0 };
	int err = print_definition(w, &style, &out, e);

	return err < 0 ? err : struct_write(c, o->command, &out, e);
}

/* "-3" counts backward. */
static int take_count(struct options *o, const char *word, struct error *e)
{
	o->has_minus = word[0] == '-';
	o->has_count = true;
	if (inspect_count(word + o->has_minus, &o->count, e) < 0)
		return -EINVAL;
	return o->count <= COUNT_LIMIT ? 0 : error_set(e, -EINVAL, "%s: too many", word);
}

/* -l: "dentry.d_child", or bytes. */
static int take_before(struct inspect *c, struct options *o, const char *word, struct error *e)
{
	struct type_member m;
	struct types *types;
	int err;

	if (inspect_count(word, &o->before, NULL) == 0)
		return 0;
	err = inspect_types(c, &types, e);
	if (err < 0)
		return err;
	if (!types_member(types, word, &m))
		return error_set(e, -EINVAL, "%s is no member and no number of bytes", word);
	o->before = m.offset;
	return 0;
}

static int take_options(struct inspect *c, int argc, char **argv, struct options *o,
			struct error *e)
{
	int opt, err = 0;

	while (err == 0 && (opt = getopt(argc, argv, "ol:rpxdc:fu")) != -1) {
		switch (opt) {
		case 'o':
			o->offsets = true;
			break;
		case 'l':
			err = take_before(c, o, optarg, e);
			break;
		case 'r':
			o->raw = true;
			break;
		case 'p':
			o->pointers = true;
			break;
		case 'x':
			o->hex = true;
			break;
		case 'd':
			o->hex = false;
			break;
		case 'c':
			err = take_count(o, optarg, e);
			break;
		case 'f':
		case 'u':
			return error_set(e, -EOPNOTSUPP,
					 "-%c is not supported: addresses are the kernel's", opt);
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	return err;
}

static int run_kinds(struct inspect *c, int argc, char **argv, const char *command, uint32_t kinds,
		     struct error *e)
{
	_cleanup_(wanted_done) struct wanted w = { 0 };
	struct options o = { .command = command, .kinds = kinds, .hex = c->hex };
	int err = take_options(c, argc, argv, &o, e);

	if (err < 0)
		return err;
	if (optind == argc)
		return error_set(e, -EINVAL, "which type?");
	if (argc - optind > 3)
		return error_set(e, -EINVAL, "%s: one too many", argv[optind + 3]);
	err = split(c, argv[optind], kinds, &w, e);
	if (err == 0 && argc - optind == 3)
		err = take_count(&o, argv[optind + 2], e);
	if (err < 0)
		return err;
	return argc - optind == 1 ? run_definition(c, &o, &w, e)
				  : run_place(c, &o, &w, argv[optind + 1], e);
}

static int run_struct(struct inspect *c, int argc, char **argv, struct error *e)
{
	return run_kinds(c, argc, argv, "struct", BTF_BIT(BTF_STRUCT), e);
}

static int run_union(struct inspect *c, int argc, char **argv, struct error *e)
{
	return run_kinds(c, argc, argv, "union", BTF_BIT(BTF_UNION), e);
}

static int run_star(struct inspect *c, int argc, char **argv, struct error *e)
{
	return run_kinds(c, argc, argv, "struct", BTF_STRUCTS, e);
}

bool inspect_is_type(struct inspect *c, const char *word)
{
	char name[128];
	struct type type;
	size_t len = strcspn(word, ".");

	if (len == 0 || len >= sizeof(name))
		return false;
	memcpy(name, word, len);
	name[len] = '\0';
	return find_type(c, name, BTF_STRUCTS, false, &type, NULL) == 0;
}

/* The word is the type: the options' words follow it. */
#define USAGE                                                                                       \
	"[-o] [-l offset] [-r] [-p] [-x | -d] name[.member[,member…]] [address | symbol[:cpus]] " \
	"[count | -c count]"
#define DETAILS                                                                                    \
	"  -o         with the members' offsets; at an address, with their addresses\n"            \
	"  -l offset  the address is that of a member: \"struct.member\", or bytes\n"              \
	"  -r         memory as it is\n"                                                           \
	"  -p         what pointers lead to\n"                                                     \
	"  -x         numbers are hexadecimal; -d decimal\n"                                       \
	"  -c count   as many, one behind the other; a negative count: up to the address\n"        \
	"\n"                                                                                       \
	"A member may be a path: task_struct.thread.sp, task_struct.cpus_mask.bits[0].\n"

const struct inspect_command inspect_struct = {
	.name = "struct",
	.usage = USAGE,
	.summary = "a struct's members, or their values at an address",
	.details = DETAILS,
	.run = run_struct,
};

const struct inspect_command inspect_union = {
	.name = "union",
	.usage = USAGE,
	.summary = "a union's members, or their values at an address",
	.details = DETAILS,
	.run = run_union,
};

const struct inspect_command inspect_star = {
	.name = "*",
	.usage = USAGE,
	.summary = "a struct's or a union's members, or their values",
	.details = DETAILS "The * may be left out: \"list_head modules\".\n",
	.run = run_star,
};

int inspect_run_type(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_free_ char **words = calloc((size_t)argc + 2, sizeof(*words));

	if (!words)
		return error_errno(e, -ENOMEM, "%s", argv[0]);
	words[0] = (char *)"*";
	memcpy(words + 1, argv, (size_t)argc * sizeof(*argv));
	return inspect_start(&inspect_star, c, argc + 1, words, e);
}
