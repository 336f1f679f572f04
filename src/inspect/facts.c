/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where what is known came from: variables and their types, and the command that tells it all. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/command.h"
#include "kernel/variable.h"

#define LINE_SIZE 600

struct inspect_fact {
	struct inspect_fact *next;
	enum variable_origin origin;
	enum variable_proof proof;
	char from[VARIABLE_PROVENANCE_SIZE];
	char name[];
};

void inspect_facts_free(struct inspect_fact *facts)
{
	for (struct inspect_fact *next; facts; facts = next) {
		next = facts->next;
		free(facts);
	}
}

/* NULL where memory lacks. */
static const struct inspect_fact *check(struct inspect *c, const struct object_source *s,
					const char *name, const struct variable *v,
					const struct object *at)
{
	char words[VARIABLE_WORDS_SIZE];
	struct inspect_fact *f;

	for (f = c->variables; f; f = f->next)
		if (strcmp(f->name, name) == 0)
			return f;
	f = calloc(1, sizeof(*f) + strlen(name) + 1);
	if (!f)
		return NULL;
	strcpy(f->name, name);
	f->origin = v->origin;
	f->proof = variable_check(s, c->symbols, name, at, words);
	variable_provenance(v->origin, f->proof, words, f->from);
	f->next = c->variables;
	c->variables = f;
	return f;
}

static int find(struct inspect *c, const char *name, uint32_t cpu, struct object *ret,
		const struct inspect_fact **ret_fact, struct error *e)
{
	struct percpu *percpu = NULL;
	struct object_source source;
	struct symbols *symbols;
	struct variable v;
	int err = inspect_symbols(c, &symbols, e);

	if (err == 0)
		err = inspect_source(c, &source, e);
	if (err == 0)
		err = variable_find(&source, symbols, name, &v, e);
	if (err == 0 && v.percpu)
		err = inspect_percpu(c, &percpu, e);
	if (err < 0)
		return err;
	if (!variable_on_cpu(&v, percpu, cpu, ret))
		return error_set(e, -ENOENT, "%s: there is no CPU %u", name, cpu);
	*ret_fact = check(c, &source, name, &v, ret);
	return *ret_fact ? 0 : error_errno(e, -ENOMEM, "%s", name);
}

int inspect_variable(struct inspect *c, const char *name, uint32_t cpu, struct object *ret,
		     struct error *e)
{
	const struct inspect_fact *fact;

	return find(c, name, cpu, ret, &fact, e);
}

int inspect_variable_from(struct inspect *c, const char *name, uint32_t cpu, struct object *ret,
			  const char **ret_from, struct error *e)
{
	const struct inspect_fact *fact;
	int err = find(c, name, cpu, ret, &fact, e);

	if (err == 0)
		*ret_from = fact->from;
	return err;
}

struct emitter {
	void (*emit)(void *user, const char *what, const char *from);
	void *user;
};

static void _printf_(3, 4) tell(const struct emitter *to, const char *what, const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	to->emit(to->user, what, line);
}

static void tell_dump(struct inspect *c, const struct emitter *to)
{
	struct dumpfile *d = kernel_dump(c->kernel);
	const struct dump_info *info = dumpfile_info(d);
	const char *doubts = kernel_doubts(c->kernel);
	const char *build_id = vmcoreinfo_get(kernel_vmcoreinfo(c->kernel), "BUILD-ID");

	if (info->dump_level > 0)
		tell(to, "dump", "%s (%s), pages left out by level %d", info->format, info->codec,
		     info->dump_level);
	else
		tell(to, "dump", "%s", info->format);
	tell(to, "kernel", "vmcoreinfo of %s%s%s%s", kernel_release(c->kernel),
	     build_id ? ", build id " : "", build_id ? build_id : "",
	     dumpfile_note(d, "VMCOREINFO", UINT32_MAX) ? "" : ", found in memory");
	tell(to, "memory", "%s",
	     doubts ? doubts
		    : "page tables; _stext and init_uts_ns lie where the image's rule says");
}

static void tell_tables(struct inspect *c, const struct emitter *to)
{
	struct unwinder *unwinder;
	struct error why = { 0 };
	struct symbols *symbols;
	struct modules *modules;
	struct percpu *percpu;
	struct tasks *tasks;
	struct types *types;
	const struct task *list;

	tell(to, "symbols", "%s",
	     inspect_symbols(c, &symbols, &why) == 0 ? symbols_provenance(symbols)
						     : error_text(&why));
	tell(to, "types", "%s",
	     inspect_types(c, &types, &why) == 0 ? types_provenance(types) : error_text(&why));
	tell(to, "debuginfo", "%s",
	     c->lines ? c->lines->provenance : "none, and none is needed: no source lines");
	if (inspect_modules(c, &modules, &why) == 0)
		tell(to, "modules", "%zu, from the list `modules`: %s", modules_count(modules),
		     modules_damage(modules) ? modules_damage(modules) : "it closes");
	else
		tell(to, "modules", "%s", error_text(&why));
	if (inspect_percpu(c, &percpu, &why) == 0)
		tell(to, "CPUs", "%" PRIu32 " present, %" PRIu32 " online, from the kernel's masks",
		     percpu->present_count, percpu->online_count);
	else
		tell(to, "CPUs", "%s", error_text(&why));
	if (inspect_tasks(c, &tasks, &why) == 0)
		tell(to, "tasks", "%zu, from init_task.tasks: %s", tasks_list(tasks, &list),
		     tasks_damage(tasks) ? tasks_damage(tasks) : "the lists close");
	else
		tell(to, "tasks", "%s", error_text(&why));
	tell(to, "stacks", "%s",
	     inspect_unwinder(c, &unwinder, &why) == 0 ? "ORC tables of the kernel and its modules"
						       : error_text(&why));
}

static void tell_variables(struct inspect *c, bool all, const struct emitter *to)
{
	unsigned found = 0, verified = 0, doubted = 0;
	struct object o;

	for (size_t i = 0; i < variable_row_count; i++) {
		const char *name = variable_rows[i].name;
		const struct inspect_fact *fact;

		if ((i > 0 && strcmp(name, variable_rows[i - 1].name) == 0) ||
		    find(c, name, 0, &o, &fact, NULL) < 0)
			continue;
		found++;
		verified += fact->proof == VARIABLE_VERIFIED;
		doubted += fact->proof == VARIABLE_DOUBTED;
		if (all || fact->proof == VARIABLE_DOUBTED)
			to->emit(to->user, name, fact->from);
	}
	tell(to, "variables",
	     "%u of the table are in this kernel: of %u what they hold was verified, %u doubtful",
	     found, verified, doubted);
}

void inspect_facts(struct inspect *c, bool all,
		   void (*emit)(void *user, const char *what, const char *from), void *user)
{
	const struct emitter to = { emit, user };

	tell_dump(c, &to);
	tell_tables(c, &to);
	tell_variables(c, all, &to);
}

static void write_row(void *user, const char *what, const char *from)
{
	const union cell cells[] = { { .text = what }, { .text = from } };

	table_row(user, cells);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	static const struct column columns[] = {
		{ "fact", "FACT", COLUMN_TEXT, -12 },
		{ "from", "FROM", COLUMN_TEXT, 0 },
	};
	struct inspect_rows rows;
	bool all = false;
	int opt;

	while ((opt = getopt(argc, argv, "+v")) != -1) {
		if (opt != 'v')
			return inspect_bad_option(argc, argv, e);
		all = true;
	}
	inspect_rows_begin(c, &rows, "facts", "facts", columns, ARRAY_SIZE(columns));
	inspect_facts(c, all, write_row, &rows.table);
	return inspect_rows_end(c, &rows, e);
}

const struct inspect_command inspect_facts_command = {
	.name = "facts",
	.usage = "[-v]",
	.summary = "where what is known of this kernel came from, and how it was verified",
	.details = "  -v  each variable of the built-in table too\n",
	.run = run,
};
