/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The inside of the report: what its sections share. */
#include "inspect/machine.h"
#include "inspect/panic.h"
#include "inspect/report.h"
#include "signature/oops.h"

/* How the code of a frame came to stop. */
enum stop {
	STOP_NONE,	/* it called */
	STOP_EXCEPTION, /* by its own doing */
	STOP_NMI,
	STOP_INTERRUPT,
};

/* A frame with its names; they live as long as the symbols. */
struct named_frame {
	const struct frame *frame;
	const char *function;	     /* NULL: not known */
	const struct module *module; /* NULL: the kernel itself */
	uint64_t offset, size;	     /* of pc in the function; of the function */
	enum stop stop;		     /* how the frame came to stop: the next inner one tells */
	const char *stopped_by;	     /* the entry's name: "asm_exc_page_fault"; NULL: STOP_NONE */
};

struct named_trace {
	struct trace trace;
	struct named_frame frames[FRAMES_MAX];
};

/* The stack of a task; all is owned. */
struct task_stack {
	const struct task *task; /* NULL: nothing tells which */
	struct regs regs;	 /* where it begins */
	struct named_trace *named;
	struct error error; /* code 0: there are frames, or it was in user space */
};

struct report {
	struct inspect *c;
	struct document *doc;
	const struct report_options *o;
	usec_t section_end, end;

	struct machine machine;
	char panic[PANIC_TEXT_SIZE]; /* the log's line that says most, "" where none does */
	struct oops_story story;
	const struct oops *death;   /* what the log says of it; NULL: nothing */
	struct task_stack crashed;  /* of the task that called panic() */
	struct task_stack other;    /* of the one that the death is about, where that is another */
	struct task_stack *subject; /* one of these two */
	size_t fault; /* index of its frame that was stopped and led to the crash, else their count */
	bool from_text; /* the signature's frames are those of the log */
	struct signature signature;
	char satyr
		[2]
		[SIGNATURE_SATYR_SIZE]; /* by enum satyr_hash; "" where it was not asked for or there is none */
};

struct report_section {
	const char *name, *title;
	bool folded;
	void (*run)(struct report *r);
};

/* Is the section's time up? Loops ask and leave; it says so once in the document. */
bool report_late(struct report *r);

/* What several sections need: the crashed task, its stack, the title. Whatever fails is left empty. */
void report_facts_gather(struct report *r);
void report_facts_done(struct report *r);

void report_death_find(struct report *r);
void report_death_sign(struct report *r);

/* Is it of one of these kinds? '|' between them. */
bool report_death_is(const struct report *r, const char *kinds);

const struct task *report_death_task(const struct report *r, const struct tasks *tasks);

/* Reads, unwinds and names. ret->named is allocated by the first use and kept for the next. */
void report_stack(struct report *r, const struct task *task, struct task_stack *ret);
void report_stack_done(struct task_stack *s);

/* The table of frames of a stack, or why there is none. */
void report_frames(struct report *r, const struct task_stack *s);

/* "function+0x10/0x20 [module]" */
#define REPORT_PLACE_SIZE (INSPECT_NAME_SIZE + MODULE_NAME_SIZE + 64)
void report_place(const struct named_frame *f, char ret[REPORT_PLACE_SIZE]);

/* The same of where the log has it; o->has_ip. */
void report_logged_place(const struct oops *o, char ret[REPORT_PLACE_SIZE]);

/* The registers where the fault was, else those the crash left; NULL where there are none. */
const struct regs *report_fault_registers(const struct report *r);

/* Sections. */
void report_summary(struct report *r);
void report_backtrace(struct report *r);
void report_code(struct report *r);
void report_registers(struct report *r);
void report_cpus(struct report *r);
void report_blocked(struct report *r);
void report_memory(struct report *r);
void report_modules(struct report *r);
void report_log(struct report *r);
void report_signature(struct report *r);
void report_provenance(struct report *r);
