/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Programs of the distribution that go into the capture image with what they need to start. */
#include "base/error.h"

/* The program, its loader and its libraries, as its own loader finds them. An array that ends with NULL: names_free(). */
int program_files(const char *program, char ***ret, struct error *e) _must_check_;
