/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Words from outside into numbers: the whole word or nothing.
 */
#include "base/macro.h"

/* Digits only: no sign, no blanks, no 0x. -EINVAL for anything else, -ERANGE above max. */
int parse_decimal(const char *word, uint64_t max, uint64_t *ret) _must_check_;
