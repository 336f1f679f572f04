/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/log.h"

#include <stdio.h>

#include "capture/chain.h"
#include "capture/console.h"
#include "capture/file.h"
#include "capture/manifest.h"
#include "kernel/printk.h"
#include "save/readers.h"

#define LOG_NAME "vmcore-dmesg.txt"

/* Of a larger log the newest part: the reservation is small. */
#define TEXT_LIMIT MIB(16)

/* What the log and the report read is what the dump begins with: 64 MiB of 4 KiB pages, noted in 256 KiB. */
#define WORTH_PAGES (UINT32_C(1) << 14)

static void watch_dump(struct worker *w)
{
	if (touched_new(WORTH_PAGES, &w->touched) == 0)
		dumpfile_watch(w->dump, w->touched);
}

static void open_dump(struct worker *w)
{
	struct error e = { 0 };

	if (dumpfile_open(VMCORE, &w->dump, &e) < 0) {
		w->dump = NULL;
		say("the dump cannot be read, it will be copied as it is: %s", error_text(&e));
		manifest_add_skipped(&w->c->board->manifest, "filtering", error_text(&e));
		manifest_source(w);
		return;
	}
	watch_dump(w);
	if (kernel_open(w->dump, &w->kernel, &e) < 0) {
		w->kernel = NULL;
		say("the crashed kernel is not understood, its log cannot be found and nothing "
		    "but zero pages can be left out: %s",
		    error_text(&e));
		manifest_add_skipped(&w->c->board->manifest, "log, report, filtering",
				     error_text(&e));
	} else {
		readers_need(w->kernel);
	}
	manifest_source(w);
}

static int write_log(struct worker *w, const struct buf *text, struct error *e)
{
	return file_save(w, LOG_NAME, text->data, text->len, true, e);
}

static void note_saved(struct worker *w)
{
	struct board *b = w->c->board;

	snprintf(b->dir_on[w->index], sizeof(b->dir_on[0]), "%s", w->target->dir_name);
	b->log_on[w->index] = b->log_saved = b->manifest.targets[w->index].log = true;
}

/* On a target that may never get the dump. */
static void copy_log(struct worker *other, void *user)
{
	struct error e = { 0 };

	if (write_log(other, user, &e) < 0) {
		say("%s on %s: %s", LOG_NAME, other->target->what, error_text(&e));
		return;
	}
	note_saved(other);
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
	int r;

	if (!file_is_taken(w))
		return 0;
	r = write_log(w, text, e);
	if (r < 0)
		return r;
	note_saved(w);
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
	if (r < 0) {
		say("%s skipped: %s", LOG_NAME, error_text(&why));
		manifest_add_skipped(&w->c->board->manifest, LOG_NAME, error_text(&why));
	}
	if (text.len == 0)
		return 0;
	if (stats.cut)
		say("the oldest %llu KiB of the log are left out",
		    (unsigned long long)stats.cut >> 10);
	r = save(w, &text, &stats, e);
	chain_each_other(w, copy_log, &text);
	return r;
}
