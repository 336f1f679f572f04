/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ps -a: a process's arguments and environment, which lie in its own memory. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "inspect/ps.h"
#include "inspect/user.h"

/* Of what the kernel allows (a quarter of the stack's limit) this much is shown. */
#define STRINGS_MAX ((size_t)KIB(128))

/* From start to end of mm's members; *ret has a NUL behind its *ret_len bytes. */
static int read_strings(struct ps *ps, const struct task *task, const char *start, const char *end,
			char **ret, size_t *ret_len, struct error *e)
{
	_cleanup_free_ char *text = NULL;
	struct object_source source;
	uint64_t from = 0, to = 0;
	struct object mm;
	int err = inspect_source(ps->c, &source, e);

	if (err == 0)
		err = object_at(&source, "mm_struct", task->mm, &mm, e);
	if (err == 0)
		err = object_number(&source, &mm, start, &from, e);
	if (err == 0)
		err = object_number(&source, &mm, end, &to, e);
	if (err < 0)
		return err;
	*ret_len = to > from ? MIN(to - from, (uint64_t)STRINGS_MAX) : 0;
	text = calloc(1, *ret_len + 1);
	if (!text)
		return error_errno(e, -ENOMEM, "arguments");
	err = user_read(ps->c, task->mm, from, text, *ret_len, e);
	if (err == 0)
		*ret = TAKE_PTR(text);
	return err;
}

static void print_clean(FILE *out, const char *s)
{
	for (; *s; s++)
		fputc((unsigned char)*s < ' ' || *s == 127 ? '?' : *s, out);
}

/* "ARG: a b c" in one line, "ENV: A=1" with a line each. */
static void show_strings(struct ps *ps, const char *name, const char *text, size_t len,
			 bool one_line, const char *why)
{
	FILE *out = ps->c->out;
	size_t shown = 0;

	if (ps->c->json) {
		json_put_array(&ps->json, name);
	} else {
		fprintf(out, "%c%c%c: ", toupper(name[0]), toupper(name[1]), toupper(name[2]));
	}
	for (size_t at = 0; text && at < len; at += strlen(text + at) + 1) {
		if (ps->c->json) {
			json_string(&ps->json, text + at);
			continue;
		}
		if (shown++)
			fputs(one_line ? " " : "\n     ", out);
		print_clean(out, text + at);
	}
	if (ps->c->json)
		json_array_end(&ps->json);
	else
		fprintf(out, "%s\n", why ? why : "");
}

void ps_show_arguments(struct ps *ps, const struct task *task)
{
	static const struct {
		const char *name, *start, *end;
		bool one_line;
	} parts[] = {
		{ "arguments", "arg_start", "arg_end", true },
		{ "environment", "env_start", "env_end", false },
	};

	if (!task->mm) {
		if (!ps->c->json)
			fputs("(no user memory)\n", ps->c->out);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_free_ char *text = NULL;
		struct error why = { 0 };
		char words[sizeof(why.text) + 3] = "";
		size_t len = 0;

		if (read_strings(ps, task, parts[i].start, parts[i].end, &text, &len, &why) < 0)
			snprintf(words, sizeof(words), "(%s)", error_text(&why));
		show_strings(ps, parts[i].name, text, len, parts[i].one_line, words);
	}
}
