/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct, union, * and whatis: what a type looks like. */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "kernel/type_print.h"
#include "kernel/type_value.h"

#define NAME_SIZE 256

/* "task_struct.pid,comm": the type's name and the members' list, NULL where there is none. */
static int cut_words(char *words, char **ret_members, struct error *e)
{
	char *dot = strchr(words, '.');

	*ret_members = NULL;
	if (dot) {
		*dot = '\0';
		*ret_members = dot + 1;
	}
	return *words ? 0 : error_set(e, -EINVAL, "which type?");
}

static int print_members(struct type type, const char *name, char *members,
			 const struct type_style *style, struct buf *out, struct error *e)
{
	char *rest = NULL;

	for (char *word = strtok_r(members, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		int err = type_print(type, word, style, out);

		if (err == -ENOENT)
			return error_set(e, err, "%s has no member %s", name, word);
		if (err < 0)
			return error_errno(e, err, "%s", name);
	}
	return 0;
}

static int write_out(struct inspect *c, const char *command, const struct buf *text,
		     struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;

	if (!c->json) {
		fwrite(text->data, 1, text->len, c->out);
		return 0;
	}
	inspect_json_begin(c, &j, &buf, command);
	json_name(&j, "declaration");
	json_string(&j, text->data);
	return inspect_json_end(c, &j, e);
}

static int show(struct inspect *c, const char *command, const char *words, uint32_t kinds,
		const struct type_style *style, struct error *e)
{
	_cleanup_buf_ struct buf out = { 0 };
	char name[NAME_SIZE];
	char *members;
	struct types *types;
	struct type type;
	bool found;
	int err = inspect_types(c, &types, e);

	if (err < 0)
		return err;
	if (strlen(words) >= sizeof(name))
		return error_set(e, -EINVAL, "%s: too long", words);
	strcpy(name, words);
	err = cut_words(name, &members, e);
	if (err < 0)
		return err;
	found = kinds ? types_find_kinds(types, name, kinds, &type)
		      : types_find(types, name, &type);
	if (!found)
		return error_set(e, -ENOENT, "%s: no such type in the dump", name);
	if (members)
		err = print_members(type, name, members, style, &out, e);
	else if ((err = type_print(type, NULL, style, &out)) < 0)
		error_errno(e, err, "%s", name);
	return err < 0 ? err : write_out(c, command, &out, e);
}

/* One member's value, or the whole type's where member is "". */
static int print_at(struct inspect *c, struct type type, const char *name, const char *member,
		    uint64_t addr, bool hex, struct buf *out, struct error *e)
{
	struct type_source source = {
		.reader = c->reader,
		.hex = hex,
		.indent = *member ? 2 : 0,
	};
	struct type_member m;
	int err;

	if (inspect_symbols(c, &source.symbols, NULL) < 0)
		source.symbols = NULL;
	if (!type_member_find(type, member, &m))
		return error_set(e, -ENOENT, "%s has no member %s", name, member);
	err = *member ? buf_printf(out, "  %s = ", member) : buf_printf(out, "struct %s ", name);
	if (err < 0)
		return error_errno(e, err, "%s", name);
	err = type_value(&source, &m, addr, out, e);
	if (err < 0)
		return kernel_read_error(addr + m.offset, err, e);
	err = buf_printf(out, *member ? ",\n" : "\n");
	return err < 0 ? error_errno(e, err, "%s", name) : 0;
}

/* "task_struct.pid,comm" at an address. */
static int show_at(struct inspect *c, const char *command, const char *words, uint32_t kinds,
		   const char *place, bool hex, struct error *e)
{
	_cleanup_buf_ struct buf out = { 0 };
	char name[NAME_SIZE], *members, *rest = NULL;
	struct types *types;
	struct type type;
	uint64_t addr;
	int err = inspect_types(c, &types, e);

	if (err == 0)
		err = inspect_address(c, place, &addr, e);
	if (err < 0)
		return err;
	if (strlen(words) >= sizeof(name))
		return error_set(e, -EINVAL, "%s: too long", words);
	strcpy(name, words);
	err = cut_words(name, &members, e);
	if (err < 0)
		return err;
	if (!types_find_kinds(types, name, kinds, &type))
		return error_set(e, -ENOENT, "%s: no such type in the dump", name);
	if (!members)
		err = print_at(c, type, name, "", addr, hex, &out, e);
	for (char *word = members ? strtok_r(members, ",", &rest) : NULL; word && err == 0;
	     word = strtok_r(NULL, ",", &rest))
		err = print_at(c, type, name, word, addr, hex, &out, e);
	return err < 0 ? err : write_out(c, command, &out, e);
}

/* The words of a type: "struct list_head", joined by blanks. */
static int join(int count, char **words, char ret[NAME_SIZE], struct error *e)
{
	size_t len = 0;

	for (int i = 0; i < count; i++) {
		int n = snprintf(ret + len, NAME_SIZE - len, "%s%s", i ? " " : "", words[i]);

		if (n < 0 || (size_t)n >= NAME_SIZE - len)
			return error_set(e, -EINVAL, "%s: too long", words[i]);
		len += n;
	}
	return len ? 0 : error_set(e, -EINVAL, "which type?");
}

static int run_kinds(struct inspect *c, int argc, char **argv, const char *command, uint32_t kinds,
		     struct error *e)
{
	struct type_style style = { 0 };
	char name[NAME_SIZE];
	int opt, err;

	optind = 0;
	opterr = 0;
	while ((opt = getopt(argc, argv, "+oxd")) != -1) {
		switch (opt) {
		case 'o':
			style.offsets = true;
			break;
		case 'x':
			style.hex = true;
			break;
		case 'd':
			style.hex = false;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	if (kinds && argc - optind == 2)
		return show_at(c, command, argv[optind], kinds, argv[optind + 1], style.hex, e);
	err = join(argc - optind, argv + optind, name, e);
	return err < 0 ? err : show(c, command, name, kinds, &style, e);
}

static int run_struct(struct inspect *c, int argc, char **argv, struct error *e)
{
	return run_kinds(c, argc, argv, "struct", BTF_BIT(BTF_STRUCT), e);
}

static int run_union(struct inspect *c, int argc, char **argv, struct error *e)
{
	return run_kinds(c, argc, argv, "union", BTF_BIT(BTF_UNION), e);
}

static int run_any(struct inspect *c, int argc, char **argv, struct error *e)
{
	return run_kinds(c, argc, argv, "whatis", 0, e);
}

static int run_star(struct inspect *c, int argc, char **argv, struct error *e)
{
	return run_kinds(c, argc, argv, "struct", BTF_STRUCTS, e);
}

const struct inspect_command inspect_struct = {
	.name = "struct",
	.usage = "[-o] [-x | -d] name[.member[,member…]] [address]",
	.summary = "a struct's members, or their values at an address",
	.details = "  -o  with their offsets in bytes\n"
		   "  -x  numbers are hexadecimal; -d decimal\n",
	.run = run_struct,
};

const struct inspect_command inspect_union = {
	.name = "union",
	.usage = "[-o] [-x | -d] name[.member[,member…]] [address]",
	.summary = "a union's members",
	.details = "",
	.run = run_union,
};

const struct inspect_command inspect_star = {
	.name = "*",
	.usage = "[-o] [-x | -d] name[.member[,member…]] [address]",
	.summary = "a struct's or a union's members",
	.details = "",
	.run = run_star,
};

const struct inspect_command inspect_whatis = {
	.name = "whatis",
	.usage = "[-o] [-x | -d] [struct | union | enum] name",
	.summary = "what a type is",
	.details = "",
	.run = run_any,
};
