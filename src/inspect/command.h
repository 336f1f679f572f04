/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The commands of `lastword crash`: crash's names, options and output. A command is a file and a row in commands.c.
 */
#include <stdio.h>

#include "base/json.h"
#include "base/table.h"
#include "kernel/kernel.h"
#include "kernel/module.h"
#include "kernel/object.h"
#include "kernel/pages.h"
#include "kernel/percpu.h"
#include "kernel/slab.h"
#include "kernel/symbols.h"
#include "kernel/task.h"
#include "kernel/types.h"

struct chosen;
struct inspect_command;
struct inspect_disassembler;

struct inspect;
struct trace;

/* The file and line of code, for those who have debuginfo. False where it does not tell. */
struct inspect_lines {
	bool (*at)(void *user, uint64_t pc, char *ret, size_t size);
	/* "FUNCTION inlined into FUNCTION: FILE: LINE"; level 1 is the innermost at pc. False past the last. */
	bool (*inlined)(void *user, uint64_t pc, unsigned level, char *ret, size_t size);
	/* bt -L: lines of text on the variables of a frame */
	void (*locals)(void *user, struct inspect *c, const struct task *task,
		       const struct trace *trace, size_t index);
	const struct types_more *types; /* types that the dump lacks */
	const char *path, *provenance;
	void *user;
};

/* What a command works on. One thread. What a command does not ask for is not opened. */
struct inspect {
	struct kernel *kernel; /* borrowed */
	struct kernel_reader *reader;
	FILE *out;		   /* of the command that runs now */
	bool json;		   /* the command writes one JSON document instead of text */
	struct progress *progress; /* borrowed: told of long work; NULL: nobody looks */

	const struct task *context; /* choose_context() */
	const struct chosen
		*foreach; /* borrowed: the tasks that `foreach` runs a command on; or NULL */
	const struct inspect_lines *lines; /* borrowed; NULL: there is no debuginfo */
	uint64_t printed;		   /* values that p has shown: they are numbered */
	/* Commands of this program alone, sorted, NULL after the last; NULL: there are none. Borrowed. */
	const struct inspect_command *const *more;
	const struct inspect_disassembler *disassembler; /* borrowed; NULL: there is none */
	bool hex; /* `set radix 16`: numbers are hexadecimal where nothing else is said */

	/* inspect_symbols() and its like; an error where one was tried and failed */
	struct symbols *symbols;
	struct types *types;
	struct modules *modules;
	struct percpu *percpu;
	struct tasks *tasks;
	struct stacks *stacks;
	struct unwinder *unwinder;
	struct pages *pages;
	struct slabs *slabs;
	struct inspect_fact *variables; /* those that were asked for, the last first: facts.c */
	struct error symbols_error, types_error, modules_error, percpu_error;
};

struct inspect_command {
	const char *name;
	const char *usage;   /* arguments: "[-l] [symbol | address] …" */
	const char *summary; /* one line */
	const char *details; /* lines on options for `help NAME`; "" where there are none */
	/*
	 * argv[0] is the name; argv ends with NULL. -EINVAL with words for a wrong argument; other errors where the dump
	 * does not have what was asked. What was written to c->out before stays.
	 */
	int (*run)(struct inspect *c, int argc, char **argv, struct error *e);
};

/* All commands, sorted by name: by place, from 0 on; NULL behind the last. */
const struct inspect_command *inspect_command_at(const struct inspect *c, size_t index);

const struct inspect_command *inspect_find(const struct inspect *c, const char *name);

/* Nothing of the dump is read yet. */
int inspect_open(struct kernel *k, struct inspect *ret, struct error *e) _must_check_;
void inspect_done(struct inspect *c);

/* Runs argv as one command. -ENOENT where there is none of that name. */
int inspect_run(struct inspect *c, int argc, char **argv, struct error *e) _must_check_;

/* Calls run() of a command, which may use getopt() at once. */
int inspect_start(const struct inspect_command *command, struct inspect *c, int argc, char **argv,
		  struct error *e) _must_check_;

/* Opened when first asked for; a failure is remembered and told again. */
int inspect_symbols(struct inspect *c, struct symbols **ret, struct error *e) _must_check_;
int inspect_types(struct inspect *c, struct types **ret, struct error *e) _must_check_;
int inspect_modules(struct inspect *c, struct modules **ret, struct error *e) _must_check_;
int inspect_percpu(struct inspect *c, struct percpu **ret, struct error *e) _must_check_;
int inspect_tasks(struct inspect *c, struct tasks **ret, struct error *e) _must_check_;
int inspect_stacks(struct inspect *c, const struct stacks **ret, struct error *e) _must_check_;
int inspect_unwinder(struct inspect *c, struct unwinder **ret, struct error *e) _must_check_;
int inspect_pages(struct inspect *c, struct pages **ret, struct error *e) _must_check_;
int inspect_slabs(struct inspect *c, struct slabs **ret, struct error *e) _must_check_;

/* A struct or a union by its name, with ".member" or without: may stand where a command does, as in crash. */
bool inspect_is_type(struct inspect *c, const char *word);
int inspect_run_type(struct inspect *c, int argc, char **argv, struct error *e) _must_check_;

/* ---- helpers for commands ---- */

/*
 * The calls that led to where a task is. stopped: of a CPU that the panic stopped, the frames of that NMI too, as crash
 * shows them. Where the task's own words for it are not in the dump it is looked for, and the frames are marked uncertain.
 * -ENOENT, -ENODATA and others with words where there is no stack to look at.
 */
int inspect_trace(struct inspect *c, const struct task *task, bool stopped, struct trace *ret,
		  struct error *e) _must_check_;

/* A task by its pid (decimal) or the address of its task_struct. -EINVAL. */
int inspect_task(struct inspect *c, const char *word, const struct task **ret,
		 struct error *e) _must_check_;

/* What a command returns where getopt() gave '?': -EINVAL naming the option. */
int inspect_bad_option(int argc, char **argv, struct error *e);

/* A hexadecimal address with or without 0x, or a symbol, or symbol+offset. -EINVAL. */
int inspect_address(struct inspect *c, const char *word, uint64_t *ret,
		    struct error *e) _must_check_;

/* Hexadecimal, with or without 0x; the whole word. */
bool inspect_hex(const char *word, uint64_t *ret);

/* A count: decimal, or hexadecimal after 0x. */
int inspect_count(const char *word, uint64_t *ret, struct error *e) _must_check_;

/* The symbol that addr lies in. False where none is known. */
bool inspect_symbol_at(struct inspect *c, uint64_t addr, struct symbol *ret);

/* "panic+32", "panic", or "" where nothing is known: decimal offset, as crash writes it. */
#define INSPECT_NAME_SIZE 600
void inspect_symbol_name(struct inspect *c, uint64_t addr, char ret[INSPECT_NAME_SIZE]);

/* "POE": the letters of a taint mask, as in /proc/sys/kernel/tainted's documentation. */
#define INSPECT_TAINTS_SIZE 65
void inspect_taints(uint64_t mask, bool module, char ret[INSPECT_TAINTS_SIZE]);

/* Where objects come from. Errors where the dump has no types. */
int inspect_source(struct inspect *c, struct object_source *ret, struct error *e) _must_check_;

/*
 * A variable of the kernel by its symbol, with its type; of a per-CPU variable the one of that CPU. -ENOENT where the
 * symbol is not there or nothing knows its type.
 */
int inspect_variable(struct inspect *c, const char *name, uint32_t cpu, struct object *ret,
		     struct error *e) _must_check_;

/*
 * As above, and where its type came from: "by table, verified: comm is "swapper/0"". What a variable holds is looked at when it
 * is first asked for. The words live as long as c.
 */
int inspect_variable_from(struct inspect *c, const char *name, uint32_t cpu, struct object *ret,
			  const char **ret_from, struct error *e) _must_check_;

/*
 * Where what is known of this kernel came from and how it was verified, for people: "symbols", "kallsyms by vmcoreinfo at …".
 * Opens what was not asked for yet. all: each variable that the table knows too.
 */
void inspect_facts(struct inspect *c, bool all,
		   void (*emit)(void *user, const char *what, const char *from), void *user);
void inspect_facts_free(struct inspect_fact *facts);

/* An expression of numbers and symbols, as eval takes it (expression.h). -EINVAL. */
int inspect_evaluate(struct inspect *c, const char *text, uint64_t *ret,
		     struct error *e) _must_check_;

/* A number of size 1 to 8 in kernel memory. */
int inspect_number(struct inspect *c, uint64_t addr, size_t size, uint64_t *ret,
		   struct error *e) _must_check_;

/* One JSON document: an object with schema "lastword.crash.NAME/1", members between the two calls. */
void inspect_json_begin(struct inspect *c, struct json *j, struct buf *buf, const char *name);
int inspect_json_end(struct inspect *c, struct json *j, struct error *e) _must_check_;

/*
 * A command whose output is one table: headings and lines, or the JSON document with an array `rows` in it. Write rows with
 * table_row(&r.table, …) between the two calls; end in every case.
 */
struct inspect_rows {
	struct table table;
	struct json json;
	struct buf buf;
	const char *damage; /* of the JSON document, behind its array; NULL: not written */
};
void inspect_rows_begin(struct inspect *c, struct inspect_rows *r, const char *name,
			const char *rows, const struct column *columns, size_t count);
int inspect_rows_end(struct inspect *c, struct inspect_rows *r, struct error *e) _must_check_;
