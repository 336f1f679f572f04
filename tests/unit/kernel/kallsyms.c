/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbol tables of every layout and encoding, written as scripts/kallsyms.c of the kernels wrote them. */
#include "kernel/kallsyms.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#include "../test.h"

#define BASE UINT64_C(0xffffffff81000000)
#define SYMBOLS 1000
#define MEMORY KIB(256)
#define PAGE 4096

/* Which of the tables the kernel has, in what order and form. */
struct form {
	const char *name;
	bool addresses_first; /* until 6.3 */
	bool seqs_between;    /* markers and token table: 6.2, 6.3, and backported */
	bool seqs_last;	      /* 6.4+ */
	bool long_names;      /* lengths of two bytes occur */
	bool exported;
	enum kallsyms_encoding encoding;
	unsigned marker_size, align;
};

static const struct form forms[] = {
	{ "4.4", .addresses_first = true, .encoding = KALLSYMS_ABSOLUTE, .marker_size = 8,
	  .align = 8 },
	{ "4.19", .addresses_first = true, .encoding = KALLSYMS_PERCPU, .marker_size = 8,
	  .align = 8 },
	{ "5.10", .addresses_first = true, .encoding = KALLSYMS_PERCPU, .marker_size = 4,
	  .align = 8 },
	{ "arm64 5.15", .addresses_first = true, .encoding = KALLSYMS_BASE, .marker_size = 4,
	  .align = 8 },
	{ "6.1.y", .addresses_first = true, .seqs_between = true, .exported = true,
	  .encoding = KALLSYMS_PERCPU, .marker_size = 4, .align = 8 },
	{ "6.3", .addresses_first = true, .seqs_between = true, .long_names = true,
	  .encoding = KALLSYMS_PERCPU, .marker_size = 4, .align = 8 },
	{ "6.12", .seqs_last = true, .exported = true, .encoding = KALLSYMS_PERCPU,
	  .marker_size = 4, .align = 8 },
	{ "6.18", .seqs_last = true, .long_names = true, .encoding = KALLSYMS_BASE,
	  .marker_size = 4, .align = 8 },
	{ "7.2", .seqs_last = true, .long_names = true, .encoding = KALLSYMS_PLACE,
	  .marker_size = 4, .align = 4 },
};

struct image {
	uint8_t bytes[MEMORY];
	bool missing[MEMORY / PAGE];
	size_t len;
	uint64_t table, index, addresses, relative_base;
	char vmcoreinfo[600];
};

static int read_image(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	const struct image *m = user;

	if (vaddr < BASE || !range_inside(vaddr - BASE, len, MEMORY))
		return -EFAULT;
	for (size_t at = vaddr - BASE; at < vaddr - BASE + len; at++)
		if (m->missing[at / PAGE])
			return -ENODATA;
	memcpy(buf, m->bytes + (vaddr - BASE), len);
	return 0;
}

/* Per-CPU offsets first where the kernel has such; then the image. Every tenth address has two names. */
static uint64_t address(const struct form *f, unsigned i)
{
	if (f->encoding == KALLSYMS_PERCPU && i < 40)
		return i * 16;
	return BASE + MIB(2) + (uint64_t)(i % 10 == 1 ? i - 1 : i) * 64;
}

static void name(const struct form *f, unsigned i, char ret[400])
{
	if (i == 100)
		strcpy(ret, "_stext");
	else if (i == 500)
		strcpy(ret, "init_uts_ns");
	else if (f->long_names && i % 70 == 9)
		sprintf(ret, "_R%0250u", i); /* longer than 127 tokens */
	else
		sprintf(ret, "fn_%u", i % 400); /* names of several symbols */
}

static int by_name(const void *a, const void *b, void *user)
{
	const unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	char nx[400], ny[400];
	int r;

	name(user, x, nx);
	name(user, y, ny);
	r = strcmp(nx, ny);
	return r ? r : x < y ? -1 : 1;
}

static void align(struct image *m, unsigned to)
{
	m->len = align_up(m->len, to);
}

static void put(struct image *m, uint64_t v, unsigned size)
{
	assert_true(m->len + size <= MEMORY);
	for (unsigned i = 0; i < size; i++)
		m->bytes[m->len++] = v >> (8 * i);
}

static void put_addresses(struct image *m, const struct form *f)
{
	align(m, f->align);
	m->addresses = BASE + m->len;
	for (unsigned i = 0; i < SYMBOLS; i++) {
		uint64_t a = address(f, i);

		if (f->encoding == KALLSYMS_ABSOLUTE)
			put(m, a, 8);
		else if (f->encoding == KALLSYMS_BASE)
			put(m, a - BASE, 4);
		else if (f->encoding == KALLSYMS_PLACE)
			put(m, a - (BASE + m->len), 4);
		else
			put(m, a < BASE ? a : BASE - 1 - a, 4);
	}
	if (f->encoding == KALLSYMS_BASE || f->encoding == KALLSYMS_PERCPU) {
		align(m, 8);
		m->relative_base = BASE + m->len;
		put(m, BASE, 8);
	}
}

static void put_names(struct image *m, const struct form *f)
{
	uint64_t markers[SYMBOLS / 256 + 1];
	size_t start;

	align(m, f->align);
	put(m, SYMBOLS, f->marker_size);
	align(m, f->align);
	start = m->len;
	for (unsigned i = 0; i < SYMBOLS; i++) {
		char text[400];
		size_t len;

		name(f, i, text);
		len = strlen(text) + 1;
		if (i % 256 == 0)
			markers[i / 256] = m->len - start;
		if (len > 127)
			put(m, 0x80 | (len & 0x7f), 1);
		put(m, len > 127 ? len >> 7 : len, 1);
		put(m, 't', 1);
		for (const char *c = text; *c; c++)
			put(m, (uint8_t)*c, 1);
	}
	align(m, f->align);
	for (unsigned i = 0; i < ARRAY_SIZE(markers); i++)
		put(m, markers[i], f->marker_size);
}

static void put_seqs(struct image *m, const struct form *f)
{
	unsigned order[SYMBOLS];

	for (unsigned i = 0; i < SYMBOLS; i++)
		order[i] = i;
	qsort_r(order, SYMBOLS, sizeof(order[0]), by_name, (void *)f);
	align(m, f->align);
	for (unsigned i = 0; i < SYMBOLS; i++)
		for (int shift = 16; shift >= 0; shift -= 8)
			put(m, order[i] >> shift & 0xff, 1);
}

static void put_tokens(struct image *m, const struct form *f)
{
	uint16_t at[256];

	align(m, f->align);
	m->table = BASE + m->len;
	for (unsigned i = 0; i < 256; i++) {
		at[i] = BASE + m->len - m->table;
		if (i >= 0x20 && i < 0x7f)
			put(m, i, 1);
		else if (i > 0x80)
			put(m, 'a' | '_' << 8, 2);
		put(m, 0, 1);
	}
	align(m, f->align);
	m->index = BASE + m->len;
	for (unsigned i = 0; i < 256; i++)
		put(m, at[i], 2);
}

static struct image *image_new(const struct form *f)
{
	struct image *m = calloc(1, sizeof(*m));
	size_t used;

	assert_non_null(m);
	m->len = 5000; /* something before */
	memcpy(m->bytes + 100,
	       "0\0"
	       "1\0"
	       "2\0"
	       "3\0"
	       "4\0"
	       "5\0"
	       "6\0"
	       "7\0"
	       "8\0"
	       "9",
	       20);
	if (f->addresses_first)
		put_addresses(m, f);
	put_names(m, f);
	if (f->seqs_between)
		put_seqs(m, f);
	put_tokens(m, f);
	if (!f->addresses_first)
		put_addresses(m, f);
	if (f->seqs_last)
		put_seqs(m, f);
	used = sprintf(m->vmcoreinfo, "SYMBOL(_stext)=%llx\nSYMBOL(init_uts_ns)=%llx\n",
		       (long long)address(f, 100), (long long)address(f, 500));
	if (f->exported)
		sprintf(m->vmcoreinfo + used,
			"SYMBOL(kallsyms_token_table)=%llx\nSYMBOL(kallsyms_token_index)=%llx\n"
			"SYMBOL(kallsyms_offsets)=%llx\nSYMBOL(kallsyms_relative_base)=%llx\n",
			(long long)m->table, (long long)m->index, (long long)m->addresses,
			(long long)m->relative_base);
	return m;
}

static int open_image(struct image *m, struct kallsyms **ret)
{
	const struct kernel_memory memory = { read_image, m };
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;

	assert_int_equal(vmcoreinfo_parse(m->vmcoreinfo, strlen(m->vmcoreinfo), &v, NULL), 0);
	struct error e = { 0 };
	int err = kallsyms_open(&memory, v, BASE, MEMORY, ret, &e);

	if (err < 0)
		print_message("%s\n", error_text(&e));
	return err;
}

struct hits {
	unsigned count;
	uint32_t index[8];
};

static int take_hit(void *user, uint32_t index)
{
	struct hits *h = user;

	assert_true(h->count < ARRAY_SIZE(h->index));
	h->index[h->count++] = index;
	return 0;
}

static void check_all(const struct form *f, struct kallsyms *k)
{
	for (unsigned i = 0; i < SYMBOLS; i++) {
		unsigned first = i;
		char wanted[400], type;
		uint64_t addr;
		uint32_t at;
		struct hits h = { 0 };
		bool hit = false;

		name(f, i, wanted);
		assert_non_null(kallsyms_name(k, i, &type));
		assert_string_equal(kallsyms_name(k, i, NULL), wanted);
		assert_int_equal(type, 't');
		assert_true(kallsyms_address(k, i, &addr));
		assert_true(addr == address(f, i));
		while (first > 0 && address(f, first - 1) == addr)
			first--;
		assert_true(kallsyms_index_at(k, addr + 3, &at));
		assert_int_equal(at, first);
		assert_int_equal(kallsyms_each_named(k, wanted, take_hit, &h), 0);
		for (unsigned n = 0; n < h.count; n++) {
			hit |= h.index[n] == i;
			assert_true(n == 0 || h.index[n] > h.index[n - 1]);
		}
		assert_true(hit);
	}
}

static void test_every_form(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct form *f = &forms[i];
		_cleanup_free_ struct image *m = image_new(f);
		_cleanup_(kallsyms_freep) struct kallsyms *k = NULL;
		const struct kallsyms_layout *at;
		struct hits none = { 0 };

		print_message("%s\n", f->name);
		assert_int_equal(open_image(m, &k), 0);
		at = kallsyms_layout(k);
		assert_int_equal(at->count, SYMBOLS);
		assert_int_equal(at->encoding, f->encoding);
		assert_int_equal(at->exported, f->exported);
		assert_int_equal(at->agreed, 2);
		assert_int_equal(at->seqs != 0, f->seqs_between || f->seqs_last);
		check_all(f, k);
		assert_int_equal(kallsyms_each_named(k, "nosuch", take_hit, &none), 0);
		assert_int_equal(none.count, 0);
	}
}

/* What no page is missing for is still told. */
static void test_a_hole_in_the_names(void **state)
{
	const struct form *f = &forms[6];
	_cleanup_free_ struct image *m = image_new(f);
	_cleanup_(kallsyms_freep) struct kallsyms *k = NULL;
	unsigned known = 0;
	uint32_t at;

	m->missing[2] = true; /* of the second block */
	assert_int_equal(open_image(m, &k), 0);
	for (unsigned i = 0; i < SYMBOLS; i++)
		known += kallsyms_name(k, i, NULL) != NULL;
	assert_in_range(known, 256, SYMBOLS - 1);
	assert_true(kallsyms_index_at(k, address(f, 700), &at));
	assert_int_equal(at, 700);
}

static void test_addresses_that_contradict_vmcoreinfo(void **state)
{
	_cleanup_free_ struct image *m = image_new(&forms[8]);
	_cleanup_(kallsyms_freep) struct kallsyms *k = NULL;

	sprintf(m->vmcoreinfo, "SYMBOL(_stext)=ffffffff81234567\n");
	assert_int_equal(open_image(m, &k), -ENOENT);
}

static void test_no_table(void **state)
{
	_cleanup_free_ struct image *m = image_new(&forms[2]);
	_cleanup_(kallsyms_freep) struct kallsyms *k = NULL;

	m->bytes[m->index - BASE + 7] ^= 1;
	assert_int_equal(open_image(m, &k), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_form),
		cmocka_unit_test(test_a_hole_in_the_names),
		cmocka_unit_test(test_addresses_that_contradict_vmcoreinfo),
		cmocka_unit_test(test_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
