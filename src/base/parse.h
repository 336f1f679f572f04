/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Words from outside into numbers: the whole word or nothing.
 */
#include "base/macro.h"

/* Digits only: no sign, no blanks, no 0x. -EINVAL for anything else, -ERANGE above max. */
int parse_decimal(const char *word, uint64_t max, uint64_t *ret) _must_check_;

/* A size in bytes: digits up to max, and behind them at most one of `letters` ("kKMGT"): powers of 1024, k and K the same. Errors as
 * above; -ERANGE also where the bytes do not fit. */
int parse_scaled(const char *word, const char *letters, uint64_t max, uint64_t *ret) _must_check_;

/* A time in seconds: digits, and behind them s, m, h or d, or nothing for seconds. Errors as above; max is in seconds. */
int parse_seconds(const char *word, uint64_t max, uint64_t *ret) _must_check_;
