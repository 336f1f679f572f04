/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal/reader.h"
#include "seal/sink.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>

#include "../test.h"
#include "base/io.h"

#define SECRET_MAX (3 * SEAL_CHUNK)

static struct seal_keys secret_a, public_a, secret_b, public_both;

static int start(void **state)
{
	struct error e;

	assert_int_equal(seal_init(&e), 0);
	secret_a.count = secret_b.count = public_a.count = 1;
	public_both.count = 2;
	seal_key_make(&secret_a.keys[0]);
	seal_key_make(&secret_b.keys[0]);
	seal_key_public(&secret_a.keys[0], &public_a.keys[0]);
	seal_key_public(&secret_b.keys[0], &public_both.keys[0]);
	public_both.keys[1] = public_a.keys[0];
	return 0;
}

/* What is sealed in these tests: no two pieces of it are the same. */
static uint8_t content(size_t at)
{
	return (uint8_t)(at * 31 + (at >> 8) * 7 + (at >> 16));
}

/* Appended in pieces of that size. The file, at its beginning. */
static int sealed(size_t len, size_t piece, const struct seal_keys *to, bool finish)
{
	int fd = memfd_create("sealed", MFD_CLOEXEC), copy = dup(fd);
	uint8_t *data = malloc(len + 1);
	struct sink *inner, *s;
	struct error e;

	for (size_t i = 0; i < len; i++)
		data[i] = content(i);
	assert_int_equal(sink_fd_new(fd, "sealed", &inner, &e), 0);
	assert_int_equal(seal_sink_new(inner, to, &s, &e), 0);
	assert_int_equal(sink_write_at(s, "x", 1, 0, &e), -ESPIPE);
	for (size_t at = 0; at < len; at += piece)
		assert_int_equal(sink_append(s, data + at, MIN(piece, len - at), &e), 0);
	if (finish) {
		assert_int_equal(sink_finish(s, &e), 0);
		assert_int_equal(sink_finish(s, &e), 0);
		assert_int_equal(sink_append(s, "x", 1, &e), -EBADF);
	}
	assert_int_equal(sink_sync(s, &e), 0);
	assert_int_equal(sink_close(s, &e), 0);
	free(data);
	assert_int_equal(lseek(copy, 0, SEEK_SET), 0);
	return copy;
}

/* How it ended, and how much there was; what comes out is always a beginning of what went in. */
static int read_back(int fd, const struct seal_keys *secrets, size_t *ret_len)
{
	_cleanup_(seal_reader_freep) struct seal_reader *r = NULL;
	static uint8_t got[SECRET_MAX + 1];
	const void *peeked;
	struct error e;
	int opened;

	*ret_len = 0;
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	opened = seal_reader_new(fd, "sealed", secrets, &r, &e);
	if (opened < 0)
		return opened;
	for (;;) {
		ssize_t peek = seal_peek(r, &peeked, &e);
		ssize_t n = seal_read(r, got + *ret_len,
				      MIN(SECRET_MAX + 1 - *ret_len, (size_t)50000), &e);

		assert_true(peek >= n);
		if (n <= 0) {
			assert_int_equal(seal_read(r, got, 1, &e), n);
			return (int)n;
		}
		for (ssize_t i = 0; i < n; i++)
			assert_true(got[*ret_len + (size_t)i] == content(*ret_len + (size_t)i));
		*ret_len += (size_t)n;
	}
}

static void test_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131072, 196608 };
	static const size_t pieces[] = { 65536, 65537, 999, 200000 };
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(pieces); k++) {
			int fd = sealed(sizes[i], pieces[k], &public_both, true);

			assert_int_equal(read_back(fd, &secret_a, &len), 0);
			assert_int_equal(len, sizes[i]);
			assert_int_equal(read_back(fd, &secret_b, &len), 0);
			assert_int_equal(len, sizes[i]);
			close(fd);
		}
	}
}

static void test_other_key(void **state)
{
	int fd = sealed(10, 10, &public_a, true);
	struct seal_reader *r;
	char id[SEAL_ID_TEXT];
	struct error e;

	assert_int_equal(seal_reader_new(fd, "x.enc", &secret_b, &r, &e), -ENOKEY);
	seal_key_id(&public_a.keys[0], id);
	assert_non_null(strstr(error_text(&e), id));
	close(fd);
}

/* Cut anywhere, a file gives its beginning and says that it is no more. */
static void test_cut(void **state)
{
	int fd = sealed(SECRET_MAX, 70000, &public_a, true);
	off_t size = lseek(fd, 0, SEEK_END);
	size_t len;

	for (off_t at = size - 1; at >= 0; at -= at > 1000 ? 3001 : 1) {
		assert_int_equal(ftruncate(fd, at), 0);
		assert_true(read_back(fd, &secret_a, &len) < 0);
		assert_true(len + 2 * SEAL_CHUNK >= (size_t)at);
	}
	close(fd);
}

static void test_cut_between_chunks(void **state)
{
	int fd = sealed(SECRET_MAX, SECRET_MAX, &public_a, true);
	off_t size = lseek(fd, 0, SEEK_END);
	size_t len;

	for (size_t left = 2; left; left--) {
		assert_int_equal(
			ftruncate(fd, size - (off_t)((SEAL_CHUNK + SEAL_TAG) * (3 - left))), 0);
		assert_int_equal(read_back(fd, &secret_a, &len), -ENODATA);
		assert_int_equal(len, left * SEAL_CHUNK);
	}
	close(fd);
}

static void test_not_finished(void **state)
{
	int fd = sealed(2 * SEAL_CHUNK + 5, 1000, &public_a, false);
	size_t len;

	assert_int_equal(read_back(fd, &secret_a, &len), -ENODATA);
	assert_int_equal(len, 2 * SEAL_CHUNK);
	close(fd);
}

/* Any bit of header, nonce and content. */
static void test_flipped(void **state)
{
	int fd = sealed(100, 100, &public_a, true);
	off_t size = lseek(fd, 0, SEEK_END);
	size_t len;

	for (off_t bit = 0; bit < size * 8; bit++) {
		uint8_t byte, flipped;

		assert_int_equal(pread(fd, &byte, 1, bit / 8), 1);
		flipped = byte ^ (uint8_t)(1 << bit % 8);
		assert_int_equal(pwrite(fd, &flipped, 1, bit / 8), 1);
		if (read_back(fd, &secret_a, &len) >= 0)
			fail_msg("bit %lld is not looked at", (long long)bit);
		assert_int_equal(len, 0);
		assert_int_equal(pwrite(fd, &byte, 1, bit / 8), 1);
	}
	assert_int_equal(read_back(fd, &secret_a, &len), 0);
	close(fd);
}

static void test_moved(void **state)
{
	static uint8_t first[SEAL_CHUNK + SEAL_TAG], second[SEAL_CHUNK + SEAL_TAG];
	int fd = sealed(SECRET_MAX, SECRET_MAX, &public_a, true);
	off_t size = lseek(fd, 0, SEEK_END), at = size - 3 * (off_t)sizeof(first);
	size_t len;

	assert_int_equal(pread_exactly(fd, first, sizeof(first), (uint64_t)at), 0);
	assert_int_equal(pread_exactly(fd, second, sizeof(second), (uint64_t)at + sizeof(first)),
			 0);
	assert_int_equal(pwrite_all(fd, second, sizeof(second), (uint64_t)at), 0);
	assert_int_equal(pwrite_all(fd, first, sizeof(first), (uint64_t)at + sizeof(first)), 0);
	assert_int_equal(read_back(fd, &secret_a, &len), -EBADMSG);
	assert_int_equal(len, 0);
	close(fd);
}

static void test_appended(void **state)
{
	int fd = sealed(100, 100, &public_a, true);
	size_t len;

	assert_true(lseek(fd, 0, SEEK_END) > 0);
	assert_int_equal(write(fd, "more", 4), 4);
	assert_true(read_back(fd, &secret_a, &len) < 0);
	close(fd);
}

/* The same content never looks the same. */
static void test_hidden(void **state)
{
	int one = sealed(1000, 1000, &public_a, true), two = sealed(1000, 1000, &public_a, true);
	size_t size = (size_t)lseek(one, 0, SEEK_END);
	uint8_t a[4096], b[4096];
	unsigned same = 0;

	assert_int_equal(pread_exactly(one, a, size, 0), 0);
	assert_int_equal(pread_exactly(two, b, size, 0), 0);
	for (size_t i = size - 1016; i < size; i++)
		same += a[i] == b[i];
	assert_true(same < 50);
	close(one);
	close(two);
}

/* Made by age 1.1.1. */
static const char age_secret[] =
	"AGE-SECRET-KEY-15MGQ6WG007TP5MP6SQUM2QCZL9SV02RZPE84YX2EMU2U3J6VU6NSA573J8";
static const char age_file[] =
	"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBaNWtFaHIrZmxmRzNPbDIwRHBUc282Nmo5UDU4"
	"a0VoMlR3NGc4U1BEOGprCmJhQ3dDdlQ0MHlYNUl2b2E1bXZlSFBVbTNqcCtuYytQNCtOTDMzeklPK3cK"
	"LS0tIGlPRGFYRVQxN2xVbTU1OXJaN25VT0NpYzZRei9oUGRISCs1a1BVNThmaXMKqVTJ3Rop5RysXEgf"
	"QXJO7cy5M/f+0jp1uovwPz6VyG86dSLJG99jmyX5eQ==";

static void test_made_by_age(void **state)
{
	int fd = memfd_create("age", MFD_CLOEXEC);
	_cleanup_(seal_reader_freep) struct seal_reader *r = NULL;
	struct seal_keys keys;
	uint8_t bytes[1000];
	char text[100];
	struct error e;
	size_t len;

	assert_int_equal(sodium_base642bin(bytes, sizeof(bytes), age_file, strlen(age_file), NULL,
					   &len, NULL, sodium_base64_VARIANT_ORIGINAL),
			 0);
	assert_int_equal(write_all(fd, bytes, len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(
		seal_keys_parse(SEAL_SECRET, age_secret, strlen(age_secret), "key", &keys, &e), 0);
	assert_int_equal(seal_reader_new(fd, "age", &keys, &r, &e), 0);
	assert_int_equal(seal_read(r, text, sizeof(text), &e), 11);
	assert_memory_equal(text, "last words\n", 11);
	assert_int_equal(seal_read(r, text, sizeof(text), &e), 0);
	close(fd);
}

#define WORD "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define END "--- " WORD "\n"

static void test_headers(void **state)
{
	static const struct {
		const char *text;
		int r;
	} rows[] = {
		{ SEAL_MAGIC END, 0 },
		{ SEAL_MAGIC "-> X25519 " WORD "\n" WORD "\n" END, 0 },
		{ SEAL_MAGIC "-> something else again\n\n" END, 0 },
		{ SEAL_MAGIC "-> lastword-key not!alphanumeric\n\n" END, 0 },
		{ SEAL_MAGIC "-> lastword-key age1muchtoolongtobeone\n\n" END, 0 },
		{ "", -EINVAL },
		{ SEAL_MAGIC, -EINVAL },
		{ SEAL_MAGIC "--- " WORD, -EINVAL },
		{ SEAL_MAGIC "---" WORD "\n", -EINVAL },
		{ SEAL_MAGIC "--- " WORD "A\n", -EINVAL },
		{ SEAL_MAGIC "->\n\n" END, -EINVAL },
		{ SEAL_MAGIC "-> X25519 " WORD "\n" END, -EINVAL },
		{ SEAL_MAGIC "-> X25519 " WORD " x\n" WORD "\n" END, -EINVAL },
		{ SEAL_MAGIC "-> X25519 AAAA\n" WORD "\n" END, -EINVAL },
		{ SEAL_MAGIC "\n" END, -EINVAL },
	};
	struct seal_header h;
	struct error e;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(seal_header_parse(rows[i].text, strlen(rows[i].text), &h, &e),
				 rows[i].r);
}

/* More ways to open it than are believed in, and a header without end. */
static void test_header_limits(void **state)
{
	_cleanup_buf_ struct buf many = { 0 }, endless = { 0 };
	struct seal_header h;
	struct error e;

	assert_int_equal(buf_printf(&many, SEAL_MAGIC), 0);
	assert_int_equal(buf_printf(&endless, SEAL_MAGIC), 0);
	for (unsigned i = 0; i <= SEAL_KEYS_MAX; i++)
		assert_int_equal(buf_printf(&many, "-> X25519 " WORD "\n" WORD "\n"), 0);
	assert_int_equal(buf_printf(&many, END), 0);
	while (endless.len <= SEAL_HEADER_MAX)
		assert_int_equal(buf_printf(&endless, "-> other\n\n"), 0);
	assert_int_equal(buf_printf(&endless, END), 0);
	assert_int_equal(seal_header_parse(many.data, many.len, &h, &e), -EINVAL);
	assert_int_equal(seal_header_parse(endless.data, endless.len, &h, &e), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_cut),	cmocka_unit_test(test_cut_between_chunks),
		cmocka_unit_test(test_flipped), cmocka_unit_test(test_not_finished),
		cmocka_unit_test(test_moved),	cmocka_unit_test(test_appended),
		cmocka_unit_test(test_hidden),	cmocka_unit_test(test_made_by_age),
		cmocka_unit_test(test_headers), cmocka_unit_test(test_header_limits),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
