/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which frames of a stack tell where a kernel died.
 */
#include "signature/signature.h"

/* Which of them a death is known by. */
enum frames_anchor {
	FRAMES_FIRST,  /* the first that the table does not pass by */
	FRAMES_ANCHOR, /* a loop is interrupted anywhere: the function that a dispatcher called */
	FRAMES_NONE,   /* whoever was there did not cause it */
};

/* Index of the frame that gives the death its name, or count where there is none. */
size_t frames_find(const struct signature_frame *frames, size_t count, enum frames_anchor anchor);

/* It calls what others gave it, such as vfs_write() or process_one_work(): what is below differs from version to version. */
bool frames_is_dispatcher(const char *function);
