/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/doctor/families.h"

/* In the order of `lastword doctor`: from the ground up. */
const struct check *const doctor_families[] = {
	checks_machine,
	checks_kernel_config,
	checks_kexec,
	checks_reservation,
	checks_config,
	checks_armed,
	checks_target,
	checks_target_fs,
	checks_target_nfs,
	checks_target_ssh,
	checks_network,
	checks_crypt,
	checks_drivers,
	checks_cmdline,
	checks_policy,
	checks_services,
	NULL,
};

const struct check *const doctor_server_families[] = { checks_server_nfs, checks_server_ssh,
						       checks_server, NULL };
