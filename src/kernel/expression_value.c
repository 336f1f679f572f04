/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/expression_value.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define ARRAY_LIMIT (UINT64_C(1) << 20) /* elements that "@" makes */

static bool kind_of(struct type type, struct btf_type *ret)
{
	uint32_t id;

	return btf_resolve(type.btf, type.id, &id, ret);
}

/* The type that a pointer or an array is of. */
static bool element_of(struct type type, struct type *ret)
{
	uint32_t element, count;
	struct btf_type t;

	if (!kind_of(type, &t))
		return false;
	if (t.kind == BTF_PTR)
		*ret = (struct type){ type.btf, t.type };
	else if (btf_array(&t, &element, &count))
		*ret = (struct type){ type.btf, element };
	else
		return false;
	return true;
}

static bool is_array(struct type type)
{
	uint32_t element, count;
	struct btf_type t;

	return kind_of(type, &t) && btf_array(&t, &element, &count);
}

/* sizeof, where void and functions count as one byte. */
static uint64_t step_of(struct type type)
{
	uint64_t size;

	return btf_size(type.btf, type.id, &size) && size ? size : 1;
}

int value_make(const struct expression_source *s, const char *type, uint64_t number,
	       struct value *ret, struct error *e)
{
	struct value v = { .number = number };

	if (!types_find_kinds(s->objects.types, type, BTF_BIT(BTF_INT), &v.type))
		return error_set(e, -ENOENT, "the dump has no type %s", type);
	*ret = v;
	return 0;
}

int value_number(const struct expression_source *s, const struct value *v, uint64_t *ret,
		 struct error *e)
{
	struct object o = {
		.addr = v->addr,
		.type = v->type,
		.bit_offset = v->bit_offset,
		.bit_size = v->bit_size,
	};
	struct btf_type t;

	if (!kind_of(v->type, &t))
		return error_set(e, -EINVAL, "the type leads nowhere");
	if (!v->in_memory) {
		*ret = v->number;
		return 0;
	}
	if (t.kind == BTF_ARRAY || t.kind == BTF_FUNC_PROTO || t.kind == BTF_FUNC) {
		*ret = v->addr;
		return 0;
	}
	if (BTF_BIT(t.kind) & BTF_STRUCTS)
		return error_set(e, -EINVAL, "a %s is no number",
				 t.kind == BTF_UNION ? "union" : "struct");
	return object_number(&s->objects, &o, "", ret, e);
}

/* Numbers come sign-extended; this cuts one to what its type holds. */
static uint64_t fit(struct type type, uint64_t n)
{
	struct btf_type t;
	uint64_t size;

	if (!kind_of(type, &t) || !btf_size(type.btf, type.id, &size) || size == 0 || size >= 8)
		return n;
	if (t.kind == BTF_INT && strcmp(t.name, "_Bool") == 0)
		return n != 0;
	n <<= 64 - size * 8;
	return btf_int_signed(&t) || t.kind == BTF_ENUM ? (uint64_t)((int64_t)n >> (64 - size * 8))
							: n >> (64 - size * 8);
}

int value_dereference(const struct expression_source *s, const struct value *v, struct value *ret,
		      struct error *e)
{
	struct value to = { .in_memory = true };
	struct btf_type t;
	int err;

	if (kind_of(v->type, &t) && t.kind == BTF_FUNC_PROTO) {
		*ret = *v;
		return 0;
	}
	if (!element_of(v->type, &to.type))
		return error_set(e, -EINVAL, "that is no pointer");
	if (kind_of(to.type, &t) && t.kind == BTF_VOID)
		return error_set(e, -EINVAL, "a pointer to void leads to nothing known: cast it");
	err = value_number(s, v, &to.addr, e);
	if (err == 0)
		*ret = to;
	return err;
}

int value_member(const struct expression_source *s, const struct value *v, const char *name,
		 struct value *ret, struct error *e)
{
	struct value from = *v;
	struct type_member m;
	struct btf_type t;
	int err;

	if (kind_of(v->type, &t) && t.kind == BTF_PTR) {
		err = value_dereference(s, v, &from, e);
		if (err < 0)
			return err;
	}
	if (!kind_of(from.type, &t) || !(BTF_BIT(t.kind) & BTF_STRUCTS) || !from.in_memory)
		return error_set(e, -EINVAL, "%s: there is no struct before it", name);
	if (!type_member_find(from.type, name, &m)) {
		/* an array without length has no size, which type_member_find() wants */
		return error_set(e, -EINVAL, "%s %s has no member %s",
				 t.kind == BTF_UNION ? "union" : "struct", t.name, name);
	}
	*ret = (struct value){
		.type = m.type,
		.in_memory = true,
		.addr = from.addr + m.offset,
		.bit_offset = m.bit_offset,
		.bit_size = m.bit_size,
	};
	return 0;
}

/* A symbol and no more. */
static bool is_untyped(const struct value *v)
{
	struct btf_type t;

	return v->in_memory && kind_of(v->type, &t) && t.kind == BTF_VOID;
}

int value_cast(const struct expression_source *s, const struct value *v, struct type to,
	       struct value *ret, struct error *e)
{
	struct value cast = { .type = to };
	struct btf_type t;
	uint64_t n;
	int err;

	if (!kind_of(to, &t))
		return error_set(e, -EINVAL, "the type leads nowhere");
	/* gdb: what is in memory, of a type that nothing tells or as a whole, is looked at as something else */
	if (is_untyped(v) || (BTF_BIT(t.kind) & BTF_STRUCTS) || t.kind == BTF_ARRAY) {
		if (!v->in_memory)
			return error_set(e, -EINVAL, "a number is no %s",
					 t.kind == BTF_ARRAY ? "array" : "struct");
		cast.in_memory = true;
		cast.addr = v->addr;
		*ret = cast;
		return 0;
	}
	err = value_number(s, v, &n, e);
	if (err < 0)
		return err;
	cast.number = fit(to, n);
	*ret = cast;
	return 0;
}

static int address_of(const struct expression_source *s, const struct value *v, struct value *ret,
		      struct error *e)
{
	struct value pointer = { .number = v->addr };

	if (!v->in_memory || v->bit_size)
		return error_set(e, -EINVAL, "that has no address");
	if (!types_derive(s->objects.types, v->type, BTF_PTR, 0, &pointer.type))
		return error_set(e, -ENOMEM, "no more types");
	*ret = pointer;
	return 0;
}

/* What C computes with: at least int, the larger of the two, unsigned where the larger is. */
struct arithmetic {
	unsigned size;
	bool is_unsigned;
};

static void widen(struct arithmetic *a, struct type type)
{
	struct btf_type t;
	uint64_t size;

	if (!kind_of(type, &t) || !btf_size(type.btf, type.id, &size) || size < a->size)
		return;
	if (size > a->size)
		a->is_unsigned = false;
	a->size = MIN(size, 8u);
	if (size >= 4 && t.kind == BTF_INT && !btf_int_signed(&t))
		a->is_unsigned = true;
	if (t.kind == BTF_PTR || t.kind == BTF_ARRAY)
		*a = (struct arithmetic){ 8, true };
}

static int make_result(const struct expression_source *s, const struct arithmetic *a, uint64_t n,
		       struct value *ret, struct error *e)
{
	static const char *const names[2][2] = {
		{ "int", "unsigned int" },
		{ "long int", "long unsigned int" },
	};
	int err = value_make(s, names[a->size == 8][a->is_unsigned], n, ret, e);

	if (err == 0)
		ret->number = fit(ret->type, ret->number);
	return err;
}

int value_unary(const struct expression_source *s, char op, const struct value *v,
		struct value *ret, struct error *e)
{
	struct arithmetic a = { .size = 4 };
	uint64_t n;
	int err;

	if (op == '*')
		return value_dereference(s, v, ret, e);
	if (op == '&')
		return address_of(s, v, ret, e);
	err = value_number(s, v, &n, e);
	if (err < 0)
		return err;
	if (op == '!')
		return value_make(s, "int", n == 0, ret, e);
	widen(&a, v->type);
	return make_result(s, &a, op == '-' ? -n : op == '~' ? ~n : n, ret, e);
}

int value_add(const struct expression_source *s, const struct value *left,
	      const struct value *right, bool subtract, struct value *ret, struct error *e)
{
	struct arithmetic a = { .size = 4 };
	struct type element, other;
	uint64_t l, r;
	int err = value_number(s, left, &l, e);

	if (err == 0)
		err = value_number(s, right, &r, e);
	if (err < 0)
		return err;
	if (!element_of(left->type, &element)) {
		if (element_of(right->type, &element) && !subtract)
			return value_add(s, right, left, false, ret, e);
		widen(&a, left->type);
		widen(&a, right->type);
		return make_result(s, &a, subtract ? l - r : l + r, ret, e);
	}
	if (element_of(right->type, &other)) {
		if (!subtract || step_of(element) != step_of(other))
			return error_set(e, -EINVAL, "these two pointers make no sum");
		return value_make(s, "long int",
				  (uint64_t)((int64_t)(l - r) / (int64_t)step_of(element)), ret, e);
	}
	r *= step_of(element);
	*ret = (struct value){ .type = left->type, .number = subtract ? l - r : l + r };
	if (is_array(left->type) &&
	    !types_derive(s->objects.types, element, BTF_PTR, 0, &ret->type))
		return error_set(e, -ENOMEM, "no more types");
	return 0;
}

static int repeat(const struct expression_source *s, const struct value *left,
		  const struct value *right, struct value *ret, struct error *e)
{
	struct value array = { .in_memory = true, .addr = left->addr };
	uint64_t n;
	int err = value_number(s, right, &n, e);

	if (err < 0)
		return err;
	if (!left->in_memory || left->bit_size)
		return error_set(e, -EINVAL, "only what is in memory can stand before @");
	if (n == 0 || n > ARRAY_LIMIT)
		return error_set(e, -EINVAL, "%" PRId64 " elements cannot be shown", (int64_t)n);
	if (!types_derive(s->objects.types, left->type, BTF_ARRAY, n, &array.type))
		return error_set(e, -ENOMEM, "no more types");
	*ret = array;
	return 0;
}

static int divide(bool is_unsigned, bool rest, uint64_t l, uint64_t r, uint64_t *ret,
		  struct error *e)
{
	if (r == 0)
		return error_set(e, -EINVAL, "division by zero");
	if (is_unsigned)
		*ret = rest ? l % r : l / r;
	else if (r == UINT64_MAX) /* the lowest number has no opposite */
		*ret = rest ? 0 : -l;
	else
		*ret = (uint64_t)(rest ? (int64_t)l % (int64_t)r : (int64_t)l / (int64_t)r);
	return 0;
}

/* Comparisons and logic give an int. */
static bool compare(const char *op, bool is_unsigned, uint64_t l, uint64_t r, uint64_t *ret)
{
	const bool less = is_unsigned ? l < r : (int64_t)l < (int64_t)r;

	if (strcmp(op, "||") == 0)
		*ret = l || r;
	else if (strcmp(op, "&&") == 0)
		*ret = l && r;
	else if (strcmp(op, "==") == 0)
		*ret = l == r;
	else if (strcmp(op, "!=") == 0)
		*ret = l != r;
	else if (strcmp(op, "<") == 0)
		*ret = less;
	else if (strcmp(op, ">=") == 0)
		*ret = !less;
	else if (strcmp(op, ">") == 0)
		*ret = !less && l != r;
	else if (strcmp(op, "<=") == 0)
		*ret = less || l == r;
	else
		return false;
	return true;
}

static uint64_t shift(bool left, bool is_unsigned, uint64_t l, uint64_t r)
{
	if (r > 63)
		return 0;
	if (left)
		return l << r;
	return is_unsigned ? l >> r : (uint64_t)((int64_t)l >> r);
}

int value_binary(const struct expression_source *s, const char *op, const struct value *left,
		 const struct value *right, struct value *ret, struct error *e)
{
	struct arithmetic a = { .size = 4 };
	uint64_t l, r, n = 0;
	int err;

	if (*op == '@')
		return repeat(s, left, right, ret, e);
	if (*op == '+' || *op == '-')
		return value_add(s, left, right, *op == '-', ret, e);
	err = value_number(s, left, &l, e);
	if (err == 0)
		err = value_number(s, right, &r, e);
	if (err < 0)
		return err;
	widen(&a, left->type);
	widen(&a, right->type);
	if (compare(op, a.is_unsigned, l, r, &n))
		return value_make(s, "int", n, ret, e);
	switch (*op) {
	case '*':
		n = l * r;
		break;
	case '/':
	case '%':
		err = divide(a.is_unsigned, *op == '%', l, r, &n, e);
		break;
	case '&':
		n = l & r;
		break;
	case '|':
		n = l | r;
		break;
	case '^':
		n = l ^ r;
		break;
	default:
		a = (struct arithmetic){ .size = 4 };
		widen(&a, left->type);
		n = shift(*op == '<', a.is_unsigned, l, r);
		break;
	}
	return err < 0 ? err : make_result(s, &a, n, ret, e);
}
