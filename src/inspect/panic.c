/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/panic.h"

#include <string.h>

#include "kernel/printk.h"

/* What a fault says of itself tells more than the panic that follows it. */
static const char *const texts[] = {
	"kernel BUG at ",
	"BUG: unable to handle ",
	"BUG: kernel NULL pointer",
	"Unable to handle kernel",
	"general protection fault",
	"double fault:",
	"divide error:",
	"stack segment:",
	"Kernel panic - ",
	"Oops:",
	"sysrq: Trigger a crash",
};

struct search {
	size_t best; /* index into texts */
	char *text;
};

static int look(void *user, const struct printk_record *rec)
{
	struct search *s = user;

	for (size_t i = 0; i < s->best; i++) {
		const char *at = memmem(rec->text, rec->text_len, texts[i], strlen(texts[i]));
		size_t len;

		if (!at)
			continue;
		len = MIN(rec->text_len - (at - rec->text), (size_t)PANIC_TEXT_SIZE - 1);
		memcpy(s->text, at, len);
		s->text[len] = '\0';
		s->text[strcspn(s->text, "\n")] = '\0';
		for (char *c = s->text; *c; c++)
			if ((unsigned char)*c < ' ')
				*c = '?';
		s->best = i;
	}
	return 0;
}

void panic_find_text(struct inspect *c, char ret[PANIC_TEXT_SIZE])
{
	struct search s = { ARRAY_SIZE(texts), ret };
	struct printk_stats stats;

	ret[0] = '\0';
	(void)!printk_each(c->kernel, look, &s, &stats, NULL);
}
