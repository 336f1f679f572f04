/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a doctor found as metrics for Prometheus: its text format, version 0.0.4, as node_exporter's textfile collector reads it
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). docs/doctor.md lists the names.
 */
#include "arm/doctor/facts.h"
#include "arm/doctor/check.h"

int prometheus_format(const struct doctor *d, struct buf *ret) _must_check_;

/* Whole or not at all, readable for all. path: the system's. */
int prometheus_write(const char *path, const struct buf *text, struct error *e) _must_check_;
