/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/policy/platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arm/policy/trigger.h"
#include "arm/rehearse/past.h"

#include "../made_root.h"
#include "../test.h"

#define DMI "/sys/class/dmi/id/"
#define CLOUD "/run/cloud-init/instance-data.json"

/* A machine of each kind, by the files that tell; and what of its own is in the first command. */
static const struct made {
	const char *id;
	const char *files[8]; /* path, content, … */
	const char *command;  /* found in its commands */
} machines[] = {
	{ "ec2-metal",
	  { DMI "sys_vendor", "Amazon EC2\n", DMI "product_name", "m5.metal\n",
	    DMI "board_asset_tag", "i-0123456789abcdef0\n" },
	  "--instance-id i-0123456789abcdef0" },
	{ "ec2-nitro",
	  { DMI "sys_vendor", "Amazon EC2\n", DMI "product_name", "m5.large\n",
	    DMI "board_asset_tag", "i-0123456789abcdef0\n", CLOUD,
	    "{\"v1\": {\"region\": \"eu-west-1\", \"instance_id\": \"i-other\"}}" },
	  "--region eu-west-1 --instance-id i-0123456789abcdef0" },
	{ "ec2-xen",
	  { DMI "sys_vendor", "Xen\n", DMI "bios_version", "4.11.amazon\n", "/sys/hypervisor/type",
	    "xen\n", CLOUD, "{\"v1\": {\"instance_id\": \"i-12ab34cd\"}}" },
	  "--instance-id i-12ab34cd" },
	{ "ec2-xen",
	  { "/sys/hypervisor/type", "xen\n", "/sys/hypervisor/uuid",
	    "ec2e1916-9099-7caf-fd21-012345abcdef\n" },
	  "--instance-id INSTANCE-ID" },
	{ "oci-vm",
	  { DMI "sys_vendor", "QEMU\n", DMI "chassis_asset_tag", "OracleCloud.com\n", CLOUD,
	    "{\"v1\": {\"instance_id\": \"ocid1.instance.oc1.iad.abc\"}}" },
	  "SENDDIAGNOSTICINTERRUPT --instance-id ocid1.instance.oc1.iad.abc" },
	{ "oci-metal",
	  { DMI "sys_vendor", "Oracle Corporation\n", DMI "chassis_asset_tag", "OracleCloud.com\n",
	    "/dev/ipmi0", "" },
	  "--instance-id INSTANCE-ID" },
	{ "gcp",
	  { DMI "sys_vendor", "Google\n", DMI "product_name", "Google Compute Engine\n",
	    "/proc/sys/kernel/hostname", "db-3.example\n", CLOUD,
	    "{\"v1\": {\"availability_zone\": \"us-central1-a\"}}" },
	  "send-diagnostic-interrupt db-3 --zone=us-central1-a" },
	{ "azure",
	  { DMI "sys_vendor", "Microsoft Corporation\n", DMI "product_name", "Virtual Machine\n",
	    DMI "chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n",
	    "/run/cloud-init/instance-data-sensitive.json",
	    "{\"ds\": {\"meta_data\": {\"imds\": {\"compute\": {\"name\": \"vm-1\", "
	    "\"resourceGroupName\": \"prod\"}}}}}" },
	  "send nmi --name vm-1 --resource-group prod" },
	{ "hyper-v",
	  { DMI "sys_vendor", "Microsoft Corporation\n", DMI "product_name", "Virtual Machine\n",
	    "/proc/sys/kernel/hostname", "box\n" },
	  "Debug-VM -Name box -Inject" },
	{ "vmware", { DMI "sys_vendor", "VMware, Inc.\n" }, "SendNMI()" },
	{ "virtualbox",
	  { DMI "sys_vendor", "innotek GmbH\n", DMI "product_name", "VirtualBox\n" },
	  "debugvm NAME injectnmi" },
	{ "openstack",
	  { DMI "sys_vendor", "RDO\n", DMI "product_name", "OpenStack Compute\n",
	    DMI "product_uuid", "4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11\n" },
	  "dump create 4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11" },
	{ "kubevirt", { DMI "sys_vendor", "KubeVirt\n", DMI "product_name", "None\n" }, "kubectl" },
	{ "powerkvm",
	  { "/proc/device-tree/model", "IBM pSeries (emulated by qemu)",
	    "/proc/device-tree/ibm,partition-name", "guest" },
	  "virsh inject-nmi" },
	{ "powervm",
	  { "/proc/device-tree/model", "IBM,9009-42A", "/proc/device-tree/ibm,partition-name",
	    "lpar7" },
	  "-o dumprestart -n lpar7" },
	{ "zvm",
	  { "/proc/sysinfo",
	    "Manufacturer: IBM\nLPAR Name: A\nVM00 Control Program: z/VM    7.2.0\n" },
	  "#CP SYSTEM RESTART" },
	{ "z-lpar", { "/proc/sysinfo", "Manufacturer: IBM\nLPAR Name: A\n" }, "PSW Restart" },
	{ "xen",
	  { DMI "sys_vendor", "Xen\n", DMI "bios_version", "4.17\n", "/sys/hypervisor/type",
	    "xen\n" },
	  "xl trigger DOMAIN nmi" },
	{ "qemu",
	  { DMI "sys_vendor", "QEMU\n", DMI "product_uuid",
	    "4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11\n" },
	  "virsh inject-nmi 4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11" },
	{ "qemu", { DMI "product_name", "Standard PC (Q35 + ICH9, 2009)\n" }, "virsh" },
	{ "qemu", { DMI "sys_vendor", "Red Hat\n", DMI "product_name", "RHEL\n" }, "virsh" },
	{ "ucs",
	  { DMI "sys_vendor", "Cisco Systems Inc\n", DMI "product_name", "UCSB-B200-M5\n",
	    DMI "chassis_type", "28\n" },
	  "diagnostic-interrupt" },
	{ "blade", { DMI "sys_vendor", "Dell Inc.\n", DMI "chassis_type", "28\n" }, "ipmitool" },
	{ "ilo", { DMI "sys_vendor", "HPE\n", "/dev/ipmi0", "" }, "nmi server" },
	{ "bmc", { DMI "sys_vendor", "Supermicro\n", "/dev/ipmi/0", "" }, "chassis power diag" },
	{ "bmc", { "/sys/firmware/dmi/entries/38-0/type", "38\n" }, "ResetType" },
	{ "bare", { DMI "sys_vendor", "LENOVO\n", DMI "chassis_type", "10\n" }, "NMI button" },
};

static void made_machine(const struct made *m, struct root *r)
{
	made_root(r);
	for (size_t i = 0; i < ARRAY_SIZE(m->files) && m->files[i]; i += 2)
		made_file(r, m->files[i], m->files[i + 1]);
}

static void each_platform(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		_cleanup_platform_ struct platform_found f = { 0 };
		_cleanup_buf_ struct buf commands = { 0 }, evidence = { 0 };
		struct root r;

		made_machine(&machines[i], &r);
		assert_int_equal(platform_find(&r, &f, NULL), 0);
		assert_string_equal(f.platform->id, machines[i].id);
		for (size_t w = 0; w < PLATFORM_WAYS && f.platform->ways[w].command; w++)
			assert_int_equal(
				platform_command(&f, f.platform->ways[w].command, &commands), 0);
		if (!strstr(commands.data, machines[i].command))
			fail_msg("%s: no '%s' in '%s'", machines[i].id, machines[i].command,
				 commands.data);
		assert_int_equal(platform_evidence(&f, &evidence), 0);
		assert_true(evidence.len || strcmp(f.platform->id, "bare") == 0);
		made_root_remove(&r);
	}
}

/* Without one of its signs, or with another value there, it is some other platform. */
static void assert_needs_its_signs(struct platform_found *f)
{
	const struct platform *p = f->platform;

	for (size_t i = 0; i < PLATFORM_SIGNS && p->signs[i].pattern; i++) {
		char **fact = &f->facts[p->signs[i].fact], *had = *fact;

		*fact = NULL;
		assert_ptr_not_equal(platform_of(f), p);
		*fact = (char[]){ "?" };
		if (strcmp(p->signs[i].pattern, "*") != 0)
			assert_ptr_not_equal(platform_of(f), p);
		*fact = had;
	}
	assert_ptr_equal(platform_of(f), p);
}

/* CPUID is read from the CPU alone, never from a made-up root. */
static const struct platform *kvm_of_cpuid(void)
{
	struct platform_found f = { .facts[FACT_CPUID] = (char[]){ "KVMKVMKVM" } };

	f.platform = platform_of(&f);
	assert_needs_its_signs(&f);
	return f.platform;
}

/* Each row of the table is found on a machine, and no longer when what tells is taken from it. */
static void each_row_fires_and_is_silent(void **state)
{
	const struct platform *found[ARRAY_SIZE(machines) + 1];

	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		_cleanup_platform_ struct platform_found f = { 0 };
		struct root r;

		made_machine(&machines[m], &r);
		assert_int_equal(platform_find(&r, &f, NULL), 0);
		assert_needs_its_signs(&f);
		found[m] = f.platform;
		made_root_remove(&r);
	}
	found[ARRAY_SIZE(machines)] = kvm_of_cpuid();
	for (size_t i = 0; i < platforms_count; i++) {
		size_t m = 0;

		while (m < ARRAY_SIZE(found) && found[m] != &platforms[i])
			m++;
		if (m == ARRAY_SIZE(found))
			fail_msg("no machine is found by row %zu, %s", i, platforms[i].id);
	}
}

static void hostile_words_stay_out(void **state)
{
	static const char *const ids[] = { "i-1; reboot", "$(reboot)", "-o", "", "i\\u0000x" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		_cleanup_platform_ struct platform_found f = { 0 };
		_cleanup_buf_ struct buf command = { 0 };
		char text[200];
		struct root r;

		made_root(&r);
		snprintf(text, sizeof(text), "{\"v1\": {\"instance_id\": \"%s\"}}", ids[i]);
		made_file(&r, CLOUD, text);
		assert_int_equal(platform_find(&r, &f, NULL), 0);
		assert_int_equal(platform_command(&f, "x {instance} {unknown}", &command), 0);
		assert_string_equal(command.data, "x INSTANCE-ID {unknown}");
		made_root_remove(&r);
	}
}

static void verdicts(void **state)
{
	static const struct {
		enum platform_signal signal;
		const char *unknown, *io, *unrecovered, *sysrq; /* values, NULL absent */
		enum platform_verdict verdict;
		const char *set;
	} cases[] = {
		{ SIGNAL_NMI, "0", "0", "0", "0", WOULD_NOT_PANIC, "unknown_nmi_panic=1" },
		{ SIGNAL_NMI, "1", "0", "0", "0", WOULD_PANIC, "" },
		{ SIGNAL_NMI, "0", "0", "1", "0", WOULD_PANIC, "" },
		{ SIGNAL_NMI, NULL, NULL, NULL, "0", WOULD_NOT_PANIC, "" },
		{ SIGNAL_DIAG, "1", "1", "1", "0", WOULD_PANIC, "" },
		{ SIGNAL_DIAG, "1", "0", "0", "0", WOULD_NOT_PANIC,
		  "panic_on_unrecovered_nmi=1 panic_on_io_nmi=1" },
		{ SIGNAL_SYSRQ, "1", "1", "1", "0", WOULD_NOT_PANIC, "sysrq=8" },
		{ SIGNAL_SYSRQ, "1", "1", "1", "438", WOULD_NOT_PANIC, "sysrq=446" },
		{ SIGNAL_SYSRQ, "0", "0", "0", "1", WOULD_PANIC, "" },
		{ SIGNAL_SYSRQ, "0", "0", "0", "8", WOULD_PANIC, "" },
		{ SIGNAL_SYSRQ, "0", "0", "0", NULL, WOULD_NOT_PANIC, "" },
		{ SIGNAL_RESET, "0", "0", "0", "0", WOULD_PANIC, "" },
		{ SIGNAL_DUMP, "0", "0", "0", "0", ASKS_NO_KERNEL, "" },
	};
	static const char *const paths[] = { "/proc/sys/kernel/unknown_nmi_panic",
					     "/proc/sys/kernel/panic_on_io_nmi",
					     "/proc/sys/kernel/panic_on_unrecovered_nmi",
					     "/proc/sys/kernel/sysrq" };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const values[] = { cases[i].unknown, cases[i].io, cases[i].unrecovered,
					       cases[i].sysrq };
		_cleanup_sysctl_state_ struct sysctl_state s = { 0 };
		struct root r;
		char set[200];

		made_root(&r);
		for (size_t p = 0; p < ARRAY_SIZE(paths); p++)
			if (values[p])
				made_file(&r, paths[p], values[p]);
		assert_int_equal(sysctl_read(&r, &s, NULL), 0);
		assert_int_equal(platform_verdict(cases[i].signal, &s, set, sizeof(set)),
				 cases[i].verdict);
		assert_string_equal(set, cases[i].set);
		made_root_remove(&r);
	}
}

static bool says(const struct trigger_checks *c, enum trigger_weight weight, const char *words)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].weight == weight && strstr(c->items[i].text, words))
			return true;
	return false;
}

static void checks(void **state)
{
	_cleanup_trigger_checks_ struct trigger_checks plain = { 0 }, container = { 0 };
	struct error e = { 0 };
	struct root r;

	made_root(&r);
	assert_int_equal(trigger_check(&r, &plain, &e), -ENOENT);
	made_file(&r, "/proc/sys/kernel/hostname", "box\n");
	made_file(&r, "/proc/sysrq-trigger", "");
	made_file(&r, "/proc/1/environ", "HOME=/");
	made_file(&r, PAST_REHEARSAL,
		  "{\"schema\": \"lastword.rehearsal/1\", \"passed\": true, "
		  "\"release\": \"6.1.0-50-amd64\", \"time\": 1}");
	assert_int_equal(trigger_check(&r, &plain, NULL), 0);
	assert_string_equal(plain.host, "box");
	assert_true(says(&plain, TRIGGER_STOP, "not armed"));
	assert_true(says(&plain, TRIGGER_GOOD, "sysrq-trigger is there"));
	assert_true(says(&plain, TRIGGER_GOOD, "with kernel 6.1.0-50-amd64: it worked"));
	assert_false(says(&plain, TRIGGER_STOP, "container"));
	made_file(&r, "/run/systemd/container", "docker\n");
	made_file(&r, "/proc/cmdline", "quiet crash_kexec_post_notifiers\n");
	assert_int_equal(trigger_check(&r, &container, NULL), 0);
	assert_true(says(&container, TRIGGER_STOP, "container"));
	assert_true(says(&container, TRIGGER_NOTE, "post_notifiers"));
	assert_int_equal(trigger_weight(&container), TRIGGER_STOP);
	assert_int_equal(trigger_crash(&r, &e), -EINVAL);
	made_root_remove(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_platform),
		cmocka_unit_test(each_row_fires_and_is_silent),
		cmocka_unit_test(hostile_words_stay_out),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
