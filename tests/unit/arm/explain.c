/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/explain.h"

#include <stdlib.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"

static void explain(const char *conf, const char *sysconfig, struct explanation *ret)
{
	struct error e = { 0 };
	struct root r;

	made_root(&r);
	if (conf)
		made_file(&r, "/etc/kdump.conf", conf);
	if (sysconfig)
		made_file(&r, "/etc/sysconfig/kdump", sysconfig);
	if (explain_config(&r, ret, &e) < 0)
		fail_msg("%s", error_text(&e));
	made_root_remove(&r);
}

static void says(const struct explained_line *l, unsigned number, enum explained_state state,
		 const char *words)
{
	const char *texts[] = { l->effect.data, l->differs.data, l->error.data };
	bool said = false;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		said = said || (texts[i] && strstr(texts[i], words));
	if (!said)
		fail_msg("%s does not say '%s'", l->name, words);
	assert_int_equal(l->number, number);
	assert_int_equal(l->state, state);
}

static void test_nothing(void **state)
{
	_cleanup_explanation_ struct explanation x = { 0 };

	explain(NULL, NULL, &x);
	assert_false(x.files[0].present);
	assert_false(x.files[1].present);
	assert_int_equal(x.files[0].count + x.files[1].count, 0);
}

/* All refused lines, not the first alone; the others are explained as well. */
static void test_conf(void **state)
{
	_cleanup_explanation_ struct explanation x = { 0 };
	const struct explained_line *l;

	explain("# a\nfoo bar\npath /x # y\ncore_collector makedumpfile -c -d 17 -e\npath /z\n"
		"force_rebuild 1\nextra_modules vga15fb\n",
		NULL, &x);
	l = x.files[0].lines;
	assert_int_equal(x.files[0].count, 6);
	assert_string_equal(error_text(&x.files[0].fault), "kdump.conf:2: unknown directive 'foo'");
	says(&l[0], 2, EXPLAINED_REFUSED, "unknown directive");
	says(&l[1], 3, EXPLAINED_TAKEN, "this directory");
	assert_string_equal(l[1].value, "/x");
	says(&l[2], 4, EXPLAINED_TAKEN, "packed with zlib; left out: pages of zeros, free pages\n");
	says(&l[2], 4, EXPLAINED_TAKEN, "the struct pages of what is left out");
	says(&l[3], 5, EXPLAINED_REFUSED, "first in line 3");
	says(&l[4], 6, EXPLAINED_MOOT, "made anew");
	says(&l[5], 7, EXPLAINED_TAKEN, "vga16fb");
}

static void test_sysconfig(void **state)
{
	_cleanup_explanation_ struct explanation x = { 0 };
	const struct explained_line *l;

	explain("path /x\n",
		"KEXEC_ARGS='-s --reset-vga --odd'\nKDUMP_IMG=a\nKDUMP_IMG=b\nOTHER=1\n"
		"KDUMP_COMMANDLINE_APPEND='rd.memdebug=3'\n"
		"KDUMP_COMMANDLINE_APPEND+=' nr_cpus=2'\n"
		"KDUMP_COMMANDLINE_REMOVE='quiet cma mine'\nKDUMP_STDLOGLVL=9\n",
		&x);
	l = x.files[1].lines;
	assert_int_equal(x.files[0].fault.code, 0);
	assert_int_equal(x.files[1].count, 8);
	says(&l[0], 1, EXPLAINED_MOOT, "--reset-vga: no effect");
	says(&l[0], 1, EXPLAINED_MOOT, "--odd: not known");
	says(&l[1], 2, EXPLAINED_MOOT, "line 3 sets it anew");
	says(&l[2], 3, EXPLAINED_TAKEN, "file");
	says(&l[3], 4, EXPLAINED_MOOT, "not known");
	says(&l[4], 5, EXPLAINED_TAKEN, "rd.memdebug=3: no effect");
	says(&l[5], 6, EXPLAINED_TAKEN, "nr_cpus=2: lastword_cpus");
	says(&l[6], 7, EXPLAINED_TAKEN, "removed anyway: quiet, cma\n");
	says(&l[6], 7, EXPLAINED_TAKEN, "removed: mine\n");
	says(&l[7], 8, EXPLAINED_REFUSED, "no level from 0");
}

/* Behind what only a shell could read nothing is read. */
static void test_shell(void **state)
{
	_cleanup_explanation_ struct explanation x = { 0 };

	explain(NULL, "KDUMP_IMG=a\n\nif x; then\n", &x);
	assert_int_equal(x.files[1].count, 2);
	says(&x.files[1].lines[1], 3, EXPLAINED_REFUSED, "'if' is a command");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_sysconfig),
		cmocka_unit_test(test_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
