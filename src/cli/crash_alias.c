/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/crash_alias.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/command.h"

#define MADE_MAX 64

/* crash's own. */
static const struct {
	const char *name, *text;
} builtin[] = {
	{ "man", "help" },
	{ "?", "help" },
	{ "quit", "exit" },
	{ "q", "exit" },
	{ "sf", "set scroll off" },
	{ "sn", "set scroll on" },
	{ "hex", "set radix 16" },
	{ "dec", "set radix 10" },
	{ "g", "gdb" },
	{ "px", "p -x" },
	{ "pd", "p -d" },
	{ "for", "foreach" },
	{ "size", "*" },
	{ "dmesg", "log" },
	{ "lsmod", "mod" },
	{ "last", "ps -l" },
};

/* As long as the program runs, which has one prompt. */
static struct {
	char *name, *text;
} made[MADE_MAX];
static size_t made_count;

static size_t find_made(const char *name)
{
	size_t i = 0;

	while (i < made_count && strcmp(made[i].name, name) != 0)
		i++;
	return i;
}

/* What a name stands for, or NULL. */
static const char *find_text(const char *name)
{
	size_t at = find_made(name);

	if (at < made_count)
		return made[at].text;
	for (size_t i = 0; i < ARRAY_SIZE(builtin); i++)
		if (strcmp(builtin[i].name, name) == 0)
			return builtin[i].text;
	return NULL;
}

int alias_expand(int count, char **words, char *ret[LINE_WORDS + 1], int *ret_count,
		 struct line *storage, struct error *e)
{
	const char *text = find_text(words[0]);
	int used = 0;

	if (text) {
		int err = line_parse(text, storage, e);

		if (err < 0)
			return err;
		for (; used < storage->count; used++)
			ret[used] = storage->words[used];
		words++;
		count--;
	}
	if (count > LINE_WORDS - used)
		return error_set(e, -E2BIG, "more than %d words", LINE_WORDS);
	for (int i = 0; i < count; i++)
		ret[used++] = words[i];
	ret[used] = NULL;
	*ret_count = used;
	return 0;
}

static void forget(size_t at)
{
	free(made[at].name);
	free(made[at].text);
	made[at] = made[--made_count];
}

/* Does the text begin with a command, and have no more than words? */
static int check_text(struct inspect *c, const char *text, struct error *e)
{
	struct line line;
	int err = line_parse(text, &line, e);

	if (err < 0)
		return err;
	if (line.count == 0 || line.shell || line.file || !inspect_find(c, line.words[0]))
		err = error_set(e, -EINVAL, "invalid alias attempt on non-existent command: %s",
				line.count ? line.words[0] : text);
	line_done(&line);
	return err;
}

static int make(struct inspect *c, const char *name, const char *text, struct error *e)
{
	size_t at = find_made(name);
	char *new_name, *new_text;
	int err;

	if (inspect_find(c, name))
		return error_set(e, -EINVAL, "cannot alias existing command name: %s", name);
	err = check_text(c, text, e);
	if (err < 0)
		return err;
	if (at < made_count)
		forget(at);
	if (made_count == MADE_MAX)
		return error_set(e, -E2BIG, "at most %d aliases", MADE_MAX);
	new_name = strdup(name);
	new_text = strdup(text);
	if (!new_name || !new_text) {
		free(new_name);
		free(new_text);
		return error_errno(e, -ENOMEM, "%s", name);
	}
	made[made_count].name = new_name;
	made[made_count++].text = new_text;
	return 0;
}

static void show_one(struct inspect_rows *r, const char *only, const char *origin, const char *name,
		     const char *text)
{
	if (only && strcmp(only, name) != 0)
		return;
	table_row(&r->table,
		  (const union cell[]){ { .text = origin }, { .text = name }, { .text = text } });
}

static int show(struct inspect *c, const char *only, struct error *e)
{
	static const struct column columns[] = {
		{ "origin", "ORIGIN", COLUMN_TEXT, -7 },
		{ "name", "ALIAS", COLUMN_TEXT, -7 },
		{ "command", "COMMAND", COLUMN_TEXT, 0 },
	};
	struct inspect_rows r;

	if (only && !find_text(only))
		return error_set(e, -ENOENT, "alias does not exist: %s", only);
	inspect_rows_begin(c, &r, "alias", "aliases", columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < ARRAY_SIZE(builtin); i++)
		show_one(&r, only, "builtin", builtin[i].name, builtin[i].text);
	for (size_t i = 0; i < made_count; i++)
		show_one(&r, only, "runtime", made[i].name, made[i].text);
	return inspect_rows_end(c, &r, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	size_t at;
	int err = 0;

	if (argc <= 2)
		return show(c, argv[1], e);
	if (argc > 3 || *argv[2]) {
		for (int i = 2; err == 0 && i < argc; i++)
			err = buf_printf(&text, "%s%s", i > 2 ? " " : "", argv[i]);
		return err < 0 ? error_errno(e, err, "%s", argv[1])
			       : make(c, argv[1], text.data, e);
	}
	at = find_made(argv[1]);
	if (at == made_count)
		return error_set(e, -ENOENT, "alias does not exist: %s", argv[1]);
	forget(at);
	return 0;
}

const struct inspect_command inspect_alias = {
	.name = "alias",
	.usage = "[name [\"command words\"]]",
	.summary = "short names of commands",
	.details =
		"  Without arguments the list. With \"\" for a command the name is taken away.\n",
	.run = run,
};
