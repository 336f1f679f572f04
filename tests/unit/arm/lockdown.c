/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/lockdown.h"

#include <string.h>

#include "base/bytes.h"

#include "../made_root.h"
#include "../test.h"

#define EFIVARS "/sys/firmware/efi/efivars/"
#define SECURE_BOOT EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define KERNEL "/boot/vmlinuz-6.1"

/* A PE32+ image with six data directories, the fifth of which is that of the certificates. */
static void make_kernel(const struct root *root, bool is_signed)
{
	uint8_t image[512] = { 0 };

	memcpy(image, "MZ", 2);
	le32_put(image + 60, 0x80);
	memcpy(image + 0x80, "PE\0\0", 4);
	le16_put(image + 0x80 + 24, 0x20b);
	le32_put(image + 0x80 + 24 + 108, 6);
	if (is_signed)
		le32_put(image + 0x80 + 24 + 112 + 4 * 8 + 4, 1480);
	made_bytes(root, KERNEL, image, sizeof(image));
}

static void check(const struct root *root, const char *text, const char *refusal)
{
	struct lockdown l;
	char line[200];

	lockdown_read(root, KERNEL, &l);
	lockdown_text(&l, line, sizeof(line));
	assert_string_equal(line, text);
	if (refusal)
		assert_non_null(strstr(lockdown_refusal(&l), refusal));
	else
		assert_null(lockdown_refusal(&l));
}

static void test_secure_boot(void **state)
{
	struct root root;

	made_root(&root);
	check(&root, "Secure Boot off, lockdown unknown", NULL);
	make_kernel(&root, false);
	made_file(&root, LOCKDOWN, "[none] integrity confidentiality\n");
	check(&root, "Secure Boot off, lockdown none, kernel image not signed", NULL);
	made_file(&root, LOCKDOWN, "none [integrity] confidentiality\n");
	check(&root, "Secure Boot off, lockdown integrity, kernel image not signed", "sbsign");
	made_bytes(&root, SECURE_BOOT, "\6\0\0\0\1", 5);
	make_kernel(&root, true);
	check(&root, "Secure Boot on, lockdown integrity, kernel image signed", NULL);
	made_bytes(&root, SECURE_BOOT, "\6\0\0\0\0", 5);
	made_file(&root, KERNEL, "MZ");
	check(&root, "Secure Boot off, lockdown integrity", NULL);
	made_root_remove(&root);
}

static void test_sysctls(void **state)
{
	struct root root;
	struct lockdown l;

	made_root(&root);
	made_file(&root, "/proc/sys/kernel/kptr_restrict", "2\n");
	made_file(&root, "/proc/sys/kernel/kexec_load_limit_panic", "-1\n");
	made_file(&root, "/proc/sys/kernel/kexec_load_disabled", "0\n");
	lockdown_read(&root, NULL, &l);
	assert_null(lockdown_refusal(&l));
	assert_int_equal(l.kptr_restrict, 2);
	made_file(&root, "/proc/sys/kernel/kexec_load_limit_panic", "0\n");
	lockdown_read(&root, NULL, &l);
	assert_non_null(strstr(lockdown_refusal(&l), "kexec_load_limit_panic"));
	made_file(&root, "/proc/sys/kernel/kexec_load_disabled", "1\n");
	lockdown_read(&root, NULL, &l);
	assert_non_null(strstr(lockdown_refusal(&l), "kexec_load_disabled"));
	made_root_remove(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secure_boot),
		cmocka_unit_test(test_sysctls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
