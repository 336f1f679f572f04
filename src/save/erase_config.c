/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/erase_config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

/* Rules, and loops. */
#define RULES_MAX 4096
#define DEPTH_MAX 8
#define SIZE_MAX_BYTES GIB(1)

/* Words, whichever lines they stand on: a loop may have one line or many. */
struct parser {
	struct erase_config *config;
	struct error *e;
	const char *at, *end;
	char word[ERASE_WORD]; /* the last one; "" at the end of the text */
	unsigned line;	       /* of at */
	unsigned word_line;
	bool again; /* the word is to be had once more */
	int loop;   /* that is open, or -1 */
	unsigned depth;
	char module[ERASE_WORD];
};

static int wrong(const struct parser *p, const char *words)
{
	return error_set(p->e, -EINVAL, "line %u: %s", p->word_line, words);
}

static void skip_blanks(struct parser *p)
{
	while (p->at < p->end && (isspace((unsigned char)*p->at) || *p->at == '#')) {
		if (*p->at == '#')
			while (p->at + 1 < p->end && p->at[1] != '\n')
				p->at++;
		else if (*p->at == '\n')
			p->line++;
		p->at++;
	}
}

/* Reads p->word, empty at the end. */
static int next(struct parser *p)
{
	size_t len = 0;

	if (p->again) {
		p->again = false;
		return 0;
	}
	skip_blanks(p);
	p->word_line = p->line;
	while (p->at < p->end && !isspace((unsigned char)*p->at) && *p->at != '#') {
		if (len + 1 == sizeof(p->word))
			return wrong(p, "a word is too long");
		p->word[len++] = *p->at++;
	}
	p->word[len] = '\0';
	return 0;
}

/* Is it the next word? Then it is taken. Negative errno. */
static int accept(struct parser *p, const char *word)
{
	int r = next(p);

	if (r < 0)
		return r;
	p->again = strcmp(p->word, word) != 0;
	return !p->again;
}

static bool is_keyword(const char *word)
{
	static const char *const keywords[] = { "erase", "size", "nullify", "for",
						"in",	 "via",	 "within",  "endfor" };

	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (strcmp(word, keywords[i]) == 0)
			return true;
	return false;
}

/* A C identifier, or several joined by dots. */
static bool is_path(const char *word, bool dots)
{
	bool start = true;

	if (!*word || is_keyword(word))
		return false;
	for (; *word; word++) {
		bool letter = isalpha((unsigned char)*word) || *word == '_';

		if (*word == '.' && dots && !start)
			start = true;
		else if (letter || (isdigit((unsigned char)*word) && !start))
			start = false;
		else
			return false;
	}
	return !start;
}

/* Takes the next word, which must be a path. */
static int take_path(struct parser *p, bool dots, char ret[ERASE_WORD], const char *words)
{
	int r = next(p);

	if (r < 0)
		return r;
	if (!is_path(p->word, dots))
		return wrong(p, words);
	memcpy(ret, p->word, ERASE_WORD);
	return 0;
}

/* Digits and perhaps K or M. */
static int parse_bytes(const struct parser *p, uint64_t *ret)
{
	size_t digits = strspn(p->word, "0123456789");
	char unit = (char)toupper((unsigned char)p->word[digits]), number[24] = "";
	unsigned shift = unit == 'K' ? 10 : unit == 'M' ? 20 : 0;
	uint64_t n;

	if (digits < sizeof(number))
		memcpy(number, p->word, digits);
	if (p->word[digits + (shift != 0)] ||
	    parse_decimal(number, SIZE_MAX_BYTES >> shift, &n) < 0 || !n)
		return wrong(p, "a size is a number from 1 byte to 1 GiB, perhaps with K or M");
	*ret = n << shift;
	return 0;
}

static int parse_size(struct parser *p, struct erase_rule *r)
{
	int err = next(p);

	if (err < 0)
		return err;
	if (isdigit((unsigned char)p->word[0])) {
		r->how = ERASE_BYTES;
		return parse_bytes(p, &r->bytes);
	}
	if (!is_path(p->word, true))
		return wrong(p, "a size is a number of bytes, or a symbol");
	r->how = ERASE_SIZED;
	memcpy(r->size_path, p->word, ERASE_WORD);
	return 0;
}

/* Room for one more, zeroed. The number of them is checked. */
static void *add(struct parser *p, void **array, size_t *n, size_t size, int *ret)
{
	if (*n == RULES_MAX) {
		*ret = wrong(p, "too many lines");
		return NULL;
	}
	if (!(*n & (*n - 1))) {
		void *more = reallocarray(*array, *n ? *n * 2 : 1, size);

		if (!more) {
			*ret = error_set(p->e, -ENOMEM, "out of memory");
			return NULL;
		}
		*array = more;
	}
	return memset((char *)*array + (*n)++ * size, 0, size);
}

static int parse_erase(struct parser *p)
{
	struct erase_config *c = p->config;
	struct erase_rule rule = { .line = p->word_line, .loop = p->loop }, *to;
	int r = take_path(p, true, rule.path, "erase takes a symbol, perhaps with members");

	if (r >= 0)
		r = accept(p, "nullify");
	if (r > 0)
		rule.how = ERASE_NULLIFY;
	else if (r == 0)
		r = accept(p, "size");
	if (r > 0 && rule.how != ERASE_NULLIFY)
		r = parse_size(p, &rule);
	if (r < 0)
		return r;
	memcpy(rule.module, p->module, ERASE_WORD);
	to = add(p, (void **)&c->rules, &c->rule_count, sizeof(rule), &r);
	if (to)
		*to = rule;
	return to ? 0 : r;
}

/* "struct:member"; the member is "list" where it is not told. */
static int parse_within(struct parser *p, struct erase_loop *l)
{
	int r = next(p);
	char *colon;

	if (r < 0)
		return r;
	colon = strchr(p->word, ':');
	if (colon)
		*colon = '\0';
	if (!is_path(p->word, false) || (colon && !is_path(colon + 1, true)))
		return wrong(p, "within takes STRUCT:MEMBER");
	snprintf(l->type, sizeof(l->type), "%s", p->word);
	snprintf(l->member, sizeof(l->member), "%s", colon ? colon + 1 : "list");
	return 0;
}

/* Behind what a loop is over. */
static int parse_walk(struct parser *p, struct erase_loop *l)
{
	int r = accept(p, "via");

	if (r > 0) {
		l->walk = WALK_VIA;
		return take_path(p, true, l->member, "via takes a member");
	}
	if (r == 0)
		r = accept(p, "within");
	if (r <= 0)
		return r;
	l->walk = WALK_WITHIN;
	return parse_within(p, l);
}

static int parse_for(struct parser *p)
{
	static const char usage[] = "for takes ID in SYMBOL, then 'via MEMBER', "
				    "'within STRUCT:MEMBER' or nothing";
	struct erase_config *c = p->config;
	struct erase_loop loop = { .line = p->word_line, .outer = p->loop }, *to;
	int r = take_path(p, false, loop.id, usage);

	if (r >= 0)
		r = accept(p, "in");
	if (r == 0)
		return wrong(p, usage);
	if (r > 0)
		r = take_path(p, true, loop.path, usage);
	if (r >= 0)
		r = parse_walk(p, &loop);
	if (r < 0)
		return r;
	if (++p->depth > DEPTH_MAX)
		return wrong(p, "too many loops inside each other");
	memcpy(loop.module, p->module, ERASE_WORD);
	p->loop = (int)c->loop_count;
	to = add(p, (void **)&c->loops, &c->loop_count, sizeof(loop), &r);
	if (to)
		*to = loop;
	return to ? 0 : r;
}

static int parse_endfor(struct parser *p)
{
	if (p->loop < 0)
		return wrong(p, "endfor without for");
	p->loop = p->config->loops[p->loop].outer;
	p->depth--;
	return 0;
}

static int parse_section(struct parser *p)
{
	size_t len = strlen(p->word);

	if (len < 3 || p->word[len - 1] != ']')
		return wrong(p, "a section is [vmlinux] or [MODULE]");
	if (p->loop >= 0)
		return wrong(p, "a section begins inside a for");
	p->word[len - 1] = '\0';
	snprintf(p->module, sizeof(p->module), "%s",
		 strcmp(p->word + 1, "vmlinux") == 0 ? "" : p->word + 1);
	return 0;
}

static int parse_statement(struct parser *p)
{
	static const struct {
		const char *word;
		int (*parse)(struct parser *p);
	} statements[] = {
		{ "erase", parse_erase },
		{ "for", parse_for },
		{ "endfor", parse_endfor },
	};

	if (p->word[0] == '[')
		return parse_section(p);
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		if (strcmp(p->word, statements[i].word) == 0)
			return statements[i].parse(p);
	return wrong(p, "here stands neither erase, for, endfor nor a section");
}

int erase_config_parse(const char *text, size_t len, struct erase_config *ret, struct error *e)
{
	struct erase_config c = { 0 };
	struct parser p = {
		.config = &c, .e = e, .at = text, .end = text + len, .line = 1, .loop = -1
	};
	int r;

	if (memchr(text, '\0', len))
		return error_set(e, -EINVAL, "holds bytes that are no text");
	do {
		r = next(&p);
		if (r >= 0 && p.word[0])
			r = parse_statement(&p);
	} while (r >= 0 && p.word[0]);
	if (r >= 0 && p.loop >= 0)
		r = wrong(&p, "a for has no endfor");
	if (r < 0) {
		erase_config_done(&c);
		return r;
	}
	*ret = c;
	return 0;
}

void erase_config_done(struct erase_config *c)
{
	free(c->rules);
	free(c->loops);
	*c = (struct erase_config){ 0 };
}
