/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * An error in words, beside the negative errno a function returns.
 *
 * The function that finds the fault writes what was wrong with what and what to do; each caller prepends
 * what it was doing, so that the text reads from the outside in: "vmcore: page_desc of pfn 0x1234 at offset
 * 0x8000: points outside the file". No memory is allocated: it works when there is none.
 *
 * Every function here accepts a NULL error and returns the code it was given, so that a fault is one line:
 *	return error_set(e, -EINVAL, "page size %u is no power of two", size);
 */
#include "base/macro.h"

struct error {
	int code; /* negative errno; 0 where nothing was set */
	char text[500];
};

/* Replaces the text. code is a negative errno. */
int error_set(struct error *e, int code, const char *fmt, ...) _printf_(3, 4);

/* Replaces the text and adds ": " and the system's words for code. */
int error_errno(struct error *e, int code, const char *fmt, ...) _printf_(3, 4);

/* Puts "fmt: " before the text. A text that does not fit is cut at its end. */
int error_prefix(struct error *e, int code, const char *fmt, ...) _printf_(3, 4);

/* Never NULL: the text, or the system's words for the code where no text was set. */
const char *error_text(const struct error *e);
