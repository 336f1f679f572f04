/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* SHA-256 as text: what `status` compares to tell whether something changed since it was packed. */
#include <stddef.h>

#define DIGEST_LEN 64

struct digest {
	char hex[DIGEST_LEN + 1];
};

void digest_bytes(const void *data, size_t len, struct digest *ret);
