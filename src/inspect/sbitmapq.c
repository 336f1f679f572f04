/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "inspect/members.h"

#define DEPTH_LIMIT (UINT64_C(1) << 24)
#define WAITERS 8 /* SBQ_WAIT_QUEUES */
#define LINE 16	  /* bytes */

struct options {
	bool has_struct, has_array, pointers, whole;
	uint64_t array;
	struct members members;
};

struct bitmap_queue {
	struct inspect *c;
	struct object_source source;
	struct object queue, sb;
	uint64_t depth, shift, words;
	uint64_t busy, cleared; /* bits */
	uint8_t *bits;		/* depth of them: used and not cleared */
};

static unsigned count_bits(uint64_t word)
{
	return (unsigned)__builtin_popcountll(word);
}

/* A bit that was given back is first marked in `cleared`. Words hold 1 << shift bits. */
static int read_words(struct bitmap_queue *q, struct error *e)
{
	const unsigned per_word = 1U << q->shift;
	struct object words, word;
	int err = object_follow(&q->source, &q->sb, "map->", &words, e);

	for (uint64_t i = 0; err == 0 && i < q->words; i++) {
		uint64_t set, cleared = 0;
		struct object at = words;

		at.addr += i * object_size(&words);
		err = object_number(&q->source, &at, "word", &set, e);
		if (err == 0 && object_follow(&q->source, &at, "cleared", &word, NULL) == 0)
			err = object_number(&q->source, &word, "", &cleared, e);
		if (err < 0)
			break;
		q->cleared += count_bits(cleared);
		set &= ~cleared;
		q->busy += count_bits(set);
		for (unsigned bit = 0; bit < per_word; bit++) {
			const uint64_t n = i * per_word + bit;

			if (n < q->depth && set >> bit & 1)
				q->bits[n / 8] |= (uint8_t)(1U << n % 8);
		}
	}
	return err;
}

static int open_queue(struct bitmap_queue *q, uint64_t addr, struct error *e)
{
	int err = object_at(&q->source, "sbitmap_queue", addr, &q->queue, e);

	if (err == 0)
		err = object_follow(&q->source, &q->queue, "sb", &q->sb, e);
	if (err == 0)
		err = object_number(&q->source, &q->sb, "depth", &q->depth, e);
	if (err == 0)
		err = object_number(&q->source, &q->sb, "shift", &q->shift, e);
	if (err == 0)
		err = object_number(&q->source, &q->sb, "map_nr", &q->words, e);
	if (err < 0)
		return err;
	if (q->depth > DEPTH_LIMIT || q->shift > 6 ||
	    q->words != DIV_ROUND_UP(q->depth, 1U << q->shift))
		return error_set(e, -EINVAL,
				 "%" PRIx64 " is no sbitmap_queue: %" PRIu64 " bits in %" PRIu64
				 " words of %u",
				 addr, q->depth, q->words, 1U << MIN(q->shift, (uint64_t)31));
	q->bits = calloc(q->depth / 8 + 1, 1);
	if (!q->bits)
		return error_errno(e, -ENOMEM, "%" PRIu64 " bits", q->depth);
	return read_words(q, e);
}

static bool is_set(const struct bitmap_queue *q, uint64_t bit)
{
	return q->bits[bit / 8] >> bit % 8 & 1;
}

/* ---- the queue itself ---- */

static void show_hints(struct bitmap_queue *q)
{
	struct object hint;
	struct percpu *percpu;
	uint64_t addr, value;
	bool first = true;

	if (object_follow(&q->source, object_has(&q->sb, "alloc_hint") ? &q->sb : &q->queue,
			  "alloc_hint->", &hint, NULL) < 0 ||
	    inspect_percpu(q->c, &percpu, NULL) < 0)
		return;
	fputs("alloc_hint = {", q->c->out);
	for (uint32_t cpu = 0; cpu < percpu->count; cpu++) {
		if (!percpu->online[cpu] || !percpu_address(percpu, cpu, hint.addr, &addr) ||
		    inspect_number(q->c, addr, 4, &value, NULL) < 0)
			continue;
		fprintf(q->c->out, "%s%" PRIu64, first ? "" : ", ", value);
		first = false;
	}
	fputs("}\n", q->c->out);
}

/* Somebody waits where the list in the wait queue is not empty. */
static void show_waiters(struct bitmap_queue *q)
{
	const struct object_source *s = &q->source;
	struct object states, state, head;

	if (object_follow(s, &q->queue, "ws->", &states, NULL) < 0)
		return;
	fputs("ws = {\n", q->c->out);
	for (unsigned i = 0; i < WAITERS; i++) {
		uint64_t next = 0, count;

		state = states;
		state.addr += i * object_size(&states);
		fputs("\t{ ", q->c->out);
		if (object_number(s, &state, "wait_cnt", &count, NULL) == 0)
			fprintf(q->c->out, ".wait_cnt = %" PRId64 ", ", (int64_t)count);
		if (object_follow(s, &state, "wait.head|wait.task_list", &head, NULL) == 0)
			next = object_number_or_0(s, &head, "next");
		fprintf(q->c->out, ".wait = %s },\n",
			next == 0	    ? "(not in the dump)"
			: next == head.addr ? "inactive"
					    : "active");
	}
	fputs("}\n", q->c->out);
}

static void show_number(struct bitmap_queue *q, const struct object *in, const char *member)
{
	uint64_t value;

	if (object_number(&q->source, in, member, &value, NULL) == 0)
		fprintf(q->c->out, "%s = %" PRIu64 "\n", member, value);
}

static void show_bits(const struct bitmap_queue *q)
{
	const uint64_t bytes = DIV_ROUND_UP(q->depth, 8);

	for (uint64_t at = 0; at < bytes; at += LINE) {
		fprintf(q->c->out, "%08" PRIx64 ":", at);
		for (uint64_t i = at; i < MIN(at + LINE, bytes); i++)
			fprintf(q->c->out, "%s%02x", i % 2 ? "" : " ", q->bits[i]);
		fputc('\n', q->c->out);
	}
}

static void show_queue(struct bitmap_queue *q)
{
	fprintf(q->c->out,
		"depth = %" PRIu64 "\nbusy = %" PRIu64 "\ncleared = %" PRIu64
		"\nbits_per_word = %u\nmap_nr = %" PRIu64 "\n",
		q->depth, q->busy, q->cleared, 1U << q->shift, q->words);
	show_hints(q);
	show_number(q, &q->queue, "wake_batch");
	show_number(q, &q->queue, "wake_index");
	show_number(q, &q->queue, "ws_active");
	show_waiters(q);
	show_number(q, object_has(&q->sb, "round_robin") ? &q->sb : &q->queue, "round_robin");
	show_number(q, &q->queue, "min_shallow_depth");
	fputc('\n', q->c->out);
	show_bits(q);
}

/* ---- what the bits stand for ---- */

static int thing_at(struct bitmap_queue *q, const struct options *o, uint64_t bit, uint64_t *ret,
		    struct error *e)
{
	const struct object thing = { .type = o->members.type };
	const uint64_t size = o->pointers ? sizeof(uint64_t) : object_size(&thing);

	*ret = o->array + bit * size;
	return o->pointers ? inspect_number(q->c, *ret, sizeof(*ret), ret, e) : 0;
}

static int show_things(struct bitmap_queue *q, const struct options *o, struct json *j,
		       struct error *e)
{
	int err = 0;

	for (uint64_t bit = 0; err == 0 && bit < q->depth; bit++) {
		uint64_t addr = 0;

		if (!is_set(q, bit))
			continue;
		if (o->has_struct)
			err = thing_at(q, o, bit, &addr, e);
		if (err < 0)
			break;
		if (j) {
			json_object(j);
			json_put_uint(j, "bit", bit);
			json_put_hex(j, "address", addr);
		} else {
			fprintf(q->c->out,
				o->whole ? "%" PRIu64 " (0x%016" PRIx64 "):\n"
					 : "%" PRIu64 ": 0x%016" PRIx64 "\n",
				bit, addr);
		}
		if (o->whole)
			err = members_show(&o->members, addr, j, e);
		if (j)
			json_object_end(j);
	}
	return err;
}

static int show_json(struct bitmap_queue *q, const struct options *o, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err, ended;

	inspect_json_begin(q->c, &j, &buf, "sbitmapq");
	json_put_uint(&j, "depth", q->depth);
	json_put_uint(&j, "busy", q->busy);
	json_put_uint(&j, "cleared", q->cleared);
	json_put_array(&j, "used");
	err = show_things(q, o, &j, e);
	json_array_end(&j);
	ended = inspect_json_end(q->c, &j, e);
	return err < 0 ? err : ended;
}

/* ---- words ---- */

static int parse(struct inspect *c, int argc, char **argv, struct options *o, uint64_t *ret_addr,
		 struct error *e)
{
	const char *words = NULL;
	bool hex = false;
	int opt, err = 0;

	while (err == 0 && (opt = getopt(argc, argv, "s:a:pvxd")) != -1) {
		switch (opt) {
		case 's':
			words = optarg;
			break;
		case 'a':
			o->has_array = true;
			err = inspect_address(c, optarg, &o->array, e);
			break;
		case 'p':
			o->pointers = true;
			break;
		case 'v':
			o->whole = true;
			break;
		case 'x':
		case 'd':
			hex = opt == 'x';
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	if (err == 0 && words)
		err = members_parse(c, words, &o->members, e);
	if (err < 0)
		return err;
	o->has_struct = words;
	o->members.hex = hex;
	if (o->has_struct != o->has_array)
		return error_set(e, -EINVAL, "-s and -a come together");
	if ((o->whole || o->pointers) && !o->has_struct)
		return error_set(e, -EINVAL, "-p and -v are for -s");
	if (argc - optind != 1)
		return error_set(e, -EINVAL, "which sbitmap_queue?");
	return inspect_address(c, argv[optind], ret_addr, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct bitmap_queue q = { .c = c };
	struct options o = { 0 };
	uint64_t addr;
	int err = inspect_source(c, &q.source, e);

	if (err == 0)
		err = parse(c, argc, argv, &o, &addr, e);
	if (err == 0)
		err = open_queue(&q, addr, e);
	if (err == 0 && c->json)
		err = show_json(&q, &o, e);
	else if (err == 0 && o.has_struct)
		err = show_things(&q, &o, NULL, e);
	else if (err == 0)
		show_queue(&q);
	free(q.bits);
	return err;
}

const struct inspect_command inspect_sbitmapq = {
	.name = "sbitmapq",
	.usage = "[-s struct[.member,…] -a address [-p] [-v]] [-x | -d] address",
	.summary = "a struct sbitmap_queue, and what its set bits stand for",
	.details = "  -s, -a   the bits count things of this struct in the array at that address;\n"
		   "           -p: of pointers to them; -v: show them\n"
		   "  -x, -d   numbers are hexadecimal, decimal\n",
	.run = run,
};
