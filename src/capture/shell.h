/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* failure_action shell: the process that becomes an interactive shell on the console. Returns where it cannot. */
#include "capture/capture.h"

int shell_run(struct capture *c);
