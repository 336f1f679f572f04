/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recursive descent over the text: each function takes what it knows of and leaves p->at behind it. */
#include "kernel/expression.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/expression_value.h"

#define DEPTH 64
#define NAME_SIZE 256

struct parser {
	const struct expression_source *s;
	const char *at;
	unsigned depth;
	struct error *e;
};

static int parse_binary(struct parser *p, unsigned level, struct value *ret);
static int parse_unary(struct parser *p, struct value *ret);

static void skip_blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

/* Takes the token where it stands next. */
static bool take(struct parser *p, const char *token)
{
	size_t len = strlen(token);

	skip_blanks(p);
	if (strncmp(p->at, token, len) != 0)
		return false;
	p->at += len;
	return true;
}

static int unexpected(struct parser *p)
{
	skip_blanks(p);
	return *p->at ? error_set(p->e, -EINVAL, "\"%.40s\" makes no sense there", p->at)
		      : error_set(p->e, -EINVAL, "the expression ends too early");
}

static bool take_name(struct parser *p, char ret[NAME_SIZE])
{
	size_t len = 0;

	skip_blanks(p);
	if (isdigit((unsigned char)*p->at))
		return false;
	while (isalnum((unsigned char)p->at[len]) || p->at[len] == '_' || p->at[len] == '.')
		len++;
	/* symbols such as "__func__.12" or "x.cold" have a dot; a member's name begins with no digit */
	for (size_t i = 0; i < len; i++)
		if (p->at[i] == '.' && !isdigit((unsigned char)p->at[i + 1]))
			len = i;
	if (len == 0 || len >= NAME_SIZE)
		return false;
	memcpy(ret, p->at, len);
	ret[len] = '\0';
	p->at += len;
	return true;
}

/* "12", "0x1f", "0755", with u and l behind; the type is the first of int, unsigned, long, unsigned long that holds it. */
static int parse_number(struct parser *p, struct value *ret)
{
	const bool decimal = p->at[0] != '0';
	const char *type;
	uint64_t n;
	char *end;

	errno = 0;
	n = strtoull(p->at, &end, 0);
	if (errno != 0)
		return error_set(p->e, -EINVAL, "%.40s: too large a number", p->at);
	while (*end == 'u' || *end == 'U' || *end == 'l' || *end == 'L')
		end++;
	if (isalnum((unsigned char)*end) || *end == '_')
		return error_set(p->e, -EINVAL, "%.40s: no number", p->at);
	p->at = end;
	type = n <= INT32_MAX		     ? "int"
	       : n <= UINT32_MAX && !decimal ? "unsigned int"
	       : n <= INT64_MAX		     ? "long int"
					     : "long unsigned int";
	return value_make(p->s, type, n, ret, p->e);
}

static int parse_character(struct parser *p, struct value *ret)
{
	uint64_t c = (unsigned char)p->at[1];

	if (c == 0 || c == '\\' || p->at[2] != '\'')
		return unexpected(p);
	p->at += 3;
	return value_make(p->s, "char", c, ret, p->e);
}

static int parse_primary(struct parser *p, struct value *ret)
{
	char name[NAME_SIZE];
	int err;

	skip_blanks(p);
	if (take(p, "(")) {
		err = parse_binary(p, 0, ret);
		return err < 0 ? err : take(p, ")") ? 0 : unexpected(p);
	}
	if (isdigit((unsigned char)*p->at))
		return parse_number(p, ret);
	if (*p->at == '\'')
		return parse_character(p, ret);
	if (!take_name(p, name))
		return unexpected(p);
	return p->s->resolve(p->s->user, name, ret, p->e);
}

/* ".x", "->x", "[2]" behind what was parsed. */
static int parse_postfix(struct parser *p, struct value *ret)
{
	struct value v, index;
	char name[NAME_SIZE];
	int err = parse_primary(p, &v);

	while (err == 0) {
		if (take(p, "->") || take(p, ".")) {
			/* gdb takes the one for the other too */
			err = take_name(p, name) ? value_member(p->s, &v, name, &v, p->e)
						 : unexpected(p);
		} else if (take(p, "[")) {
			err = parse_binary(p, 0, &index);
			if (err == 0 && !take(p, "]"))
				err = unexpected(p);
			if (err == 0)
				err = value_add(p->s, &v, &index, false, &v, p->e);
			if (err == 0)
				err = value_dereference(p->s, &v, &v, p->e);
		} else {
			*ret = v;
			return 0;
		}
	}
	return err;
}

/* "(struct x *)": false, and nothing taken, where what is in the parentheses is no type. */
static bool take_type(struct parser *p, struct type *ret)
{
	const char *start, *end;

	skip_blanks(p);
	start = p->at;
	if (!take(p, "(") || !types_parse_anywhere(p->s->objects.types, p->at, ret, &end)) {
		p->at = start;
		return false;
	}
	p->at = end;
	if (take(p, ")"))
		return true;
	p->at = start;
	return false;
}

static int parse_sizeof(struct parser *p, struct value *ret)
{
	struct value v;
	uint64_t size;
	int err = 0;

	if (!take_type(p, &v.type))
		err = parse_unary(p, &v);
	if (err < 0)
		return err;
	if (!btf_size(v.type.btf, v.type.id, &size))
		return error_set(p->e, -EINVAL, "that has no size");
	return value_make(p->s, "long unsigned int", size, ret, p->e);
}

static bool take_word(struct parser *p, const char *word)
{
	size_t len = strlen(word);

	skip_blanks(p);
	if (strncmp(p->at, word, len) != 0 || isalnum((unsigned char)p->at[len]) ||
	    p->at[len] == '_')
		return false;
	p->at += len;
	return true;
}

static int parse_operand(struct parser *p, struct value *ret)
{
	struct type type;
	struct value v;
	int err;

	if (take_word(p, "sizeof"))
		return parse_sizeof(p, ret);
	if (take_type(p, &type)) {
		err = parse_unary(p, &v);
		return err < 0 ? err : value_cast(p->s, &v, type, ret, p->e);
	}
	skip_blanks(p);
	if (*p->at && strchr("*&-+!~", *p->at)) {
		const char op = *p->at++;

		err = parse_unary(p, &v);
		return err < 0 ? err : value_unary(p->s, op, &v, ret, p->e);
	}
	return parse_postfix(p, ret);
}

static int parse_unary(struct parser *p, struct value *ret)
{
	int err;

	if (p->depth == DEPTH)
		return error_set(p->e, -EINVAL, "the expression is nested too deeply");
	p->depth++;
	err = parse_operand(p, ret);
	p->depth--;
	return err;
}

/* From what binds least to what binds most; longer ones of a level first. */
static const struct {
	unsigned level;
	const char *text;
} operators[] = {
	{ 0, "||" }, { 1, "&&" }, { 2, "|" }, { 3, "^" }, { 4, "&" },  { 5, "==" }, { 5, "!=" },
	{ 6, "<=" }, { 6, ">=" }, { 6, "<" }, { 6, ">" }, { 7, "<<" }, { 7, ">>" }, { 8, "+" },
	{ 8, "-" },  { 9, "*" },  { 9, "/" }, { 9, "%" }, { 10, "@" },
};

#define LEVELS 11

/* "<" is not the first half of "<<", nor "&" of "&&". */
static const char *take_operator(struct parser *p, unsigned level)
{
	const char *best = NULL;

	skip_blanks(p);
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (strncmp(p->at, operators[i].text, strlen(operators[i].text)) == 0 &&
		    (!best || strlen(operators[i].text) > strlen(best)))
			best = operators[i].text;
	for (size_t i = 0; best && i < ARRAY_SIZE(operators); i++)
		if (operators[i].text == best && operators[i].level == level) {
			p->at += strlen(best);
			return best;
		}
	return NULL;
}

static int parse_binary(struct parser *p, unsigned level, struct value *ret)
{
	struct value left, right;
	const char *op;
	int err;

	if (level == LEVELS)
		return parse_unary(p, ret);
	err = parse_binary(p, level + 1, &left);
	while (err == 0) {
		op = take_operator(p, level);
		if (!op) {
			*ret = left;
			return 0;
		}
		err = parse_binary(p, level + 1, &right);
		if (err == 0)
			err = value_binary(p->s, op, &left, &right, &left, p->e);
	}
	return err;
}

int expression_evaluate(const struct expression_source *s, const char *text, struct value *ret,
			struct error *e)
{
	struct error why;
	struct parser p = { .s = s, .at = text, .e = e ? e : &why };
	struct value v;
	int err;

	if (strlen(text) > EXPRESSION_LIMIT)
		return error_set(e, -EINVAL, "the expression is too long");
	err = parse_binary(&p, 0, &v);
	if (err < 0)
		return err;
	skip_blanks(&p);
	if (*p.at)
		return unexpected(&p);
	*ret = v;
	return 0;
}
