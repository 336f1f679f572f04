/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Early in boot, before networks and most devices are there, nothing can be composed. What can be
 * asked of files alone: is the image of last time still one of this kernel and this configuration?
 */
#include "arm/record.h"
#include "base/error.h"
#include "base/root.h"

/* SHA-256 of the files an administrator writes. */
int early_configuration(const struct root *root, struct digest *ret, struct error *e) _must_check_;

/* -ESTALE with what changed since rec was made. */
int early_check(const struct root *root, const struct record *rec, struct error *e) _must_check_;
