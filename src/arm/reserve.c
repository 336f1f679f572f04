/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/reserve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

#define CRASH_SIZE "/sys/kernel/kexec_crash_size"
#define IOMEM "/proc/iomem"
#define IOMEM_MAX ((size_t)4 << 20)

/*
 * What a capture kernel takes beyond its own image and the files it is given, measured on Debian's kernels (docs/crashkernel.md):
 * page tables, struct pages (1/64 of the reservation), slabs, hash tables, drivers and lastword-init at its highest.
 */
#define OVERHEAD MIB(30)
#define SAFETY MIB(4)
#define STRUCT_PAGES 64

/* "  01000000-01e00ef0 : Kernel code" -> its length, where the name is one of those asked for. */
static uint64_t line_length(const char *line, size_t len, const char *const *names)
{
	const char *mark = memmem(line, len, " : ", 3);
	unsigned long long start, end;
	size_t name_len;
	char *at;

	if (!mark)
		return 0;
	name_len = len - (size_t)(mark + 3 - line);
	for (; *names; names++)
		if (strlen(*names) == name_len && memcmp(mark + 3, *names, name_len) == 0)
			break;
	if (!*names)
		return 0;
	start = strtoull(line, &at, 16);
	if (*at != '-')
		return 0;
	end = strtoull(at + 1, NULL, 16);
	/* All zeros: the reader is not root. */
	return end > start && end - start < GIB(1024) ? end - start + 1 : 0;
}

void reservation_parse(const char *iomem, struct reservation *ret)
{
	static const char *const crash[] = { "Crash kernel", NULL };
	static const char *const kernel[] = { "Kernel code", "Kernel rodata", "Kernel data",
					      "Kernel bss", NULL };
	struct reservation r = { 0 };

	while (*iomem) {
		size_t len = strcspn(iomem, "\n");

		r.reserved += line_length(iomem, len, crash);
		r.kernel_image += line_length(iomem, len, kernel);
		iomem += len + (iomem[len] == '\n');
	}
	*ret = r;
}

int reservation_read(const struct root *root, struct reservation *ret, struct error *e)
{
	_cleanup_buf_ struct buf size = { 0 }, iomem = { 0 };
	struct reservation r = { 0 };
	uint64_t total = 0;

	if (root_read_file(root, CRASH_SIZE, 4096, &size) < 0)
		return error_set(e, -ENOENT,
				 "this kernel has no kexec: it was built without CONFIG_KEXEC_FILE "
				 "and CONFIG_CRASH_DUMP");
	if (size.len)
		size.data[strcspn(size.data, "\n")] = '\0';
	if (!size.len || parse_decimal(size.data, INT64_MAX, &total) < 0 || total == 0)
		return error_set(e, -ENOENT,
				 "no memory is reserved for a capture kernel; add crashkernel=128M "
				 "to the kernel's "
				 "command line and boot");
	if (root_read_file(root, IOMEM, IOMEM_MAX, &iomem) == 0 && iomem.len)
		reservation_parse(iomem.data, &r);
	/* A second, low range is for devices that reach no higher; the kernel counts it in. */
	r.reserved = r.reserved && r.reserved < total ? r.reserved : total;
	*ret = r;
	return 0;
}

uint64_t reservation_needed(const struct reservation *r, const struct capture_sizes *s)
{
	uint64_t kernel = MAX(r->kernel_image, s->init_size);
	uint64_t sum = kernel + s->packed + s->unpacked + OVERHEAD + SAFETY;

	sum += sum / STRUCT_PAGES;
	return align_up(sum, MIB(1));
}

int reservation_check(const struct reservation *r, const struct capture_sizes *s, struct error *e)
{
	uint64_t needed = reservation_needed(r, s);

	if (r->reserved >= needed)
		return 0;
	return error_set(e, -ENOSPC,
			 "the reservation of %llu MiB is too small: kernel and capture image need "
			 "%llu MiB; boot with "
			 "crashkernel=%lluM",
			 (unsigned long long)(r->reserved >> 20),
			 (unsigned long long)(needed >> 20),
			 (unsigned long long)(align_up(needed, MIB(8)) >> 20));
}
