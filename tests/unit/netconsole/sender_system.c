/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What setup finds in a made-up system: its netconsole, its log level, who manages its interfaces, what changes. */
#include "../made_root.h"
#include "../test.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "netconsole/sender_boot.h"
#include "netconsole/sender_configfs.h"
#include "netconsole/sender_kernel.h"
#include "netconsole/sender_manager.h"
#include "netconsole/sender_receiver.h"
#include "netconsole/sender_watch.h"

static void run(const struct root *root, const char *command)
{
	char line[800];

	snprintf(line, sizeof(line), "cd %s && { %s; }", root->path, command);
	assert_int_equal(system(line), 0);
}

/* ---- the kernel ---- */

static void levels(void **state)
{
	const struct root *root = *state;
	static const struct {
		const char *level, *ignore, *oops_only, *first, *second;
	} cases[] = {
		{ "7\t4\t1\t7", "N", "N", "", "" },
		{ "5\t4\t1\t7", "N", "N", "", "" },
		{ "4\t4\t1\t7", "N", "N", "log level is 4", "sysctl kernel.printk=7" },
		{ "1\t4\t1\t7", "Y", "N", "", "" },
		{ "7\t4\t1\t7", "N", "Y", "netconsole.oops_only is set", "" },
		{ "3\t4\t1\t7", "N", "Y", "log level is 3", "oops_only is set" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf notes = { 0 };

		made_file(root, "/proc/sys/kernel/printk", cases[i].level);
		made_file(root, "/sys/module/printk/parameters/ignore_loglevel", cases[i].ignore);
		made_file(root, "/sys/module/netconsole/parameters/oops_only", cases[i].oops_only);
		assert_int_equal(sender_kernel_notes(root, &notes), 0);
		assert_int_equal(notes.len > 0, *cases[i].first != '\0');
		assert_non_null(strstr(notes.data ?: "", cases[i].first));
		assert_non_null(strstr(notes.data ?: "", cases[i].second));
	}
}

static void kinds(void **state)
{
	const struct root *root = *state;
	enum sender_kernel kind = SENDER_DYNAMIC;
	struct error e = { 0 };

	assert_int_equal(sender_kernel_prepare(root, &kind, &e), -EOPNOTSUPP);
	assert_non_null(strstr(e.text, "this kernel has no netconsole (CONFIG_NETCONSOLE"));
	made_dir(root, "/sys/module/netconsole/parameters");
	assert_int_equal(sender_kernel_prepare(root, &kind, &e), 0);
	assert_int_equal(kind, SENDER_BUILT_IN);
	made_file(root, "/sys/module/netconsole/refcnt", "0");
	assert_int_equal(sender_kernel_prepare(root, &kind, &e), 0);
	assert_int_equal(kind, SENDER_PARAMETER);
	made_dir(root, "/sys/kernel/config/netconsole");
	assert_int_equal(sender_kernel_prepare(root, &kind, &e), 0);
	assert_int_equal(kind, SENDER_DYNAMIC);
}

/* All that enabling a target may fail with, and each with words of its own. */
static void refusals(void **state)
{
	static const struct {
		int code;
		const char *words;
	} cases[] = {
		{ -ENODEV, "eth0 is not there" },     { -EBUSY, "its master is to be used" },
		{ -524, "does not support polling" }, { -EOPNOTSUPP, "that of a port of it" },
		{ -EDESTADDRREQ, "--from ADDRESS" },  { -ENETDOWN, "eth0 is down" },
		{ -EINVAL, "dmesg | grep netpoll" },  { -ENOMEM, "Cannot allocate memory" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error e = { 0 };

		assert_int_equal(sender_refusal("eth0", cases[i].code, &e), cases[i].code);
		assert_non_null(strstr(e.text, cases[i].words));
	}
}

/* ---- the start ---- */

static void boots(void **state)
{
	const struct root *root = *state;
	static const struct {
		const char *builtin; /* of netconsole */
		const char *driver;  /* a command */
		int code;
		const char *words;
	} cases[] = {
		{ "", ":", -EOPNOTSUPP, "eth0 is made by the system's network set-up" },
		{ "", "mkdir -p sys/class/net/eth0/device/driver", 0,
		  "# /etc/modprobe.d/lastword-netconsole.conf\noptions netconsole netconsole=T\n"
		  "# /etc/modules-load.d/lastword-netconsole.conf\nnetconsole\n" },
		{ "", "ln -s ../../module/virtio_net sys/class/net/eth0/device/driver/module", 0,
		  "# /etc/modprobe.d/lastword-netconsole.conf\noptions netconsole netconsole=T\n"
		  "softdep netconsole pre: virtio_net\n"
		  "# /etc/modules-load.d/lastword-netconsole.conf\nnetconsole\n" },
		{ "kernel/drivers/net/netconsole.ko", ":", -EOPNOTSUPP,
		  "driver of eth0, virtio_net, is a module" },
		{ "kernel/drivers/net/netconsole.ko", "rm sys/class/net/eth0/device/driver/module",
		  0, "netconsole=T\n" },
	};

	made_file(root, "/proc/sys/kernel/osrelease", "6.1.0\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf out = { 0 }, notes = { 0 };
		struct sender_boot b = { 0 };
		struct error e = { 0 };
		char list[100];

		snprintf(list, sizeof(list), "kernel/fs/ext4.ko\n%s\n", cases[i].builtin);
		made_file(root, "/lib/modules/6.1.0/modules.builtin", list);
		run(root, cases[i].driver);
		assert_int_equal(sender_boot_look(root, "eth0", &b, &e), cases[i].code);
		if (cases[i].code < 0) {
			assert_non_null(strstr(e.text, cases[i].words));
			continue;
		}
		assert_int_equal(sender_boot_text(&b, "T", &out), 0);
		assert_string_equal(out.data, cases[i].words);
		assert_int_equal(sender_boot_notes(&b, "ens3", &notes), 0);
		assert_non_null(strstr(notes.data, "ens3 is a name that udev gives"));
	}
}

/* ---- who brings interfaces up ---- */

static const char *manager(const struct root *root, const char *device, int index)
{
	const struct sender_manager *m = sender_manager_find(root, device, index);

	return m ? m->name : "nobody";
}

static void managers(void **state)
{
	const struct root *root = *state;

	assert_string_equal(manager(root, "eth0", 2), "nobody");
	made_file(root, "/run/network/ifstate", "lo=lo\neth1=eth1\neth10=eth10\n");
	assert_string_equal(manager(root, "eth0", 2), "nobody");
	assert_string_equal(manager(root, "eth1", 3), "ifupdown");
	made_file(root, "/run/network/ifstate.eth0", "eth0\n");
	assert_string_equal(manager(root, "eth0", 2), "ifupdown");
	assert_false(sender_manager_calls(root, sender_manager_find(root, "eth0", 2)));
	made_file(root, "/etc/network/if-up.d/lastword-netconsole", "#!/bin/sh\n");
	assert_false(sender_manager_calls(root, sender_manager_find(root, "eth0", 2)));
	run(root, "chmod +x etc/network/if-up.d/lastword-netconsole");
	assert_true(sender_manager_calls(root, sender_manager_find(root, "eth0", 2)));
	made_file(root, "/run/NetworkManager/devices/2", "[device]\nmanaged=false\n");
	assert_string_equal(manager(root, "eth0", 2), "ifupdown");
	made_file(root, "/run/NetworkManager/devices/2", "[device]\nmanaged=true\n");
	assert_string_equal(manager(root, "eth0", 2), "NetworkManager");
	made_file(root, "/run/systemd/netif/links/2", "ADMIN_STATE=unmanaged\n");
	assert_string_equal(manager(root, "eth0", 2), "NetworkManager");
	made_file(root, "/run/systemd/netif/links/2", "ADMIN_STATE=configured\n");
	assert_string_equal(manager(root, "eth0", 2), "systemd-networkd");
	assert_false(sender_manager_calls(root, sender_manager_find(root, "eth0", 2)));
}

/* ---- what changes ---- */

#define OURS "\x02\xfc\x00\x00\x00\x05"
#define OTHER "\x02\xfc\x00\x00\x00\x06"

static bool matters(uint16_t type, int index, const char *ip, uint16_t neighbour, const char *mac,
		    bool found)
{
	struct sender_path p = { .index = 2 };
	const struct sender_watched w[] = { { NULL, false }, { &p, found } };
	struct ndmsg fixed = { .ndm_ifindex = index, .ndm_state = neighbour };
	struct rtnl_message m;
	struct address hop, about;
	bool v4 = strchr(ip, ':') == NULL;

	assert_int_equal(address_parse(v4 ? "10.0.0.254" : "fe80::1", 0, &hop, NULL), 0);
	assert_int_equal(address_parse(ip, 0, &about, NULL), 0);
	p.hop = hop.ip;
	memcpy(p.mac, OURS, sizeof(p.mac));
	rtnl_message_begin(&m, type, 0, &fixed, sizeof(fixed));
	rtnl_put(&m, NDA_DST, v4 ? &about.ip.s6_addr[12] : about.ip.s6_addr, v4 ? 4 : 16);
	if (mac)
		rtnl_put(&m, NDA_LLADDR, mac, SENDER_MAC_SIZE);
	return sender_watch_matters(&m.header, w, ARRAY_SIZE(w));
}

static void changes(void **state)
{
	(void)state;
	assert_true(matters(RTM_NEWLINK, 9, "10.0.0.1", 0, NULL, true));
	assert_true(matters(RTM_DELROUTE, 9, "10.0.0.1", 0, NULL, true));
	/* the hop moves, falls silent, speaks again */
	assert_true(matters(RTM_NEWNEIGH, 2, "10.0.0.254", NUD_REACHABLE, OTHER, true));
	assert_true(matters(RTM_NEWNEIGH, 2, "fe80::1", NUD_STALE, OTHER, true));
	assert_true(matters(RTM_NEWNEIGH, 2, "10.0.0.254", NUD_FAILED, NULL, true));
	assert_true(matters(RTM_NEWNEIGH, 2, "10.0.0.254", NUD_REACHABLE, OURS, false));
	/* and what it does all day */
	assert_false(matters(RTM_NEWNEIGH, 2, "10.0.0.254", NUD_REACHABLE, OURS, true));
	assert_false(matters(RTM_NEWNEIGH, 2, "10.0.0.254", NUD_INCOMPLETE, NULL, true));
	assert_false(matters(RTM_NEWNEIGH, 2, "10.0.0.254", NUD_FAILED, NULL, false));
	assert_false(matters(RTM_DELNEIGH, 2, "10.0.0.254", NUD_STALE, OURS, true));
	/* of others */
	assert_false(matters(RTM_NEWNEIGH, 2, "10.0.0.253", NUD_REACHABLE, OTHER, true));
	assert_false(matters(RTM_NEWNEIGH, 3, "10.0.0.254", NUD_REACHABLE, OTHER, true));
	assert_false(matters(RTM_NEWNEIGH, 3, "fe80::1", NUD_FAILED, NULL, true));
}

/* ---- receivers ---- */

static void receivers(void **state)
{
	static const struct {
		const char *word, *host;
		uint16_t port; /* 0: refused */
	} cases[] = {
		{ "10.0.0.1", "10.0.0.1", 6666 },
		{ "10.0.0.1:514", "10.0.0.1", 514 },
		{ "log.example:1", "log.example", 1 },
		{ "fd00::1", "fd00::1", 6666 },
		{ "[fd00::1]", "fd00::1", 6666 },
		{ "[fd00::1]:514", "fd00::1", 514 },
		{ "fe80::1%eth0", "fe80::1%eth0", 6666 },
		{ "[fe80::1%eth0]:9", "fe80::1%eth0", 9 },
		{ "10.0.0.1:0", NULL, 0 },
		{ "10.0.0.1:65536", NULL, 0 },
		{ "10.0.0.1:", NULL, 0 },
		{ "[fd00::1", NULL, 0 },
		{ "[fd00::1]514", NULL, 0 },
		{ "", NULL, 0 },
		{ ":514", NULL, 0 },
		{ "[]:514", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *host = NULL;
		struct error e = { 0 };
		uint16_t port = 0;
		int r = sender_receiver_parse(cases[i].word, &host, &port, &e);

		assert_int_equal(r, cases[i].port ? 0 : -EINVAL);
		assert_int_equal(port, cases[i].port);
		if (r == 0)
			assert_string_equal(host, cases[i].host);
		else
			assert_true(*e.text != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(levels, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(kinds, made_root_setup, made_root_teardown),
		cmocka_unit_test(refusals),
		cmocka_unit_test_setup_teardown(boots, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(managers, made_root_setup, made_root_teardown),
		cmocka_unit_test(changes),
		cmocka_unit_test(receivers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
