/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Files that arm keeps, inside the root. */
#include "base/error.h"
#include "base/root.h"

#define ARM_STATE_DIR "/var/lib/lastword"
#define ARM_IMAGE ARM_STATE_DIR "/capture.img"
#define ARM_RECORD ARM_STATE_DIR "/capture.state" /* what the image was made of */
#define ARM_RUN_DIR "/run/lastword"
#define ARM_ARMED ARM_RUN_DIR "/armed" /* the record of what is loaded; goes with the boot */
#define ARM_LOCK ARM_RUN_DIR "/lock"

/* The directories above it, 0755. */
int file_make_parents(const struct root *root, const char *path, struct error *e) _must_check_;

/* Whole or not at all, durable when it returns; 0600. */
int file_replace(const struct root *root, const char *path, const void *data, size_t len,
		 struct error *e) _must_check_;

/* 0 where it is not there. */
int file_remove(const struct root *root, const char *path, struct error *e) _must_check_;
