/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/log.h"

#include "capture/chain.h"
#include "capture/console.h"
#include "kernel/printk.h"

#define LOG_NAME "vmcore-dmesg.txt"

/* Of a larger log the newest part: the reservation is small. */
#define TEXT_LIMIT MIB(16)

static void open_dump(struct worker *w)
{
	struct error e = { 0 };

	if (dumpfile_open(VMCORE, &w->dump, &e) < 0) {
		w->dump = NULL;
		say("the dump cannot be read, it will be copied as it is: %s", error_text(&e));
	} else if (kernel_open(w->dump, &w->kernel, &e) < 0) {
		w->kernel = NULL;
		say("the crashed kernel is not understood, its log cannot be found and nothing "
		    "but zero pages can be left out: %s",
		    error_text(&e));
	}
}

static int write_log(struct worker *w, const struct buf *text, struct error *e)
{
	const struct target_ops *ops = w->target->ops;
	struct sink *sink;
	int closed, r = ops->create(w->target, LOG_NAME, &sink, e);

	if (r < 0)
		return r;
	r = sink_append(sink, text->data, text->len, e);
	if (r == 0)
		r = sink_sync(sink, e);
	closed = sink_close(sink, r == 0 ? e : NULL);
	if (r == 0)
		r = closed;
	return r == 0 ? ops->commit(w->target, LOG_NAME, e) : r;
}

/* On a target that may never get the dump. */
static void copy_log(struct worker *other, void *user)
{
	struct error e = { 0 };

	if (write_log(other, user, &e) < 0) {
		say("%s on %s: %s", LOG_NAME, other->target->what, error_text(&e));
		return;
	}
	other->c->board->log_on[other->index] = other->c->board->log_saved = true;
	say("%s saved on %s too", LOG_NAME, other->target->what);
}

static void say_saved(const struct buf *text, const struct printk_stats *stats)
{
	if (stats->damaged)
		say("%s saved, %zu KiB; %llu damaged records skipped", LOG_NAME, text->len >> 10,
		    (unsigned long long)stats->damaged);
	else
		say("%s saved, %zu KiB", LOG_NAME, text->len >> 10);
}

/* On the open target, where it takes files. */
static int save(struct worker *w, const struct buf *text, const struct printk_stats *stats,
		struct error *e)
{
	struct target_needs needs;
	int r;

	w->target->ops->needs(w->planned, &needs);
	if (needs.dump_alone)
		return 0;
	r = write_log(w, text, e);
	if (r < 0)
		return r;
	w->c->board->log_on[w->index] = w->c->board->log_saved = true;
	say_saved(text, stats);
	return 0;
}

int log_save(struct worker *w, struct error *e)
{
	_cleanup_buf_ struct buf text = { .limit = TEXT_LIMIT };
	struct printk_stats stats = { 0 };
	struct error why = { 0 };
	int r;

	open_dump(w);
	if (!w->kernel || w->c->board->log_on[w->index])
		return 0;
	r = printk_text(w->kernel, &text, &stats, &why);
	if (r < 0)
		say("%s skipped: %s", LOG_NAME, error_text(&why));
	if (text.len == 0)
		return 0;
	if (stats.cut)
		say("the oldest %llu KiB of the log are left out",
		    (unsigned long long)stats.cut >> 10);
	r = save(w, &text, &stats, e);
	chain_each_other(w, copy_log, &text);
	return r;
}
