/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/nfs_inherit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"

#define DEVICE "nas:/crash"
#define PROC "22 1 0:21 / /proc rw - proc proc rw\n"
#define LIVE                                                                                       \
	"30 1 0:40 / /mnt rw,noatime - nfs4 " DEVICE " rw,vers=4.1,rsize=262144,hard,"             \
	"proto=tcp,timeo=600,sec=sys,clientaddr=10.0.0.5,local_lock=none,addr=10.0.0.1\n"

static int setup(void **state)
{
	struct root *r;

	made_root_setup(state);
	r = *state;
	made_file(r, "/proc/self/mountinfo", PROC);
	return 0;
}

static void fstab(const struct root *r, const char *options)
{
	char line[300];

	snprintf(line, sizeof(line), DEVICE " /mnt nfs %s 0 0\n", options);
	made_file(r, "/etc/fstab", line);
}

static void inherits(const struct root *r, const char *wanted)
{
	_cleanup_free_ char *options = NULL;
	struct error e = { 0 };

	if (nfs_inherit(r, DEVICE, &options, &e) < 0)
		fail_msg("%s", error_text(&e));
	assert_string_equal(options, wanted);
}

static void test_none(void **state)
{
	inherits(*state, "");
	made_file(*state, "/etc/fstab", "other:/crash /mnt nfs vers=3 0 0\n");
	inherits(*state, "");
}

static void test_fstab(void **state)
{
	static const struct {
		const char *options, *wanted;
	} cases[] = {
		{ "defaults,_netdev,noauto,x-systemd.automount,timeo=50",
		  "defaults,_netdev,noauto,x-systemd.automount,timeo=50" },
		{ "bg,retry=5,fsc,lock,ro,hard", "hard" },
		{ "nfsvers=3,soft", "soft,vers=3" },
		{ "v4.2", "vers=4.2" },
		{ "vers=4,minorversion=1", "vers=4.1" },
		{ "mountproto=udp,mountport=635,mountvers=3,vers=3",
		  "mountproto=udp,mountport=635,mountvers=3,vers=3" },
		{ "proto=tcp6,mountproto=tcp,port=2050", "port=2050" },
		{ "sec=krb5p:sys,hard", "hard" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fstab(*state, cases[i].options);
		inherits(*state, cases[i].wanted);
	}
}

/* What is mounted counts, without what the kernel found out by itself. */
static void test_mounted(void **state)
{
	fstab(*state, "vers=3");
	made_file(*state, "/proc/self/mountinfo", PROC LIVE);
	inherits(*state, "noatime,rsize=262144,hard,timeo=600,vers=4.1");
}

static void test_refused(void **state)
{
	static const struct {
		const char *options, *words;
	} cases[] = {
		{ "sec=krb5i", "sec=krb5i: a capture kernel has no Kerberos ticket" },
		{ "xprtsec=mtls", "tlshd" },
		{ "proto=rdma", "TCP" },
		{ "vers=3,rdma", "TCP" },
		{ "mounthost=nas2", "mountaddr=" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *options = NULL;
		struct error e = { 0 };

		fstab(*state, cases[i].options);
		assert_int_equal(nfs_inherit(*state, DEVICE, &options, &e), -EOPNOTSUPP);
		if (!strstr(error_text(&e), cases[i].words))
			fail_msg("'%s' does not say '%s'", error_text(&e), cases[i].words);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, made_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),
		TEST(test_fstab),
		TEST(test_mounted),
		TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
