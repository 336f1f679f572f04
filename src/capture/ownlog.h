/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * kexec-dmesg.log: the capture kernel's own log, with what say() said in its place, read from /dev/kmsg.
 */
#include "base/sink.h"

#define OWNLOG_NAME "kexec-dmesg.log"

/* Appends all records there are now. */
int ownlog_write(struct sink *s, struct error *e) _must_check_;

/*
 * One record as /dev/kmsg gives it ("6,339,5140900,-;text\n KEY=value\n"; Documentation/ABI/testing/dev-kmsg) as dmesg(1) shows
 * it: "[    5.140900] text\n", without the dictionary, with the kernel's \xHH escapes resolved to a dot. Returns the length, 0
 * for a record that makes no sense. Pure.
 */
size_t ownlog_format(const char *record, size_t len, char *line, size_t size);
