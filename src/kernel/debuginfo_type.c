/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types of DWARF as BTF that stands on the kernel's own, so that all that works on BTF works on them. A type that the kernel's BTF
 * has by the same name and size is taken from there.
 */
#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/btf_make.h"
#include "kernel/debuginfo_impl.h"

#define QUEUE_LIMIT 20000
#define DIMENSIONS 8

/* A type to be written: its id is its place in the queue. */
struct wanted {
	Dwarf_Die die;
	unsigned dimension; /* of an array: the outer ones are written already */
};

struct converter {
	struct btf *base;
	struct btf_maker maker;
	struct wanted *queue;
	uint32_t count;
	bool failed;
};

static bool number(Dwarf_Die *die, unsigned name, uint64_t *ret)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	if (dwarf_formudata(dwarf_attr(die, name, &attribute), &value) != 0)
		return false;
	*ret = value;
	return true;
}

static uint32_t size_of(Dwarf_Die *die)
{
	uint64_t size = 0;

	return number(die, DW_AT_byte_size, &size) && size <= UINT32_MAX ? (uint32_t)size : 0;
}

static const char *name_of(Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	return name ? name : "";
}

static uint32_t count_children(Dwarf_Die *die, int tag)
{
	Dwarf_Die child;
	uint32_t count = 0;

	if (dwarf_child(die, &child) != 0)
		return 0;
	do
		count += dwarf_tag(&child) == tag;
	while (dwarf_siblingof(&child, &child) == 0);
	return count;
}

/* The kinds of BTF that a tag may be; 0: none. */
static uint32_t kinds_of(int tag)
{
	switch (tag) {
	case DW_TAG_base_type:
		return BTF_BIT(BTF_INT) | BTF_BIT(BTF_FLOAT);
	case DW_TAG_structure_type:
		return BTF_BIT(BTF_STRUCT);
	case DW_TAG_union_type:
		return BTF_BIT(BTF_UNION);
	case DW_TAG_enumeration_type:
		return BTF_ENUMS;
	case DW_TAG_typedef:
		return BTF_BIT(BTF_TYPEDEF);
	default:
		return 0;
	}
}

/* The kernel's own type of that name, size and number of members; 0 where there is none. */
static uint32_t find_own(struct converter *c, Dwarf_Die *die)
{
	const uint32_t kinds = kinds_of(dwarf_tag(die));
	const bool declared = dwarf_hasattr(die, DW_AT_declaration);
	const char *name = name_of(die);
	uint32_t id = 0;

	if (!kinds || !*name)
		return 0;
	while ((id = btf_find(c->base, name, kinds, id)) != 0) {
		struct btf_type t;

		if (!btf_get(c->base, id, &t))
			return 0;
		if (t.kind == BTF_TYPEDEF || declared || t.size == size_of(die))
			return id;
	}
	return 0;
}

static uint32_t enqueue(struct converter *c, Dwarf_Die *die, unsigned dimension)
{
	struct wanted *more;

	for (uint32_t i = 0; i < c->count; i++)
		if (c->queue[i].die.addr == die->addr && c->queue[i].dimension == dimension)
			return c->maker.first_id + i;
	if (c->count == QUEUE_LIMIT) {
		c->failed = true;
		return 0;
	}
	if (c->count % 64 == 0) {
		more = reallocarray(c->queue, c->count + 64, sizeof(*more));
		if (!more) {
			c->failed = true;
			return 0;
		}
		c->queue = more;
	}
	c->queue[c->count] = (struct wanted){ *die, dimension };
	return c->maker.first_id + c->count++;
}

/* The id of a type, which is written later where it is not the kernel's. NULL: void. */
static uint32_t need(struct converter *c, Dwarf_Die *die)
{
	uint32_t id = die ? find_own(c, die) : 0;

	return !die || id ? id : enqueue(c, die, 0);
}

/* What a pointer, an array, a typedef, a member is of. */
static uint32_t need_type_of(struct converter *c, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Die type;

	return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), &type)
		       ? need(c, &type)
		       : 0;
}

static bool nth_range(Dwarf_Die *array, unsigned n, Dwarf_Die *ret)
{
	Dwarf_Die child;

	if (dwarf_child(array, &child) != 0)
		return false;
	do
		if (dwarf_tag(&child) == DW_TAG_subrange_type && n-- == 0) {
			*ret = child;
			return true;
		}
	while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

static void write_array(struct converter *c, struct wanted *w)
{
	uint64_t count = 0;
	Dwarf_Die range;
	uint32_t of;

	if (nth_range(&w->die, w->dimension, &range) && !number(&range, DW_AT_count, &count) &&
	    number(&range, DW_AT_upper_bound, &count))
		count++;
	of = w->dimension < DIMENSIONS && nth_range(&w->die, w->dimension + 1, &range)
		     ? enqueue(c, &w->die, w->dimension + 1)
		     : need_type_of(c, &w->die);
	btf_make_type(&c->maker, "", BTF_ARRAY, false, 0, 0);
	btf_make_word(&c->maker, of);
	btf_make_word(&c->maker, 0);
	btf_make_word(&c->maker, count <= UINT32_MAX ? (uint32_t)count : 0);
}

/* Bits from the start of the struct, and how many a bit field has. */
static void member_place(Dwarf_Die *member, uint32_t *ret_bit, uint32_t *ret_bits)
{
	uint64_t bytes = 0, bit, bits = 0, from_high;

	(void)number(member, DW_AT_bit_size, &bits);
	(void)number(member, DW_AT_data_member_location, &bytes);
	if (number(member, DW_AT_data_bit_offset, &bit))
		*ret_bit = (uint32_t)bit;
	else if (number(member, DW_AT_bit_offset,
			&from_high)) /* until DWARF 4: from the unit's high end */
		*ret_bit = (uint32_t)(bytes * 8 + (uint64_t)size_of(member) * 8 - from_high - bits);
	else
		*ret_bit = (uint32_t)bytes * 8;
	*ret_bits = (uint32_t)bits;
}

static void write_struct(struct converter *c, Dwarf_Die *die)
{
	const enum btf_kind kind = dwarf_tag(die) == DW_TAG_union_type ? BTF_UNION : BTF_STRUCT;
	uint32_t count = MIN(count_children(die, DW_TAG_member), UINT32_C(0xffff));
	Dwarf_Die child;

	if (dwarf_hasattr(die, DW_AT_declaration)) {
		btf_make_type(&c->maker, name_of(die), BTF_FWD, kind == BTF_UNION, 0, 0);
		return;
	}
	btf_make_type(&c->maker, name_of(die), kind, true, count, size_of(die));
	if (count == 0 || dwarf_child(die, &child) != 0)
		return;
	do {
		uint32_t bit = 0, bits = 0;

		if (dwarf_tag(&child) != DW_TAG_member || count == 0)
			continue;
		count--;
		member_place(&child, &bit, &bits);
		btf_make_word(&c->maker, btf_make_string(&c->maker, name_of(&child)));
		btf_make_word(&c->maker, need_type_of(c, &child));
		btf_make_word(&c->maker, (bits & 0xff) << 24 | (bit & 0xffffff));
	} while (dwarf_siblingof(&child, &child) == 0);
}

static void write_enum(struct converter *c, Dwarf_Die *die)
{
	uint32_t count = MIN(count_children(die, DW_TAG_enumerator), UINT32_C(0xffff));
	Dwarf_Die child;

	btf_make_type(&c->maker, name_of(die), BTF_ENUM64, true, count, size_of(die));
	if (count == 0 || dwarf_child(die, &child) != 0)
		return;
	do {
		Dwarf_Attribute attribute;
		Dwarf_Sword value = 0;

		if (dwarf_tag(&child) != DW_TAG_enumerator || count == 0)
			continue;
		count--;
		(void)dwarf_formsdata(dwarf_attr(&child, DW_AT_const_value, &attribute), &value);
		btf_make_word(&c->maker, btf_make_string(&c->maker, name_of(&child)));
		btf_make_word(&c->maker, (uint32_t)value);
		btf_make_word(&c->maker, (uint32_t)((uint64_t)value >> 32));
	} while (dwarf_siblingof(&child, &child) == 0);
}

static void write_function(struct converter *c, Dwarf_Die *die)
{
	uint32_t count = MIN(count_children(die, DW_TAG_formal_parameter), UINT32_C(0xffff));
	Dwarf_Die child;

	btf_make_type(&c->maker, "", BTF_FUNC_PROTO, false, count, need_type_of(c, die));
	if (count == 0 || dwarf_child(die, &child) != 0)
		return;
	do {
		if (dwarf_tag(&child) != DW_TAG_formal_parameter || count == 0)
			continue;
		count--;
		btf_make_word(&c->maker, btf_make_string(&c->maker, name_of(&child)));
		btf_make_word(&c->maker, need_type_of(c, &child));
	} while (dwarf_siblingof(&child, &child) == 0);
}

static void write_base(struct converter *c, Dwarf_Die *die)
{
	uint64_t encoding = 0;
	uint32_t size = size_of(die);

	(void)number(die, DW_AT_encoding, &encoding);
	btf_make_type(&c->maker, name_of(die), BTF_INT, false, 0, size);
	btf_make_word(&c->maker,
		      (encoding == DW_ATE_signed || encoding == DW_ATE_signed_char ? 1u << 24 : 0) |
			      (size * 8 & 0xff));
}

static void write_one(struct converter *c, struct wanted *w)
{
	static const struct {
		int tag;
		enum btf_kind kind;
	} wrappers[] = {
		{ DW_TAG_pointer_type, BTF_PTR },	{ DW_TAG_typedef, BTF_TYPEDEF },
		{ DW_TAG_const_type, BTF_CONST },	{ DW_TAG_volatile_type, BTF_VOLATILE },
		{ DW_TAG_restrict_type, BTF_RESTRICT }, { DW_TAG_atomic_type, BTF_VOLATILE },
	};
	Dwarf_Die *die = &w->die;
	const int tag = dwarf_tag(die);

	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++)
		if (wrappers[i].tag == tag) {
			btf_make_type(&c->maker, tag == DW_TAG_typedef ? name_of(die) : "",
				      wrappers[i].kind, false, 0, need_type_of(c, die));
			return;
		}
	switch (tag) {
	case DW_TAG_array_type:
		write_array(c, w);
		break;
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		write_struct(c, die);
		break;
	case DW_TAG_enumeration_type:
		write_enum(c, die);
		break;
	case DW_TAG_subroutine_type:
		write_function(c, die);
		break;
	default:
		write_base(c, die);
		break;
	}
}

/* The queue grows while it is written. A record's id is its place: one record each, in order. */
static bool convert(struct btf *base, Dwarf_Die *die, struct btf **ret_owned, struct type *ret)
{
	struct converter c = { .base = base };
	uint32_t id;
	bool ok;

	btf_make_begin(&c.maker, base);
	id = need(&c, die);
	for (uint32_t i = 0; i < c.count && !c.failed; i++) {
		struct wanted w = c.queue[i];

		write_one(&c, &w);
	}
	free(c.queue);
	if (c.count == 0 || c.failed) {
		btf_make_cancel(&c.maker);
		*ret = (struct type){ base, id };
		return !c.failed;
	}
	ok = btf_make_end(&c.maker, ret_owned, NULL) == 0;
	*ret = (struct type){ *ret_owned, id };
	return ok;
}

static bool is_wanted(Dwarf_Die *die, const struct debuginfo_found *f)
{
	const int tag = dwarf_tag(die);
	Dwarf_Attribute attribute;
	const char *name;

	if (f->is_variable ? tag != DW_TAG_variable : !(kinds_of(tag) & f->kinds))
		return false;
	name = dwarf_formstring(dwarf_attr(die, DW_AT_name, &attribute));
	if (!name && f->is_variable && dwarf_hasattr(die, DW_AT_specification))
		name = dwarf_diename(die);
	return name && strcmp(name, f->name) == 0;
}

/* An array that is declared without a length is defined with one elsewhere. */
static bool is_whole(Dwarf_Die *die, bool is_variable)
{
	Dwarf_Attribute attribute;
	Dwarf_Die type, range;
	uint64_t n;

	if (!is_variable)
		return !dwarf_hasattr(die, DW_AT_declaration);
	if (!dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), &type))
		return false;
	for (unsigned i = 0; i < BTF_DEPTH && (dwarf_tag(&type) == DW_TAG_const_type ||
					       dwarf_tag(&type) == DW_TAG_volatile_type);
	     i++)
		if (!dwarf_formref_die(dwarf_attr(&type, DW_AT_type, &attribute), &type))
			return false;
	return dwarf_tag(&type) != DW_TAG_array_type ||
	       (nth_range(&type, 0, &range) &&
		(number(&range, DW_AT_upper_bound, &n) || number(&range, DW_AT_count, &n)));
}

/* All that stands at the top of a unit, one unit after the other. The first that is whole; else the first. */
static bool search(Dwarf *dw, const struct debuginfo_found *f, Dwarf_Die *ret)
{
	bool any = false;
	Dwarf_CU *unit = NULL;
	Dwarf_Die top, die;

	while (dwarf_get_units(dw, unit, &unit, NULL, NULL, &top, NULL) == 0) {
		if (dwarf_child(&top, &die) != 0)
			continue;
		do {
			if (!is_wanted(&die, f))
				continue;
			if (!any || is_whole(&die, f->is_variable))
				*ret = die;
			any = true;
			if (is_whole(&die, f->is_variable))
				return true;
		} while (dwarf_siblingof(&die, &die) == 0);
	}
	return any;
}

static struct debuginfo_found *look_up(struct debuginfo *d, struct btf *base, const char *name,
				       bool is_variable, uint32_t kinds)
{
	Dwarf_Attribute attribute;
	struct debuginfo_found *f;
	Dwarf_Die die, type;

	for (f = d->found; f; f = f->next)
		if (!f->die && f->is_variable == is_variable && f->kinds == kinds &&
		    strcmp(f->name, name) == 0)
			return f;
	f = calloc(1, sizeof(*f) + strlen(name) + 1);
	if (!f)
		return NULL;
	strcpy(f->name, name);
	f->is_variable = is_variable;
	f->kinds = kinds;
	f->next = d->found;
	d->found = f;
	if (!search(d->dw, f, &die))
		return f;
	if (is_variable &&
	    !dwarf_formref_die(dwarf_attr_integrate(&die, DW_AT_type, &attribute), &type))
		return f;
	if (!convert(base, is_variable ? &type : &die, &f->owned, &f->type))
		f->type.btf = NULL;
	return f;
}

bool debuginfo_convert(struct debuginfo *d, struct btf *base, Dwarf_Die *die, struct type *ret)
{
	struct debuginfo_found *f;

	for (f = d->found; f; f = f->next)
		if (f->die == die->addr)
			break;
	if (!f) {
		f = calloc(1, sizeof(*f) + 1);
		if (!f)
			return false;
		f->die = die->addr;
		if (!convert(base, die, &f->owned, &f->type))
			f->type.btf = NULL;
		f->next = d->found;
		d->found = f;
	}
	*ret = f->type;
	return f->type.btf != NULL;
}

static bool find_type(void *user, struct btf *base, const char *name, uint32_t kinds,
		      struct type *ret)
{
	const struct debuginfo_found *f = look_up(user, base, name, false, kinds);

	if (!f || !f->type.btf)
		return false;
	*ret = f->type;
	return true;
}

static bool find_variable(void *user, struct btf *base, const char *name, struct type *ret)
{
	const struct debuginfo_found *f = look_up(user, base, name, true, 0);

	if (!f || !f->type.btf)
		return false;
	*ret = f->type;
	return true;
}

void debuginfo_found_free(struct debuginfo_found *found)
{
	for (struct debuginfo_found *next; found; found = next) {
		next = found->next;
		btf_free(found->owned);
		free(found);
	}
}

const struct types_more debuginfo_types = { find_type, find_variable };
