/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/reserve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

#define CRASH_SIZE "/sys/kernel/kexec_crash_size"
#define IOMEM "/proc/iomem"
#define IOMEM_MAX ((size_t)4 << 20)

/*
 * Measured on Debian's kernels (docs/crashkernel.md): what a capture kernel takes beyond its own
 * image and the files it is given, at its worst moment, while it unpacks them: struct pages, slabs,
 * stacks, drivers. The initialisation code and the gaps of the kernel's image are freed after that,
 * and make room for lastword-init.
 */
#define OVERHEAD MIB(21)
#define SAFETY MIB(6)

/* Of each CPU but the first: per-CPU data, stacks, queues of drivers, and a thread's buffers. */
#define CPU_BYTES MIB(4)

/* Two bitmaps with one bit a page of the crashed kernel's memory. */
#define BITMAP_BYTES_PER_PAGE_GROUP (UINT64_C(4096) * 8 / 2)

/* "  01000000-01e00ef0 : Kernel code" -> [start, end). Zeros where the reader is not root. */
static bool parse_line(const char *line, size_t len, uint64_t *ret_start, uint64_t *ret_end,
		       const char **ret_name, size_t *ret_name_len)
{
	const char *mark = memmem(line, len, " : ", 3);
	unsigned long long start, end;
	char *at;

	if (!mark)
		return false;
	start = strtoull(line, &at, 16);
	if (*at != '-')
		return false;
	end = strtoull(at + 1, NULL, 16);
	if (end <= start || end == UINT64_MAX)
		return false;
	*ret_start = start;
	*ret_end = end + 1;
	*ret_name = mark + 3;
	*ret_name_len = len - (size_t)(mark + 3 - line);
	return true;
}

static bool name_is(const char *name, size_t len, const char *wanted)
{
	return strlen(wanted) == len && memcmp(name, wanted, len) == 0;
}

void reservation_parse(const char *iomem, struct reservation *ret)
{
	static const char *const sections[] = { "Kernel code", "Kernel rodata", "Kernel data",
						"Kernel bss" };
	uint64_t first = UINT64_MAX, last = 0;
	struct reservation r = { 0 };

	while (*iomem) {
		size_t len = strcspn(iomem, "\n"), name_len;
		uint64_t start, end;
		const char *name;

		if (parse_line(iomem, len, &start, &end, &name, &name_len)) {
			if (name_is(name, name_len, "Crash kernel"))
				r.reserved = end - start; /* the highest one is last */
			if (name_is(name, name_len, "System RAM"))
				r.ram += end - start;
			for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
				if (name_is(name, name_len, sections[i])) {
					first = MIN(first, start);
					last = MAX(last, end);
				}
			}
		}
		iomem += len + (iomem[len] == '\n');
	}
	if (last > first)
		r.kernel_image = last - first;
	*ret = r;
}

void reservation_look(const struct root *root, struct reservation *ret)
{
	_cleanup_buf_ struct buf iomem = { 0 };

	*ret = (struct reservation){ 0 };
	if (root_read_file(root, IOMEM, IOMEM_MAX, &iomem) == 0 && iomem.len)
		reservation_parse(iomem.data, ret);
}

int reservation_read(const struct root *root, struct reservation *ret, struct error *e)
{
	_cleanup_buf_ struct buf size = { 0 };
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
				 "no memory is reserved for a capture kernel; run 'lastword setup' "
				 "and reboot");
	reservation_look(root, &r);
	r.total = total;
	r.reserved = r.reserved && r.reserved < total ? r.reserved : total;
	*ret = r;
	return 0;
}

uint64_t reservation_needed(const struct reservation *r, const struct capture_sizes *s)
{
	uint64_t running = (r->kernel_image ?: s->init_size) + s->packed + s->unpacked + OVERHEAD +
			   r->ram / BITMAP_BYTES_PER_PAGE_GROUP +
			   (MAX(s->cpus, 1U) - 1) * CPU_BYTES + (s->tells ? RESERVE_TELLS : 0);
	/* What kexec loads has to lie side by side: the kernel unpacks itself before anything is
	 * freed. */
	uint64_t loading = s->init_size + s->packed + MIB(2);

	return align_up(MAX(running, loading) + SAFETY, MIB(1));
}

int reservation_check(const struct reservation *r, uint64_t needed, struct error *e)
{
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
