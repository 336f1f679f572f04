/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Why the kernel crashed, and which task did it.
 */
#include "inspect/command.h"

#define PANIC_TEXT_SIZE 256

struct panic_task {
	uint64_t addr; /* of struct task_struct */
	uint64_t thread_info;
	uint64_t state;
	uint32_t pid, cpu;
	char comm[64];
};

/* The log's line that says most, "" where none says anything. */
void panic_find_text(struct inspect *c, char ret[PANIC_TEXT_SIZE]);

/* What ran on the CPU that wrote the dump. False where symbols or types do not tell. */
bool panic_find_task(struct inspect *c, struct panic_task *ret);
