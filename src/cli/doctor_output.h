/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What `lastword doctor` prints. */
#include "arm/doctor/check.h"
#include "arm/doctor/facts.h"

/* verbose: also what was looked at and found in order, and what could not be looked at. */
void doctor_show(const struct doctor *d, bool verbose);

/* lastword.doctor/1, docs/doctor.md. 0 or an exit status, said. */
int doctor_show_json(const struct doctor *d);

/* The checks themselves: id, level, what each proves. */
int doctor_list(const struct check *const families[], bool json);
