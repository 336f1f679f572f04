/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/notify.h"

#include <errno.h>

#include "notify/channel.h"
#include "notify/message.h"
#include "notify/told.h"

/* The first run finds what other tools left over years. */
#define NEW_SECONDS (24 * 3600)

/* A machine that crashes in a loop sends no flood. */
#define MESSAGES_MAX 50

struct run {
	const struct root *root;
	const struct config *config;
	const struct notify_options *options;
	struct told told;
	char host[65];
	size_t sent, failed;
};

const char *notify_outcome_name(enum notify_outcome o)
{
	static const char *const names[NOTIFY_OUTCOMES] = {
		[NOTIFY_TOLD] = "told",	      [NOTIFY_WOULD_TELL] = "would tell",
		[NOTIFY_FAILED] = "failed",   [NOTIFY_TOO_OLD] = "too old",
		[NOTIFY_LATER] = "next time",
	};

	return names[o];
}

static int send_message(const struct config_notify *n, const struct notify_message *m,
			struct error *e)
{
	static notify_send *const channels[] = {
		[CONFIG_NOTIFY_JOURNAL] = notify_send_journal,
		[CONFIG_NOTIFY_MAIL] = notify_send_mail,
		[CONFIG_NOTIFY_WEBHOOK] = notify_send_webhook,
	};

	return channels[n->kind](m, n->to, e);
}

static enum notify_outcome decide(const struct run *r, const struct notify_dump *d)
{
	if (r->told.first && !r->options->all && d->time < r->options->now - NEW_SECONDS)
		return NOTIFY_TOO_OLD;
	if (r->sent == MESSAGES_MAX)
		return NOTIFY_LATER;
	return r->options->dry_run ? NOTIFY_WOULD_TELL : NOTIFY_TOLD;
}

/* A failure to tell is no failure of the run; one to note it down is. */
static int tell(struct run *r, const struct notify_dump *d, const struct config_notify *n,
		struct error *e)
{
	const struct notify_options *o = r->options;
	const struct notify_message m = { .root = r->root, .dump = d, .host = r->host };
	enum notify_outcome outcome = decide(r, d);
	struct error why = { 0 };
	int err = 0;

	r->sent += outcome != NOTIFY_TOO_OLD && outcome != NOTIFY_LATER;
	if (outcome == NOTIFY_TOLD && send_message(n, &m, &why) < 0)
		outcome = NOTIFY_FAILED;
	r->failed += outcome == NOTIFY_FAILED || outcome == NOTIFY_LATER;
	o->done(o->user, d, n, outcome, why.code ? error_text(&why) : "");
	if (o->dry_run || (outcome != NOTIFY_TOLD && outcome != NOTIFY_TOO_OLD))
		return 0;
	err = told_add(&r->told, n, d);
	return err < 0 ? error_errno(e, err, TOLD_PATH) : told_save(r->root, &r->told, e);
}

/* The journal, where nothing is configured. */
static const struct config_notify usual = { .kind = CONFIG_NOTIFY_JOURNAL, .to = (char *)"" };

static int tell_everybody(struct run *r, const struct notify_dump *d, struct error *e)
{
	const struct config *c = r->config;
	size_t n = c->notify_count ?: 1;
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++) {
		const struct config_notify *to = c->notify_count ? &c->notify[i] : &usual;

		if (r->options->all || !told_has(&r->told, to, d))
			err = tell(r, d, to, e);
	}
	return err;
}

int notify_run(const struct root *root, const struct config *c, const struct notify_options *o,
	       struct buf *notes, size_t *ret_failed, struct error *e)
{
	struct run r = { .root = root, .config = c, .options = o };
	struct notify_dumps dumps = { 0 };
	int err = told_open(root, o->dry_run, &r.told, e);

	if (err < 0)
		return err;
	notify_host(root, r.host);
	err = notify_collect(root, c, &dumps, e);
	for (size_t i = 0; i < dumps.count && err == 0; i++)
		err = tell_everybody(&r, &dumps.items[i], e);
	/* the next run is not the first */
	if (err == 0 && r.told.first && !o->dry_run)
		err = told_save(root, &r.told, e);
	if (err == 0 && dumps.notes.len)
		err = buf_append(notes, dumps.notes.data, dumps.notes.len);
	notify_dumps_done(&dumps);
	told_done(&r.told);
	if (err == 0)
		*ret_failed = r.failed;
	return err;
}
