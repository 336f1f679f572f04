/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Other systems' configuration made into ours: Debian's /etc/default/kdump-tools and SUSE's /etc/sysconfig/kdump. Nothing is lost in
 * silence: each assignment has its fate, in words.
 */
#include "arm/config/config.h"
#include "arm/config/shell.h"

enum import_kind { IMPORT_DEBIAN, IMPORT_SUSE };

enum import_fate {
	IMPORT_TAKEN,
	IMPORT_SAME, /* lastword does that anyway */
	IMPORT_LOST, /* has no equivalent */
};

/* "taken", "same", "lost" */
const char *import_fate_name(enum import_fate fate);

/* Strings are owned. */
struct import_line {
	unsigned number;
	char *name, *value;
	enum import_fate fate;
	struct buf text; /* what became of it and why */
};

struct import {
	enum import_kind kind;
	struct import_line *lines;
	size_t count;
	struct buf conf;      /* text of kdump.conf; config_parse() takes it */
	struct buf sysconfig; /* text of sysconfig/kdump; empty where none is needed */
};

/* A file of Debian's or SUSE's? By its variables; -ENOENT for neither. */
int import_recognise(const char *text, size_t len, enum import_kind *ret) _must_check_;

/*
 * Text of any origin; path is where it is from, for the words. in_place: it is /etc/sysconfig/kdump of this machine itself, where
 * what is said about the kernel and its command line is read as it is.
 */
int import_parse(const char *text, size_t len, const char *path, enum import_kind kind,
		 bool in_place, struct import *ret, struct error *e) _must_check_;

void import_done(struct import *i);

#define _cleanup_import_ _cleanup_(import_done)

/* The first line of what is written, and how it is known again. */
#define IMPORT_MARK "# Made by 'lastword setup --import' from "
