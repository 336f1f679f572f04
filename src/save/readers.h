/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What crash, drgn and libkdumpfile read before they can say anything: it goes first into a dump that may be cut.
 */
#include "kernel/kernel.h"

/*
 * Reads it all, for whoever watches the dump (touched.h): the tables that map the kernel's image and modules, and what vmcoreinfo names.
 * libkdumpfile looks through all of the tables for where the image lies, and gives up where one is missing. What cannot be read is no
 * error.
 */
void readers_need(struct kernel *k);
