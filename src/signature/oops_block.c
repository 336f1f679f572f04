/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature/oops_block.h"

#include <errno.h>
#include <string.h>

#define STRINGS_SIZE 16384
#define WORDS_SIZE 2048
#define TEXT_SIZE 32768

/* What the public struct's strings stand in. */
struct block {
	struct oops o; /* first: a pointer to one is a pointer to the other */
	const struct death *death;
	size_t strings_len, words_len, text_len;
	size_t mark; /* of text: all before it belongs to the block */
	unsigned lines;
	char strings[STRINGS_SIZE];
	char words[WORDS_SIZE];
	char text[TEXT_SIZE];
};

static struct block *block_of(struct oops *o)
{
	return (struct block *)o;
}

int oops_block_new(uint64_t time_ns, struct oops **ret)
{
	struct block *b = malloc(sizeof(*b));

	if (!b)
		return -ENOMEM;
	memset(b, 0, offsetof(struct block, strings));
	b->words[0] = b->text[0] = '\0';
	b->o.words = b->words;
	b->o.text = b->text;
	b->o.kind = "unknown";
	b->o.time_ns = time_ns;
	b->o.cpu = b->o.pid = -1;
	*ret = &b->o;
	return 0;
}

struct oops *oops_free(struct oops *o)
{
	free(o);
	return NULL;
}

/* NULL where there is no room. */
static const char *keep(struct oops *o, const char *s, size_t len)
{
	struct block *b = block_of(o);
	char *to = b->strings + b->strings_len;

	if (len >= STRINGS_SIZE - b->strings_len) {
		o->truncated = true;
		return NULL;
	}
	memcpy(to, s, len);
	to[len] = '\0';
	b->strings_len += len + 1;
	return to;
}

static const char *keep_word(struct oops *o, struct oops_word w)
{
	return w.start && w.len > 0 ? keep(o, w.start, w.len) : NULL;
}

/* A line and '\n' behind what is there. */
static bool append_line(char *to, size_t size, size_t *len, const char *line, size_t line_len)
{
	if (line_len + 2 > size - *len)
		return false;
	memcpy(to + *len, line, line_len);
	*len += line_len;
	to[(*len)++] = '\n';
	to[*len] = '\0';
	return true;
}

void oops_block_add_text(struct oops *o, const char *line)
{
	struct block *b = block_of(o);

	if (b->lines >= OOPS_LINES ||
	    !append_line(b->text, sizeof(b->text), &b->text_len, line, strlen(line)))
		o->truncated = true;
	else
		b->lines++;
}

void oops_block_mark(struct oops *o)
{
	block_of(o)->mark = block_of(o)->text_len;
}

void oops_block_finish(struct oops *o)
{
	struct block *b = block_of(o);

	b->text_len = b->mark;
	b->text[b->text_len] = '\0';
	/* The last '\n' of the words. */
	if (b->words_len > 0)
		b->words[b->words_len - 1] = '\0';
}

void oops_block_add_words(struct oops *o, const struct death *d, const char *line)
{
	struct block *b = block_of(o);

	if (!append_line(b->words, sizeof(b->words), &b->words_len, line, strlen(line)))
		o->truncated = true;
	if (!d)
		return;
	o->panic = o->panic || death_is_panic(d);
	if (!b->death) {
		b->death = d;
		o->kind = d->kind;
	}
}

const struct death *oops_block_death(const struct oops *o)
{
	return ((const struct block *)o)->death;
}

void oops_block_add_cpu(struct oops *o, const struct oops_line_cpu *c)
{
	if (o->cpu == -1)
		o->cpu = c->cpu;
	/* A hung task's block may have the CPU line of another that is shown beside it. */
	if (o->cpu == c->cpu && o->pid == -1)
		o->pid = c->pid;
	if (o->cpu == c->cpu && o->pid == c->pid && !o->comm)
		o->comm = keep_word(o, c->comm);
	oops_block_add_taint(o, c->taint, c->release);
}

void oops_block_add_taint(struct oops *o, struct oops_word taint, struct oops_word release)
{
	if (!o->taint)
		o->taint = keep_word(o, taint);
	if (!o->release)
		o->release = keep_word(o, release);
}

static void fill_frame(struct oops *o, struct oops_frame *to, const struct oops_line_frame *f,
		       enum oops_section section)
{
	*to = (struct oops_frame){
		.function = keep_word(o, f->function),
		.module = keep_word(o, f->module),
		.addr = f->addr,
		.offset = f->offset,
		.size = f->size,
		.uncertain = f->uncertain,
		.section = section,
	};
}

void oops_block_add_ip(struct oops *o, const struct oops_line_frame *f)
{
	if (!o->has_ip)
		fill_frame(o, &o->ip, f, OOPS_TASK);
	o->has_ip = true;
}

void oops_block_add_frame(struct oops *o, const struct oops_line_frame *f,
			  enum oops_section section)
{
	if (o->count == OOPS_FRAMES)
		o->truncated = true;
	else
		fill_frame(o, &o->frames[o->count++], f, section);
}

void oops_block_add_reg(struct oops *o, const struct oops_line_reg *r)
{
	struct oops_reg *reg = &o->regs[o->reg_count];

	for (size_t i = 0; i < o->reg_count; i++)
		if (strlen(o->regs[i].name) == r->name.len &&
		    memcmp(o->regs[i].name, r->name.start, r->name.len) == 0)
			return;
	if (o->reg_count == OOPS_REGS)
		return;
	reg->name = keep_word(o, r->name);
	reg->value = r->value;
	if (reg->name)
		o->reg_count++;
}

void oops_block_set(struct oops *o, const char **field, const char *value)
{
	if (!*field)
		*field = keep(o, value, strlen(value));
}
