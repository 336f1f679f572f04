/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Small things the whole tree relies on: attributes, alignment, overflow-checked arithmetic.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _must_check_ __attribute__((warn_unused_result))
#define _unused_ __attribute__((unused))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define UNIQUE_(name, n) name##n
#define UNIQUE(name, n) UNIQUE_(name, n)
#define PICK_(a, b, op, x, y)                                                                      \
	({                                                                                         \
		__typeof__(a) x = (a);                                                             \
		__typeof__(b) y = (b);                                                             \
		x op y ? x : y;                                                                    \
	})
#define MIN(a, b) PICK_(a, b, <, UNIQUE(min_a, __COUNTER__), UNIQUE(min_b, __COUNTER__))
#define MAX(a, b) PICK_(a, b, >, UNIQUE(max_a, __COUNTER__), UNIQUE(max_b, __COUNTER__))
#define DIV_ROUND_UP(n, d) (((n) / (d)) + ((n) % (d) != 0))
#define STRINGIFY_(x) #x
#define STRINGIFY(x) STRINGIFY_(x)

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* Powers of two only; the caller has checked that rounding up cannot overflow. */
static inline uint64_t align_down(uint64_t v, uint64_t power)
{
	return v & ~(power - 1);
}

static inline uint64_t align_up(uint64_t v, uint64_t power)
{
	return align_down(v + power - 1, power);
}

/* True when the sum or product does not fit; *ret is then undefined. For every number from outside. */
#define add_overflow(a, b, ret) __builtin_add_overflow((a), (b), (ret))
#define mul_overflow(a, b, ret) __builtin_mul_overflow((a), (b), (ret))

/* Does [start, start + len) lie inside [0, limit)? */
static inline bool range_inside(uint64_t start, uint64_t len, uint64_t limit)
{
	return start <= limit && len <= limit - start;
}
