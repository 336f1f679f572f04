/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NSEC_PER_USEC 1000

/* The kernel's own default for messages without a level (CONFIG_MESSAGE_LOGLEVEL_DEFAULT). */
#define LEVEL_DEFAULT 4

struct word {
	struct encode_record record;
	char caller[PRINTK_CALLER_SIZE];
	size_t bytes;
	char text[]; /* and the device's subsystem and name, each with a NUL behind it */
};

static void drop_oldest(struct words *w)
{
	struct word *oldest = w->ring[w->first];

	w->bytes -= oldest->bytes;
	free(oldest);
	w->first = (w->first + 1) % WORDS_MAX;
	w->count--;
}

static char *put(char *at, const char *from, size_t len)
{
	memcpy(at, from, len);
	at[len] = '\0';
	return at + len + 1;
}

static struct word *word_new(const struct printk_record *rec)
{
	size_t subsystem = rec->subsystem ? strnlen(rec->subsystem, rec->subsystem_size) : 0;
	size_t device = rec->device ? strnlen(rec->device, rec->device_size) : 0;
	size_t bytes = rec->text_len + subsystem + device + 3;
	struct word *word = malloc(sizeof(*word) + bytes);
	unsigned level = rec->level == PRINTK_UNKNOWN ? LEVEL_DEFAULT : rec->level;
	unsigned facility = rec->facility == PRINTK_UNKNOWN ? 0 : rec->facility;
	char *at;

	if (!word)
		return NULL;
	*word = (struct word){ .bytes = bytes };
	word->record = (struct encode_record){
		.seq = rec->seq,
		.time_us = rec->ts_nsec / NSEC_PER_USEC,
		.priority = facility << 3 | level,
		.continued = rec->continued,
		.caller = word->caller,
		.text = word->text,
		.len = rec->text_len,
	};
	at = put(word->text, rec->text, rec->text_len);
	word->record.subsystem = at;
	at = put(at, rec->subsystem ?: "", subsystem);
	word->record.device = at;
	put(at, rec->device ?: "", device);
	if (rec->has_caller)
		printk_caller(rec, word->caller);
	return word;
}

int words_take(void *user, const struct printk_record *rec)
{
	struct words *w = user;
	struct word *word;

	if (!rec->numbered) {
		w->unnumbered = true;
		return 0;
	}
	word = word_new(rec);
	if (!word)
		return -ENOMEM;
	while (w->count && (w->count == WORDS_MAX || w->bytes + word->bytes > WORDS_BYTES))
		drop_oldest(w);
	w->ring[(w->first + w->count++) % WORDS_MAX] = word;
	w->bytes += word->bytes;
	return 0;
}

void words_get(const struct words *w, size_t i, struct encode_record *ret)
{
	*ret = w->ring[(w->first + i) % WORDS_MAX]->record;
}

void words_done(struct words *w)
{
	while (w->count)
		drop_oldest(w);
}
