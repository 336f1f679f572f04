/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "capture/worker.h"

/*
 * The report phase: report.txt and report.json of the crash, made by a process of its own that may take so much memory and time
 * and no more. What goes wrong there is said, stays under its incomplete name, and is no error: the dump comes next.
 */
int report_save(struct worker *w, struct error *e) _must_check_;
