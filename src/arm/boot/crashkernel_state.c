/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/crashkernel.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "arm/kexec/reserve.h"
#include "base/parse.h"

#define IOMEM_MAX ((size_t)4 << 20)

void crashkernel_arch(const struct root *root, char ret[65])
{
	_cleanup_buf_ struct buf text = { 0 };
	struct utsname u;

	if (root_read_file(root, "/proc/sys/kernel/arch", 64, &text) == 0 && text.len)
		snprintf(ret, 65, "%.*s", (int)strcspn(text.data, "\n"), text.data);
	else if (uname(&u) == 0)
		snprintf(ret, 65, "%.64s", u.machine);
	else
		*ret = '\0';
}

static void read_words(const struct root *root, struct crashkernel_state *s)
{
	_cleanup_buf_ struct buf cmdline = { 0 }, words = { 0 };
	char arch[65];

	const char *line =
		root_read_file(root, "/proc/cmdline", 65536, &cmdline) == 0 ? cmdline.data : NULL;

	crashkernel_arch(root, arch);
	if (crashkernel_words(line ?: "", &words) == 0)
		snprintf(s->words, sizeof(s->words), "%s", words.data);
	s->resolved = crashkernel_resolve(line ?: "", arch, s->ram, &s->request, &s->fault);
}

void crashkernel_state_read(const struct root *root, struct crashkernel_state *ret)
{
	_cleanup_buf_ struct buf size = { 0 }, iomem = { 0 };
	struct crashkernel_state s = { 0 };
	struct reservation r = { 0 };

	s.no_kexec = root_read_file(root, "/sys/kernel/kexec_crash_size", 64, &size) < 0;
	if (size.len) {
		size.data[strcspn(size.data, "\n")] = '\0';
		if (parse_decimal(size.data, INT64_MAX, &s.total) < 0)
			s.total = 0;
	}
	if (root_read_file(root, "/proc/iomem", IOMEM_MAX, &iomem) == 0 && iomem.len)
		reservation_parse(iomem.data, &r);
	s.ram = r.ram;
	s.reserved = r.reserved ?: s.total;
	s.total = MAX(s.total, s.reserved);
	if (s.no_kexec)
		s.total = s.reserved = 0;
	read_words(root, &s);
	*ret = s;
}
