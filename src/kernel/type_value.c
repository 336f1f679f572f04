/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/type_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define SIZE_LIMIT MIB(4)
#define DEPTH 32
#define ELEMENTS_SHOWN 256 /* what crash lets gdb show of an array or a text */

struct printer {
	const struct type_source *source;
	const struct btf *btf;
	const uint8_t *bytes; /* the whole value */
	uint64_t size;
	uint64_t addr; /* where it stands */
	struct buf *out;
};

static int print_value(struct printer *p, uint32_t id, uint64_t bit, unsigned bit_size,
		       unsigned indent, unsigned depth);

/* The bits of a number, which may be a bit field, as they stand in memory. */
static bool number_at(const struct printer *p, uint64_t bit, unsigned bits, uint64_t *ret)
{
	uint64_t value = 0;

	if (bits == 0 || bits > 64 || bit + bits > p->size * 8)
		return false;
	for (unsigned i = 0; i < bits; i++)
		value |= (uint64_t)(p->bytes[(bit + i) / 8] >> ((bit + i) % 8) & 1) << i;
	*ret = value;
	return true;
}

static int64_t sign_extend(uint64_t v, unsigned bits)
{
	return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

/* Any number of one byte is text to gdb, but a truth value. */
static bool is_character(const struct btf_type *t)
{
	return t->kind == BTF_INT && t->size == 1 && strcmp(t->name, "_Bool") != 0;
}

static int print_character(struct printer *p, uint8_t c, char quote)
{
	static const char letters[] = "abtnvfr"; /* from 7 on */

	if (c >= 7 && c <= 13)
		return buf_printf(p->out, "\\%c", letters[c - 7]);
	if (isascii(c) && isprint(c))
		return buf_printf(p->out, c == quote || c == '\\' ? "\\%c" : "%c", c);
	return buf_printf(p->out, "\\%03o", c);
}

static int print_string(struct printer *p, const uint8_t *text, uint64_t count, bool more)
{
	int err = buf_printf(p->out, "\"");

	if (count > ELEMENTS_SHOWN) {
		count = ELEMENTS_SHOWN;
		more = true;
	}
	for (uint64_t i = 0; err == 0 && i < count; i++)
		err = print_character(p, text[i], '"');
	return err == 0 ? buf_printf(p->out, more ? "\"..." : "\"") : err;
}

/* What a pointer to characters leads to. */
static int print_pointed_text(struct printer *p, uint64_t v)
{
	uint8_t text[ELEMENTS_SHOWN + 1];
	size_t len = 0;

	while (len < sizeof(text)) {
		size_t n = MIN(sizeof(text) - len, (size_t)(KIB(4) - (v + len) % KIB(4)));
		const void *end;
		int err = kernel_read(p->source->reader, v + len, text + len, n, NULL);

		if (err < 0) {
			struct error why;

			kernel_read_error(v + len, err, &why);
			return buf_printf(p->out, " <%s>", error_text(&why));
		}
		end = memchr(text + len, 0, n);
		len = end ? (size_t)((const uint8_t *)end - text) : len + n;
		if (end)
			break;
	}
	return buf_printf(p->out, " ") < 0 ? -ENOMEM : print_string(p, text, len, false);
}

static bool in_rodata(const struct printer *p, uint64_t v)
{
	uint64_t start, end;

	return symbols_find(p->source->symbols, "__start_rodata", &start) &&
	       symbols_find(p->source->symbols, "__end_rodata", &end) && v >= start && v < end;
}

static int print_pointer(struct printer *p, uint64_t v, bool to_text)
{
	struct symbol sym;
	int err = buf_printf(p->out, "0x%" PRIx64, v);

	/* Addresses of user space and small numbers are no symbols. */
	if (err < 0 || v >> 63 == 0)
		return err;
	if (p->source->symbols && symbols_at(p->source->symbols, v, &sym)) {
		if (v == sym.addr)
			err = buf_printf(p->out, " <%s>", sym.name);
		/* most texts lie in .rodata, behind symbols whose ends are not known */
		else if (!to_text || !in_rodata(p, v))
			err = buf_printf(p->out, " <%s+%" PRIu64 ">", sym.name, v - sym.addr);
	}
	return err == 0 && to_text ? print_pointed_text(p, v) : err;
}

/* Do all enumerators have bits of their own? */
static bool is_flags(const struct printer *p, const struct btf_type *t)
{
	uint64_t seen = 0;

	for (uint32_t i = 0; i < t->count; i++) {
		const char *name;
		int64_t value;

		if (!btf_enumerator(p->btf, t, i, &name, &value) || value < 0 ||
		    (seen & (uint64_t)value) || __builtin_popcountll(value) > 1)
			return false;
		seen |= (uint64_t)value;
	}
	return t->count > 0;
}

static int print_flags(struct printer *p, const struct btf_type *t, uint64_t v)
{
	const char *sign = "(";
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < t->count; i++) {
		const char *name;
		int64_t value;

		if (!btf_enumerator(p->btf, t, i, &name, &value) || !(v & (uint64_t)value))
			continue;
		err = buf_printf(p->out, "%s%s", sign, name);
		v &= ~(uint64_t)value;
		sign = " | ";
	}
	if (err == 0 && v != 0)
		return buf_printf(p->out, "%sunknown: 0x%" PRIx64 ")", sign, v);
	return err == 0 ? buf_printf(p->out, *sign == '(' ? "0" : ")") : err;
}

static int print_enumerator(struct printer *p, const struct btf_type *t, int64_t v, unsigned bits)
{
	for (uint32_t i = 0; i < t->count; i++) {
		const char *name;
		int64_t value;

		if (btf_enumerator(p->btf, t, i, &name, &value) &&
		    (value == v || value == sign_extend((uint64_t)v, bits)))
			return buf_printf(p->out, "%s", name);
	}
	return is_flags(p, t) ? print_flags(p, t, (uint64_t)v)
			      : buf_printf(p->out, "%" PRId64, sign_extend((uint64_t)v, bits));
}

static int print_binary(struct printer *p, uint64_t v)
{
	char digits[65];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + (v & 1));
	while ((v >>= 1) != 0);
	return buf_printf(p->out, "%s", digits + at);
}

/* As gdb's p/FORMAT. */
static int print_formatted(struct printer *p, uint64_t v, unsigned bits)
{
	int err;

	switch (p->source->format) {
	case 'd':
		return buf_printf(p->out, "%" PRId64, sign_extend(v, bits));
	case 'u':
		return buf_printf(p->out, "%" PRIu64, v);
	case 'o':
		return buf_printf(p->out, v ? "0%" PRIo64 : "%" PRIo64, v);
	case 't':
		return print_binary(p, v);
	case 'c':
		err = buf_printf(p->out, "%d '", (int)(int8_t)v);
		if (err == 0)
			err = print_character(p, (uint8_t)v, '\'');
		return err == 0 ? buf_printf(p->out, "'") : err;
	default:
		return buf_printf(p->out, "0x%" PRIx64, v);
	}
}

static bool points_to_text(const struct printer *p, const struct btf_type *pointer)
{
	struct btf_type t;
	uint32_t id;

	return btf_resolve(p->btf, pointer->type, &id, &t) && is_character(&t);
}

static int print_integer(struct printer *p, const struct btf_type *t, uint64_t v, unsigned bits)
{
	const bool is_signed = btf_int_signed(t) || strcmp(t->name, "char") == 0;
	int err;

	if (strcmp(t->name, "_Bool") == 0 && v <= 1)
		return buf_printf(p->out, v ? "true" : "false");
	if (p->source->hex)
		return buf_printf(p->out, "0x%" PRIx64, v);
	err = is_signed ? buf_printf(p->out, "%" PRId64, sign_extend(v, bits))
			: buf_printf(p->out, "%" PRIu64, v);
	if (err < 0 || bits != 8 || !is_character(t))
		return err;
	err = buf_printf(p->out, " '");
	if (err == 0)
		err = print_character(p, (uint8_t)v, '\'');
	return err == 0 ? buf_printf(p->out, "'") : err;
}

static int print_number(struct printer *p, const struct btf_type *t, uint64_t bit,
			unsigned bit_size)
{
	unsigned bits = bit_size ? bit_size : MIN(t->size, 8u) * 8;
	uint64_t v;

	if (t->kind == BTF_PTR)
		bits = 64;
	else if (t->kind == BTF_INT && !bit_size && btf_int_bits(t) && btf_int_bits(t) <= 64)
		bits = btf_int_bits(t);
	if (!number_at(p, bit, bits, &v))
		return buf_printf(p->out, "?");
	if (p->source->format)
		return print_formatted(p, v, bits);
	if (t->kind == BTF_PTR)
		return print_pointer(p, v, points_to_text(p, t));
	if (BTF_BIT(t->kind) & BTF_ENUMS)
		return print_enumerator(p, t, (int64_t)v, bits);
	return print_integer(p, t, v, bits);
}

static int print_struct(struct printer *p, const struct btf_type *t, uint64_t bit, unsigned indent,
			unsigned depth)
{
	int err = buf_printf(p->out, t->count ? "{\n" : "{<No data fields>");

	for (uint32_t i = 0; err == 0 && i < t->count; i++) {
		struct btf_member m;

		if (!btf_member(p->btf, t, i, &m))
			return -EINVAL;
		err = buf_printf(p->out, "%*s%s%s", (int)indent + 2, "", m.name,
				 *m.name ? " = " : "");
		if (err == 0)
			err = print_value(p, m.type, bit + m.bit_offset, m.bit_size, indent + 2,
					  depth + 1);
		if (err == 0)
			err = buf_printf(p->out, i + 1 < t->count ? ",\n" : "\n");
	}
	if (t->count == 0)
		return err == 0 ? buf_printf(p->out, "}") : err;
	return err == 0 ? buf_printf(p->out, "%*s}", (int)indent, "") : err;
}

static int print_array(struct printer *p, uint32_t element, uint64_t count, uint64_t bit,
		       unsigned indent, unsigned depth)
{
	uint64_t size, at = bit / 8;
	struct btf_type t;
	bool more = count > ELEMENTS_SHOWN;
	uint32_t id;
	int err;

	if (!btf_size(p->btf, element, &size) || !btf_resolve(p->btf, element, &id, &t) ||
	    size == 0 || at > p->size)
		return buf_printf(p->out, "{}");
	/* What has no length stands for where it begins. */
	if (count == 0)
		return print_pointer(p, p->addr + at, is_character(&t) && !p->source->format);
	count = MIN(count, (p->size - at) / size);
	if (is_character(&t) && !p->source->format) {
		/* gdb leaves out one zero at the end. */
		if (count > 0 && p->bytes[at + count - 1] == 0)
			count--;
		return print_string(p, p->bytes + at, count, false);
	}
	err = buf_printf(p->out, "{");
	for (uint64_t i = 0; err == 0 && i < MIN(count, (uint64_t)ELEMENTS_SHOWN); i++) {
		if (i > 0)
			err = buf_printf(p->out, ", ");
		if (err == 0)
			err = print_value(p, element, bit + i * size * 8, 0, indent + 2, depth + 1);
	}
	return err == 0 ? buf_printf(p->out, more ? "...}" : "}") : err;
}

static int print_value(struct printer *p, uint32_t id, uint64_t bit, unsigned bit_size,
		       unsigned indent, unsigned depth)
{
	uint32_t element, count;
	struct btf_type t;

	if (depth > DEPTH || !btf_resolve(p->btf, id, &id, &t))
		return buf_printf(p->out, "...");
	if (BTF_BIT(t.kind) & BTF_STRUCTS)
		return print_struct(p, &t, bit, indent, depth);
	if (btf_array(&t, &element, &count))
		return print_array(p, element, count, bit, indent, depth);
	return print_number(p, &t, bit, bit_size);
}

int type_value_of(const struct type_source *s, struct type type, const void *bytes, uint64_t size,
		  uint64_t addr, unsigned bit_offset, unsigned bit_size, struct buf *ret,
		  struct error *e)
{
	struct printer p = {
		.source = s,
		.btf = type.btf,
		.bytes = bytes,
		.size = size,
		.addr = addr,
		.out = ret,
	};
	int err = print_value(&p, type.id, bit_offset, bit_size, s->indent, 0);

	return err < 0 ? error_errno(e, err, "value") : 0;
}

int type_value(const struct type_source *s, const struct type_member *m, uint64_t base,
	       struct buf *ret, struct error *e)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	int err;

	if (m->size > SIZE_LIMIT)
		return error_set(e, -E2BIG, "%" PRIu64 " bytes are too many to show", m->size);
	bytes = malloc(m->size ? m->size : 1);
	if (!bytes)
		return error_errno(e, -ENOMEM, "value");
	err = kernel_read(s->reader, base + m->offset, bytes, m->size, NULL);
	if (err < 0)
		return kernel_read_error(base + m->offset, err, e);
	return type_value_of(s, m->type, bytes, m->size, base + m->offset, m->bit_offset,
			     m->bit_size, ret, e);
}
