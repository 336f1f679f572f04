/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The lines people see: "lastword: 2.31 s: …" with the capture kernel's uptime. Each goes to /dev/console, and at level debug
 * into the kernel's log, from which kexec-dmesg.log is written. No memory is allocated, and a console that takes no
 * characters holds nobody up.
 */
#include "base/macro.h"

/* Needs devtmpfs and proc. Standard input, output and error are the console's from then on. */
void console_open(void);

void say(const char *fmt, ...) _printf_(1, 2);

/* Waits until the console has sent what was said: a reset throws away what it has not. */
void console_drain(void);
