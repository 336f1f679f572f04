/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/machine.h"

#include <elf.h>
#include <string.h>

#include "base/macro.h"

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* The first name of a machine is the one shown. */
static const struct {
	const char *name;
	uint16_t machine;
} machines[] = {
	{ "x86_64", EM_X86_64 }, { "aarch64", EM_AARCH64 }, { "ppc64le", EM_PPC64 },
	{ "ppc64", EM_PPC64 },	 { "s390x", EM_S390 },	    { "riscv64", EM_RISCV },
	{ "i686", EM_386 },	 { "i386", EM_386 },	    { "i486", EM_386 },
	{ "i586", EM_386 },	 { "armv7l", EM_ARM },	    { "loongarch64", EM_LOONGARCH },
	{ "ia64", EM_IA_64 },	 { "mips64", EM_MIPS },
};

const char *machine_name(uint16_t machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return "unknown";
}

uint16_t machine_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (strcmp(machines[i].name, name) == 0)
			return machines[i].machine;
	return EM_NONE;
}
