/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which device of QEMU the driver of a real disk or network card can be tried with, so that the capture image is tried
 * unchanged: a table.
 */
#include "base/error.h"
#include "base/macro.h"

/* Words for QEMU, as many as are used; each newly allocated. Ends with NULL. */
#define QEMU_WORDS_MAX 64

struct qemu_words {
	char *words[QEMU_WORDS_MAX + 1];
	size_t count;
};

int qemu_words_add(struct qemu_words *w, const char *fmt, ...) _printf_(2, 3) _must_check_;
void qemu_words_done(struct qemu_words *w);

#define _cleanup_qemu_words_ _cleanup_(qemu_words_done)

struct qemu_disk;

/*
 * drivers: module names of the real device's drivers, ends with NULL, may be empty where they are built in. syspath: its place
 * below /sys/devices. NULL where QEMU has no such device.
 */
const struct qemu_disk *qemu_disk_find(const char *const drivers[], const char *syspath);

/* The one that replaces what QEMU does not have: virtio. */
const struct qemu_disk *qemu_disk_default(void);

/* Its driver's module, and in QEMU's words what it is. */
const char *qemu_disk_driver(const struct qemu_disk *d);
const char *qemu_disk_device(const struct qemu_disk *d);

/* The words for the disk `number` with the raw image `path` and a serial number ("": none). */
int qemu_disk_words(const struct qemu_disk *d, unsigned number, const char *path,
		    const char *serial, struct qemu_words *w) _must_check_;

/* A network card's device for its driver; NULL where QEMU has none. */
const char *qemu_card_find(const char *driver);

#define QEMU_CARD_DEFAULT "virtio-net-pci"
#define QEMU_CARD_DEFAULT_DRIVER "virtio_net"
