/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Names of signals, and of the flags of their handlers, on x86_64. */
#include "base/macro.h"

#define SIGNALS 64
#define SIGNAL_NAME_SIZE 24
#define SIGNALS_SIZE 800 /* of all in a line */

/* "SIGHUP", "SIGRTMIN+1"; with the other name that some have where `both`: "SIGABRT/SIGIOT". sig from 1 to SIGNALS. */
void signal_name(unsigned sig, bool both, char ret[SIGNAL_NAME_SIZE]);

/* The names of a set, with blanks between them: its lowest bit is signal 1. */
void signals_set(uint64_t set, char ret[SIGNALS_SIZE]);

/* "SA_RESTORER|SA_RESTART" */
void signals_action_flags(uint64_t flags, char ret[SIGNALS_SIZE]);
