/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/advice.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arm/boot/loaders.h"
#include "arm/image/compose.h"
#include "arm/kexec/reserve.h"
#include "arm/rehearse/highwater.h"

#define FLOOR MIB(128)
#define ROUNDING MIB(16)

/* kdump-utils' table: kdump_get_arch_recommend_crashkernel() and the deltas of kdump-lib.sh. */
static const struct {
	const char *arch;
	bool fadump;
	const char *ranges;
} kdump_defaults[] = {
	{ "x86_64", false, "2G-64G:256M,64G-:512M" },
	{ "s390x", false, "2G-64G:256M,64G-:512M" },
	{ "aarch64", false, "2G-4G:256M,4G-64G:320M,64G-:576M" },
	{ "ppc64le", false, "2G-4G:384M,4G-16G:512M,16G-64G:1G,64G-128G:2G,128G-:4G" },
	{ "ppc64le", true,
	  "4G-16G:768M,16G-64G:1G,64G-128G:2G,128G-1T:4G,1T-2T:6G,2T-4T:12G,4T-8T:20G,8T-16T:36G,"
	  "16T-32T:64G,32T-64T:128G,64T-:180G" },
};

static bool directory_has(const struct root *root, const char *path, const char *part)
{
	int fd = openat(root->fd, root_relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (strstr(entry->d_name, part))
			return true;
	return false;
}

/* kdump-utils looks for the kernel's line in the journal, which may be gone: the switch is on the command line, or the
 * guest's CPU has the flag. */
static bool memory_encrypted(const struct root *root)
{
	_cleanup_buf_ struct buf cmdline = { 0 }, cpuinfo = { 0 };
	const char *flags;
	int len;

	if (root_read_file(root, "/proc/cmdline", 65536, &cmdline) == 0 && cmdline.data &&
	    strstr(cmdline.data, "mem_encrypt=on"))
		return true;
	if (root_read_file(root, "/proc/cpuinfo", 16 << 20, &cpuinfo) < 0 || !cpuinfo.data)
		return false;
	flags = strstr(cpuinfo.data, "\nflags");
	len = flags ? (int)strcspn(flags + 1, "\n") : 0;
	return flags && memmem(flags, (size_t)len, " hypervisor", 11) &&
	       memmem(flags, (size_t)len, " sev", 4);
}

void crashkernel_machine_read(const struct root *root, struct crashkernel_machine *ret)
{
	struct crashkernel_machine m = { .page = (uint64_t)sysconf(_SC_PAGESIZE), .cpus = 16 };
	struct crashkernel_state s;

	crashkernel_state_read(root, &s);
	crashkernel_arch(root, m.arch);
	m.ram = s.ram;
	m.encrypted = memory_encrypted(root);
	m.mlx5 = boot_exists(root, "/sys/module/mlx5_core");
	m.smmu = directory_has(root, "/sys/class/iommu", "smmu");
	m.fadump = boot_file_has(root, "/sys/kernel/fadump/enabled", "1");
	*ret = m;
}

/* Bytes that kdump-utils adds to each range. */
static uint64_t kdump_delta(const struct crashkernel_machine *m)
{
	bool big = m->page == KIB(64);

	if (strcmp(m->arch, "x86_64") == 0)
		return m->encrypted ? MIB(64) : 0;
	if (strcmp(m->arch, "ppc64le") == 0)
		return MIB(1) * m->cpus;
	if (strcmp(m->arch, "aarch64") == 0)
		return (big ? MIB(100) : 0) + (big && m->smmu ? MIB(384) : 0) +
		       (m->mlx5 ? (big ? MIB(200) : MIB(150)) : 0);
	return 0;
}

int crashkernel_kdump_default(const struct crashkernel_machine *m, char *ret, size_t size)
{
	struct crashkernel c;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(kdump_defaults); i++) {
		if (strcmp(kdump_defaults[i].arch, m->arch) != 0 ||
		    kdump_defaults[i].fadump != m->fadump)
			continue;
		r = crashkernel_parse(kdump_defaults[i].ranges, &c, NULL);
		if (r < 0)
			return r;
		for (size_t j = 0; j < c.count; j++)
			c.ranges[j].size += kdump_delta(m);
		return crashkernel_format(&c, ret, size);
	}
	if (size == 0)
		return -E2BIG;
	*ret = '\0';
	return 0;
}

uint64_t crashkernel_recommend(const struct need *n)
{
	uint64_t room = MAX(n->bytes / 8, MIB(16));

	if (n->source != NEED_FORMULA)
		return align_up(MAX(n->bytes + room, n->formula), MIB(8));
	return MAX(align_up(n->bytes + MAX(n->bytes / 4, MIB(32)), ROUNDING), FLOOR);
}

/* What arm will ask for: measured by `lastword estimate` with this kernel, or by its formula. */
static int measure(const struct root *root, struct crashkernel_advice *a, struct error *e)
{
	_cleanup_composition_ struct composition c = { 0 };
	_cleanup_buf_ struct buf packed = { 0 };
	struct reservation machine = { 0 };
	struct capture_sizes sizes;
	int r = compose(root, NULL, NULL, &c, e);

	if (r == 0)
		r = image_pack(&c.image, &packed, e);
	if (r < 0)
		return r;
	reservation_look(root, &machine);
	sizes = (struct capture_sizes){ c.kernel.init_size,	 packed.len,
					c.image.unpacked,	 c.cpus,
					c.plan->links_count > 0, c.plan->receivers_count > 0 };
	past_need_of(root, &c.record, &machine, &sizes, &a->need);
	a->needed = a->need.bytes;
	return 0;
}

/* Without a measurement kdump-utils' size for this machine is the safer guess, and below its ranges the floor. */
static void advise_unmeasured(const struct crashkernel_machine *m, struct crashkernel_advice *a)
{
	struct crashkernel c;
	uint64_t size = 0;

	if (*a->kdump && crashkernel_parse(a->kdump, &c, NULL) == 0)
		size = crashkernel_size(&c, m->ram);
	a->recommended = MAX(size, MIB(256));
	snprintf(a->reason, sizeof(a->reason),
		 "%s; what the capture image needs could not be found out",
		 size > MIB(256) ? "kdump-utils' size for this much memory" : "the usual size");
}

int crashkernel_advise(const struct root *root, struct crashkernel_advice *ret, struct error *e)
{
	struct crashkernel_advice a = { 0 };
	struct crashkernel_machine m;
	int r;

	crashkernel_machine_read(root, &m);
	r = crashkernel_kdump_default(&m, a.kdump, sizeof(a.kdump));
	if (r < 0)
		return error_errno(e, r, "crashkernel=");
	if (measure(root, &a, &a.why_unknown) == 0) {
		a.recommended = crashkernel_recommend(&a.need);
		snprintf(a.reason, sizeof(a.reason),
			 "kernel and capture image of this machine need %llu MiB (%s); the rest is "
			 "room for %sthe next kernels",
			 (unsigned long long)(a.needed >> 20), a.need.words,
			 a.need.source == NEED_FORMULA ? "drivers and " : "");
	} else {
		advise_unmeasured(&m, &a);
	}
	if (m.ram && a.recommended >= m.ram / 2)
		return error_set(e, -ENOSPC,
				 "this machine has %llu MiB of memory, and a capture kernel wants "
				 "%llu MiB; name a size with --crashkernel if you want it all the "
				 "same",
				 (unsigned long long)(m.ram >> 20),
				 (unsigned long long)(a.recommended >> 20));
	crashkernel_size_text(a.recommended, a.value);
	*ret = a;
	return 0;
}

int crashkernel_measured(const struct root *root, char ret[CRASHKERNEL_TEXT_MAX])
{
	static const char *const kept[] = { PAST_ESTIMATE, PAST_REHEARSAL, HIGHWATER_PATH };
	struct crashkernel_advice a;
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		any |= boot_exists(root, kept[i]);
	if (!any || crashkernel_advise(root, &a, NULL) < 0 || !a.needed ||
	    a.need.source == NEED_FORMULA)
		return -ENODATA;
	memcpy(ret, a.value, sizeof(a.value));
	return 0;
}
