/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The tables of `irq` that are not of interrupt numbers. */
#include "inspect/command.h"

/* -d: what the processor's interrupt descriptor table leads to. */
int irq_vectors(struct inspect *c, struct error *e) _must_check_;

/* -b: the functions of the softirqs. */
int irq_softirqs(struct inspect *c, struct error *e) _must_check_;
