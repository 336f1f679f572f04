/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/members.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel/type_value.h"

/* The first name in *rest, which ends at a comma or the text's end; "" where there is none left. */
static const char *next_name(const char **rest, char ret[MEMBERS_WORDS_SIZE])
{
	size_t len = strcspn(*rest, ",");

	memcpy(ret, *rest, len);
	ret[len] = '\0';
	*rest += len + ((*rest)[len] == ',');
	return ret;
}

int members_parse(struct inspect *c, const char *words, struct members *ret, struct error *e)
{
	const char *dot = strchr(words, '.'), *rest;
	const size_t len = dot ? (size_t)(dot - words) : strlen(words);
	char name[MEMBERS_WORDS_SIZE];
	struct members m = { .c = c, .hex = ret->hex, .plain = ret->plain };
	struct type_member found;
	struct types *types;
	int err = inspect_types(c, &types, e);

	if (err < 0)
		return err;
	if (strlen(words) >= MEMBERS_WORDS_SIZE)
		return error_set(e, -EINVAL, "%s: too long", words);
	memcpy(m.name, words, len);
	if (!types_find(types, m.name, &m.type))
		return error_set(e, -ENOENT, "%s: no such type in the dump", m.name);
	if (dot)
		strcpy(m.list, dot + 1);
	for (rest = m.list; *rest;)
		if (!type_member_find(m.type, next_name(&rest, name), &found))
			return error_set(e, -ENOENT, "%s has no member %s", m.name, name);
	*ret = m;
	return 0;
}

/* Of an array of characters: what is before the NUL. */
static int plain_text(const struct members *m, const struct type_member *member, uint64_t addr,
		      struct buf *out, struct error *e)
{
	const struct object_source source = { .reader = m->c->reader, .types = m->c->types };
	const struct object o = { .addr = addr + member->offset, .type = member->type };
	char text[256];
	int err = object_text(&source, &o, "", text, sizeof(text), e);

	return err < 0 ? err : buf_printf(out, "\"%s\"", text);
}

static bool is_text(const struct type_member *member)
{
	return member->is_array && member->elements == member->size;
}

static int value_of(const struct members *m, const struct type_member *member, uint64_t addr,
		    struct buf *out, struct error *e)
{
	struct type_source source = { .reader = m->c->reader, .hex = m->hex };
	uint64_t value;
	int err;

	if (m->plain && is_text(member))
		return plain_text(m, member, addr, out, e);
	if (m->plain && !member->is_array && member->bit_size == 0 &&
	    (member->size == 1 || member->size == 2 || member->size == 4 || member->size == 8)) {
		err = inspect_number(m->c, addr + member->offset, member->size, &value, e);
		if (err < 0)
			return err;
		return buf_printf(out, m->hex || member->is_pointer ? "0x%" PRIx64 : "%" PRIu64,
				  value);
	}
	if (inspect_symbols(m->c, &source.symbols, NULL) < 0)
		source.symbols = NULL;
	source.indent = *m->list ? 2 : 0;
	err = type_value(&source, member, addr, out, e);
	return err < 0 ? kernel_read_error(addr + member->offset, err, e) : 0;
}

static int show_one(const struct members *m, const char *name, uint64_t addr, struct json *j,
		    struct error *e)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct type_member member;
	struct error why = { 0 };
	int err = -ENOENT;

	if (type_member_find(m->type, name, &member))
		err = value_of(m, &member, addr, &out, &why);
	if (err == -ENOMEM)
		return error_errno(e, err, "%s", name);
	if (err < 0)
		err = buf_printf(&out, "(%s)", error_text(&why));
	if (err < 0)
		return error_errno(e, err, "%s", name);
	if (m->c->json) {
		json_put_string(j, *name ? name : m->name, out.data);
	} else if (*name) {
		fprintf(m->c->out, "  %s = %s%s\n", name, out.data, m->plain ? "" : ",");
	} else {
		fprintf(m->c->out, "struct %s %s\n", m->name, out.data);
	}
	return 0;
}

int members_show(const struct members *m, uint64_t addr, struct json *j, struct error *e)
{
	char name[MEMBERS_WORDS_SIZE] = "";
	const char *rest = m->list;
	int err;

	if (m->c->json)
		json_put_object(j, "members");
	err = *rest ? 0 : show_one(m, "", addr, j, e);
	while (*rest && err == 0)
		err = show_one(m, next_name(&rest, name), addr, j, e);
	if (m->c->json)
		json_object_end(j);
	return err;
}

int members_offset(struct inspect *c, const char *word, uint64_t *ret, struct error *e)
{
	struct type_member member;
	struct types *types;

	if (strchr(word, '.') && inspect_types(c, &types, NULL) == 0 &&
	    types_member(types, word, &member)) {
		*ret = member.offset;
		return 0;
	}
	if (inspect_count(word, ret, NULL) == 0 || inspect_hex(word, ret))
		return 0;
	return error_set(e, -EINVAL, "%s is neither a number of bytes nor a struct's member", word);
}
