/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/watchdog.h"

#include <string.h>

#include "../made_root.h"
#include "../test.h"

static void made_watchdog(const struct root *r, const char *name, const char *device,
			  const char *driver, const char *identity, const char *state,
			  const char *timeout)
{
	char path[256], to[256];

	snprintf(path, sizeof(path), "/sys/devices/%s/watchdog/%s", device, name);
	made_dir(r, path);
	snprintf(to, sizeof(to), "../../devices/%s/watchdog/%s", device, name);
	snprintf(path, sizeof(path), "/sys/class/watchdog/%s", name);
	made_link(r, path, to);
	snprintf(path, sizeof(path), "/sys/devices/%s/watchdog/%s/identity", device, name);
	made_file(r, path, identity);
	snprintf(path, sizeof(path), "/sys/devices/%s/watchdog/%s/state", device, name);
	made_file(r, path, state);
	snprintf(path, sizeof(path), "/sys/devices/%s/watchdog/%s/timeout", device, name);
	made_file(r, path, timeout);
	if (!driver)
		return;
	snprintf(path, sizeof(path), "/sys/devices/%s/watchdog/%s/device", device, name);
	made_link(r, path, "../..");
	snprintf(path, sizeof(path), "/sys/devices/%s/driver", device);
	made_dir(r, path);
	snprintf(path, sizeof(path), "/sys/devices/%s/driver/module", device);
	snprintf(to, sizeof(to), "../../../../module/%s", driver);
	made_link(r, path, to);
}

static void find(const struct root *r, const char *conf, struct config *c,
		 struct watchdogs_found *ret)
{
	struct error e = { 0 };

	if (config_parse(conf, strlen(conf), "k", c, &e) < 0 ||
	    watchdogs_find(r, "6.1", c, ret, &e) < 0)
		fail_msg("%s", error_text(&e));
}

static void test_none(void **state)
{
	_cleanup_config_ struct config c = { 0 };
	struct watchdogs_found w;

	find(*state, "", &c, &w);
	assert_int_equal(w.syspaths_count, 0);
	assert_int_equal(w.words.len, 0);
	assert_null(c.notes.data);
	watchdogs_done(&w);
}

static void test_hardware(void **state)
{
	_cleanup_config_ struct config c = { 0 };
	struct modules_wanted wanted = { 0 };
	struct watchdogs_found w;

	made_watchdog(*state, "watchdog1", "pci0000:00/0000:01:00.0", "hpwdt", "HPE iLO2+\n",
		      "active\n", "20\n");
	made_watchdog(*state, "watchdog0", "pci0000:00/0000:00:04.0", "i6300esb",
		      "i6300ESB\x1b[1mtimer\n", "inactive\n", "30\n");
	find(*state, "lastword_watchdog yes\n", &c, &w);
	assert_int_equal(w.syspaths_count, 2);
	assert_string_equal(w.syspaths[0], "pci0000:00/0000:00:04.0/watchdog/watchdog0");
	assert_string_equal(w.words.data, "i6300ESB?[1mtimer, HPE iLO2+");
	assert_string_equal(w.cmdline.data,
			    "i6300esb.pretimeout=0 hpwdt.pretimeout=0 hpwdt.kdumptimeout=0");
	assert_non_null(
		strstr(c.notes.data, "watchdog1 (HPE iLO2+) resets the machine after 20 s"));
	assert_null(strstr(c.notes.data, "watchdog0"));
	watchdogs_want_modules(&w, &wanted);
	assert_string_equal(wanted.first[1], "pci0000:00/0000:01:00.0/watchdog/watchdog1");
	assert_null(wanted.first[2]);
	assert_null(wanted.first_named[0]);
	watchdogs_done(&w);
}

static void test_not_wanted(void **state)
{
	_cleanup_config_ struct config c = { 0 };
	struct watchdogs_found w;

	made_watchdog(*state, "watchdog0", "pci0000:00/0000:00:04.0", NULL, "dog\n", "active\n",
		      "60\n");
	find(*state, "lastword_watchdog no\n", &c, &w);
	assert_int_equal(w.syspaths_count, 0);
	assert_int_equal(w.words.len, 0);
	assert_non_null(strstr(c.notes.data, "watchdog0 (dog) is running"));
	watchdogs_done(&w);
}

static void test_software(void **state)
{
	_cleanup_config_ struct config idle = { 0 }, active = { 0 };
	struct modules_wanted wanted = { 0 };
	struct watchdogs_found w;

	made_watchdog(*state, "watchdog0", "virtual", NULL, "Software Watchdog\n", "inactive\n",
		      "60\n");
	find(*state, "", &idle, &w);
	assert_int_equal(w.words.len, 0);
	watchdogs_done(&w);
	made_watchdog(*state, "watchdog1", "virtual", NULL, "Software Watchdog\n", "active\n",
		      "60\n");
	find(*state, "", &active, &w);
	assert_int_equal(w.syspaths_count, 0);
	watchdogs_want_modules(&w, &wanted);
	assert_string_equal(wanted.first_named[0], "softdog");
	assert_null(wanted.first_named[1]);
	watchdogs_done(&w);
}

/* As i6300esb shows itself. */
static void test_without_device(void **state)
{
	_cleanup_config_ struct config c = { 0 };
	struct modules_wanted wanted = { 0 };
	struct watchdogs_found w;

	made_watchdog(*state, "watchdog0", "virtual", NULL, "i6300ESB timer\n", "inactive\n",
		      "60\n");
	made_dir(*state, "/sys/module/i6300_esb");
	made_dir(*state, "/sys/module/softdog");
	made_dir(*state, "/sys/module/watchdog");
	made_dir(*state, "/sys/module/ext4");
	made_file(*state, "/lib/modules/6.1/modules.dep",
		  "kernel/fs/ext4.ko:\nkernel/drivers/watchdog/i6300-esb.ko.xz: kernel/drivers/"
		  "watchdog/watchdog.ko\nkernel/drivers/watchdog/hpwdt.ko:\n"
		  "kernel/drivers/watchdog/softdog.ko:\nkernel/drivers/watchdog/watchdog.ko:\n");
	find(*state, "", &c, &w);
	watchdogs_want_modules(&w, &wanted);
	assert_null(wanted.first[0]);
	assert_string_equal(wanted.first_named[0], "i6300_esb");
	assert_null(wanted.first_named[1]);
	assert_string_equal(w.cmdline.data, "i6300_esb.pretimeout=0");
	watchdogs_done(&w);
}

static void test_more_than_are_kept(void **state)
{
	_cleanup_config_ struct config c = { 0 };
	struct modules_wanted wanted = { 0 };
	struct watchdogs_found w;

	for (char name[] = "watchdog0", device[] = "pci0"; name[8] <= '9'; name[8]++, device[3]++)
		made_watchdog(*state, name, device, NULL, "dog\n", "inactive\n", "x\n");
	find(*state, "", &c, &w);
	assert_int_equal(w.syspaths_count, WATCHDOGS_PACKED_MAX);
	watchdogs_want_modules(&w, &wanted);
	assert_null(wanted.first[WATCHDOGS_PACKED_MAX]);
	watchdogs_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_none, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_hardware, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_not_wanted, made_root_setup,
						made_root_teardown),
		cmocka_unit_test_setup_teardown(test_software, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_without_device, made_root_setup,
						made_root_teardown),
		cmocka_unit_test_setup_teardown(test_more_than_are_kept, made_root_setup,
						made_root_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
