/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Numbers from and to byte strings of any alignment. Dumps are little-endian here (x86_64); the flattened
 * format's own fields are big-endian.
 */
#include <endian.h>
#include <stdint.h>
#include <string.h>

#define DEFINE_BYTES(bits)                                                                         \
	static inline uint##bits##_t le##bits##_get(const void *p)                                 \
	{                                                                                          \
		uint##bits##_t v;                                                                  \
		memcpy(&v, p, sizeof(v));                                                          \
		return le##bits##toh(v);                                                           \
	}                                                                                          \
	static inline uint##bits##_t be##bits##_get(const void *p)                                 \
	{                                                                                          \
		uint##bits##_t v;                                                                  \
		memcpy(&v, p, sizeof(v));                                                          \
		return be##bits##toh(v);                                                           \
	}                                                                                          \
	static inline void le##bits##_put(void *p, uint##bits##_t v)                               \
	{                                                                                          \
		v = htole##bits(v);                                                                \
		memcpy(p, &v, sizeof(v));                                                          \
	}                                                                                          \
	static inline void be##bits##_put(void *p, uint##bits##_t v)                               \
	{                                                                                          \
		v = htobe##bits(v);                                                                \
		memcpy(p, &v, sizeof(v));                                                          \
	}

DEFINE_BYTES(16)
DEFINE_BYTES(32)
DEFINE_BYTES(64)
#undef DEFINE_BYTES
