/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the targets of the container formats share.
 */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Opens head and, behind it, data as one dump and reads it in all ways; nothing may come of it but errors. */
void fuzz_dump(const void *head, size_t head_size, const uint8_t *data, size_t size);
