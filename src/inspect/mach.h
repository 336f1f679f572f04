/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts of the command mach. */
#include "inspect/command.h"

/* -c: each CPU's struct cpuinfo_x86, and its features by name. hex: its numbers. */
int mach_cpus(struct inspect *c, bool hex, struct error *e) _must_check_;
