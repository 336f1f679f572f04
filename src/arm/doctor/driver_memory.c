/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/doctor/driver_memory.h"

#include <string.h>

#include "base/buf.h"

#define KDUMP_UTILS "kdump-utils, commits a65dde2 and 7a2c4cb"
#define I40E "'Reducing memory usage of i40e for kdump', netdev 2021-03-04"
#define QED "'net: qed*: Reduce RX and TX default ring count', netdev 2020-05-11"

/*
 * Those without figures are known for large firmware queues, and not to say how much they take. The figures of qed and qede come from
 * a machine with pages of 64 KiB.
 */
static const struct driver_memory rows[] = {
	{ "mlx5_core", MIB(350), MIB(124), 0, KDUMP_UTILS },
	{ "mlx5_ib", MIB(200), MIB(200), 0, "kdump-utils, commit 1732a3b (the RDMA stack)" },
	{ "ib_core", MIB(200), MIB(200), 0, "kdump-utils, commit 1732a3b (the RDMA stack)" },
	{ "i40e", MIB(86), MIB(2), 0, I40E },
	{ "i40iw", MIB(1514), MIB(1514), 0, I40E },
	{ "qed", MIB(150), MIB(125), KIB(64), QED },
	{ "qede", MIB(66), MIB(5), KIB(64), QED },
	{ .module = "mlx4_core" },
	{ .module = "ice" },
	{ .module = "bnxt_en" },
	{ .module = "cxgb4" },
	{ .module = "lpfc" },
	{ .module = "qla2xxx" },
	{ .module = "megaraid_sas" },
	{ .module = "mpt3sas" },
	{ .module = "mpi3mr" },
	{ .module = "hpsa" },
	{ .module = "smartpqi" },
	{ .module = "nvidia" },
	{ .module = "amdgpu" },
	{ .module = "nouveau" },
	{ .module = "i915" },
	{ .module = "xe" },
};

static bool asks_for(const void *module, size_t len, const char *symbol)
{
	return len && memmem(module, len, symbol, strlen(symbol) + 1);
}

enum driver_restraint driver_restraint(const void *module, size_t len)
{
	if (asks_for(module, len, "elfcorehdr_addr"))
		return DRIVER_KNOWS;
	return asks_for(module, len, "reset_devices") ? DRIVER_BY_WORD : DRIVER_TAKES_ALL;
}

const struct driver_memory *driver_memory_find(const char *module)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].module, module) == 0)
			return &rows[i];
	return NULL;
}
