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
#define ELEMENTS_SHOWN 200 /* gdb's limit of what an array shows */

struct printer {
	const struct type_source *source;
	const struct btf *btf;
	const uint8_t *bytes; /* the whole value */
	uint64_t size;
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

static int print_pointer(struct printer *p, uint64_t v)
{
	struct symbol sym;
	int err = buf_printf(p->out, "0x%" PRIx64, v);

	/* Addresses of user space and small numbers are no symbols. */
	if (err < 0 || v >> 63 == 0 || !p->source->symbols ||
	    !symbols_at(p->source->symbols, v, &sym) || v - sym.addr >= MAX(sym.size, 1u))
		return err;
	return v == sym.addr ? buf_printf(p->out, " <%s>", sym.name)
			     : buf_printf(p->out, " <%s+%" PRIu64 ">", sym.name, v - sym.addr);
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
	return buf_printf(p->out, "%" PRId64, v);
}

static int print_character(struct printer *p, uint8_t c)
{
	return isprint(c) ? buf_printf(p->out, c == '"' || c == '\\' ? "\\%c" : "%c", c)
			  : buf_printf(p->out, "\\%03o", c);
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
	if (t->kind == BTF_PTR)
		return print_pointer(p, v);
	if (BTF_BIT(t->kind) & BTF_ENUMS)
		return print_enumerator(p, t, (int64_t)v, bits);
	if (strcmp(t->name, "_Bool") == 0)
		return buf_printf(p->out, v ? "true" : "false");
	if (p->source->hex)
		return buf_printf(p->out, "0x%" PRIx64, v);
	if (btf_int_signed(t) || strcmp(t->name, "char") == 0)
		return buf_printf(p->out, "%" PRId64, sign_extend(v, bits));
	return buf_printf(p->out, "%" PRIu64, v);
}

static int print_struct(struct printer *p, const struct btf_type *t, uint64_t bit, unsigned indent,
			unsigned depth)
{
	int err = buf_printf(p->out, "{\n");

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
	return err == 0 ? buf_printf(p->out, "%*s}", (int)indent, "") : err;
}

/* Characters up to the zeros that end them. */
static int print_text(struct printer *p, uint64_t at, uint64_t count)
{
	int err = buf_printf(p->out, "\"");

	while (count > 0 && p->bytes[at + count - 1] == 0)
		count--;
	count = MIN(count, (uint64_t)ELEMENTS_SHOWN);
	for (uint64_t i = 0; err == 0 && i < count; i++)
		err = print_character(p, p->bytes[at + i]);
	return err == 0 ? buf_printf(p->out, "\"") : err;
}

static uint64_t repeats(const struct printer *p, uint64_t at, uint64_t size, uint64_t left)
{
	uint64_t n = 1;

	while (n < left && memcmp(p->bytes + at, p->bytes + at + n * size, size) == 0)
		n++;
	return n;
}

static int print_array(struct printer *p, uint32_t element, uint64_t count, uint64_t bit,
		       unsigned indent, unsigned depth)
{
	uint64_t size, at = bit / 8, shown = 0;
	struct btf_type t;
	uint32_t id;
	int err;

	if (!btf_size(p->btf, element, &size) || !btf_resolve(p->btf, element, &id, &t) ||
	    size == 0 || at > p->size)
		return buf_printf(p->out, "{}");
	count = MIN(count, (p->size - at) / size);
	if (t.kind == BTF_INT && strcmp(t.name, "char") == 0)
		return print_text(p, at, count);
	err = buf_printf(p->out, "{");
	for (uint64_t i = 0, n; err == 0 && i < count; i += n) {
		n = repeats(p, at + i * size, size, count - i);
		if (n < 10)
			n = 1;
		if (i > 0)
			err = buf_printf(p->out, ", ");
		if (err == 0 && shown++ == ELEMENTS_SHOWN) {
			err = buf_printf(p->out, "...");
			break;
		}
		if (err == 0)
			err = print_value(p, element, bit + i * size * 8, 0, indent + 2, depth + 1);
		if (err == 0 && n > 1)
			err = buf_printf(p->out, " <repeats %" PRIu64 " times>", n);
	}
	return err == 0 ? buf_printf(p->out, "}") : err;
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

int type_value(const struct type_source *s, const struct type_member *m, uint64_t base,
	       struct buf *ret, struct error *e)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	struct printer p = { .source = s, .btf = m->type.btf, .size = m->size, .out = ret };
	int err;

	if (m->size > SIZE_LIMIT)
		return error_set(e, -E2BIG, "%" PRIu64 " bytes are too many to show", m->size);
	bytes = malloc(m->size ? m->size : 1);
	if (!bytes)
		return error_errno(e, -ENOMEM, "value");
	err = kernel_read(s->reader, base + m->offset, bytes, m->size, e);
	if (err < 0)
		return err;
	p.bytes = bytes;
	err = print_value(&p, m->type.id, m->bit_offset, m->bit_size, s->indent, 0);
	return err < 0 ? error_errno(e, err, "value") : 0;
}
