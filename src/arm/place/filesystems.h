/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Why a type of file system on a block device cannot hold a dump; NULL where it can. */
const char *filesystem_refusal(const char *fstype);
