/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

/* The help of `kexec`. EXIT_SUCCESS. */
int kexec_usage(FILE *out);
