/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/script.h"

#include <ctype.h>
#include <string.h>

#include "base/macro.h"

#define NAME_MAX_BYTES 256
#define DEPTH_MAX 32

/* After these another command begins. */
static const char *const keywords[] = { "if",	   "then", "elif",  "else",  "while",
					"until",   "do",   "time",  "!",     "{",
					"command", "exec", "nohup", "setsid" };

/* POSIX's, and bash's. */
static const char *const builtins[] = {
	".",	   ":",	      "[",	"[[",	   "alias",    "bg",	   "break",	"builtin",
	"caller",  "case",    "cd",	"compgen", "complete", "continue", "declare",	"dirs",
	"disown",  "done",    "echo",	"enable",  "esac",     "eval",	   "exit",	"export",
	"false",   "fc",      "fg",	"fi",	   "for",      "function", "getopts",	"hash",
	"help",	   "history", "in",	"jobs",	   "kill",     "let",	   "local",	"logout",
	"mapfile", "popd",    "printf", "pushd",   "pwd",      "read",	   "readarray", "readonly",
	"return",  "select",  "set",	"shift",   "shopt",    "source",   "suspend",	"test",
	"times",   "trap",    "true",	"type",	   "typeset",  "ulimit",   "umask",	"unalias",
	"unset",   "wait",    "}",	"]]",
};

struct where {
	bool quoted;	/* in double quotes */
	bool assigning; /* in the value of an assignment, behind which a command may come */
};

struct script {
	const char *at, *end;
	bool command; /* one begins here */
	struct where now;
	struct where outer[DEPTH_MAX]; /* before each $( that is open */
	unsigned depth;
	char heredoc[NAME_MAX_BYTES]; /* the word that ends the one that begins behind this line */
};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static bool is_in(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || is_in(c, "_./+-:[]{}!");
}

static void skip_all(struct script *s, const char *set)
{
	while (s->at < s->end && is_in(*s->at, set))
		s->at++;
}

static void skip_to(struct script *s, char c)
{
	const char *found = memchr(s->at, c, (size_t)(s->end - s->at));

	s->at = found ? found + 1 : s->end;
}

/* "<<-'EOF'": the word; "<<<" has none. */
static void begin_heredoc(struct script *s)
{
	size_t len = 0;

	skip_all(s, "<-");
	skip_all(s, " \t'\"\\");
	while (s->at < s->end && is_name_byte(*s->at) && len < sizeof(s->heredoc) - 1)
		s->heredoc[len++] = *s->at++;
	s->heredoc[len] = '\0';
	skip_all(s, "'\"");
}

static void skip_heredoc(struct script *s)
{
	size_t wanted = strlen(s->heredoc);

	while (s->at < s->end) {
		const char *line = s->at;

		skip_to(s, '\n');
		while (line < s->at && *line == '\t')
			line++;
		if ((size_t)(s->at - line) >= wanted && memcmp(line, s->heredoc, wanted) == 0 &&
		    (line + wanted == s->end || line[wanted] == '\n'))
			break;
	}
	s->heredoc[0] = '\0';
}

/* Where a command may be: false where `each` wants no more. */
static bool take_word(struct script *s, bool (*each)(void *user, const char *name), void *user)
{
	const char *word = s->at;
	char name[NAME_MAX_BYTES];
	size_t len;

	while (s->at < s->end && is_name_byte(*s->at))
		s->at++;
	len = (size_t)(s->at - word);
	if (!s->command || s->now.assigning)
		return true;
	/* an assignment before a command; a pattern of `case`, the name of a function, or a word that is put together */
	if (s->at < s->end && *s->at == '=') {
		while (s->at < s->end && !is_in(*s->at, " \t\n'\"$`;"))
			s->at++;
		s->now.assigning = true;
		return true;
	}
	s->command = false;
	if (len >= sizeof(name) ||
	    (s->at < s->end && !is_in(*s->at, " \t\n;|&<>`#") &&
	     !(*s->at == ')' && s->depth > 0)) ||
	    (s->at + 1 < s->end && s->at[0] == ' ' && s->at[1] == '('))
		return true;
	memcpy(name, word, len);
	name[len] = '\0';
	if (is_one_of(name, keywords, ARRAY_SIZE(keywords))) {
		s->command = true;
		return true;
	}
	return is_one_of(name, builtins, ARRAY_SIZE(builtins)) || isdigit((unsigned char)*name) ||
	       *name == '-' || each(user, name);
}

static void open_substitution(struct script *s)
{
	s->at += 2;
	if (s->depth < DEPTH_MAX)
		s->outer[s->depth++] = s->now;
	s->now = (struct where){ 0 };
	s->command = true;
}

static void close_substitution(struct script *s)
{
	s->at++;
	s->command = s->depth == 0;
	if (s->depth > 0) {
		s->now = s->outer[--s->depth];
		s->command = s->now.assigning;
	}
}

/* A byte that is part of no plain word. */
static void take_other(struct script *s)
{
	char c = *s->at;
	bool at_word =
		s->at[-1] == '\n' || s->at[-1] == ' ' || s->at[-1] == '\t' || s->at[-1] == ';';

	if (c == '$' && s->at + 1 < s->end && s->at[1] == '(')
		open_substitution(s);
	else if (c == ')')
		close_substitution(s);
	else if (c == '#' && at_word)
		while (s->at < s->end && *s->at != '\n')
			s->at++;
	else if (c == '\'' || c == '\\') {
		s->at += c == '\\' && s->at + 1 < s->end ? 2 : 1;
		if (c == '\'')
			skip_to(s, '\'');
		s->command &= s->now.assigning;
	} else if (c == '<' && s->at + 1 < s->end && s->at[1] == '<') {
		begin_heredoc(s);
	} else if (c == '\n' && s->heredoc[0]) {
		s->at++;
		skip_heredoc(s);
		s->command = true;
	} else {
		s->at++;
		if (is_in(c, "\n;|&(`"))
			s->command = true;
		else if (c != ' ' && c != '\t')
			s->command &= s->now.assigning;
		if (is_in(c, " \t\n;|&("))
			s->now.assigning = false;
	}
}

static void take_quoted(struct script *s)
{
	if (*s->at == '"') {
		s->now.quoted = false;
		s->at++;
	} else if (*s->at == '\\' && s->at + 1 < s->end) {
		s->at += 2;
	} else if (*s->at == '$' && s->at + 1 < s->end && s->at[1] == '(') {
		open_substitution(s);
	} else {
		s->at++;
	}
}

void script_commands(const char *text, size_t len, bool (*each)(void *user, const char *name),
		     void *user)
{
	struct script s = { .at = text, .end = text + len, .command = true };

	/* the first line is the interpreter's */
	skip_to(&s, '\n');
	while (s.at < s.end) {
		if (s.now.quoted) {
			take_quoted(&s);
		} else if (*s.at == '"') {
			s.now.quoted = true;
			s.command &= s.now.assigning;
			s.at++;
		} else if (is_name_byte(*s.at)) {
			if (!take_word(&s, each, user))
				return;
		} else {
			take_other(&s);
		}
	}
}
