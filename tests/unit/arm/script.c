/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"

#include "../test.h"

static bool join(void *user, const char *name)
{
	char *all = user;

	snprintf(all + strlen(all), 500 - strlen(all), "%s ", name);
	return true;
}

static void test_commands(void **state)
{
	static const struct {
		const char *text, *commands;
	} cases[] = {
		{ "sync\nsleep 3\n", "sync sleep " },
		{ "sync", "sync " },
		{ "echo rm; logger -t x 'a; b' | tee /x && /sbin/ip a || exit 1\n",
		  "logger tee /sbin/ip " },
		{ "# rm -rf\nLANG=C A='x y' date # sed\n", "date " },
		{ "x=$(date +%s)\ny=\"`a`$(uname -r) and cat\"\n", "date uname " },
		{ "if grep -q a b; then cp a b; else mv a b; fi\n", "grep cp mv " },
		{ "for i in ls cat; do rm $i; done\n", "rm " },
		{ "case $1 in\n0) sync ;;\ndone|ls) true ;;\nesac\n", "sync " },
		{ "f() {\n\twc\n}\nf\ng () { head; }\n", "wc f head " },
		{ "cat <<EOF >x\nls\nrm\nEOF\nmv a b\n", "cat mv " },
		{ "cat <<-'E'\n\tls\n\tE\nmv\n", "cat mv " },
		{ "exec nohup tail -f x &\nwait\n", "tail " },
		{ "( cd / && tar c . )\n[ -d x ] && ls\n", "tar ls " },
		{ "$cmd x; \"$y\" z; ${a}b\nsort\n", "sort " },
		{ "echo \"a | rm; \\\"ls\"; nl\n", "nl " },
		{ "echo \"$(", "" },
		{ "x=\"$(a \"$(b \"c; d\")\")\"; e\n", "a b e " },
		{ "", "" },
		{ "'", "" },
		{ "<<", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[500], all[500] = "";

		snprintf(text, sizeof(text), "#!/bin/sh\n%s", cases[i].text);
		script_commands(text, strlen(text), join, all);
		assert_string_equal(all, cases[i].commands);
	}
}

static void test_every_cut_ends(void **state)
{
	static const char text[] = "#!/bin/sh\nx=\"$(a 'b' \"$(c)\")\" <<-E\n\tE\nd () { e; }\\\n";
	char all[500];

	for (size_t len = 0; len < sizeof(text); len++) {
		char *copy = strndup(text, len);

		all[0] = '\0';
		script_commands(copy, len, join, all);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_every_cut_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
