/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lastword_notify, which may come several times */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/impl.h"

/* An address goes into a header: letters, digits, and what a person's address has besides. */
static int check_address(const char *to, struct error *e)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		".!$%&*+/=?^_{|}~@-";

	if (!*to || *to == '-' || strspn(to, letters) != strlen(to))
		return error_set(e, -EINVAL,
				 "'%s' is no address; write mail NAME@HOST or mail root", to);
	return 0;
}

static int check_url(const char *to, struct error *e)
{
	if ((strncmp(to, "https://", 8) != 0 && strncmp(to, "http://", 7) != 0) ||
	    strpbrk(to, " \t"))
		return error_set(e, -EINVAL, "'%s': write webhook https://…", to);
	return 0;
}

static int check_nothing(const char *to, struct error *e)
{
	return *to ? error_set(e, -EINVAL, "journal takes no '%s'", to) : 0;
}

static const struct {
	const char *name;
	int (*check)(const char *to, struct error *e);
} kinds[] = {
	[CONFIG_NOTIFY_JOURNAL] = { "journal", check_nothing },
	[CONFIG_NOTIFY_MAIL] = { "mail", check_address },
	[CONFIG_NOTIFY_WEBHOOK] = { "webhook", check_url },
};

const char *config_notify_name(enum config_notify_kind kind)
{
	return kinds[kind].name;
}

int config_apply_notify(struct config_parser *p, const struct config_directive *d,
			const char *value, struct error *e)
{
	struct config *c = p->config;
	size_t len = strcspn(value, " \t");
	const char *to = value + len + strspn(value + len, " \t");

	if (c->notify_count == CONFIG_NOTIFY_MAX)
		return error_set(e, -E2BIG, "%s: more than %d lines", d->name, CONFIG_NOTIFY_MAX);
	for (enum config_notify_kind k = 0; k < ARRAY_SIZE(kinds); k++) {
		int r;

		if (strlen(kinds[k].name) != len || memcmp(kinds[k].name, value, len) != 0)
			continue;
		r = kinds[k].check(to, e);
		if (r < 0)
			return error_prefix(e, r, "%s", d->name);
		c->notify[c->notify_count] = (struct config_notify){ k, strdup(to) };
		return c->notify[c->notify_count++].to ? 0 : error_errno(e, -ENOMEM, "%s", d->name);
	}
	return error_set(e, -EINVAL, "%s: '%s': write journal, mail ADDRESS or webhook URL",
			 d->name, value);
}

void config_notify_done(struct config *c)
{
	for (size_t i = 0; i < c->notify_count; i++)
		free(c->notify[i].to);
}
