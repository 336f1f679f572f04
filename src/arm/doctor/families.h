/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The families of checks, a file each. */
#include <string.h>

#include "arm/doctor/check.h"
#include "arm/doctor/facts.h"
#include "arm/doctor/look.h"

extern const struct check checks_armed[], checks_cmdline[], checks_config[], checks_crypt[],
	checks_drivers[], checks_kernel_config[], checks_kexec[], checks_machine[],
	checks_network[], checks_policy[], checks_reservation[], checks_server[],
	checks_server_nfs[], checks_server_ssh[], checks_services[], checks_target_fs[],
	checks_target_nfs[], checks_target_ssh[], checks_target[];
