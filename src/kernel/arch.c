/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/arch.h"

#include <elf.h>

static const struct arch *const archs[] = {
	&arch_x86_64,
};

const struct arch *arch_find(uint16_t machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
		if (machine == EM_NONE || machine == archs[i]->machine)
			return archs[i];
	return NULL;
}
