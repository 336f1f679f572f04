/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Walks of the kernel's linked lists. Every walk ends, whatever memory holds. */
#include "kernel/kernel.h"

#define LIST_LIMIT 4000000

/* Returns non-zero to stop: the walk returns that. */
typedef int (*list_emit)(void *user, uint64_t node);

/*
 * The nodes of a list, head not among them. `next` is where in a node the pointer to the next one is, so that prev,
 * hlist and bare chains work too: the walk ends at NULL or where it began. -ELOOP with words where it runs in a circle
 * that does not include the head, -E2BIG past LIST_LIMIT, else errors of kernel_read() where it is cut.
 */
int list_each(struct kernel_reader *r, uint64_t head, uint64_t next, list_emit emit, void *user,
	      struct error *e) _must_check_;
