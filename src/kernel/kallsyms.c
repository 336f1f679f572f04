/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kallsyms_impl.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

/* Aliases of one address, symbols of one name: more than this is no kernel's table. */
#define ALIASES_LIMIT 4096

/* Addresses that may be missing in a row. */
#define HOLE_LIMIT 8192

/* 256 names, expanded. Damaged: no names. */
struct kallsyms_block {
	unsigned count;
	uint32_t at[KALLSYMS_BLOCK]; /* in text: the type letter, then the name */
	char text[];
};

static uint32_t block_count(const struct kallsyms *k)
{
	return DIV_ROUND_UP(k->at.count, KALLSYMS_BLOCK);
}

/* The compressed names of a block, known to be whole. */
static const uint8_t *block_bytes(struct kallsyms *k, uint32_t block, size_t *ret_size,
				  unsigned *ret_count, bool *ret_wide)
{
	const unsigned entry = k->at.marker_size;
	const bool last = block + 1 == block_count(k);
	const void *from = lazy_at(&k->markers, (uint64_t)block * entry, entry);
	const void *to = last ? NULL : lazy_at(&k->markers, (uint64_t)(block + 1) * entry, entry);
	uint64_t start, end = k->names.size;
	const uint8_t *p;

	if (!from || (!last && !to))
		return NULL;
	start = entry == 8 ? le64_get(from) : le32_get(from);
	if (to)
		end = entry == 8 ? le64_get(to) : le32_get(to);
	if (start >= end || end - start > KALLSYMS_BLOCK_MAX)
		return NULL;
	*ret_size = end - start;
	*ret_count = last ? k->at.count - block * KALLSYMS_BLOCK : KALLSYMS_BLOCK;
	p = lazy_at(&k->names, start, end - start);
	if (!p || !kallsyms_block_fits(p, end - start, *ret_count, last ? 7 : 0, ret_wide))
		return NULL;
	return p;
}

/* One name at *p, which moves on to the next. Returns its length, type letter included. */
static size_t expand(const struct kallsyms_tokens *t, const uint8_t **p, bool wide,
		     char ret[KALLSYMS_NAME_MAX + 1])
{
	size_t tokens = *(*p)++, len = 0;

	if (wide && tokens & 0x80)
		tokens = (tokens & 0x7f) | (size_t) * (*p)++ << 7;
	while (tokens-- > 0) {
		unsigned c = *(*p)++;
		size_t n = MIN((size_t)t->len[c], KALLSYMS_NAME_MAX - len);

		memcpy(ret + len, t->text + t->at[c], n);
		len += n;
	}
	ret[len] = '\0';
	return len;
}

static struct kallsyms_block *block_new(struct kallsyms *k, uint32_t index)
{
	struct kallsyms_block *block;
	char *out = k->scratch;
	uint32_t at[KALLSYMS_BLOCK];
	size_t size, used = 0;
	unsigned count = 0;
	bool wide = false;
	const uint8_t *p = block_bytes(k, index, &size, &count, &wide);

	if (!p)
		count = 0;
	for (unsigned i = 0; i < count; i++) {
		size_t len = expand(&k->tokens, &p, wide, out + used);

		at[i] = used;
		if (len == 0) /* no letter, and no name */
			out[used + ++len] = '\0';
		used += len + 1;
	}
	block = malloc(sizeof(*block) + used);
	if (!block)
		return NULL;
	block->count = count;
	memcpy(block->at, at, count * sizeof(at[0]));
	memcpy(block->text, out, used);
	return block;
}

const char *kallsyms_name(struct kallsyms *k, uint32_t index, char *ret_type)
{
	struct kallsyms_block **slot, *block;
	const char *text;

	if (index >= k->at.count)
		return NULL;
	slot = &k->blocks[index / KALLSYMS_BLOCK];
	if (!*slot)
		*slot = block_new(k, index / KALLSYMS_BLOCK);
	block = *slot;
	if (!block || index % KALLSYMS_BLOCK >= block->count)
		return NULL;
	text = block->text + block->at[index % KALLSYMS_BLOCK];
	if (ret_type)
		*ret_type = text[0];
	return text + 1;
}

bool kallsyms_address(struct kallsyms *k, uint32_t index, uint64_t *ret)
{
	const struct kallsyms_layout *at = &k->at;
	const unsigned size = at->encoding == KALLSYMS_ABSOLUTE ? 8 : 4;
	const void *p = lazy_at(&k->addresses, (uint64_t)index * size, size);
	int64_t offset;

	if (!p)
		return false;
	offset = size == 4 ? (int32_t)le32_get(p) : 0;
	switch (at->encoding) {
	case KALLSYMS_ABSOLUTE:
		*ret = le64_get(p);
		break;
	case KALLSYMS_BASE:
		*ret = at->relative_base + (uint32_t)offset;
		break;
	case KALLSYMS_PERCPU:
		*ret = offset >= 0 ? (uint64_t)offset : at->relative_base - 1 - (uint64_t)offset;
		break;
	case KALLSYMS_PLACE:
		*ret = at->addresses + (uint64_t)index * size + (uint64_t)offset;
		break;
	}
	return true;
}

/* The first index at or after `from` and below `end` whose address can be read; holes are of a few pages. */
static bool next_address(struct kallsyms *k, uint32_t *from, uint32_t end, uint64_t *ret)
{
	for (end = MIN(end, *from + HOLE_LIMIT); *from < end; (*from)++)
		if (kallsyms_address(k, *from, ret))
			return true;
	return false;
}

bool kallsyms_index_at(struct kallsyms *k, uint64_t addr, uint32_t *ret)
{
	uint32_t low = 0, high = k->at.count; /* the answer is in [low - 1, high) */
	uint64_t here, other;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2, at = middle;

		if (next_address(k, &at, high, &here) && here <= addr)
			low = at + 1;
		else
			high = middle;
	}
	if (low == 0 || !kallsyms_address(k, low - 1, &here) || here > addr)
		return false;
	low--;
	for (unsigned i = 0; i < ALIASES_LIMIT && low > 0; i++) {
		if (!kallsyms_address(k, low - 1, &other) || other != here)
			break;
		low--;
	}
	*ret = low;
	return true;
}

static uint32_t hash_name(const char *s, size_t len)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)s[i]) * 16777619u;
	return h;
}

/* Expands every name once, keeping hashes alone. Chains are built from the end, so that they run in table order. */
static bool hash_all(struct kallsyms *k)
{
	char name[KALLSYMS_NAME_MAX + 1];
	uint32_t buckets = 256;

	if (k->buckets)
		return true;
	while (buckets < k->at.count)
		buckets *= 2;
	k->hashes = calloc(k->at.count, sizeof(*k->hashes));
	k->next = calloc(k->at.count, sizeof(*k->next));
	k->buckets = calloc(buckets, sizeof(*k->buckets));
	if (!k->hashes || !k->next || !k->buckets) {
		free(k->buckets);
		k->buckets = NULL;
		return false;
	}
	k->bucket_count = buckets;
	for (uint32_t block = block_count(k); block-- > 0;) {
		size_t size;
		unsigned count;
		bool wide;
		const uint8_t *p = block_bytes(k, block, &size, &count, &wide);
		uint32_t first = block * KALLSYMS_BLOCK;

		for (unsigned i = 0; p && i < count; i++) {
			size_t len = expand(&k->tokens, &p, wide, name);

			k->hashes[first + i] = len ? hash_name(name + 1, len - 1) : 0;
		}
		for (unsigned i = p ? count : 0; i-- > 0;) {
			uint32_t *bucket = &k->buckets[k->hashes[first + i] & (buckets - 1)];

			k->next[first + i] = *bucket;
			*bucket = first + i + 1;
		}
	}
	return true;
}

static int each_hashed(struct kallsyms *k, const char *name,
		       int (*emit)(void *user, uint32_t index), void *user)
{
	uint32_t hash = hash_name(name, strlen(name)), at;
	const char *here;

	if (!hash_all(k))
		return -ENOMEM;
	for (at = k->buckets[hash & (k->bucket_count - 1)]; at; at = k->next[at - 1]) {
		int r = 0;

		if (k->hashes[at - 1] != hash)
			continue;
		here = kallsyms_name(k, at - 1, NULL);
		if (here && strcmp(here, name) == 0)
			r = emit(user, at - 1);
		if (r != 0)
			return r;
	}
	return 0;
}

/* The place-th symbol by name, or NULL. */
static const char *name_by_seq(struct kallsyms *k, uint32_t place, uint32_t *ret_index)
{
	const uint8_t *p = lazy_at(&k->seqs, UINT64_C(3) * place, 3);

	if (!p)
		return NULL;
	*ret_index = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	return kallsyms_name(k, *ret_index, NULL);
}

/* *ret is the first place whose name is not below `name`. False where what tells is missing. */
static bool seq_lower_bound(struct kallsyms *k, const char *name, uint32_t *ret)
{
	uint32_t low = 0, high = k->at.count, index;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const char *here = name_by_seq(k, middle, &index);

		if (!here)
			return false;
		if (strcmp(here, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret = low;
	return true;
}

int kallsyms_each_by_seq(struct kallsyms *k, const char *name,
			 int (*emit)(void *user, uint32_t index), void *user)
{
	uint32_t place, index;

	if (!seq_lower_bound(k, name, &place))
		return -ENODATA;
	for (unsigned i = 0; i < ALIASES_LIMIT && place < k->at.count; i++, place++) {
		const char *here = name_by_seq(k, place, &index);
		int r;

		if (!here || strcmp(here, name) != 0)
			break;
		r = emit(user, index);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Where the index by name is damaged, the rest still leads to every name. */
int kallsyms_each_named(struct kallsyms *k, const char *name,
			int (*emit)(void *user, uint32_t index), void *user)
{
	uint32_t place;

	if (k->at.seqs && seq_lower_bound(k, name, &place))
		return kallsyms_each_by_seq(k, name, emit, user);
	return each_hashed(k, name, emit, user);
}

const struct kallsyms_layout *kallsyms_layout(const struct kallsyms *k)
{
	return &k->at;
}

int kallsyms_set_addresses(struct kallsyms *k)
{
	uint64_t size = (k->at.encoding == KALLSYMS_ABSOLUTE ? UINT64_C(8) : 4) * k->at.count;

	lazy_done(&k->addresses);
	return lazy_init(&k->addresses, &k->memory, k->at.addresses, size);
}

int kallsyms_set_seqs(struct kallsyms *k, uint64_t seqs)
{
	lazy_done(&k->seqs);
	k->at.seqs = seqs;
	return seqs ? lazy_init(&k->seqs, &k->memory, seqs, UINT64_C(3) * k->at.count) : 0;
}

int kallsyms_open(const struct kernel_memory *m, const struct vmcoreinfo *v, uint64_t scan,
		  uint64_t scan_size, struct kallsyms **ret, struct error *e)
{
	_cleanup_(kallsyms_freep) struct kallsyms *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		return error_errno(e, -ENOMEM, "kallsyms");
	k->memory = *m;
	err = kallsyms_find_names(m, v, scan, scan_size, &k->at, e);
	if (err < 0)
		return err;
	k->blocks = calloc(block_count(k), sizeof(*k->blocks));
	if (!k->blocks)
		return error_errno(e, -ENOMEM, "kallsyms");
	if (!kallsyms_tokens_read(m, k->at.token_table, k->at.token_index, &k->tokens))
		return error_set(e, -ENOENT, "kallsyms: the token table cannot be read");
	err = lazy_init(&k->names, m, k->at.names, k->at.markers - k->at.names);
	if (err == 0)
		err = lazy_init(&k->markers, m, k->at.markers,
				(uint64_t)block_count(k) * k->at.marker_size);
	if (err < 0)
		return error_errno(e, err, "kallsyms: names and markers");
	err = kallsyms_find_addresses(k, v, e);
	if (err < 0)
		return err;
	*ret = TAKE_PTR(k);
	return 0;
}

struct kallsyms *kallsyms_free(struct kallsyms *k)
{
	if (!k)
		return NULL;
	for (uint32_t i = 0; k->blocks && i < block_count(k); i++)
		free(k->blocks[i]);
	free(k->blocks);
	lazy_done(&k->names);
	lazy_done(&k->markers);
	lazy_done(&k->addresses);
	lazy_done(&k->seqs);
	free(k->buckets);
	free(k->next);
	free(k->hashes);
	free(k);
	return NULL;
}
