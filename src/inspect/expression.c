/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/expression.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32
#define NAME_SIZE 512

struct parser {
	const char *at;
	const struct expression_names *names;
	unsigned depth;
	struct error *e;
};

/* Strongest last. */
static const struct operator
{
	const char *text;
	unsigned strength;
}
operators[] = {
	{ "<<", 4 }, { ">>", 4 }, { "|", 1 }, { "^", 2 }, { "&", 3 },
	{ "+", 5 },  { "-", 5 },  { "*", 6 }, { "/", 6 }, { "%", 6 },
};

static int parse_binary(struct parser *p, unsigned strength, uint64_t *ret);

static void skip_blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

static unsigned suffix_shift(char c)
{
	static const struct {
		char letter;
		unsigned shift;
	} suffixes[] = { { 'k', 10 }, { 'm', 20 }, { 'g', 30 } };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (tolower((unsigned char)c) == suffixes[i].letter)
			return suffixes[i].shift;
	return 0;
}

static bool read_number(const char *word, uint64_t *ret)
{
	bool prefix = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
	const char *digits = word + (prefix ? 2 : 0);
	size_t len = strlen(digits), decimal = strspn(digits, "0123456789");
	unsigned shift = len > 1 ? suffix_shift(digits[len - 1]) : 0;
	char *end;

	if (shift)
		len--;
	if (len == 0 || strspn(digits, "0123456789abcdefABCDEF") < len)
		return false;
	errno = 0;
	*ret = strtoull(digits, &end, prefix || decimal < len ? 16 : 10);
	if (errno != 0 || end != digits + len)
		return false;
	*ret <<= shift;
	return true;
}

static int parse_word(struct parser *p, uint64_t *ret)
{
	size_t len =
		strspn(p->at, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.");
	char word[NAME_SIZE];

	if (len == 0 || len >= sizeof(word))
		return error_set(p->e, -EINVAL, "no number or symbol at \"%.40s\"", p->at);
	memcpy(word, p->at, len);
	word[len] = '\0';
	p->at += len;
	/* "fd" may be both: what begins with a digit is a number, else a symbol wins */
	if (isdigit((unsigned char)word[0]) && read_number(word, ret))
		return 0;
	if (p->names && p->names->find(p->names->user, word, ret))
		return 0;
	if (read_number(word, ret))
		return 0;
	return error_set(p->e, -EINVAL, "%s is neither a number nor a symbol", word);
}

static int parse_unary(struct parser *p, uint64_t *ret)
{
	int err;

	skip_blanks(p);
	if (++p->depth > DEPTH_MAX)
		return error_set(p->e, -EINVAL, "too deep");
	if (*p->at == '~' || *p->at == '-' || *p->at == '+') {
		char sign = *p->at++;

		err = parse_unary(p, ret);
		if (err == 0 && sign != '+')
			*ret = sign == '~' ? ~*ret : -*ret;
	} else if (*p->at == '(') {
		p->at++;
		err = parse_binary(p, 0, ret);
		if (err == 0 && *p->at != ')')
			err = error_set(p->e, -EINVAL, "a ) is missing");
		p->at += err == 0;
	} else {
		err = parse_word(p, ret);
	}
	p->depth--;
	skip_blanks(p);
	return err;
}

static const struct operator* operator_at(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (strncmp(text, operators[i].text, strlen(operators[i].text)) == 0)
			return &operators[i];
	return NULL;
}

static int apply(const struct operator* op, uint64_t a, uint64_t b, uint64_t *ret, struct error *e)
{
	switch (op->text[0]) {
	case '+':
		*ret = a + b;
		return 0;
	case '-':
		*ret = a - b;
		return 0;
	case '*':
		*ret = a * b;
		return 0;
	case '&':
		*ret = a & b;
		return 0;
	case '|':
		*ret = a | b;
		return 0;
	case '^':
		*ret = a ^ b;
		return 0;
	case '<':
		*ret = b < 64 ? a << b : 0;
		return 0;
	case '>':
		*ret = b < 64 ? a >> b : 0;
		return 0;
	default:
		if (b == 0)
			return error_set(e, -EINVAL, "a division by zero");
		*ret = op->text[0] == '/' ? a / b : a % b;
		return 0;
	}
}

static int parse_binary(struct parser *p, unsigned strength, uint64_t *ret)
{
	const struct operator* op;
	uint64_t value, right;
	int err = parse_unary(p, &value);

	while (err == 0 && (op = operator_at(p->at)) && op->strength > strength) {
		p->at += strlen(op->text);
		err = parse_binary(p, op->strength, &right);
		if (err == 0)
			err = apply(op, value, right, &value, p->e);
	}
	if (err == 0)
		*ret = value;
	return err;
}

int expression_value(const char *text, const struct expression_names *names, uint64_t *ret,
		     struct error *e)
{
	struct parser p = { .at = text, .names = names, .e = e };
	uint64_t value;
	int err = parse_binary(&p, 0, &value);

	if (err == 0 && *p.at)
		err = error_set(e, -EINVAL, "\"%.40s\" makes no sense there", p.at);
	if (err < 0)
		return error_prefix(e, err, "%.100s", text);
	*ret = value;
	return 0;
}
