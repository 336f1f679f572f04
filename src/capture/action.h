/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The end of the capture kernel. action_run() does not return; a machine whose drivers hang in the shutdown is reset.
 */
#include "capture/capture.h"

__attribute__((noreturn)) void action_run(enum plan_action action, const struct fault *fault);
