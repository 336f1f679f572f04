/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/parse.h"

static int parse_level(const char *word, unsigned *ret, struct error *e)
{
	uint64_t n;

	if (parse_decimal(word, LEVEL_ALL, &n) < 0)
		return error_set(e, -EINVAL, "Dump_level(%s) is invalid: it is 0 to %u", word,
				 LEVEL_ALL);
	*ret = (unsigned)n;
	return 0;
}

int save_take_levels(void *request, const char *words, struct error *e)
{
	struct save_request *q = request;
	_cleanup_free_ char *copy = strdup(words);
	char *rest = copy, *word;

	if (!copy)
		return error_set(e, -ENOMEM, "out of memory");
	q->level_count = 0;
	while ((word = strsep(&rest, ","))) {
		int r;

		if (!*word && !rest && q->level_count)
			break;
		if (q->level_count == SAVE_LEVELS_MAX)
			return error_set(e, -EINVAL, "more than %d dump levels", SAVE_LEVELS_MAX);
		r = parse_level(word, &q->levels[q->level_count], e);
		if (r < 0)
			return r;
		q->level_count++;
	}
	return 0;
}

int save_take_size(void *size, const char *word, struct error *e)
{
	uint64_t *ret = size, n;

	if (parse_scaled(word, "kKMG", UINT64_MAX >> 31, &n) < 0 || !n)
		return error_set(e, -EINVAL, "Limit size(%s) is invalid", word);
	*ret = n;
	return 0;
}

int save_take_codec(void *codec, const char *word, struct error *e)
{
	enum codec_id *ret = codec;

	for (int id = 0; id < CODEC_COUNT; id++) {
		if (strcmp(codec_by_id((enum codec_id)id)->name, word) == 0) {
			*ret = (enum codec_id)id;
			return 0;
		}
	}
	return error_set(e, -EINVAL, "'%s' is no codec: zlib, lzo, snappy, zstd or none", word);
}

int save_request_rate(struct save_request *q, const char *word, struct error *e)
{
	struct save_rate *rate = &q->options.rate;
	struct error why;

	if (strcmp(word, "auto") != 0 && save_take_size(&rate->bytes_per_second, word, &why) < 0)
		return error_set(
			e, -EINVAL,
			"--target-rate takes bytes a second, such as 200M, or auto, not '%s'",
			word);
	rate->wanted = true;
	rate->any_codec = q->options.codec == CODEC_COUNT;
	rate->now = clock_now;
	return 0;
}

int save_request_check(const struct save_request *q, struct error *e)
{
	const struct {
		bool both;
		const char *words;
	} wrong[] = {
		{ q->elf && q->options.codec != CODEC_NONE,
		  "-E cannot be used with -c, -l, -p or -z: ELF is not compressed" },
		{ q->elf && q->split, "--split cannot be used with -E" },
		{ q->flat && q->split, "--split cannot be used with -F" },
		{ q->options.rate.wanted && (q->elf || q->split),
		  "--target-rate cannot be used with -E or --split" },
		{ q->options.rate.wanted && q->options.codec_level,
		  "--target-rate cannot be used with --fast: it chooses the level" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (wrong[i].both)
			return error_set(e, -EINVAL, "%s", wrong[i].words);
	return 0;
}
