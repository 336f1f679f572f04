/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal/bech32.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define DATA 52
#define CHECKSUM 6

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t polymod(uint32_t sum, uint8_t value)
{
	static const uint32_t generator[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
					      0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (unsigned i = 0; i < ARRAY_SIZE(generator); i++)
		if (top >> i & 1)
			sum ^= generator[i];
	return sum;
}

static uint32_t checksum(const char *prefix, const uint8_t *values, size_t n)
{
	uint32_t sum = 1;

	for (const char *c = prefix; *c; c++)
		sum = polymod(sum, (uint8_t)*c >> 5);
	sum = polymod(sum, 0);
	for (const char *c = prefix; *c; c++)
		sum = polymod(sum, (uint8_t)*c & 31);
	for (size_t i = 0; i < n; i++)
		sum = polymod(sum, values[i]);
	return sum;
}

/* Five bits at a time, the highest first; the last value ends in zeros. */
static void split(const uint8_t bytes[BECH32_BYTES], uint8_t values[DATA])
{
	memset(values, 0, DATA);
	for (size_t bit = 0; bit < BECH32_BYTES * 8; bit++)
		if (bytes[bit / 8] >> (7 - bit % 8) & 1)
			values[bit / 5] |= (uint8_t)(16 >> bit % 5);
}

void bech32_encode(const char *prefix, const uint8_t bytes[BECH32_BYTES], char *ret)
{
	uint8_t values[DATA + CHECKSUM] = { 0 };
	uint32_t sum;

	split(bytes, values);
	sum = checksum(prefix, values, sizeof(values)) ^ 1;
	for (unsigned i = 0; i < CHECKSUM; i++)
		values[DATA + i] = sum >> 5 * (CHECKSUM - 1 - i) & 31;
	ret = stpcpy(ret, prefix);
	*ret++ = '1';
	for (size_t i = 0; i < sizeof(values); i++)
		*ret++ = alphabet[values[i]];
	*ret = '\0';
}

int bech32_decode(const char *prefix, const char *word, uint8_t ret[BECH32_BYTES])
{
	uint8_t values[DATA + CHECKSUM], bytes[BECH32_BYTES] = { 0 }, again[DATA];
	const char *data = word + strlen(prefix) + 1;
	bool lower = false, upper = false;

	if (strlen(word) != BECH32_SIZE(strlen(prefix)) - 1 ||
	    strncasecmp(word, prefix, strlen(prefix)) != 0 || data[-1] != '1')
		return -EINVAL;
	for (const char *c = word; *c; c++) {
		lower |= islower((unsigned char)*c) != 0;
		upper |= isupper((unsigned char)*c) != 0;
	}
	for (size_t i = 0; i < sizeof(values); i++) {
		const char *at = strchr(alphabet, tolower((unsigned char)data[i]));

		if (!at)
			return -EINVAL;
		values[i] = (uint8_t)(at - alphabet);
	}
	if ((lower && upper) || checksum(prefix, values, sizeof(values)) != 1)
		return -EINVAL;
	for (size_t bit = 0; bit < BECH32_BYTES * 8; bit++)
		if (values[bit / 5] & 16 >> bit % 5)
			bytes[bit / 8] |= (uint8_t)(128 >> bit % 8);
	/* no bits behind the last byte */
	split(bytes, again);
	if (memcmp(again, values, DATA) != 0)
		return -EINVAL;
	memcpy(ret, bytes, BECH32_BYTES);
	return 0;
}
