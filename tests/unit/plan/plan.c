/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/volumes.h"

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
			    "choose-codec 1\n"
			    "target-rate 209715200\n"
			    "threads 0\n"
			    "unused-vmemmap 1\n"
			    "limit 1073741824\n"
			    "erase /etc/makedumpfile.conf\n"
			    "failure-action shell\n"
			    "final-action reboot\n"
			    "device-timeout 60\n"
			    "log-timeout 120\n"
			    "report-timeout 30\n"
			    "dump-timeout 300\n"
			    "total-timeout 3600\n"
			    "hook-timeout 60\n"
			    "words-timeout 60\n"
			    "shell /bin/sh\n"
			    "fence-port 7410\n"
			    "fence-interval 10\n"
			    "crash-loop-count 3\n"
			    "crash-loop-window 1800\n"
			    "crash-loop-action poweroff\n"
			    "watchdog-timeout 60\n"
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
			    "link.vlan-protocol 34984\n"
			    "link.carrier 1\n"
			    "address 10.0.2.15/24\n"
			    "address.link bond0.7\n"
			    "route default\n"
			    "route.via 10.0.2.2\n"
			    "route.link bond0.7\n"
			    "volume md127\n"
			    "volume.kind md\n"
			    "volume.level raid1\n"
			    "volume.metadata 1.2\n"
			    "volume.disks 2\n"
			    "volume dm-0\n"
			    "volume.kind dm\n"
			    "volume.label vg-dumps\n"
			    "volume.uuid LVM-1234\n"
			    "part md127\n"
			    "part.serial S7\n"
			    "part dm-0\n"
			    "part.signature LVM2_member\n"
			    "part.uuid abc-def\n"
			    "part.syspath virtual/block/md127/md127p1\n"
			    "part.partition 1\n"
			    "row linear\n"
			    "row.volume dm-0\n"
			    "row.start 0\n"
			    "row.length 204800\n"
			    "row.parameters @0 2048\n"
			    "target fs\n"
			    "target.fstype ext4\n"
			    "target.options rw,relatime\n"
			    "target.path /crash dumps\n"
			    "device.uuid 0f3a\n"
			    "device.syspath /pci0000:00/0000:00:03.0/virtio0/block/vda/vda1\n"
			    "device.name vda1\n"
			    "device.partition 1\n"
			    "device.size 18446744073\n"
			    "target fs\n"
			    "target.fstype xfs\n"
			    "target.path /\n"
			    "device.syspath virtual/block/dm-0\n"
			    "target raw\n"
			    "device.serial S1\n"
			    "target nfs\n"
			    "target.options vers=4.2,addr=10.0.2.2\n"
			    "target.path /var/crash\n"
			    "target.server 10.0.2.2\n"
			    "target.share /export\n"
			    "target.last-resort 1\n"
			    "hook pre\n"
			    "hook.path /usr/local/bin/pre\n"
			    "hook.vetoes 1\n"
			    "hook post\n"
			    "hook.path /etc/kdump/post.d/10 mark\n"
			    "fence 10.0.2.2\n"
			    "fence fd00::2\n"
			    "receiver 10.0.2.9\n"
			    "receiver.port 6666\n"
			    "receiver.our-port 6665\n"
			    "receiver.source 10.0.2.15\n"
			    "receiver fd00::9\n"
			    "receiver.port 514\n"
			    "recipient age1one\n"
			    "recipient age1two\n"
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
	assert_true(p->choose_codec);
	assert_int_equal(p->target_rate, 209715200);
	assert_int_equal(p->links_count, 3);
	assert_int_equal(p->links[0].kind, PLAN_LINK_BOND);
	assert_string_equal(p->links[0].mac, "");
	assert_true(p->links[2].needs_carrier);
	assert_string_equal(p->addresses[0].link, "bond0.7");
	assert_string_equal(p->routes[0].via, "10.0.2.2");
	assert_ptr_equal(plan_volume_of(p, &p->targets[1].device), &p->volumes[1]);
	assert_ptr_equal(plan_volume_of(p, &p->parts[1].device), &p->volumes[0]);
	assert_null(plan_volume_of(p, &p->parts[0].device));
	assert_int_equal(p->targets_count, 4);
	assert_string_equal(p->targets[3].share, "/export");
	assert_string_equal(p->targets[0].path, "/crash dumps");
	assert_int_equal(p->targets[0].device.size, 18446744073);
	assert_int_equal(p->targets[2].kind, PLAN_TARGET_RAW);
	assert_string_equal(p->targets[2].device.fs_uuid, "");
	assert_int_equal(p->failure_action, PLAN_SHELL);
	assert_int_equal(p->receivers_count, 2);
	assert_int_equal(p->receivers[0].our_port, 6665);
	assert_string_equal(p->receivers[1].source, "");
	assert_int_equal(p->hooks_count, 2);
	assert_true(p->hooks[0].vetoes);
	assert_int_equal(p->hooks[1].when, PLAN_HOOK_POST);
	assert_string_equal(p->fences[1].address, "fd00::2");
	assert_int_equal(p->recipients_count, 2);
	assert_string_equal(p->recipients[1].key, "age1two");

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
		{ "crash-loop-action poweroff", "crash-loop-action shell",
		  "plan: shell does not end a crash loop" },
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
		{ "volume dm-0", "volume md127", "plan: volume md127: there are two" },
		{ "volume.label vg-dumps\n", "", "plan: volume dm-0: it is not described" },
		{ "part.serial S7\n", "", "plan: volume md127: nothing is known of a device" },
		{ "part.serial S7", "part.syspath virtual/block/md127",
		  "plan: volume md127: no volume for virtual/block/md127 comes before it" },
		{ "part.syspath virtual/block/md127/", "part.syspath virtual/block/md1/",
		  "plan: volume dm-0: no volume for virtual/block/md1/md127p1 comes before it" },
		{ "part dm-0", "part dm-1", NULL },
		{ "row.volume dm-0", "row.volume md127", NULL },
		{ "row.volume dm-0\n", "", NULL },
		{ "device.syspath virtual/block/dm-0", "device.syspath virtual/block/dm-1",
		  "plan: target 2: no volume for virtual/block/dm-1 comes before it" },
		{ "hook.path /usr", "hook.path usr", "plan: a hook's path is not absolute" },
		{ "hook pre", "hook never", NULL },
		{ "hook-timeout 60\n", "", "plan: hooks need a limit of time" },
		{ "fence-interval 10\n", "", "plan: fences need a port and an interval" },
		{ "words-timeout 60\n", "", "plan: receivers need a limit of time" },
		{ "receiver.port 514\n", "", "plan: receiver fd00::9: no port" },
		{ "receiver.port 514", "receiver.port 65536", NULL },
		{ "shell /bin/sh", "shell sh", "plan: the shell has no absolute path" },
		{ "target.share /export\n", "target.share /export\ntarget.last-resort 1\n", NULL },
		{ "target raw\n", "target raw\ntarget.last-resort 1\n",
		  "plan: the last resort is not the last target" },
		{ "end\n", "", "plan: cut short: it has no end" },
		{ "end\n", "end\nend\n", "plan:112: text after the end" },
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
