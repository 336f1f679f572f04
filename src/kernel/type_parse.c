/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types as a person or a table writes them. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/types.h"

#define WORD_SIZE 128
#define DIMENSIONS 6
#define POINTERS 16

/* The next word at text, or "" where there is none. Returns what follows. */
static const char *take_word(const char *text, char ret[WORD_SIZE])
{
	size_t len = 0;

	while (isspace((unsigned char)*text))
		text++;
	if (!isdigit((unsigned char)*text))
		while (isalnum((unsigned char)text[len]) || text[len] == '_')
			len++;
	if (len >= WORD_SIZE)
		len = 0;
	memcpy(ret, text, len);
	ret[len] = '\0';
	return text + len;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* "unsigned long int" in any order, under the name that compilers give it. */
static bool basic_name(unsigned longs, bool is_short, bool is_char, bool is_signed,
		       bool is_unsigned, char ret[WORD_SIZE])
{
	if (is_char)
		strcpy(ret, is_unsigned ? "unsigned char" : is_signed ? "signed char" : "char");
	else if (longs >= 2)
		strcpy(ret, is_unsigned ? "long long unsigned int" : "long long int");
	else if (longs == 1)
		strcpy(ret, is_unsigned ? "long unsigned int" : "long int");
	else if (is_short)
		strcpy(ret, is_unsigned ? "short unsigned int" : "short int");
	else
		strcpy(ret, is_unsigned ? "unsigned int" : "int");
	return longs <= 2;
}

static const char *take_basic(const char *text, char ret[WORD_SIZE])
{
	unsigned longs = 0;
	bool is_short = false, is_char = false, is_signed = false, is_unsigned = false, any = false;
	char word[WORD_SIZE];

	for (;;) {
		const char *end = take_word(text, word);

		if (strcmp(word, "long") == 0)
			longs++;
		else if (strcmp(word, "short") == 0)
			is_short = true;
		else if (strcmp(word, "char") == 0)
			is_char = true;
		else if (strcmp(word, "unsigned") == 0)
			is_unsigned = true;
		else if (strcmp(word, "signed") == 0)
			is_signed = true;
		else if (strcmp(word, "int") != 0)
			break;
		any = true;
		text = end;
	}
	return any && basic_name(longs, is_short, is_char, is_signed, is_unsigned, ret) ? text
											: NULL;
}

struct qualifiers {
	bool is_const, is_volatile;
};

static const char *take_qualifiers(const char *text, struct qualifiers *q)
{
	static const char *const ignored[] = { "__user", "__rcu",    "__percpu", "__iomem",
					       "signed", "restrict", NULL };
	char word[WORD_SIZE];

	for (;;) {
		const char *end = take_word(text, word);

		if (strcmp(word, "const") == 0)
			q->is_const = true;
		else if (strcmp(word, "volatile") == 0)
			q->is_volatile = true;
		else if (!is_one_of(word, ignored) || strcmp(word, "signed") == 0)
			return text;
		text = end;
	}
}

static bool qualify(struct types *t, const struct qualifiers *q, struct type *type)
{
	return (!q->is_volatile || types_derive(t, *type, BTF_VOLATILE, 0, type)) &&
	       (!q->is_const || types_derive(t, *type, BTF_CONST, 0, type));
}

/* "struct x", "unsigned long", "pid_t", "void". */
static const char *take_base(struct types *t, const char *text, bool anywhere, struct type *ret)
{
	static const struct {
		const char *word;
		uint32_t kinds;
	} tags[] = {
		{ "struct", BTF_BIT(BTF_STRUCT) },
		{ "union", BTF_BIT(BTF_UNION) },
		{ "enum", BTF_ENUMS },
	};
	char word[WORD_SIZE], name[WORD_SIZE];
	const char *end = take_word(text, word), *basic_end;

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		if (strcmp(word, tags[i].word) != 0)
			continue;
		end = take_word(end, name);
		return *name && (anywhere ? types_find_anywhere(t, name, tags[i].kinds, ret)
					  : types_find_kinds(t, name, tags[i].kinds, ret))
			       ? end
			       : NULL;
	}
	basic_end = take_basic(text, word);
	if (basic_end)
		return types_find_kinds(t, word, BTF_BIT(BTF_INT), ret) ? basic_end : NULL;
	if (strcmp(word, "void") == 0) {
		*ret = (struct type){ types_vmlinux(t), 0 };
		return end;
	}
	if (strcmp(word, "bool") == 0 && types_find_kinds(t, "_Bool", BTF_BIT(BTF_INT), ret))
		return end;
	return *word && types_find_kinds(
				t, word,
				BTF_BIT(BTF_TYPEDEF) | BTF_BIT(BTF_INT) | BTF_BIT(BTF_FLOAT), ret)
		       ? end
		       : NULL;
}

static const char *skip_blanks(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* "[4][]": the innermost dimension is the last. */
static const char *take_dimensions(struct types *t, const char *text, uint32_t elements,
				   struct type *type)
{
	uint32_t counts[DIMENSIONS];
	size_t count = 0;

	for (text = skip_blanks(text); *text == '['; text = skip_blanks(text)) {
		unsigned long n = elements;
		char name[WORD_SIZE];
		char *end = (char *)take_word(text + 1, name);
		int64_t value;

		errno = 0;
		if (isdigit((unsigned char)text[1]))
			n = strtoul(text + 1, &end, 0);
		else if (*name && types_enumerator(t, name, &value) && value >= 0)
			n = (unsigned long)value;
		if (*end != ']' || errno != 0 || n > UINT32_MAX || count == DIMENSIONS)
			return NULL;
		counts[count++] = n;
		text = end + 1;
	}
	while (count-- > 0)
		if (!types_derive(t, *type, BTF_ARRAY, counts[count], type))
			return NULL;
	return text;
}

static bool parse(struct types *t, const char *text, uint32_t elements, bool anywhere,
		  struct type *ret, const char **ret_end)
{
	struct qualifiers q = { 0 };
	struct type type;

	text = take_qualifiers(text, &q);
	text = take_base(t, text, anywhere, &type);
	if (!text)
		return false;
	text = take_qualifiers(text, &q);
	if (!qualify(t, &q, &type))
		return false;
	for (unsigned n = 0; *skip_blanks(text) == '*'; n++) {
		q = (struct qualifiers){ 0 };
		text = take_qualifiers(skip_blanks(text) + 1, &q);
		if (n == POINTERS || !types_derive(t, type, BTF_PTR, 0, &type) ||
		    !qualify(t, &q, &type))
			return false;
	}
	text = take_dimensions(t, text, elements, &type);
	if (!text)
		return false;
	*ret = type;
	*ret_end = text;
	return true;
}

bool types_parse(struct types *t, const char *text, uint32_t elements, struct type *ret,
		 const char **ret_end)
{
	return parse(t, text, elements, false, ret, ret_end);
}

bool types_parse_anywhere(struct types *t, const char *text, struct type *ret, const char **ret_end)
{
	return parse(t, text, 0, true, ret, ret_end);
}
