/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/mount_options.h"

#include <sys/mount.h>

#include "../test.h"

static void test_split(void **state)
{
	static const struct {
		const char *options;
		unsigned long flags;
		const char *data; /* NULL for none */
	} rows[] = {
		{ "", 0, NULL },
		{ "defaults", 0, NULL },
		{ "rw,relatime", MS_RELATIME, NULL },
		{ "ro,nofail,x-systemd.automount,_netdev", 0, NULL },
		{ "rw,noatime,errors=remount-ro", MS_NOATIME, "errors=remount-ro" },
		{ "noatime,atime", 0, NULL },
		{ "nodev,nosuid,noexec,sync,dirsync",
		  MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_SYNCHRONOUS | MS_DIRSYNC, NULL },
		{ "subvol=/a b,compress=zstd:1", 0, "subvol=/a b,compress=zstd:1" },
		{ "context=\"system_u:object_r:t:s0:c1,c2\",rw", 0,
		  "context=\"system_u:object_r:t:s0:c1,c2\"" },
		{ ",,attr2,,inode64,", 0, "attr2,inode64" },
		{ "comment=here,relatimes", 0, "relatimes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf data = { 0 };
		unsigned long flags = 12345;

		assert_int_equal(mount_options_split(rows[i].options, &flags, &data), 0);
		assert_int_equal(flags, rows[i].flags);
		if (rows[i].data)
			assert_string_equal(data.data, rows[i].data);
		else
			assert_int_equal(data.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
