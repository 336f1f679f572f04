/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is still done when the worker died: kexec-dmesg.log into the dump directory, sync, unmount. Runs in a process of its own,
 * which the supervisor leaves behind where the device does not answer. Returns an exit status.
 */
#include "capture/capture.h"

int rites_run(struct capture *c);
