/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/teller.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "capture/console.h"
#include "capture/modules.h"
#include "capture/network.h"
#include "capture/setup.h"
#include "capture/stages.h"
#include "capture/tell.h"
#include "capture/words.h"
#include "capture/worker.h"

#define LOOK_EVERY (100 * USEC_PER_MSEC)
#define LOOK_SOON (5 * USEC_PER_MSEC)

/* Who answers, answers at once; behind a switch that forwards late it may take half a minute. */
#define ASK_EVERY USEC_PER_SEC

/* Before the worker, after the report. */
#define TELLER_OOM "950\n"

#define BOOT_WORD "lastword.boot="
#define CMDLINE_MAX 65536

struct teller {
	struct capture *c;
	usec_t deadline; /* of the last words, from when the network is nobody else's */
	struct dumpfile *dump;
	struct kernel *kernel;
	struct words words;
	struct tell tell;
};

/* The worker has come so far, or all is over. */
static bool wait_for_phase(const struct teller *t, enum phase phase)
{
	const struct board *b = t->c->board;

	while (b->phase < phase && !b->ended)
		usleep(LOOK_EVERY);
	return b->phase >= phase;
}

static void start_clock(struct teller *t)
{
	t->deadline = clock_now() + t->c->plan->words_timeout * USEC_PER_SEC;
}

/* Its modules come behind those that it shares with the target. */
static bool bring_network_up(struct teller *t)
{
	const struct plan *p = t->c->plan;
	struct error e = { 0 };

	if (!wait_for_phase(t, PHASE_NETWORK))
		return false;
	if (modules_number(p, true))
		say("%zu of %zu modules for the last words loaded",
		    modules_load(p, true, NULL, NULL), modules_number(p, true));
	if (network_has(p, false) && !wait_for_phase(t, PHASE_TARGET))
		return false;
	start_clock(t);
	if (!network_has(p, true) || network_up(p, true, t->deadline, &e) == 0)
		return true;
	say("last words: %s", error_text(&e));
	/* others may be reached by the target's way */
	return network_has(p, false);
}

/* What cannot be read is said, and the rest is told even so. */
static void read_words(struct teller *t)
{
	struct printk_stats stats;
	struct error e = { 0 };
	int r = dumpfile_open(VMCORE, &t->dump, &e);

	if (r == 0)
		r = kernel_open(t->dump, &t->kernel, &e);
	if (r == 0)
		r = printk_each(t->kernel, words_take, &t->words, &stats, &e);
	if (r < 0)
		say("last words: %s", error_text(&e));
	if (t->words.unnumbered)
		say("last words: this kernel's records have no numbers; they are not told");
}

static int open_receivers(struct teller *t, struct error *e)
{
	char host[KERNEL_NODENAME_SIZE] = "", boot[40] = "";
	_cleanup_buf_ struct buf cmdline = { 0 };
	const char *word;

	if (t->kernel)
		kernel_nodename(t->kernel, host);
	if (read_file_at(AT_FDCWD, "/proc/cmdline", CMDLINE_MAX, &cmdline) == 0 && cmdline.data) {
		word = cmdline_word(cmdline.data, BOOT_WORD);
		if (word)
			snprintf(boot, sizeof(boot), "%.*s", (int)strcspn(word, " \n"), word);
	}
	return tell_open(t->c->plan, host, boot, t->kernel ? kernel_release(t->kernel) : "",
			 &t->tell, e);
}

/* Says that it is here until a receiver, or the gateway to it, is known. */
static bool find_receivers(struct teller *t)
{
	char text[200];

	snprintf(text, sizeof(text), "lastword %s in the capture kernel", LASTWORD_VERSION);
	for (usec_t begun = clock_now(), now = begun, asked = 0;
	     now < t->deadline && !t->c->board->ended; now = clock_now()) {
		if (asked == 0 || now - asked >= ASK_EVERY) {
			t->tell.next = 0;
			tell_stage(&t->tell, ANNOUNCE_START, text);
			asked = now;
		}
		if (tell_is_heard(&t->tell))
			return true;
		usleep(now - begun < ASK_EVERY ? LOOK_SOON : LOOK_EVERY);
	}
	return false;
}

static void tell_words(struct teller *t)
{
	size_t n = t->words.count;
	char text[100];

	for (size_t i = 0; i < n; i++) {
		struct encode_record r;

		words_get(&t->words, i, &r);
		tell_record(&t->tell, &r);
	}
	say("last words: %zu records told to %zu receivers", n, t->c->plan->receivers_count);
	snprintf(text, sizeof(text), "%zu records sent again", n);
	tell_stage(&t->tell, ANNOUNCE_WORDS, text);
}

static void tell_stages(struct teller *t)
{
	struct stages s = { 0 };

	while (!s.over) {
		enum announce_stage stage;
		char text[STAGES_TEXT];

		if (stages_next(&s, t->c->board, clock_now(), &stage, text))
			tell_stage(&t->tell, stage, text);
		else
			usleep(LOOK_EVERY);
	}
}

int teller_run(struct capture *c)
{
	struct teller t = { .c = c };
	struct error e = { 0 };

	setting_write("/proc/self/oom_score_adj", TELLER_OOM);
	fault_point(&c->fault, PLACE_WORDS);
	if (!bring_network_up(&t))
		return EXIT_FAILURE;
	read_words(&t);
	if (open_receivers(&t, &e) < 0) {
		say("last words: %s", error_text(&e));
		return EXIT_FAILURE;
	}
	if (find_receivers(&t))
		tell_words(&t);
	else
		say("last words: no receiver answers");
	tell_stages(&t);
	/* the process ends here: nothing is freed */
	return EXIT_SUCCESS;
}
