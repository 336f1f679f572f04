/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Who has a UDP port of this machine, for a message that says more than that it is taken. */
#include "base/root.h"

#define PORT_HOLDER_SIZE 96

/*
 * "rsyslogd (process 612)", or "a process of user 0" where nobody tells more. From /proc/net/udp, udp6 and /proc/PID/fd.
 * -ENOENT: nobody has it.
 */
int port_holder_find(const struct root *root, uint16_t port,
		     char ret[PORT_HOLDER_SIZE]) _must_check_;
