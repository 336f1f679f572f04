/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/doctor_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/explain.h"
#include "base/json.h"

/* Each line of the text on one of its own. */
static void print_lines(const char *head, const struct buf *text)
{
	for (const char *p = text->data; p && *p;) {
		size_t len = strcspn(p, "\n");

		printf("       %s%.*s\n", head, (int)len, p);
		p += len + (p[len] == '\n');
	}
}

static void print_line(const struct explained_line *l, const char *between)
{
	printf("%4u  %s%s%s\n", l->number, l->name, *l->name ? between : "", l->value);
	if (l->state == EXPLAINED_REFUSED) {
		print_lines("refused: ", &l->error);
		return;
	}
	if (l->state == EXPLAINED_MOOT)
		puts("       no effect");
	else
		print_lines("", &l->effect);
	print_lines("here: ", &l->differs);
}

static void print_file(const struct explained_file *f, bool assigns)
{
	printf("%s%s\n", f->path, f->present ? "" : ": not there; defaults hold");
	for (size_t i = 0; i < f->count; i++)
		print_line(&f->lines[i], assigns ? "=" : " ");
	if (f->fault.code)
		printf("refused: %s\n", error_text(&f->fault));
}

static void json_lines(struct json *j, const char *name, const struct buf *text)
{
	_cleanup_free_ char *copy = strdup(text->data ?: "");
	char *rest = copy, *line;

	json_put_array(j, name);
	while (copy && (line = strtok_r(rest, "\n", &rest)))
		json_string(j, line);
	json_array_end(j);
}

static void json_line(struct json *j, const struct explained_line *l)
{
	json_object(j);
	json_put_uint(j, "line", l->number);
	json_put_string(j, "name", l->name);
	json_put_string(j, "value", l->value);
	json_put_string(j, "state", explained_state_name(l->state));
	json_lines(j, "effect", &l->effect);
	json_lines(j, "here", &l->differs);
	json_put_string(j, "error", l->error.data);
	json_object_end(j);
}

static void json_file(struct json *j, const struct explained_file *f)
{
	json_object(j);
	json_put_string(j, "path", f->path);
	json_put_bool(j, "present", f->present);
	json_put_bool(j, "accepted", !f->fault.code);
	json_put_string(j, "error", f->fault.code ? error_text(&f->fault) : NULL);
	json_put_array(j, "lines");
	for (size_t i = 0; i < f->count; i++)
		json_line(j, &f->lines[i]);
	json_array_end(j);
	json_object_end(j);
}

static int show_json(const struct explanation *x)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_document(&j, &out, "lastword.doctor-config/1");
	json_put_array(&j, "files");
	for (size_t i = 0; i < ARRAY_SIZE(x->files); i++)
		json_file(&j, &x->files[i]);
	json_array_end(&j);
	return say_json(&j, stdout, EXIT_SUCCESS);
}

int doctor_config(const struct cli *cli, const struct root *root)
{
	_cleanup_explanation_ struct explanation x = { 0 };
	struct error e = { 0 };
	bool refused = false;

	if (explain_config(root, &x, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(x.files); i++)
		refused = refused || x.files[i].fault.code;
	if (cli->json)
		return show_json(&x) ?: refused;
	for (size_t i = 0; i < ARRAY_SIZE(x.files); i++)
		print_file(&x.files[i], i > 0);
	return refused;
}
