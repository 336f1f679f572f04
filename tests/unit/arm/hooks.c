/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/hooks.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "../made_root.h"
#include "../test.h"

static void test_interpreters(void **state)
{
	static const struct {
		const char *head, *path, *name;
	} cases[] = {
		{ "#!/bin/sh\nexit 0\n", "/bin/sh", "" },
		{ "#! /bin/sh -eu", "/bin/sh", "" },
		{ "#!/usr/bin/env python3\n", "/usr/bin/env", "python3" },
		{ "#!/usr/bin/env -S A=1 bash -eu\n", "/usr/bin/env", "bash" },
		{ "#!/usr/bin/env\n", "/usr/bin/env", "" },
		{ "#!\n/bin/sh\n", "", "" },
		{ "# !/bin/sh\n", "", "" },
		{ "#", "", "" },
		{ "", "", "" },
	};
	struct interpreter i;

	for (size_t n = 0; n < ARRAY_SIZE(cases); n++) {
		interpreter_parse(cases[n].head, strlen(cases[n].head), &i);
		assert_string_equal(i.path, cases[n].path);
		assert_string_equal(i.name, cases[n].name);
	}
}

/* Long enough for a header; without one of PT_INTERP it is static. */
static void made_program(const struct root *r, const char *path, const char *text)
{
	made_file(r, path, text);
	assert_int_equal(fchmodat(r->fd, root_relative(path), 0755, 0), 0);
}

#define STATIC "\177ELF\002 static"

/* A system whose /bin is a link, with sh on dash, and one script. */
static void made_system(struct root *r)
{
	made_root(r);
	made_dir(r, "/usr/bin");
	made_link(r, "/bin", "usr/bin");
	made_program(r, "/usr/bin/dash", STATIC);
	made_link(r, "/usr/bin/sh", "dash");
	made_program(r, "/usr/bin/env", STATIC);
	made_program(r, "/opt/hook", "#!/bin/sh\n");
}

static const struct program_file *find(const struct programs *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->files[i].name, name) == 0)
			return &p->files[i];
	return NULL;
}

static void test_script(void **state)
{
	_cleanup_programs_ struct programs p = { 0 };
	struct root r;

	made_system(&r);
	assert_int_equal(programs_add(&p, &r, "/opt/hook", NULL), 0);
	assert_int_equal(programs_add(&p, &r, "/opt/hook", NULL), 0);
	assert_int_equal(p.count, 4);
	assert_string_equal(find(&p, "/opt/hook")->from, "/opt/hook");
	assert_string_equal(find(&p, "/bin")->link, "usr/bin");
	assert_string_equal(find(&p, "/usr/bin/sh")->link, "/usr/bin/dash");
	assert_string_equal(find(&p, "/usr/bin/dash")->from, "/usr/bin/dash");
	made_root_remove(&r);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *path, *text;
		unsigned mode;
		const char *error;
	} cases[] = {
		{ "/x", NULL, 0, "/x: it is not there" },
		{ "/x", "#!/bin/sh\n", 0644, "/x: it is not executable; run 'chmod +x /x'" },
		{ "/x", "echo\n", 0755,
		  "/x: it is neither a binary nor a script that begins with #! and a path" },
		{ "/x", "\177ELF\001", 0755, "/x: it is no 64-bit program" },
		{ "/x", "#!sh\n", 0755,
		  "/x: it is neither a binary nor a script that begins with #! and a path" },
		{ "/x", "#!/bin/zsh\n", 0755, "/x: its interpreter: /bin/zsh: it is not there" },
		{ "/x", "#!/usr/bin/env zsh\n", 0755,
		  "/x: its interpreter: zsh is in none of the directories of PATH" },
		{ "/x", "#!/x\n", 0755, NULL },
		{ "/y", "#!/z\n", 0755, NULL },
	};
	struct root r;

	made_system(&r);
	made_program(&r, "/z", "#!/y\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_programs_ struct programs p = { 0 };
		struct error e = { 0 };
		int code;

		if (cases[i].text) {
			made_file(&r, cases[i].path, cases[i].text);
			assert_int_equal(
				fchmodat(r.fd, root_relative(cases[i].path), cases[i].mode, 0), 0);
		}
		code = programs_add(&p, &r, cases[i].path, &e);
		/* scripts that interpret each other end: each is there once */
		if (!cases[i].error)
			continue;
		assert_true(code < 0);
		assert_string_equal(error_text(&e), cases[i].error);
	}
	made_root_remove(&r);
}

static void test_order(void **state)
{
	static const char text[] = "kdump_pre /opt/hook\nkdump_post /opt/hook\n"
				   "kdump_emergency /opt/hook\nextra_bins /bin/env\n";
	static const struct {
		enum plan_hook_when when;
		const char *path;
	} wanted[] = {
		{ PLAN_HOOK_PRE, "/opt/hook" },
		{ PLAN_HOOK_PRE, "/etc/kdump/pre.d/10-b" },
		{ PLAN_HOOK_PRE, "/etc/kdump/pre.d/9-a" },
		{ PLAN_HOOK_POST, "/etc/kdump/post.d/a" },
		{ PLAN_HOOK_POST, "/opt/hook" },
		{ PLAN_HOOK_EMERGENCY, "/opt/hook" },
	};
	_cleanup_programs_ struct programs p = { 0 };
	_cleanup_(plan_freep) struct plan *plan = calloc(1, sizeof(*plan));
	_cleanup_config_ struct config c = { 0 };
	_cleanup_buf_ struct buf notes = { 0 };
	struct error e = { 0 };
	struct root r;

	made_system(&r);
	made_program(&r, "/etc/kdump/pre.d/9-a", STATIC);
	made_program(&r, "/etc/kdump/pre.d/10-b", STATIC);
	made_program(&r, "/etc/kdump/pre.d/.hidden", STATIC);
	made_file(&r, "/etc/kdump/pre.d/README", "text");
	made_program(&r, "/etc/kdump/post.d/a",
		     "#!/usr/bin/env dash\nenv; logger x; /bin/logger y; true; none\n");
	made_program(&r, "/usr/bin/logger", STATIC);
	assert_int_equal(config_parse(text, strlen(text), "k", &c, &e), 0);
	if (hooks_find(&r, &c, plan, &p, &notes, &e) < 0)
		fail_msg("%s", error_text(&e));
	assert_int_equal(plan->hooks_count, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_int_equal(plan->hooks[i].when, wanted[i].when);
		assert_string_equal(plan->hooks[i].path, wanted[i].path);
		assert_int_equal(plan->hooks[i].vetoes, i == 0);
	}
	assert_string_equal(
		notes.data,
		"/etc/kdump/pre.d/README: not executable; it is left out\n"
		"/etc/kdump/post.d/a seems to run what the capture image has not; if so: "
		"'extra_bins /usr/bin/logger'\n");
	assert_true(programs_have(&p, "/usr/bin/env"));
	made_root_remove(&r);
}

static void test_missing(void **state)
{
	static const char text[] = "kdump_post /none\n";
	_cleanup_programs_ struct programs p = { 0 };
	_cleanup_(plan_freep) struct plan *plan = calloc(1, sizeof(*plan));
	_cleanup_config_ struct config c = { 0 };
	_cleanup_buf_ struct buf notes = { 0 };
	struct error e = { 0 };
	struct root r;

	made_system(&r);
	assert_int_equal(config_parse(text, strlen(text), "k", &c, &e), 0);
	assert_int_equal(hooks_find(&r, &c, plan, &p, &notes, &e), -ENOENT);
	assert_string_equal(error_text(&e), "kdump_post: /none: it is not there");
	made_root_remove(&r);
}

/* On this machine: the loader and the C library come along, by the names the loader looks for. */
static void test_libraries(void **state)
{
	_cleanup_programs_ struct programs p = { 0 };
	struct root r;

	assert_int_equal(root_open(NULL, &r), 0);
	assert_int_equal(programs_add(&p, &r, "/bin/ls", NULL), 0);
	assert_true(p.count >= 3);
	for (size_t i = 0; i < p.count; i++)
		assert_true(p.files[i].link || p.files[i].from);
	root_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interpreters), cmocka_unit_test(test_script),
		cmocka_unit_test(test_refusals),     cmocka_unit_test(test_order),
		cmocka_unit_test(test_missing),	     cmocka_unit_test(test_libraries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
