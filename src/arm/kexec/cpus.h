/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * How many CPUs the capture kernel starts. It begins on the one that crashed. When that is not the
 * one that the firmware booted, it must not wake that one: an INIT sent to it resets the machine.
 * Kernels before 6.9 need its APIC id for that (disable_cpu_apicid=), newer ones find out
 * (arch/x86/kernel/cpu/topology.c). kdumpctl gives it always; so do we, where /proc/cpuinfo tells the id.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"

struct cpus {
	unsigned present;
	unsigned boot_apicid; /* the initial APIC id of CPU 0 */
};

/* text of /proc/cpuinfo. -ENOENT where CPU 0 does not say its id. */
int cpus_parse(const char *text, struct cpus *ret) _must_check_;

/* The words for the command line. *ret_cpus: how many there will be, at most as many as there are. */
int cpus_cmdline(const struct root *root, unsigned wanted, struct buf *out, unsigned *ret_cpus,
		 struct error *e) _must_check_;
