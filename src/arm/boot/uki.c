/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unified kernel images: the command line is inside, under the signature, and is not edited. An add-on on the ESP, which
 * systemd-stub 254 and later look for, adds words to that of every image: uapi-group.org/specifications/specs/
 * unified_kernel_image and systemd-stub(7).
 */
#include "arm/boot/loaders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/boot/crashkernel.h"
#include "arm/boot/lockdown.h"
#include "arm/boot/sign.h"
#include "base/bytes.h"
#include "base/io.h"
#include "base/process.h"

#define MAKE_SECONDS 60
#define STUBS "/usr/lib/systemd/boot/efi/"
#define NEEDED_STUB 254
#define PE32_PLUS 0x20b
#define PAGE 4096

static const char *const partitions[] = { "/efi", "/boot/efi", "/boot" };

static const struct {
	const char *arch, *stub;
} stubs[] = {
	{ "x86_64", STUBS "addonx64.efi.stub" },
	{ "aarch64", STUBS "addonaa64.efi.stub" },
	{ "riscv64", STUBS "addonriscv64.efi.stub" },
};

static int count_one(const struct root *root, const char *path, void *context)
{
	++*(unsigned *)context;
	return 0;
}

/* The directory above EFI/Linux with images in it, or NULL. */
static const char *partition(const struct root *root)
{
	for (size_t i = 0; i < ARRAY_SIZE(partitions); i++) {
		char dir[64];
		unsigned count = 0;

		snprintf(dir, sizeof(dir), "%s/EFI/Linux", partitions[i]);
		if (boot_each_file(root, dir, ".efi", count_one, &count) == 0 && count)
			return partitions[i];
	}
	return NULL;
}

static enum loader_evidence find(const struct root *root, char why[LOADER_WHY_MAX])
{
	const char *esp = partition(root);
	char stub[100], image[200];

	if (!esp)
		return EVIDENCE_NONE;
	if (boot_efi_text(root, "StubInfo", stub, sizeof(stub))) {
		if (!boot_efi_text(root, "StubImageIdentifier", image, sizeof(image)))
			snprintf(image, sizeof(image), "%s/EFI/Linux", esp);
		snprintf(why, LOADER_WHY_MAX,
			 "the EFI variable StubInfo says '%s', and the image was %s", stub, image);
		return EVIDENCE_BOOTED;
	}
	snprintf(why, LOADER_WHY_MAX, "unified kernel images are in %s/EFI/Linux", esp);
	return boot_has_entries(root) ? EVIDENCE_NONE : EVIDENCE_FILES;
}

static int refuse(const struct root *root, bool has_key, struct error *e)
{
	struct lockdown l;
	char stub[100];
	unsigned version;

	lockdown_read(root, NULL, &l);
	if (l.secure_boot && !has_key)
		return error_set(
			e, -EACCES,
			"Secure Boot takes signed add-ons alone, and no key is in %s; make one "
			"where the key is, with 'ukify build --cmdline crashkernel=SIZE "
			"--secureboot-private-key KEY --secureboot-certificate CERT --output "
			"ESP/loader/addons/crashkernel.addon.efi', and reboot",
			sign_key_places);
	if (boot_efi_text(root, "StubInfo", stub, sizeof(stub)) &&
	    sscanf(stub, "systemd-stub %u", &version) == 1 && version < NEEDED_STUB)
		return error_set(e, -EOPNOTSUPP,
				 "%s is in the image, and add-ons need %d: build the image again "
				 "with crashkernel=SIZE in /etc/kernel/cmdline",
				 stub, NEEDED_STUB);
	return 0;
}

static int temporary(char path[40], const void *data, size_t len)
{
	_cleanup_close_ int fd = -1;

	strcpy(path, "/tmp/lastword-addon-XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	return fd < 0 ? -errno : write_all(fd, data, len);
}

static int run_ukify(const char *ukify, const char *words, const char *out, struct error *e)
{
	const char *const argv[] = { ukify, "build", "--cmdline", words, "--output", out, NULL };

	return process_run(argv, NULL, clock_now() + MAKE_SECONDS * USEC_PER_SEC, NULL, e);
}

/* Behind the last section: ImageBase and SizeOfImage of the optional header, which begins at byte 24 (PE format, 3.4.2). */
static int free_address(const char *stub, uint64_t *ret, struct error *e)
{
	_cleanup_buf_ struct buf image = { 0 };
	const uint8_t *data;
	uint64_t base;
	uint32_t at, size;
	int r = read_file_at(AT_FDCWD, stub, 1 << 20, &image);

	if (r < 0)
		return error_errno(e, r, "%s", stub);
	data = (const uint8_t *)image.data;
	at = image.len < 64 ? 0 : le32_get(data + 60);
	if (!at || !range_inside(at, 24 + 60, image.len) || le16_get(data + at + 24) != PE32_PLUS)
		return error_set(e, -EINVAL, "%s is no 64-bit PE image", stub);
	base = le64_get(data + at + 24 + 24);
	size = le32_get(data + at + 24 + 56);
	if (base > UINT64_MAX / 2)
		return error_set(e, -EINVAL, "%s: its image base is not one", stub);
	*ret = align_up(base + size, PAGE);
	return 0;
}

static int run_objcopy(const char *stub, const char *text, const char *out, struct error *e)
{
	char section[64], place[64];
	const char *const argv[] = { "/usr/bin/objcopy",
				     "--add-section",
				     section,
				     "--change-section-vma",
				     place,
				     stub,
				     out,
				     NULL };
	uint64_t address = 0;
	int r = free_address(stub, &address, e);

	if (r < 0)
		return r;
	snprintf(section, sizeof(section), ".cmdline=%s", text);
	snprintf(place, sizeof(place), ".cmdline=%#llx", (unsigned long long)address);
	return process_run(argv, NULL, clock_now() + MAKE_SECONDS * USEC_PER_SEC, NULL, e);
}

static const char *stub_of(const struct root *root)
{
	char arch[65];

	crashkernel_arch(root, arch);
	for (size_t i = 0; i < ARRAY_SIZE(stubs); i++)
		if (strcmp(stubs[i].arch, arch) == 0 && boot_exists(root, stubs[i].stub))
			return stubs[i].stub;
	return NULL;
}

static int build(const struct root *root, const char *words, const char *text, const char *out,
		 struct error *e)
{
	static const char *const ukifies[] = { "/usr/bin/ukify", "/usr/lib/systemd/ukify" };
	const char *stub = stub_of(root);
	_cleanup_free_ char *path = stub ? root_join(root, stub) : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(ukifies); i++)
		if (access(ukifies[i], X_OK) == 0)
			return run_ukify(ukifies[i], words, out, e);
	if (path && access("/usr/bin/objcopy", X_OK) == 0)
		return run_objcopy(path, text, out, e);
	return error_set(
		e, -ENOENT,
		"an add-on is made with ukify (systemd-ukify), or with objcopy (binutils) and "
		"%s; install one of them",
		stub ?: stubs[0].stub);
}

/* With a NUL behind the words, as ukify does. */
static int make(const struct root *root, const char *words, struct buf *ret, struct error *e)
{
	char text[40], out[40];
	struct sign_key key;
	bool has_key = sign_key_find(root, &key);
	int r = refuse(root, has_key, e);

	if (r < 0)
		return r;
	r = temporary(text, words, strlen(words) + 1);
	if (r < 0)
		return error_errno(e, r, "/tmp");
	r = temporary(out, "", 0);
	if (r < 0)
		r = error_errno(e, r, "/tmp");
	if (r == 0) {
		r = build(root, words, text, out, e);
		if (r == 0 && has_key)
			r = sign_image(&key, out, e);
		if (r == 0)
			r = read_file_at(AT_FDCWD, out, 1 << 20, ret);
		unlink(out);
	}
	unlink(text);
	return r < 0 ? error_prefix(e, r, "make an add-on for unified kernel images") : 0;
}

/* The stub reads those of all images; new images get the words, too. */
static int slots(const struct root *root, struct slots *ret, struct error *e)
{
	const char *esp = partition(root);
	struct slot slot = { .syntax = SLOT_BINARY, .make = make };
	int r = boot_exists(root, "/etc/kernel/cmdline")
			? boot_add_slot(ret, "/etc/kernel/cmdline", SLOT_WHOLE, NULL, true)
			: 0;

	if (r == 0 && esp) {
		if (asprintf(&slot.path, "%s/loader/addons/lastword.addon.efi", esp) < 0)
			slot.path = NULL;
		r = slots_add(ret, slot);
	}
	return r < 0 ? error_errno(e, r, "add-ons") : 0;
}

const struct loader_ops loader_uki = {
	.name = "unified kernel image",
	.find = find,
	.slots = slots,
};
