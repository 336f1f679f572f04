/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/digest.h"

#include <sodium.h>

void digest_bytes(const void *data, size_t len, struct digest *ret)
{
	unsigned char bytes[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(bytes, data, len);
	sodium_bin2hex(ret->hex, sizeof(ret->hex), bytes, sizeof(bytes));
}
