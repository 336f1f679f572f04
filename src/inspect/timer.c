/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/timer.h"

#include <getopt.h>
#include <inttypes.h>

#include "inspect/choose.h"

int timer_digits(uint64_t n)
{
	return snprintf(NULL, 0, "%" PRIu64, n);
}

void timer_damage(struct timer_show *t, int err, const struct error *why)
{
	if (err < 0 && !t->damage.code)
		error_set(&t->damage, err, "%s", error_text(why));
}

static int show_json(struct timer_show *t, bool high, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err, ended;

	t->json = &j;
	inspect_json_begin(t->c, &j, &buf, "timer");
	json_put_array(&j, "bases");
	err = high ? timer_high(t, e) : timer_wheel(t, e);
	json_array_end(&j);
	json_put_string(&j, "damage", t->damage.code ? error_text(&t->damage) : NULL);
	ended = inspect_json_end(t->c, &j, e);
	return err < 0 ? err : ended;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_free_ bool *cpus = NULL;
	struct timer_show t = { .c = c };
	struct modules *modules;
	const char *words = "all";
	bool high = false;
	int opt, err;

	while ((opt = getopt(argc, argv, "+rC:")) != -1) {
		switch (opt) {
		case 'r':
			high = true;
			break;
		case 'C':
			words = optarg;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	/* Timers of modules: their functions have names once modules are known. */
	(void)!inspect_modules(c, &modules, NULL);
	err = inspect_source(c, &t.source, e);
	if (err == 0)
		err = choose_cpus(c, words, &cpus, &t.count, e);
	if (err < 0)
		return err;
	t.cpus = cpus;
	if (c->json)
		return show_json(&t, high, e);
	err = high ? timer_high(&t, e) : timer_wheel(&t, e);
	if (err == 0 && t.damage.code)
		fprintf(c->out, "timer: perhaps not all: %s\n", error_text(&t.damage));
	return err;
}

const struct inspect_command inspect_timer = {
	.name = "timer",
	.usage = "[-r] [-C cpus]",
	.summary = "timers that wait, those due first first",
	.details = "  -r       high-resolution timers, in ns; else the timer wheel's, in jiffies\n"
		   "  -C cpus  of these CPUs alone, such as 1,3-5\n",
	.run = run,
};
