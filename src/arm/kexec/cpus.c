/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/cpus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CPUINFO "/proc/cpuinfo"
#define CPUINFO_MAX MIB(32)

/* "initial apicid\t: 0" */
static bool get_number(const char *line, size_t len, const char *key, unsigned *ret)
{
	const char *colon = memchr(line, ':', len);
	size_t key_len = strlen(key);
	unsigned long value;
	char *end;

	if (!colon || strncmp(line, key, key_len) != 0 ||
	    line + key_len + strspn(line + key_len, " \t") != colon)
		return false;
	value = strtoul(colon + 1, &end, 10);
	if (end == colon + 1 || end > line + len || value > INT32_MAX)
		return false;
	*ret = (unsigned)value;
	return true;
}

int cpus_parse(const char *text, struct cpus *ret)
{
	struct cpus cpus = { 0 };
	bool found = false;
	unsigned cpu = 1;

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (get_number(text, len, "processor", &cpu))
			cpus.present++;
		else if (cpu == 0 && get_number(text, len, "initial apicid", &cpus.boot_apicid))
			found = true;
		text += len + (text[len] == '\n');
	}
	if (!found)
		return -ENOENT;
	*ret = cpus;
	return 0;
}

int cpus_cmdline(const struct root *root, unsigned wanted, struct buf *out, unsigned *ret_cpus,
		 struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct cpus cpus = { .present = 1 };
	int r = root_read_file(root, CPUINFO, CPUINFO_MAX, &text);
	bool known;

	if (r == 0)
		r = cpus_parse(text.data ?: "", &cpus);
	known = r == 0;
	if (!known && wanted > 1)
		return error_errno(
			e, r, "%u CPUs for the capture kernel: the boot CPU's APIC id in " CPUINFO,
			wanted);
	wanted = MIN(wanted, cpus.present);
	r = buf_printf(out, "%snr_cpus=%u", out->len ? " " : "", wanted);
	if (r == 0 && known)
		r = buf_printf(out, " disable_cpu_apicid=%u", cpus.boot_apicid);
	if (r == 0)
		*ret_cpus = wanted;
	return r < 0 ? error_errno(e, r, "CPUs") : 0;
}
