/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * BTF put together record by record, for types that the kernel's own lacks: what is derived from others ("pointer to X"), and
 * what comes from elsewhere. Its ids continue those of the BTF it stands on, whose types it may refer to.
 */
#include "base/buf.h"
#include "kernel/btf.h"

struct btf_maker {
	struct buf types, strings;
	const struct btf *base; /* NULL: none */
	uint32_t first_id, first_string, count;
	int err; /* the first failure; told by btf_make_end() */
};

void btf_make_begin(struct btf_maker *m, const struct btf *base);

/* A record's three words. Returns its id. What its kind has behind them follows with btf_make_word(). */
uint32_t btf_make_type(struct btf_maker *m, const char *name, enum btf_kind kind, bool flag,
		       uint32_t count, uint32_t size_or_type);
void btf_make_word(struct btf_maker *m, uint32_t word);

/* The offset of a string, for words that name members or enumerators. */
uint32_t btf_make_string(struct btf_maker *m, const char *s);

/* The maker is empty afterwards, also where it failed. */
int btf_make_end(struct btf_maker *m, struct btf **ret, struct error *e) _must_check_;

/* The same as bytes, the caller's to free; NULL where it failed. */
void *btf_make_bytes(struct btf_maker *m, size_t *ret_size);
void btf_make_cancel(struct btf_maker *m);
