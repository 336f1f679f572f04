/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Objects of the kernel's types in the dump's memory, and the way from one to the next. A path is written as in C:
 * "mm->pgd", "thread.sp", "bio[1].bi_iter", with "a|b" between what a member was called in one kernel and in another; the
 * first that is there is taken.
 */
#include "kernel/types.h"

struct object_source {
	struct kernel_reader *reader;
	struct types *types;
};

struct object {
	uint64_t addr;
	struct type type;
	unsigned bit_offset, bit_size; /* bit_size 0: no bit field */
};

#define OBJECT_PATH_SIZE 200

/* The object of that type ("task_struct") at addr. -ENOENT where the dump does not know the type. Reads nothing. */
int object_at(const struct object_source *s, const char *type, uint64_t addr, struct object *ret,
	      struct error *e) _must_check_;

/*
 * Follows path. Memory is read at each "->" alone. -ENOENT no such member; -EFAULT a pointer on the way is NULL; errors of
 * kernel_read().
 */
int object_follow(const struct object_source *s, const struct object *from, const char *path,
		  struct object *ret, struct error *e) _must_check_;

/* Is there such a member? Only up to the first "->". */
bool object_has(const struct object *from, const char *path);

/*
 * A number, pointer, enumerator or bit field, of the width and sign that its type says; path "" for the object itself. -EINVAL
 * where it is none of these.
 */
int object_number(const struct object_source *s, const struct object *from, const char *path,
		  uint64_t *ret, struct error *e) _must_check_;

/* As above; 0 where it cannot be had: for what is shown beside other things. */
uint64_t object_number_or_0(const struct object_source *s, const struct object *from,
			    const char *path);

/*
 * Characters: of an array, or where a char pointer leads; up to the NUL or size - 1. What is not printable is '?'.
 * *ret is "" where that fails.
 */
int object_text(const struct object_source *s, const struct object *from, const char *path,
		char *ret, size_t size, struct error *e);

/* As above; "?" where it cannot be had: for what is shown beside other things. */
void object_text_or_mark(const struct object_source *s, const struct object *from, const char *path,
			 char *ret, size_t size);

/* What a pointer leads to. -EFAULT where it is NULL. */
int object_pointee(const struct object_source *s, const struct object *pointer, struct object *ret,
		   struct error *e) _must_check_;

/* sizeof, or 0. */
uint64_t object_size(const struct object *o);

/* The index-th element of an array, not bounded by it: the caller knows how long it is. False where it is no array. */
bool object_element(const struct object *array, uint64_t index, struct object *ret);

/* The struct of type `type` whose member `member` is at `addr`: container_of(). */
int object_container(const struct object_source *s, uint64_t addr, const char *type,
		     const char *member, struct object *ret, struct error *e) _must_check_;
