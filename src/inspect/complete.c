/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/complete.h"

#include <string.h>

/* A letter alone is the beginning of thousands of names. */
#define SHORTEST 2

#define NAME_SIZE 512

static size_t word_length(const char *s, const char *end)
{
	size_t len = 0;

	while (s + len < end && s[len] != ' ' && s[len] != '\t')
		len++;
	return len;
}

static bool is_word(const char *s, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == len && memcmp(*words, s, len) == 0)
			return true;
	return false;
}

/* The words of a command up to the one that is typed. */
enum complete_kind complete_kind_at(const char *line, size_t start)
{
	static const char *const of_commands[] = { "help", NULL };
	static const char *const of_types[] = { "*", "struct", "union", "whatis", NULL };
	static const char *const of_members[] = { "-e", "-l", "-o", "-O", "-s", "-S", NULL };
	static const char *const lists[] = { "list", "tree", NULL };
	const char *end = line + start, *command = NULL, *s = line;
	size_t command_len = 0, last_len = 0, arguments = 0;
	const char *last = "";

	if (memchr(line, '|', start) || memchr(line, '>', start) || *line == '!')
		return COMPLETE_FILES;
	while (s < end) {
		size_t len = word_length(s, end);

		if (len > 0 && !command) {
			command = s;
			command_len = len;
		} else if (len > 0 && *s != '-') {
			arguments++;
		}
		if (len > 0) {
			last = s;
			last_len = len;
		}
		s += len + (s + len < end);
	}
	if (!command || is_word(command, command_len, of_commands))
		return COMPLETE_COMMANDS;
	if (is_word(command, command_len, of_types) && arguments == 0)
		return COMPLETE_TYPES;
	if (is_word(command, command_len, lists) && is_word(last, last_len, of_members))
		return COMPLETE_TYPES;
	return COMPLETE_SYMBOLS;
}

struct search {
	const char *word;
	size_t len;
	int (*emit)(void *user, const char *name);
	void *user;
};

static int offer(struct search *s, const char *name)
{
	return strncmp(name, s->word, s->len) == 0 ? s->emit(s->user, name) : 0;
}

static void offer_commands(struct inspect *c, struct search *s)
{
	const struct inspect_command *command;

	for (size_t i = 0; (command = inspect_command_at(c, i)); i++)
		if (offer(s, command->name))
			return;
}

static int offer_symbol(void *user, const struct symbol *sym)
{
	return offer(user, sym->name);
}

static void offer_symbols(struct inspect *c, struct search *s)
{
	struct symbols *symbols;

	if (s->len >= SHORTEST && inspect_symbols(c, &symbols, NULL) == 0)
		(void)symbols_each(symbols, offer_symbol, s);
}

static int offer_types(struct types *types, struct search *s)
{
	const struct btf *b = types_vmlinux(types);

	for (uint32_t id = btf_first(b); b && s->len >= SHORTEST && id <= btf_last(b); id++) {
		struct btf_type t;
		int stop;

		if (!btf_get(b, id, &t) || !*t.name ||
		    !(BTF_BIT(t.kind) & (BTF_STRUCTS | BTF_ENUMS | BTF_BIT(BTF_TYPEDEF))))
			continue;
		stop = offer(s, t.name);
		if (stop)
			return stop;
	}
	return 0;
}

/* Of an anonymous member its members, which are named as if they were the struct's. */
static int offer_members(const struct btf *b, uint32_t id, const char *start, size_t start_len,
			 struct search *s, unsigned depth)
{
	char name[NAME_SIZE];
	struct btf_member m;
	struct btf_type t;
	int stop = 0;

	if (depth == BTF_DEPTH || !btf_resolve(b, id, &id, &t) || !(BTF_BIT(t.kind) & BTF_STRUCTS))
		return 0;
	for (uint32_t i = 0; stop == 0 && i < t.count && btf_member(b, &t, i, &m); i++) {
		snprintf(name, sizeof(name), "%.*s%s", (int)start_len, start, m.name);
		stop = *m.name ? offer(s, name)
			       : offer_members(b, m.type, start, start_len, s, depth + 1);
	}
	return stop;
}

/* "task_struct.thread.s": what comes behind the last dot is looked for in what stands before. */
static void offer_path(struct types *types, struct search *s)
{
	size_t len = (size_t)(strrchr(s->word, '.') - s->word);
	struct type_member m;
	struct type type;
	char path[NAME_SIZE];

	if (len >= sizeof(path))
		return;
	memcpy(path, s->word, len);
	path[len] = '\0';
	if (strchr(path, '.')) {
		if (!types_member(types, path, &m))
			return;
		type = m.type;
	} else if (!types_find(types, path, &type)) {
		return;
	}
	(void)offer_members(type.btf, type.id, s->word, len + 1, s, 0);
}

void inspect_complete(struct inspect *c, enum complete_kind kind, const char *word,
		      int (*emit)(void *user, const char *name), void *user)
{
	struct search s = { word, strlen(word), emit, user };
	struct types *types;

	switch (kind) {
	case COMPLETE_COMMANDS:
		offer_commands(c, &s);
		break;
	case COMPLETE_SYMBOLS:
		offer_symbols(c, &s);
		break;
	case COMPLETE_TYPES:
		if (inspect_types(c, &types, NULL) < 0)
			break;
		if (strchr(word, '.'))
			offer_path(types, &s);
		else
			(void)offer_types(types, &s);
		break;
	case COMPLETE_FILES:
		break;
	}
}
