/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The made-up machine with types and a few objects of them:
 *
 *	struct list_head { struct list_head *next, *prev; };
 *	enum colour { RED = 1, GREEN = 2, BLUE = 4 };
 *	struct task_struct {
 *		int pid; unsigned char state;          // 0, 4
 *		unsigned int flag : 3, rest : 5;       // bits 64-71
 *		char comm[16];                         // 16
 *		struct list_head tasks;                // 32
 *		union { struct task_struct *parent; unsigned long address; }; // 48
 *		struct { int counter; } usage;         // 56
 *		enum colour colour;                    // 60
 *		const char *name;                      // 64
 *		long row[3];                           // 72
 *	};                                             // 96
 *	typedef loop loop;
 *
 * TYPED_TASKS tasks stand one behind the other; each lists the next, the last the first. The parent of each is the one before
 * it, of the first NULL. pid is the index, comm "task0" …, name leads to TYPED_NAME, "a name".
 */
#include "fake.h"
#include "kernel/object.h"

#define TYPED_TASK (FAKE_IMAGE + 0x3000)
#define TYPED_TASK_SIZE 96
#define TYPED_TASKS 4
#define TYPED_NAME (FAKE_IMAGE + 0x4000)
#define TYPED_NODES (FAKE_IMAGE + 0x5000) /* room for a test's own */

struct typed {
	struct fake fake;
	struct dumpfile *dump;
	struct kernel *kernel;
	struct object_source source;
};

/* A test may write into the memory between the two. */
void typed_init(struct typed *t);
void typed_open(struct typed *t);
void typed_done(struct typed *t);

/* The made-up memory at an address of the image. */
char *typed_at(struct typed *t, uint64_t vaddr);

/* The first task. */
struct object typed_task(struct typed *t);
