/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/bzimage.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

/* Offsets in the file: boot.rst, "Details of Header Fields". */
#define SETUP_SECTS 0x1f1
#define MAGIC 0x202
#define VERSION 0x206
#define LOADFLAGS 0x211
#define KERNEL_ALIGNMENT 0x230
#define RELOCATABLE 0x234
#define XLOADFLAGS 0x236
#define CMDLINE_SIZE 0x238
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define INIT_SIZE 0x260
#define HEADER_END 0x268

#define VERSION_NEEDED 0x20c /* the first with xloadflags */
#define LOADED_HIGH 0x01
#define XLF_KERNEL_64 0x01
#define SECTOR 512
#define INIT_SIZE_MAX MIB(1024)

int bzimage_parse(const void *data, size_t len, struct bzimage *ret, struct error *e)
{
	const uint8_t *p = data;
	uint64_t setup, payload_offset;
	struct bzimage b;

	if (len < HEADER_END || memcmp(p + MAGIC, "HdrS", 4) != 0)
		return error_set(e, -ENOEXEC, "no x86 kernel image");
	if (le16_get(p + VERSION) < VERSION_NEEDED || !(p[LOADFLAGS] & LOADED_HIGH) ||
	    !(le16_get(p + XLOADFLAGS) & XLF_KERNEL_64))
		return error_set(e, -ENOEXEC, "no 64-bit bzImage (boot protocol %#x)",
				 le16_get(p + VERSION));
	if (!p[RELOCATABLE])
		return error_set(e, -ENOEXEC,
				 "not relocatable; it was built without CONFIG_RELOCATABLE");
	setup = ((uint64_t)(p[SETUP_SECTS] ?: 4) + 1) * SECTOR;
	payload_offset = setup + le32_get(p + PAYLOAD_OFFSET);
	b = (struct bzimage){
		.file_size = len,
		.cmdline_max = le32_get(p + CMDLINE_SIZE),
		.init_size = le32_get(p + INIT_SIZE),
		.payload_size = le32_get(p + PAYLOAD_LENGTH),
		.alignment = le32_get(p + KERNEL_ALIGNMENT),
	};
	if (!range_inside(payload_offset, b.payload_size, len))
		return error_set(e, -ENOEXEC,
				 "cut short: its payload ends at %llu, the file at %zu",
				 (unsigned long long)(payload_offset + b.payload_size), len);
	if (!b.init_size || b.init_size > INIT_SIZE_MAX || b.init_size < b.payload_size)
		return error_set(e, -ENOEXEC, "says it needs %llu bytes to start, which cannot be",
				 (unsigned long long)b.init_size);
	*ret = b;
	return 0;
}
