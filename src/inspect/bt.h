/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The parts of `bt`: which tasks (bt.c), equal stacks once (bt_group.c), a trace as text (bt_print.c) and as JSON
 * (bt_json.c), and what stands on a stack whatever it means (bt_look.c).
 */
#include "inspect/choose.h"

/* Words as numbers; as symbols too; as slab caches too; these with the address. */
enum bt_words { BT_NUMBERS, BT_SYMBOLS, BT_CACHES, BT_CACHED_ADDRESSES };

struct bt_options {
	bool offsets, hex; /* -s -x */
	bool data;	   /* -f */
	unsigned symbolic; /* -F, -FF: what words are shown as, enum bt_words */
	bool lines;	   /* -l */
	bool locals;	   /* -L */
	bool no_idle;	   /* -n idle */
	bool text;	   /* -t */
	bool all_text;	   /* -T */
	bool raw;	   /* -r */
	bool exceptions;   /* -e */
	bool thread_group; /* -g */
	const char *ref;   /* -R */
	uint64_t ip, sp;   /* -I -S */
	bool has_ip, has_sp;
};

struct bt {
	struct inspect *c;
	struct bt_options o;
	struct tasks *tasks;
	struct unwinder *unwinder;
	const struct stacks *stacks;
	struct slabs *slabs; /* NULL where they were not asked for, or cannot be had */
	struct json json;
	struct trace trace;
	uint64_t image_start, image_end;   /* the kernel's symbols */
	char module[MODULE_NAME_SIZE + 4]; /* of bt_symbol_name() */
	bool any; /* something was shown: a blank line comes before the next */
};

/* The trace of a task into b->trace; -ENODATA and others with words where its stack cannot be had. */
int bt_trace(struct bt *b, const struct task *task, struct error *e) _must_check_;

/* ---- names ---- */

/* The function of a frame: of a return address the one that called. "" where no symbol is known. */
void bt_frame_name(struct bt *b, const struct frame *f, bool offset, char ret[INSPECT_NAME_SIZE]);

/* The symbol of an address in the kernel's image or a module, and " [module]" or "", valid until the next call. */
bool bt_symbol_name(struct bt *b, uint64_t addr, bool offset, char ret[INSPECT_NAME_SIZE],
		    const char **ret_module);

/*
 * The words on the stack from a frame's return address to the next one's, or to the registers that were saved there. False
 * where there are none.
 */
bool bt_frame_data(struct bt *b, size_t index, uint64_t *ret_start, uint64_t *ret_end);

/*
 * Has the frame registers to show? An exception's; and of the first frame those that a CPU left where it was stopped or
 * crashed, but for a panic, which saves them in a function of its own.
 */
bool bt_shows_regs(struct bt *b, const struct task *task, size_t index);

/* Does the trace have the function, module or address of -R? */
bool bt_has_ref(struct bt *b);

/* ---- text and JSON; fault: why there is no trace, or NULL ---- */

void bt_print(struct bt *b, const struct task *task, const char *fault);
void bt_print_regs(FILE *out, const struct regs *regs);
void bt_print_exception(struct bt *b, const struct regs *regs);
/* A word and a blank, as what it leads to where that is wanted. */
void bt_print_word(struct bt *b, uint64_t word, enum bt_words as);
/* Opens the task's object: the caller ends it. */
void bt_json(struct bt *b, const struct task *task, const char *fault);
void bt_json_regs(struct json *j, const struct regs *regs);

/* ---- bt_look.c ---- */

void bt_look(struct bt *b, const struct task *task, const char *fault);
/* The interrupt and exception stacks of CPUs (cpus NULL: all) for exception frames. */
int bt_look_cpus(struct bt *b, const bool *cpus, struct error *e) _must_check_;
/* All tasks for signs of a stack that was too small. */
int bt_check_overflow(struct bt *b, struct error *e) _must_check_;

/* ---- bt_group.c ---- */

int bt_groups(struct bt *b, const struct chosen *chosen, struct error *e) _must_check_;
