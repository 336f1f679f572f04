/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/devices.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The first row that fits is taken: a driver of that name is bound to the device or to one above it, or the device's place
 * alone tells (drivers that are built in have no module). `controller` gets the id cN, `disk` refers to it.
 */
struct qemu_disk {
	const char *driver;
	const char *
		place; /* fnmatch(3) of the place below /sys/devices: it tells without a driver; or NULL */
	const char *controller; /* NULL: the machine has it */
	const char *disk;
	const char *bus; /* behind the controller's id; NULL: no bus is named */
};

static const struct qemu_disk disks[] = {
	{ "xhci_pci", "*/usb[0-9]*/*", "qemu-xhci", "usb-storage", ".0" },
	{ "ehci_pci", NULL, "usb-ehci", "usb-storage", ".0" },
	{ "virtio_scsi", "*/virtio[0-9]*/host[0-9]*/*", "virtio-scsi-pci", "scsi-hd", ".0" },
	{ "virtio_blk", "*/virtio[0-9]*/block/*", NULL, "virtio-blk-pci", NULL },
	{ "nvme", "*/nvme*", NULL, "nvme", NULL },
	{ "ahci", NULL, "ich9-ahci", "ide-hd", ".0" },
	{ "ata_piix", NULL, NULL, "ide-hd", NULL },
	{ "megaraid_sas", NULL, "megasas", "scsi-hd", ".0" },
	{ "mptsas", NULL, "mptsas1068", "scsi-hd", ".0" },
	{ "vmw_pvscsi", NULL, "pvscsi", "scsi-hd", ".0" },
	{ "sym53c8xx", NULL, "lsi53c895a", "scsi-hd", ".0" },
	{ "am53c974", NULL, "am53c974", "scsi-hd", ".0" },
	{ NULL, "*/ata[0-9]*/*", "ich9-ahci", "ide-hd", ".0" },
};

static const struct qemu_disk fallback = { "virtio_blk", NULL, NULL, "virtio-blk-pci", NULL };

static const struct {
	const char *driver, *device;
} cards[] = {
	{ "virtio_net", "virtio-net-pci" },
	{ "e1000e", "e1000e" },
	{ "e1000", "e1000" },
	{ "igb", "igb" },
	{ "vmxnet3", "vmxnet3" },
	{ "8139cp", "rtl8139" },
	{ "8139too", "rtl8139" },
	{ "pcnet32", "pcnet" },
	{ "e100", "i82559er" },
	{ "ne2k_pci", "ne2k_pci" },
	{ "tulip", "tulip" },
};

int qemu_words_add(struct qemu_words *w, const char *fmt, ...)
{
	va_list ap;
	int r;

	if (w->count == QEMU_WORDS_MAX)
		return -E2BIG;
	va_start(ap, fmt);
	r = vasprintf(&w->words[w->count], fmt, ap);
	va_end(ap);
	if (r < 0) {
		w->words[w->count] = NULL;
		return -ENOMEM;
	}
	w->count++;
	return 0;
}

void qemu_words_done(struct qemu_words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->words[i]);
	*w = (struct qemu_words){ 0 };
}

static bool has(const char *const names[], const char *name)
{
	for (size_t i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

const struct qemu_disk *qemu_disk_find(const char *const drivers[], const char *syspath)
{
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		if (disks[i].driver && has(drivers, disks[i].driver))
			return &disks[i];
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		if (disks[i].place && fnmatch(disks[i].place, syspath, 0) == 0)
			return &disks[i];
	return NULL;
}

const struct qemu_disk *qemu_disk_default(void)
{
	return &fallback;
}

const char *qemu_disk_driver(const struct qemu_disk *d)
{
	return d->driver ?: "ahci";
}

const char *qemu_disk_device(const struct qemu_disk *d)
{
	return d->controller ?: d->disk;
}

/* NVMe wants a serial number. QEMU takes a comma as the end of a value; two stand for one. */
static int put_device(const struct qemu_disk *d, unsigned number, const char *serial,
		      struct qemu_words *w)
{
	char bus[40] = "", own[160] = "";

	if (d->controller && d->bus)
		snprintf(bus, sizeof(bus), ",bus=c%u%s", number, d->bus);
	if (*serial && !strchr(serial, ',') && strlen(serial) < 100)
		snprintf(own, sizeof(own), ",serial=%s", serial);
	else if (strcmp(d->disk, "nvme") == 0)
		snprintf(own, sizeof(own), ",serial=lastword%u", number);
	return qemu_words_add(w, "-device")
		       ?: qemu_words_add(w, "%s,drive=d%u%s%s", d->disk, number, bus, own);
}

int qemu_disk_words(const struct qemu_disk *d, unsigned number, const char *path,
		    const char *serial, struct qemu_words *w)
{
	int r = qemu_words_add(w, "-drive")
			?: qemu_words_add(w, "file=%s,format=raw,if=none,id=d%u", path, number);

	if (r == 0 && d->controller)
		r = qemu_words_add(w, "-device")
			    ?: qemu_words_add(w, "%s,id=c%u", d->controller, number);
	return r < 0 ? r : put_device(d, number, serial, w);
}

const char *qemu_card_find(const char *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(cards); i++)
		if (strcmp(cards[i].driver, driver) == 0)
			return cards[i].device;
	return NULL;
}
