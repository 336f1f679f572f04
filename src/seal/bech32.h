/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* 32 bytes as text with a checksum: Bech32 of BIP 173, in which age writes its keys. No length limit of 90, as in age. */
#include "base/macro.h"

#define BECH32_BYTES 32

/* With the separator, 52 characters of data, 6 of checksum and the NUL. */
#define BECH32_SIZE(prefix_len) ((prefix_len) + 1 + 52 + 6 + 1)

/* prefix: lower case. ret has BECH32_SIZE(strlen(prefix)) bytes. */
void bech32_encode(const char *prefix, const uint8_t bytes[BECH32_BYTES], char *ret);

/* word in one case. -EINVAL: another prefix or length, a character that does not belong, or a wrong checksum. */
int bech32_decode(const char *prefix, const char *word, uint8_t ret[BECH32_BYTES]) _must_check_;
