/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The flattened format: a file written in any order, as a stream. A header block, then records "these bytes at that
 * offset" of which later ones win, then an end marker. Numbers are 64-bit, signed and big-endian
 * (reference/dumpfile.md 1.2).
 *
 * On a raw device an earlier, longer dump may follow what is written, record after record in the same places, so
 * that a stream cut short could seem to go on. Hence our own streams carry a random seal in the header's unused
 * part and again behind the end marker, where no reader looks.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/macro.h"

#define FLAT_HEADER_SIZE 4096
#define FLAT_RECORD_SIZE 16
#define FLAT_SIGNATURE "makedumpfile\0\0\0" /* 16 bytes with the last NUL */
#define FLAT_SIGNATURE_SIZE 16
#define FLAT_TYPE 1
#define FLAT_VERSION 1

/* Behind the header's version: "lastword" and eight random bytes. */
#define FLAT_SEAL_OFFSET 32
#define FLAT_SEAL_SIZE 16
#define FLAT_SEAL_MAGIC "lastword"

enum flat_kind { FLAT_DATA, FLAT_END, FLAT_BROKEN };

struct flat_record {
	uint64_t offset, size; /* size is not 0, and the sum fits */
};

/* FLAT_BROKEN: no record; the stream was cut off before here. */
static inline enum flat_kind flat_record_parse(const uint8_t p[FLAT_RECORD_SIZE],
					       struct flat_record *ret)
{
	uint64_t offset = be64_get(p), size = be64_get(p + 8);

	if (offset == UINT64_MAX && size == UINT64_MAX)
		return FLAT_END;
	if (offset > INT64_MAX || !size || size > INT64_MAX - offset)
		return FLAT_BROKEN;
	*ret = (struct flat_record){ offset, size };
	return FLAT_DATA;
}

static inline bool flat_header_is(const uint8_t p[FLAT_HEADER_SIZE])
{
	return memcmp(p, FLAT_SIGNATURE, FLAT_SIGNATURE_SIZE) == 0 &&
	       be64_get(p + 16) == FLAT_TYPE && be64_get(p + 24) == FLAT_VERSION;
}

/* The header's seal, or NULL where a stream of another writer has none. */
static inline const uint8_t *flat_header_seal(const uint8_t p[FLAT_HEADER_SIZE])
{
	const uint8_t *seal = p + FLAT_SEAL_OFFSET;

	return memcmp(seal, FLAT_SEAL_MAGIC, strlen(FLAT_SEAL_MAGIC)) == 0 ? seal : NULL;
}
