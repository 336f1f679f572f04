/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/search.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "base/progress.h"
#include "inspect/choose.h"
#include "inspect/user.h"

#define SHOWN_TEXT 56 /* characters of a string that was found */
#define AROUND_MAX 4096
#define JSON_MATCHES 200000

struct options {
	struct search_area area;
	bool has_start, stacks, active; /* -t -T */
	uint64_t length;
	unsigned width;
	bool strings;
	uint64_t mask, around; /* -x */
};

struct printer {
	struct inspect *c;
	const struct options *o;
	struct json j;
	uint64_t matches;
	const struct task *task; /* of -t: whose line was not printed yet */
	bool task_shown;
};

/* ---- what was found ---- */

static int read_byte(const struct printer *p, uint64_t addr, uint8_t *ret)
{
	const struct search_area *area = &p->o->area;

	if (area->space == SEARCH_USER)
		return user_read(p->c, area->mm, addr, ret, 1, NULL);
	if (area->space == SEARCH_PHYSICAL)
		return dump_read(kernel_reader_dump(p->c->reader), addr, ret, 1, NULL);
	return kernel_read(p->c->reader, addr, ret, 1, NULL);
}

static void text_at(const struct printer *p, uint64_t addr, char ret[SHOWN_TEXT + 1])
{
	size_t n = 0;

	for (; n < SHOWN_TEXT; n++) {
		uint8_t ch;

		if (read_byte(p, addr + n, &ch) < 0)
			break;
		ret[n] = ch >= 0x20 && ch < 0x7f ? (char)ch : '.';
	}
	ret[n] = '\0';
}

/* -x: what stands before or behind, as rd shows it. */
static void print_around(const struct printer *p, uint64_t addr)
{
	const struct options *o = p->o;
	const char *space = o->area.space == SEARCH_USER       ? "-u"
			    : o->area.space == SEARCH_PHYSICAL ? "-p"
							       : NULL;
	char at[24], count[24], width[8];
	char *argv[] = { (char *)"rd", width, at, count, (char *)space, NULL };

	snprintf(width, sizeof(width), "-%u", o->width * 8);
	snprintf(at, sizeof(at), "%" PRIx64, addr);
	snprintf(count, sizeof(count), "%" PRIu64, o->around);
	(void)!inspect_run(p->c, space ? 5 : 4, argv, NULL);
}

static int json_match(struct printer *p, uint64_t addr, const struct search_value *value,
		      uint64_t found)
{
	char text[SHOWN_TEXT + 1];

	json_object(&p->j);
	json_put_hex(&p->j, "address", addr);
	if (p->task)
		json_put_uint(&p->j, "pid", p->task->pid);
	if (p->o->strings) {
		text_at(p, addr, text);
		json_put_string(&p->j, "text", text);
	} else {
		json_put_hex(&p->j, "value", found);
		json_put_string(&p->j, "name", value->word);
	}
	json_object_end(&p->j);
	return p->matches >= JSON_MATCHES ? 1 : 0;
}

static int print_match(void *user, uint64_t addr, const struct search_value *value, uint64_t found)
{
	struct printer *p = user;
	const uint64_t before = p->o->around * p->o->width;
	char text[SHOWN_TEXT + 1];
	FILE *out = p->c->out;

	p->matches++;
	if (p->c->json)
		return json_match(p, addr, value, found);
	if (p->task && !p->task_shown) {
		print_task_line(out, p->task);
		p->task_shown = true;
	}
	if (p->o->strings) {
		text_at(p, addr, text);
		fprintf(out, "%" PRIx64 ": %s\n", addr, text);
		return ferror(out) ? -EPIPE : 0;
	}
	if (p->o->around)
		print_around(p, addr - before);
	fprintf(out, p->o->around ? "%016" PRIx64 ":  %" PRIx64 " " : "%" PRIx64 ": %" PRIx64 " ",
		addr, found);
	if (value->word)
		fprintf(out, value->word[0] == '(' ? "%s" : "(%s)", value->word);
	fputc('\n', out);
	if (p->o->around) {
		print_around(p, addr + p->o->width);
		fputc('\n', out);
	}
	return ferror(out) ? -EPIPE : 0;
}

/* ---- what to look for ---- */

static int take_number(struct inspect *c, const struct options *o, char *word,
		       struct search_value *ret, struct error *e)
{
	int err = 0;

	*ret = (struct search_value){ 0 };
	if (word[0] == '(' || !inspect_hex(word, &ret->value)) {
		err = inspect_evaluate(c, word, &ret->value, e);
		ret->word = word;
	}
	if (err == 0 && o->width < 8 && ret->value >> (8 * o->width))
		return error_set(e, -EINVAL, "%s does not fit into %u bits", word, o->width * 8);
	return err;
}

static int take_string(char *word, struct search_value *ret, struct error *e)
{
	*ret = (struct search_value){ .word = word,
				      .text = (const uint8_t *)word,
				      .len = strlen(word) };
	if (ret->len == 0 || ret->len > SEARCH_TEXT_MAX)
		return error_set(e, -EINVAL, "a string has 1 to %d bytes", SEARCH_TEXT_MAX);
	return 0;
}

static int take_values(struct inspect *c, const struct options *o, int count, char **words,
		       struct search_value *ret, struct error *e)
{
	int err = 0;

	if (count == 0)
		return error_set(e, -EINVAL, "what to look for?");
	if (count > SEARCH_VALUES)
		return error_set(e, -E2BIG, "at most %d values", SEARCH_VALUES);
	for (int i = 0; i < count && err == 0; i++)
		err = o->strings ? take_string(words[i], &ret[i], e)
				 : take_number(c, o, words[i], &ret[i], e);
	return err;
}

static int take_option(struct inspect *c, struct options *o, int opt, struct error *e)
{
	switch (opt) {
	case 's':
		o->has_start = true;
		return inspect_address(c, optarg, &o->area.start, e);
	case 'e':
		return inspect_address(c, optarg, &o->area.end, e);
	case 'l':
		return inspect_count(optarg, &o->length, e);
	case 'm':
		if (!inspect_hex(optarg, &o->mask))
			return error_set(e, -EINVAL, "%s is no hexadecimal mask", optarg);
		return 0;
	case 'x':
		if (inspect_count(optarg, &o->around, e) < 0)
			return -EINVAL;
		if (o->around > AROUND_MAX)
			return error_set(e, -EINVAL, "-x: at most %d", AROUND_MAX);
		return 0;
	case 'k':
		o->area.space = SEARCH_KERNEL;
		return 0;
	case 'K':
		o->area.space = SEARCH_KERNEL_STATIC;
		return 0;
	case 'V':
		o->area.space = SEARCH_KERNEL_MAPPED;
		return 0;
	case 'u':
		o->area.space = SEARCH_USER;
		return 0;
	case 'p':
		o->area.space = SEARCH_PHYSICAL;
		return 0;
	case 'T':
		o->active = true;
		o->stacks = true;
		return 0;
	case 't':
		o->stacks = true;
		return 0;
	case 'c':
		o->strings = true;
		return 0;
	case 'w':
		o->width = 4;
		return 0;
	default:
		o->width = 2; /* -h */
		return 0;
	}
}

static int check_options(struct inspect *c, struct options *o, struct error *e)
{
	if (o->length && add_overflow(o->area.start, o->length, &o->area.end))
		o->area.end = 0;
	if (o->area.end && o->area.end <= o->area.start)
		return error_set(e, -EINVAL, "the end %" PRIx64 " is not after %" PRIx64,
				 o->area.end, o->area.start);
	if (!o->strings && o->area.start % 8) {
		o->area.start = align_down(o->area.start, 8);
		if (!c->json)
			fprintf(c->out, "search: rounding down start address to: %" PRIx64 "\n",
				o->area.start);
	}
	if (o->area.space != SEARCH_USER)
		return 0;
	return choose_user_memory(c, &o->area.mm, e);
}

/* ---- where ---- */

static int search_stacks(struct printer *p, struct search_scan *scan, struct search_stats *stats,
			 struct error *e)
{
	struct search_area area = { .space = SEARCH_KERNEL };
	const struct stacks *stacks;
	const struct task *list;
	struct tasks *tasks;
	size_t n;
	int err = inspect_tasks(p->c, &tasks, e);

	if (err == 0)
		err = inspect_stacks(p->c, &stacks, e);
	if (err < 0)
		return err;
	n = tasks_list(tasks, &list);
	for (size_t i = 0; i < n && err == 0; i++) {
		if (!list[i].stack || (p->o->active && !list[i].current))
			continue;
		p->task = &list[i];
		p->task_shown = false;
		area.start = list[i].stack;
		area.end = list[i].stack + stacks_thread_size(stacks);
		err = search_area(p->c, &area, scan, stats, e);
		if (p->task_shown)
			fputc('\n', p->c->out);
	}
	return err;
}

static void say_missing(struct printer *p, const struct search_stats *s)
{
	if (p->c->json) {
		json_array_end(&p->j);
		json_put_uint(&p->j, "bytes", s->bytes);
		json_put_uint(&p->j, "excluded_pages", s->excluded);
		json_put_uint(&p->j, "lost_pages", s->lost);
		json_put_bool(&p->j, "more", p->matches >= JSON_MATCHES);
		return;
	}
	if (s->excluded)
		fprintf(p->c->out, "(not searched: %" PRIu64 " pages that the dump excludes)\n",
			s->excluded);
	if (s->lost)
		fprintf(p->c->out, "(not searched: %" PRIu64 " pages that are lost)\n", s->lost);
	if (s->cut)
		fputs("(perhaps not all was searched: a part of the page tables is missing)\n",
		      p->c->out);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct search_value values[SEARCH_VALUES];
	struct options o = { .width = 8 };
	struct printer p = { .c = c, .o = &o };
	struct search_stats stats = { 0 };
	struct search_scan scan = { .values = values, .emit = print_match, .user = &p };
	int opt, err = 0;

	while (err == 0 && (opt = getopt(argc, argv, "+s:e:l:m:x:kKVuptTcwh")) != -1) {
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		err = take_option(c, &o, opt, e);
	}
	if (err == 0)
		err = check_options(c, &o, e);
	if (err == 0)
		err = take_values(c, &o, argc - optind, argv + optind, values, e);
	if (err < 0)
		return err;
	scan.width = o.strings ? 0 : o.width;
	scan.mask = o.mask;
	scan.count = argc - optind;
	if (c->json) {
		inspect_json_begin(c, &p.j, &buf, "search");
		json_put_array(&p.j, "matches");
	}
	progress_begin(c->progress, "searching",
		       dumpfile_info(kernel_dump(c->kernel))->max_pfn *
			       dumpfile_info(kernel_dump(c->kernel))->page_size);
	err = o.stacks ? search_stacks(&p, &scan, &stats, e)
		       : search_area(c, &o.area, &scan, &stats, e);
	progress_end(c->progress);
	if (err < 0)
		return err;
	say_missing(&p, &stats);
	return c->json ? inspect_json_end(c, &p.j, e) : 0;
}

const struct inspect_command inspect_search = {
	.name = "search",
	.usage = "[-s start] [-k | -K | -V | -u | -p | -t | -T] [-e end | -l length] [-m mask] [-x "
		 "count] "
		 "[-c | -w | -h] value | (expression) | symbol | string …",
	.summary = "where in memory a number or a string stands",
	.details = "  -k         kernel memory, as its page tables map it; this where nothing is "
		   "said\n"
		   "  -K         of that the map of all memory and the kernel's image\n"
		   "  -V         of that the rest: vmalloc, modules, mem_map\n"
		   "  -u         the context's user memory\n"
		   "  -p         physical memory\n"
		   "  -t, -T     the stacks of all tasks, of those that ran\n"
		   "  -s, -e     from and up to these addresses; -l so many bytes\n"
		   "  -m mask    bits that do not count\n"
		   "  -w, -h     numbers of 32, 16 bits; else 64\n"
		   "  -c         strings\n"
		   "  -x count   with so many numbers before and behind\n",
	.run = run,
};
