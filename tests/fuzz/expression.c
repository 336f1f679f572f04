/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expressions over a made-up machine: whatever parses has a value that can be shown, or says why not. */
#include "kernel/expression.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/kernel/typed.h"
#include "kernel/type_print.h"
#include "kernel/type_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int resolve(void *user, const char *name, struct value *ret, struct error *e)
{
	struct object o = typed_task(user);

	if (strcmp(name, "task") != 0)
		return error_set(e, -ENOENT, "%s: nobody", name);
	*ret = (struct value){ .type = o.type, .in_memory = true, .addr = o.addr };
	return 0;
}

static void look(struct typed *machine, const char *text)
{
	struct expression_source s = { machine->source, resolve, machine };
	struct type_source values = { .reader = machine->source.reader };
	_cleanup_buf_ struct buf out = { 0 };
	struct error e = { 0 };
	struct type_member m;
	struct value v;
	uint64_t n;

	if (expression_evaluate(&s, text, &v, &e) < 0) {
		if (!e.text[0])
			abort();
		return;
	}
	(void)!value_number(&s, &v, &n, NULL);
	(void)!type_declare(v.type, "x", &out);
	if (v.in_memory && type_member_find(v.type, "", &m) && m.size < KIB(64))
		(void)!type_value(&values, &m, v.addr, &out, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct typed machine;
	static unsigned runs;
	char *text;

	/* derived types pile up: a new set now and then */
	if (runs % 4096 == 0) {
		if (runs > 0)
			typed_done(&machine);
		typed_init(&machine);
		typed_open(&machine);
	}
	runs++;
	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	look(&machine, text);
	free(text);
	return 0;
}
