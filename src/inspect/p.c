/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/evaluate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/choose.h"
#include "kernel/type_print.h"

struct printing {
	struct inspect *c;
	struct value_style style;
	const char *text; /* the expression, without a cpuspec */
	struct json json;
};

static int print_json(struct printing *p, const struct evaluated *v, uint32_t cpu,
		      const char *value, struct error *e)
{
	_cleanup_buf_ struct buf type = { 0 };
	int err = type_declare(v->value.type, "", &type);

	if (err < 0)
		return error_errno(e, err, "%s", p->text);
	json_object(&p->json);
	if (cpu != EVALUATE_NO_CPU)
		json_put_uint(&p->json, "cpu", cpu);
	json_put_string(&p->json, "type", type.data);
	if (v->value.in_memory)
		json_put_hex(&p->json, "address", v->value.addr);
	json_put_string(&p->json, "type_from", v->from);
	json_put_string(&p->json, "value", value);
	json_object_end(&p->json);
	return 0;
}

/* crash begins a new line before what gdb writes on one, where that is in braces. */
static const char *gap(bool named, const char *value)
{
	return named && value[0] == '{' && value[1] != '\n' ? "\n " : "";
}

static int print_one(struct printing *p, const struct evaluated *v, uint32_t cpu, struct error *e)
{
	_cleanup_buf_ struct buf value = { 0 };
	struct inspect *c = p->c;
	int err = evaluate_text(c, &v->value, &p->style, &value, e);

	if (err < 0)
		return error_prefix(e, err, "%s", p->text);
	if (c->json)
		return print_json(p, v, cpu, value.data, e);
	c->printed++;
	if (cpu != EVALUATE_NO_CPU)
		fprintf(c->out, "per_cpu(%s, %" PRIu32 ") = ", p->text, cpu);
	else if (evaluate_is_name(p->text))
		fprintf(c->out, "%s = ", p->text);
	fprintf(c->out, "$%" PRIu64 " = %s%s\n", c->printed,
		gap(cpu != EVALUATE_NO_CPU || evaluate_is_name(p->text), value.data), value.data);
	return 0;
}

/* A per-CPU variable without a CPU: where each CPU has it. */
static int print_places(struct printing *p, const struct evaluated *v, struct error *e)
{
	_cleanup_buf_ struct buf declaration = { 0 };
	struct percpu *percpu;
	uint64_t addr;
	int err = inspect_percpu(p->c, &percpu, e);

	if (err < 0)
		return err;
	err = type_declare(v->value.type, p->text, &declaration);
	if (err < 0)
		return error_errno(e, err, "%s", p->text);
	fprintf(p->c->out, "PER-CPU DATA TYPE:\n  %s;\nPER-CPU ADDRESSES:\n", declaration.data);
	for (uint32_t cpu = 0; cpu < percpu->count; cpu++)
		if (percpu->present[cpu] && percpu_address(percpu, cpu, v->value.addr, &addr))
			fprintf(p->c->out, "  [%" PRIu32 "]: %" PRIx64 "\n", cpu, addr);
	return 0;
}

static int print_on_cpus(struct printing *p, const char *cpus, struct error *e)
{
	_cleanup_free_ bool *chosen = NULL;
	const struct task *context;
	char number[16];
	uint32_t count;
	int err = 0;

	if (!*cpus) {
		err = choose_context(p->c, &context, e);
		if (err < 0)
			return err;
		snprintf(number, sizeof(number), "%" PRIu32, context->cpu);
		cpus = number;
	}
	err = choose_cpus(p->c, strcmp(cpus, "a") == 0 ? "all" : cpus, &chosen, &count, e);
	for (uint32_t cpu = 0; err == 0 && cpu < count; cpu++) {
		struct evaluated v;

		if (!chosen[cpu])
			continue;
		err = evaluate(p->c, p->text, cpu, &v, e);
		if (err == 0 && !v.percpu)
			err = error_set(e, -EINVAL, "%s: not per-CPU", p->text);
		if (err == 0)
			err = print_one(p, &v, cpu, e);
	}
	return err;
}

/* All of it, with the CPUs after the last colon. */
static int print(struct printing *p, char *text, struct error *e)
{
	char *colon = strrchr(text, ':');
	struct evaluated v;
	int err;

	p->text = text;
	if (colon && strspn(colon + 1, "0123456789,-al") == strlen(colon + 1)) {
		*colon = '\0';
		return print_on_cpus(p, colon + 1, e);
	}
	err = evaluate(p->c, text, EVALUATE_NO_CPU, &v, e);
	if (err < 0)
		return err;
	if (!v.percpu)
		return print_one(p, &v, EVALUATE_NO_CPU, e);
	if (evaluate_is_name(text) && !p->c->json)
		return print_places(p, &v, e);
	/* its symbol, as gdb has it */
	if (text[0] == '&' && evaluate_is_name(text + 1))
		return print_one(p, &v, EVALUATE_NO_CPU, e);
	return error_set(e, -EINVAL, "%s: a per-CPU variable: say of which CPU (%s:0, %s:a)", text,
			 text, text);
}

static bool take_format(const char *word, struct printing *p)
{
	if (word[0] != '/' || !word[1] || word[2] || !strchr("xduotc", word[1]))
		return false;
	p->style.format = word[1];
	return true;
}

static int run_expression(struct printing *p, char *text, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	int err, end;

	if (!p->c->json)
		return print(p, text, e);
	inspect_json_begin(p->c, &p->json, &buf, "p");
	json_put_string(&p->json, "expression", text);
	json_put_array(&p->json, "values");
	err = print(p, text, e);
	json_array_end(&p->json);
	end = inspect_json_end(p->c, &p->json, err < 0 ? NULL : e);
	return err < 0 ? err : end;
}

/* Options by hand: "-5" is an expression. */
static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct printing p = { .c = c, .style = { .hex = c->hex } };
	_cleanup_free_ char *text = NULL;
	int first = 1;

	if (argv[0][1] && !take_format(argv[0] + 1, &p))
		return error_set(e, -EINVAL, "%s: formats are x, d, u, o, t and c", argv[0] + 1);
	for (; first < argc; first++) {
		if (strcmp(argv[first], "-x") == 0)
			p.style.hex = true;
		else if (strcmp(argv[first], "-d") == 0)
			p.style.hex = false;
		else if (strcmp(argv[first], "-u") == 0)
			return error_set(e, -EOPNOTSUPP, "user space is read with 'rd -u'");
		else if (!take_format(argv[first], &p))
			break;
	}
	if (first == argc)
		return error_set(e, -EINVAL, "which expression?");
	text = join_words(argc, argv, first);
	return text ? run_expression(&p, text, e) : error_errno(e, -ENOMEM, "words");
}

const struct inspect_command inspect_p = {
	.name = "p",
	.usage = "[-x | -d] [/format] expression | symbol[:cpus]",
	.summary = "the value of an expression",
	.details = "  -x       numbers are hexadecimal; -d decimal\n"
		   "  /format  of all numbers, as in gdb: x, d, u, o, t, c; p/x does too\n"
		   "  :cpus    of a per-CPU variable: \":\" the context's CPU, \":a\" all, "
		   "\":1-3,5\"\n"
		   "\n"
		   "  p jiffies             p init_task.comm         p &init_task\n"
		   "  p runqueues:0         p runqueues.curr->comm:a p *(struct rq "
		   "*)0xffff8d149e236040\n"
		   "  p sizeof(struct page) p *avenrun@2             p/x init_task.flags\n",
	.run = run,
};
