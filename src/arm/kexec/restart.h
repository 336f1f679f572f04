/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The end of this kernel by the one that was loaded for a restart: no firmware, and nothing that shutdown(8) does. */
#include "base/error.h"

/* Sets all network links down but loopback, so that no card writes into the next kernel's memory. What fails is left as it is. */
void restart_links_down(void);

/* Returns only where it failed. */
int restart_now(struct error *e);

/* Hands the restart to shutdown(8). Returns only where there is none. */
int restart_by_shutdown(struct error *e);
