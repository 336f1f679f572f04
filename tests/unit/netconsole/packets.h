/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Files of tests/golden/netconsole: what real kernels sent, a line a datagram; tests/lab/packets.py says how. */
#include <stddef.h>

/* The next datagram of a file that is cut as it is read; NULL at its end. */
char *packets_next(char **rest, unsigned long *ret_ms, size_t *ret_len);
