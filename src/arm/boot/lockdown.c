/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/lockdown.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/kexec/kernel_file.h"
#include "base/bytes.h"
#include "base/io.h"

#define EFIVARS "/sys/firmware/efi/efivars/"
#define SECURE_BOOT EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static const struct {
	enum lockdown_mode mode;
	const char *chosen, *name;
} modes[] = {
	{ LOCKDOWN_NONE, "[none]", "none" },
	{ LOCKDOWN_INTEGRITY, "[integrity]", "integrity" },
	{ LOCKDOWN_CONFIDENTIALITY, "[confidentiality]", "confidentiality" },
};

/* -1 where there is no such number. */
static long read_number(const struct root *root, const char *path)
{
	_cleanup_buf_ struct buf text = { 0 };
	char *end;
	long n;

	if (root_read_file(root, path, 64, &text) < 0 || !text.len)
		return -1;
	n = strtol(text.data, &end, 10);
	return end == text.data ? -1 : n;
}

/* The certificate table of a PE image: entry 4 of the data directories, whose place depends on the
 * optional header's magic (PE format, 3.4). *ret_signed: has it one? */
static bool read_signed(const struct root *root, const char *path, bool *ret_signed)
{
	_cleanup_close_ int fd = -1;
	uint8_t dos[64], pe[24 + 168];
	unsigned directories;
	uint32_t at;

	if (kernel_file_open(root, path, &fd, NULL) < 0 ||
	    pread_exactly(fd, dos, sizeof(dos), 0) < 0 || memcmp(dos, "MZ", 2) != 0)
		return false;
	at = le32_get(dos + 60);
	if (pread_exactly(fd, pe, sizeof(pe), at) < 0 || memcmp(pe, "PE\0\0", 4) != 0)
		return false;
	directories = le16_get(pe + 24) == 0x20b ? 24 + 112 : 24 + 96;
	*ret_signed =
		le32_get(pe + directories - 4) > 4 && le32_get(pe + directories + 4 * 8 + 4) > 0;
	return true;
}

void lockdown_read(const struct root *root, const char *kernel, struct lockdown *ret)
{
	_cleanup_buf_ struct buf variable = { 0 }, mode = { 0 };
	struct lockdown l = { 0 };

	l.efi = faccessat(root->fd, root_relative("/sys/firmware/efi"), F_OK, 0) == 0;
	/* Four bytes of attributes, then the value: Documentation/filesystems/efivarfs.rst. */
	if (root_read_file(root, SECURE_BOOT, 64, &variable) == 0 && variable.len == 5)
		l.secure_boot = variable.data[4] == 1;
	if (root_read_file(root, "/sys/kernel/security/lockdown", 256, &mode) == 0 && mode.len)
		for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
			if (strstr(mode.data, modes[i].chosen))
				l.mode = modes[i].mode;
	l.load_disabled = read_number(root, "/proc/sys/kernel/kexec_load_disabled") == 1;
	l.limit_reached = read_number(root, "/proc/sys/kernel/kexec_load_limit_panic") == 0;
	l.kptr_restrict = (unsigned)MAX(read_number(root, "/proc/sys/kernel/kptr_restrict"), 0L);
	if (kernel)
		l.image_known = read_signed(root, kernel, &l.image_signed);
	*ret = l;
}

const char *lockdown_refusal(const struct lockdown *l)
{
	if (l->load_disabled)
		return "sysctl kernel.kexec_load_disabled is 1, and stays so until the next boot: "
		       "find the file in /etc/sysctl.d or /usr/lib/sysctl.d that sets it, take "
		       "it out, and reboot";
	if (l->limit_reached)
		return "sysctl kernel.kexec_load_limit_panic is 0: no more capture kernels are "
		       "taken until the next boot; take it out of /etc/sysctl.d and reboot";
	if ((l->secure_boot || l->mode >= LOCKDOWN_INTEGRITY) && l->image_known && !l->image_signed)
		return "this kernel takes signed kernels alone (Secure Boot or lockdown), and its "
		       "own "
		       "image is not signed: install the distribution's signed kernel, or sign the "
		       "image with a key in the machine owner's list (sbsign, mokutil --import)";
	return NULL;
}

void lockdown_text(const struct lockdown *l, char *ret, size_t size)
{
	const char *mode = "unknown";

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (modes[i].mode == l->mode)
			mode = modes[i].name;
	snprintf(ret, size, "Secure Boot %s, lockdown %s%s", l->secure_boot ? "on" : "off", mode,
		 !l->image_known   ? ""
		 : l->image_signed ? ", kernel image signed"
				   : ", kernel image not signed");
}
