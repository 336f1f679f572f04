/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/uevent.h"

#include <unistd.h>

#include "../test.h"

#define IS_BLOCK(text) uevent_is_block(text, sizeof(text))

static void test_messages(void **state)
{
	assert_true(IS_BLOCK("add@/devices/pci0000:00/block/vda\0ACTION=add\0"
			     "DEVPATH=/devices/x\0SUBSYSTEM=block\0MAJOR=254\0DEVNAME=vda"));
	assert_true(IS_BLOCK("change@/x\0ACTION=change\0SUBSYSTEM=block"));
	assert_false(IS_BLOCK("remove@/x\0ACTION=remove\0SUBSYSTEM=block"));
	assert_false(IS_BLOCK("add@/x\0ACTION=add\0SUBSYSTEM=net"));
	assert_false(IS_BLOCK("add@/x\0ACTION=add\0SUBSYSTEM=blocks"));
	assert_false(IS_BLOCK(""));
	/* Without a NUL at its end, as no kernel sends it. */
	assert_true(uevent_is_block("ACTION=add\0SUBSYSTEM=block", 26));
	assert_false(uevent_is_block("ACTION=add\0SUBSYSTEM=block", 25));
}

static void test_wait_ends(void **state)
{
	struct error e = { 0 };
	usec_t before = clock_now();
	int fd;

	if (uevent_open(&fd, &e) < 0)
		skip();
	/* The machine may add a device this very moment; the call returns all the same. */
	(void)!uevent_wait_block(fd, before + 20 * USEC_PER_MSEC);
	assert_true(clock_now() - before < 5 * USEC_PER_SEC);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_wait_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
