/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Architectures as ELF numbers them (e_machine) and as uname names them.
 */
#include <stdint.h>

/* "x86_64"; "unknown" for others, EM_NONE included. */
const char *machine_name(uint16_t machine);

/* EM_NONE for a name that is not known. */
uint16_t machine_by_name(const char *name);
