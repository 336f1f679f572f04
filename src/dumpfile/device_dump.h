/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Device dumps: what a driver of the capture kernel adds to /proc/vmcore about the crashed kernel's
 * device, such as the state of a network card's firmware. Each is a note "LINUX" of type
 * NT_VMCOREDD that begins with a name (struct vmcoredd_header, include/uapi/linux/vmcore.h;
 * fs/proc/vmcore.c, since 4.18).
 */
#include "dumpfile/dumpfile.h"

#ifndef NT_VMCOREDD
#define NT_VMCOREDD 0x700 /* linux/elf.h */
#endif
#define DEVICE_DUMP_NAME_SIZE 44

bool device_dump_is(const struct dump_note *n);

/* Ends with NUL; hostile otherwise. */
void device_dump_name(const struct dump_note *n, char ret[DEVICE_DUMP_NAME_SIZE + 1]);

/* Of the device's own bytes, which follow the name. */
uint64_t device_dump_size(const struct dump_note *n);

/* The index-th of a dump, NULL behind the last. */
const struct dump_note *device_dump_at(const struct dumpfile *d, uint64_t index);

/* The device's own bytes into a file. */
int device_dump_write(const struct dumpfile *d, const struct dump_note *n, int fd,
		      struct error *e) _must_check_;
