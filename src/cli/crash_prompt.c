/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/crash_prompt.h"

#include <editline/readline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "inspect/complete.h"

#define HISTORY_LINES 1000
#define HISTORY_FILE ".lastword_history"

/* More names than that are no help: type another letter. */
#define CANDIDATES 200

/* readline's hooks take no user pointer. */
static struct inspect *prompt_context;

static struct {
	size_t count, at;
	char *names[CANDIDATES];
} found;

static int take_candidate(void *user, const char *name)
{
	for (size_t i = 0; i < found.count; i++)
		if (strcmp(found.names[i], name) == 0)
			return 0;
	found.names[found.count] = strdup(name);
	if (found.names[found.count])
		found.count++;
	return found.count == CANDIDATES;
}

/* One more name at each call, which the caller frees; NULL at the end. */
static char *next_candidate(const char *text, int state)
{
	return found.at < found.count ? found.names[found.at++] : NULL;
}

static char **complete(const char *text, int start, int end)
{
	enum complete_kind kind = complete_kind_at(rl_line_buffer, (size_t)start);
	char **matches;

	/* Where there are no names, the library offers files. */
	rl_attempted_completion_over = kind != COMPLETE_FILES;
	if (kind == COMPLETE_FILES)
		return NULL;
	found.count = found.at = 0;
	inspect_complete(prompt_context, kind, text, take_candidate, NULL);
	matches = rl_completion_matches(text, next_candidate);
	while (found.at < found.count)
		free(found.names[found.at++]);
	return matches;
}

/* In the user's home; NULL where there is none. */
static char *history_path(void)
{
	const char *home = secure_getenv("HOME");
	char *path;

	return home && *home && asprintf(&path, "%s/%s", home, HISTORY_FILE) >= 0 ? path : NULL;
}

/* Lines of a dump's analysis are nobody else's to read. A history that cannot be kept is no reason to say anything. */
static void keep_history(const char *path)
{
	mode_t mask = umask(077);

	(void)write_history(path);
	umask(mask);
}

void prompt_loop(struct inspect *c, prompt_run run)
{
	_cleanup_free_ char *path = history_path();
	bool more = true;

	prompt_context = c;
	rl_readline_name = "lastword";
	rl_attempted_completion_function = complete;
	using_history();
	stifle_history(HISTORY_LINES);
	if (path)
		(void)read_history(path);
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
	if (path)
		keep_history(path);
}
