/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the token table by what is always in it: a token of one character stands for itself, and the digits always
 * occur. Other tables look like that too, so the 256 offsets that must follow the table decide.
 */
#include "kernel/kallsyms_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define TOKENS 256
#define INDEX_SIZE (TOKENS * 2)
#define FIRST_DIGIT '0'

/* A table is read whole with this much around its digits. */
#define BEFORE 4096
#define TABLE_MAX sizeof(((struct kallsyms_tokens *)NULL)->text)
#define WINDOW (BEFORE + TABLE_MAX + INDEX_SIZE + 64)

/* The index is aligned after the table; 8 by the kernel's script, any gap up to this by us. */
#define INDEX_GAP 64

#define TOKEN_MAX 64

#define PIECE 65536

static const char digits[] = "0\0"
			     "1\0"
			     "2\0"
			     "3\0"
			     "4\0"
			     "5\0"
			     "6\0"
			     "7\0"
			     "8\0"
			     "9";

/* Splits 256 strings from p on; false where they do not end inside size. *ret_size is what they take. */
static bool split(const char *p, size_t size, struct kallsyms_tokens *ret, size_t *ret_size)
{
	size_t at = 0;

	for (unsigned i = 0; i < TOKENS; i++) {
		size_t len = at < size ? strnlen(p + at, size - at) : 0;

		if (at >= size || at + len >= size || at + len >= TABLE_MAX || len > UINT8_MAX)
			return false;
		ret->at[i] = at;
		ret->len[i] = len;
		at += len + 1;
	}
	memcpy(ret->text, p, at);
	*ret_size = at;
	return true;
}

static void index_of(const struct kallsyms_tokens *t, uint8_t ret[INDEX_SIZE])
{
	for (unsigned i = 0; i < TOKENS; i++)
		le16_put(ret + 2 * i, t->at[i]);
}

bool kallsyms_tokens_read(const struct kernel_memory *m, uint64_t table, uint64_t index,
			  struct kallsyms_tokens *ret)
{
	uint64_t size = index - table;
	uint8_t stored[INDEX_SIZE], wanted[INDEX_SIZE];
	_cleanup_free_ char *text = NULL;
	size_t used;

	if (index <= table || size > TABLE_MAX)
		return false;
	text = malloc(size);
	if (!text || m->read(m->user, table, text, size, NULL) < 0 ||
	    m->read(m->user, index, stored, sizeof(stored), NULL) < 0)
		return false;
	if (!split(text, size, ret, &used))
		return false;
	index_of(ret, wanted);
	return memcmp(stored, wanted, sizeof(wanted)) == 0;
}

/* The start of token 1 of the table whose token '0' is at p[digit]. */
static bool walk_back(const char *p, size_t digit, size_t *ret)
{
	size_t at = digit;

	for (unsigned i = 0; i < FIRST_DIGIT - 1; i++) {
		if (at == 0 || p[at - 1] != '\0')
			return false;
		at--;
		while (at > 0 && p[at - 1] != '\0')
			at--;
	}
	*ret = at;
	return true;
}

/* Is there a table at window[start], with its index behind it? *ret_index is where. */
static bool index_follows(const char *window, size_t start, struct kallsyms_tokens *tokens,
			  size_t *ret_index)
{
	uint8_t index[INDEX_SIZE];
	const char *found;
	size_t size;

	if (!split(window + start, WINDOW - start, tokens, &size))
		return false;
	index_of(tokens, index);
	found = memmem(window + start + size,
		       MIN(WINDOW - start - size, (size_t)INDEX_SIZE + INDEX_GAP), index,
		       sizeof(index));
	if (found)
		*ret_index = found - window;
	return found;
}

/* Is the digit at vaddr one of a token table? */
static bool is_table(const struct kernel_memory *m, uint64_t vaddr, struct kallsyms_tokens *tokens,
		     uint64_t *ret_table, uint64_t *ret_index)
{
	_cleanup_free_ char *window = calloc(1, WINDOW);
	size_t second, index;

	/* Pages at a time: the window may reach into a hole that the table does not. */
	if (!window || vaddr < BEFORE)
		return false;
	for (size_t at = 0, n; at < WINDOW; at += n) {
		n = MIN(WINDOW - at, 4096 - (vaddr - BEFORE + at) % 4096);
		if (m->read(m->user, vaddr - BEFORE + at, window + at, n, NULL) < 0)
			memset(window + at, 0xff, n);
	}
	if (!walk_back(window, BEFORE, &second))
		return false;
	/* What lies before token 0 need not end with a NUL: its length is tried. */
	for (size_t len = 0; len < TOKEN_MAX && len + 1 <= second; len++) {
		size_t start = second - 1 - len;

		if (!index_follows(window, start, tokens, &index))
			continue;
		*ret_table = vaddr - BEFORE + start;
		*ret_index = vaddr - BEFORE + index;
		return true;
	}
	return false;
}

bool kallsyms_scan(const struct kernel_memory *m, uint64_t start, uint64_t size,
		   uint64_t *ret_table, uint64_t *ret_index)
{
	_cleanup_free_ struct kallsyms_tokens *tokens = malloc(sizeof(*tokens));
	_cleanup_free_ char *piece = malloc(PIECE + sizeof(digits));
	size_t kept = 0; /* bytes of the piece before: the digits may lie across */

	if (!tokens || !piece)
		return false;
	for (uint64_t at = 0, n; at < size; at += n) {
		const char *from = piece, *hit;
		size_t have;

		n = MIN(size - at, (uint64_t)PIECE);
		if (m->read(m->user, start + at, piece + kept, n, NULL) < 0) {
			/* A hole somewhere: page by page. */
			n = MIN(n, 4096 - (start + at) % 4096);
			if (m->read(m->user, start + at, piece + kept, n, NULL) < 0) {
				kept = 0;
				continue;
			}
		}
		have = kept + n;
		while ((hit = memmem(from, have - (from - piece), digits, sizeof(digits)))) {
			if (is_table(m, start + at - kept + (hit - piece), tokens, ret_table,
				     ret_index))
				return true;
			from = hit + 1;
		}
		kept = MIN(have, sizeof(digits) - 1);
		memmove(piece, piece + have - kept, kept);
	}
	return false;
}
