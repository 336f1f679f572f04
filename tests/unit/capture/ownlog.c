/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/ownlog.h"

#include <string.h>

#include "../test.h"

static void expect(const char *record, const char *wanted)
{
	char line[256];
	size_t len = ownlog_format(record, strlen(record), line, sizeof(line));

	assert_int_equal(len, strlen(wanted));
	assert_memory_equal(line, wanted, len);
}

static void test_records(void **state)
{
	expect("6,339,5140900,-;NET: Registered PF_NETLINK\n",
	       "[    5.140900] NET: Registered PF_NETLINK\n");
	expect("4,12,0,-,caller=T1;text\n SUBSYSTEM=pci\n DEVICE=+pci:0000\n",
	       "[    0.000000] text\n");
	expect("6,1,123456789000,c;tab\\x09and\\x5cmore\n", "[123456.789000] tab.and.more\n");
	expect("6,1,1000000,-;\n", "[    1.000000] \n");
	expect("6,1,1000000,-;no end", "[    1.000000] no end\n");
	expect("6,1,1000000,-;\\x0", "[    1.000000] \\x0\n");
}

static void test_nonsense(void **state)
{
	expect("", "");
	expect("no semicolon", "");
	expect("6,1;text", "");
	expect(";", "");
}

static void test_never_past_the_line(void **state)
{
	char record[600], line[64];
	size_t len;

	memset(record, 'x', sizeof(record));
	memcpy(record, "6,1,1000000,-;", 14);
	len = ownlog_format(record, sizeof(record), line, sizeof(line));
	assert_int_equal(len, sizeof(line));
	assert_int_equal(line[sizeof(line) - 1], '\n');
	assert_int_equal(ownlog_format(record, sizeof(record), line, 8), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_never_past_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
