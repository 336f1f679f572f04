/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel's own words about its death, cut out of its log: oopses, warnings, lockups, hung tasks, panics. Fed line by
 * line, so that the log may come from a dump, a file or the network. No I/O, no clock.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "signature/signature.h"

#define OOPS_FRAMES 96
#define OOPS_REGS 40
#define OOPS_LINES 400 /* of a block; what comes after is not kept */
#define OOPS_CALLER_SIZE 16

/* Where in a trace a frame stood. */
enum oops_section { OOPS_TASK, OOPS_IRQ, OOPS_SOFTIRQ, OOPS_NMI, OOPS_EXCEPTION };

struct oops_frame {
	const char *function; /* NULL where the kernel wrote an address alone */
	const char *module;   /* NULL: the kernel itself */
	uint64_t addr;	      /* 0 where it is not written */
	uint64_t offset, size;
	bool uncertain; /* "?" */
	enum oops_section section;
};

struct oops_reg {
	const char *name; /* "RAX", "CR2" */
	uint64_t value;
};

/* All strings belong to it; NULL: not written. */
struct oops {
	const char *words; /* the lines that tell the reason, '\n' between */
	const char *kind;  /* as signature.kind */
	const char *text;  /* all its lines, without times and callers, '\n' after each */
	uint64_t time_ns;  /* of its first line; 0 where none was written */

	/* Whom it is about: for a hung task that task, for a lockup that CPU; -1: not written. */
	int64_t cpu, pid;
	const char *comm;

	const char *release;  /* "6.1.0-50-amd64 #1 Debian 6.1.176-1" */
	const char *taint;    /* "Not tainted", "Tainted: G           OE" */
	const char *hardware; /* "QEMU Standard PC …" */
	const char *modules;  /* as listed, one blank between */
	const char *
		code; /* bytes as written, <> around that of the instruction pointer; of the first Code: line */

	bool has_ip; /* where the exception was, in the kernel */
	struct oops_frame ip;

	struct oops_frame frames[OOPS_FRAMES]; /* innermost first */
	size_t count;
	struct oops_reg
		regs[OOPS_REGS]; /* of the kernel code that was stopped, else those of user space */
	size_t reg_count;

	bool panic;	/* the words are a panic's */
	bool truncated; /* a limit was met */
};

struct oops *oops_free(struct oops *o);
DEFINE_CLEANUP(struct oops *, oops_free)

/* ---- cutting blocks out of a log ---- */

struct oops_parser;

/* -ENOMEM */
int oops_parser_new(struct oops_parser **ret) _must_check_;
struct oops_parser *oops_parser_free(struct oops_parser *p);
DEFINE_CLEANUP(struct oops_parser *, oops_parser_free)

/*
 * One line, with or without "<6>", "[   12.345678]", "[  T123]" before it and '\n', '\r' behind. Lines of several callers
 * may be mixed where callers are written. *ret: a block that is whole now (the caller's to free), or NULL. -ENOMEM.
 */
int oops_feed(struct oops_parser *p, const char *line, size_t len, struct oops **ret) _must_check_;

/* The same for a record whose time and caller are known; caller NULL or "" where not. */
int oops_feed_record(struct oops_parser *p, uint64_t time_ns, const char *caller, const char *text,
		     size_t len, struct oops **ret) _must_check_;

/* No more lines come, or none came for long: what was open, one block a call; NULL: none is left. */
struct oops *oops_end(struct oops_parser *p);

/* ---- which of them was the death ---- */

#define OOPS_KEPT 8

/* Zero-initialised. */
struct oops_story {
	struct oops *blocks[OOPS_KEPT]; /* the newest */
	size_t count;
};

/* Takes the block over. */
void oops_story_add(struct oops_story *s, struct oops *o);
void oops_story_done(struct oops_story *s);

/*
 * The block that tells why the machine died: that of the panic, or what the panic came from ("Fatal exception" comes from
 * an oops, "hung_task: blocked tasks" from the last task that hung). Without a panic the newest of the gravest. NULL: none.
 */
const struct oops *oops_story_death(const struct oops_story *s);

/* Frames for signature_make(), ip first; build ids are not in a text. frames holds OOPS_FRAMES + 1. Returns the count. */
size_t oops_signature_frames(const struct oops *o, struct signature_frame *frames);
