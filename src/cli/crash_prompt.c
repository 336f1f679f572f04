/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/crash_prompt.h"

#include <errno.h>
#include <editline/readline.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_LINES 1000

/* More symbols than that are no help: type another letter. */
#define CANDIDATES 200

/* readline's hooks take no user pointer. */
static struct inspect *prompt_context;

struct candidates {
	const char *start;
	size_t len, count;
	char *names[CANDIDATES];
};

static struct candidates symbols_found;

static int take_candidate(void *user, const struct symbol *sym)
{
	struct candidates *found = user;

	if (strncmp(sym->name, found->start, found->len) == 0)
		found->names[found->count++] = strdup(sym->name);
	return found->count == CANDIDATES;
}

/* One more name that begins with text, newly allocated, at each call; NULL at the end. */
static char *next_command(const char *text, int state)
{
	const struct inspect_command *command;
	static size_t at;

	if (state == 0)
		at = 0;
	while ((command = inspect_command_at(prompt_context, at++)))
		if (strncmp(command->name, text, strlen(text)) == 0)
			return strdup(command->name);
	return NULL;
}

static char *next_symbol(const char *text, int state)
{
	static size_t at;
	struct symbols *symbols;

	if (state == 0) {
		at = 0;
		symbols_found.start = text;
		symbols_found.len = strlen(text);
		symbols_found.count = 0;
		if (symbols_found.len >= 2 && inspect_symbols(prompt_context, &symbols, NULL) == 0)
			(void)symbols_each(symbols, take_candidate, &symbols_found);
	}
	return at < symbols_found.count ? symbols_found.names[at++] : NULL;
}

static char **complete(const char *text, int start, int end)
{
	rl_attempted_completion_over = 1;
	return rl_completion_matches(text, start == 0 ? next_command : next_symbol);
}

void prompt_loop(struct inspect *c, prompt_run run)
{
	bool more = true;

	prompt_context = c;
	rl_readline_name = "lastword";
	rl_attempted_completion_function = complete;
	using_history();
	stifle_history(HISTORY_LINES);
	while (more) {
		char *text = readline("lastword> ");

		if (!text) {
			fputc('\n', stdout);
			break;
		}
		if (*text)
			add_history(text);
		more = run(c, text);
		free(text);
	}
}
