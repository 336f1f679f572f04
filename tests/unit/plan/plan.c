/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"

static const char whole[] = "lastword-plan 1\n"
			    "kernel 6.1.0-32-amd64\n"
			    "host-ip 127.0.0.1\n"
			    "timezone CET-1CEST,M3.5.0,M10.5.0/3\n"
			    "collector makedumpfile\n"
			    "level 31\n"
			    "codec 2\n"
			    "codec-level -1\n"
			    "threads 0\n"
			    "failure-action poweroff\n"
			    "final-action reboot\n"
			    "device-timeout 60\n"
			    "log-timeout 120\n"
			    "report-timeout 30\n"
			    "dump-timeout 300\n"
			    "total-timeout 3600\n"
			    "module /lib/modules/virtio_pci.ko\n"
			    "module.options force_legacy=1 name=\"a b\"\n"
			    "module /lib/modules/virtio_blk.ko\n"
			    "link bond0\n"
			    "link.kind bond\n"
			    "link.bond-mode 1\n"
			    "link.bond-miimon 100\n"
			    "link eth0\n"
			    "link.kind hardware\n"
			    "link.mac 52:54:00:12:34:56\n"
			    "link.master bond0\n"
			    "link bond0.7\n"
			    "link.kind vlan\n"
			    "link.lower bond0\n"
			    "link.mtu 9000\n"
			    "link.vlan 7\n"
			    "link.carrier 1\n"
			    "address 10.0.2.15/24\n"
			    "address.link bond0.7\n"
			    "route default\n"
			    "route.via 10.0.2.2\n"
			    "route.link bond0.7\n"
			    "target fs\n"
			    "target.fstype ext4\n"
			    "target.options rw,relatime\n"
			    "target.path /crash dumps\n"
			    "device.uuid 0f3a\n"
			    "device.syspath /pci0000:00/0000:00:03.0/virtio0/block/vda/vda1\n"
			    "device.name vda1\n"
			    "device.partition 1\n"
			    "device.size 18446744073\n"
			    "target raw\n"
			    "device.serial S1\n"
			    "target nfs\n"
			    "target.options vers=4.2,addr=10.0.2.2\n"
			    "target.path /var/crash\n"
			    "target.server 10.0.2.2\n"
			    "target.share /export\n"
			    "end\n";

static void test_round_trip(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	_cleanup_(plan_freep) struct plan *p = NULL;
	struct error e = { 0 };

	assert_int_equal(plan_parse(whole, strlen(whole), &p, &e), 0);
	assert_int_equal(p->modules_count, 2);
	assert_string_equal(p->modules[0].options, "force_legacy=1 name=\"a b\"");
	assert_string_equal(p->modules[1].options, "");
	assert_int_equal(p->codec_level, -1);
	assert_int_equal(p->links_count, 3);
	assert_int_equal(p->links[0].kind, PLAN_LINK_BOND);
	assert_string_equal(p->links[0].mac, "");
	assert_true(p->links[2].needs_carrier);
	assert_string_equal(p->addresses[0].link, "bond0.7");
	assert_string_equal(p->routes[0].via, "10.0.2.2");
	assert_int_equal(p->targets_count, 3);
	assert_string_equal(p->targets[2].share, "/export");
	assert_string_equal(p->targets[0].path, "/crash dumps");
	assert_int_equal(p->targets[0].device.size, 18446744073);
	assert_int_equal(p->targets[1].kind, PLAN_TARGET_RAW);
	assert_string_equal(p->targets[1].device.fs_uuid, "");
	assert_int_equal(p->failure_action, PLAN_POWEROFF);

	assert_int_equal(plan_format(p, &out), 0);
	assert_string_equal(out.data, whole);
}

/* The text with its first occurrence of one part replaced. */
static char *changed(const char *part, const char *by)
{
	const char *at = strstr(whole, part);
	char *text;

	assert_non_null(at);
	assert_true(asprintf(&text, "%.*s%s%s", (int)(at - whole), whole, by, at + strlen(part)) >
		    0);
	return text;
}

static void test_faults(void **state)
{
	static const struct {
		const char *part, *by, *error;
	} cases[] = {
		{ "lastword-plan 1", "lastword-plan 2", "plan:1: no plan of version 1" },
		{ "level 31", "level 32", "plan:6: level: '32' is no number up to 31" },
		{ "level 31", "level -1", "plan:6: level: '-1' is no number up to 31" },
		{ "level 31", "level 031 ", "plan:6: level: '031 ' is no number up to 31" },
		{ "level 31", "level 99999999999999999999", NULL },
		{ "level 31", "level", "plan:6: 'level' has no value" },
		{ "level 31", "level ", "plan:6: 'level ' has no value" },
		{ "level 31", "levels 31", "plan:6: unknown key 'levels'" },
		{ "level 31", "codec 31", "plan:7: codec: given twice" },
		{ "level 31", "device.name x",
		  "plan:6: device.name: none of the targets was begun" },
		{ "level 31", "", "plan:6: '' has no value" },
		{ "level 31", "\t31", "plan: not the text of a plan" },
		{ "final-action reboot", "final-action shell", "plan: shell is no final action" },
		{ "final-action reboot", "final-action fly", NULL },
		{ "kernel 6.1.0-32-amd64\n", "", "plan: the kernel is not named" },
		{ "host-ip 127.0.0.1", "host-ip ../x", NULL },
		{ "target.path /crash dumps", "target.path crash", NULL },
		{ "device.serial S1\n", "", "plan: a target says nothing of its device" },
		{ "target.share /export\n", "", "plan: an NFS target needs a server and a share" },
		{ "link.lower bond0", "link.lower eth1", "plan: link bond0.7: no link below it" },
		{ "link.lower bond0", "link.lower bond0.7",
		  "plan: link bond0.7: no link below it" },
		{ "link.master bond0", "link.master br0", "plan: link eth0: no br0 before it" },
		{ "link.mac 52:54:00:12:34:56\n", "", "plan: link eth0: no hardware address" },
		{ "link bond0.7\n", "link eth0\n", "plan: link eth0: there are two" },
		{ "address.link bond0.7\n", "", "plan: address 10.0.2.15/24: on no link" },
		{ "route.link bond0.7", "route.link eth9", "plan: route default: on no link" },
		{ "link.vlan 7", "link.vlan 4095", NULL },
		{ "module /lib", "module lib", "plan: a module's path is not absolute" },
		{ "end\n", "", "plan: cut short: it has no end" },
		{ "end\n", "end\nend\n", "plan:56: text after the end" },
		{ "end\n", "end", "plan: not the text of a plan" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = changed(cases[i].part, cases[i].by);
		struct plan *p = NULL;
		struct error e = { 0 };

		assert_true(plan_parse(text, strlen(text), &p, &e) < 0);
		assert_null(p);
		if (cases[i].error)
			assert_string_equal(error_text(&e), cases[i].error);
	}
}

static void test_every_cut_is_refused(void **state)
{
	for (size_t len = 0; len < strlen(whole); len++) {
		struct plan *p = NULL;

		assert_true(plan_parse(whole, len, &p, NULL) < 0);
	}
}

static void test_limits(void **state)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error e = { 0 };
	struct plan *p = NULL;

	assert_int_equal(buf_printf(&text, "lastword-plan 1\n"), 0);
	for (int i = 0; i <= PLAN_MODULES_MAX; i++)
		assert_int_equal(buf_printf(&text, "module /m\n"), 0);
	assert_int_equal(plan_parse(text.data, text.len, &p, &e), -E2BIG);
	assert_string_equal(error_text(&e), "plan:514: more than 512 modules");
}

static void test_format_refuses(void **state)
{
	char release[] = "6.1\nfinal-action halt", ip[] = "127.0.0.1", name[] = "vda";
	struct plan_target target = { .kind = PLAN_TARGET_RAW, .device.name = name };
	struct plan p = {
		.kernel_release = release,
		.host_ip = ip,
		.targets = &target,
		.targets_count = 1,
	};
	_cleanup_buf_ struct buf out = { 0 };

	assert_int_equal(plan_format(&p, &out), -EINVAL);
}

static void test_actions(void **state)
{
	enum plan_action a;

	assert_true(plan_action_parse("dump_to_rootfs", &a));
	assert_string_equal(plan_action_name(a), "dump_to_rootfs");
	assert_false(plan_action_parse("Reboot", &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),	     cmocka_unit_test(test_faults),
		cmocka_unit_test(test_every_cut_is_refused), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_format_refuses),	     cmocka_unit_test(test_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
