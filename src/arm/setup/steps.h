/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A step of setup: a function and a row in setup.c. */
#include "arm/setup/setup.h"

/* Returns a negative errno where it failed, with words; the row then says so. */
typedef int (*setup_function)(struct setup *s, struct setup_row *row, struct error *e);

int setup_kernel(struct setup *s, struct setup_row *row, struct error *e);
int setup_where(struct setup *s, struct setup_row *row, struct error *e);
int setup_where_undo(struct setup *s, struct setup_row *row, struct error *e);
int setup_import_undo(struct setup *s, struct setup_row *row, struct error *e);
int setup_size(struct setup *s, struct setup_row *row, struct error *e);
int setup_bootloader(struct setup *s, struct setup_row *row, struct error *e);
int setup_bootloader_undo(struct setup *s, struct setup_row *row, struct error *e);
int setup_sysctl(struct setup *s, struct setup_row *row, struct error *e);
int setup_sysctl_undo(struct setup *s, struct setup_row *row, struct error *e);
int setup_service(struct setup *s, struct setup_row *row, struct error *e);
int setup_service_undo(struct setup *s, struct setup_row *row, struct error *e);
int setup_arm(struct setup *s, struct setup_row *row, struct error *e);
int setup_arm_undo(struct setup *s, struct setup_row *row, struct error *e);

/* Sets the outcome and adds a line. */
int setup_say(struct setup_row *row, enum setup_outcome outcome, const char *fmt, ...)
	_printf_(3, 4) _must_check_;
