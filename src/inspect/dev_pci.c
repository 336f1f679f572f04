/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/dev.h"

#include <errno.h>
#include <inttypes.h>

#include "kernel/list.h"

#define DEPTH_LIMIT 256 /* bus numbers of a domain */

struct walk {
	struct dev_show *d;
	unsigned depth;
};

/* linux/pci_regs.h: PCI_EXP_TYPE_ENDPOINT and its like, bits 4 to 7 of the capability; a device without it has none set. */
static const char *type_name(uint64_t flags)
{
	static const char *const names[] = { "ENDPOINT",    "LEG_END",	NULL,	      NULL,
					     "ROOT_PORT",   "UPSTREAM", "DOWNSTREAM", "PCI_BRIDGE",
					     "PCIE_BRIDGE", "RC_END",	"RC_EC" };
	const uint64_t type = flags >> 4 & 0xf;

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "UNKNOWN";
}

static int show_bus(struct walk *w, const struct object *bus, bool root);

static int on_device(void *user, uint64_t node)
{
	struct walk *w = user;
	const struct object_source *s = &w->d->source;
	char place[DEV_NAME_SIZE];
	struct object o, below;
	uint64_t devfn, class, vendor, device;
	const char *type;
	int err = object_container(s, node, "pci_dev", "bus_list", &o, NULL);

	if (err < 0)
		return err;
	devfn = object_number_or_0(s, &o, "devfn");
	class = object_number_or_0(s, &o, "class") >> 8;
	vendor = object_number_or_0(s, &o, "vendor");
	device = object_number_or_0(s, &o, "device");
	type = type_name(object_number_or_0(s, &o, "pcie_flags_reg"));
	/* The name has the domain: "0000:00:1f.2". */
	if (object_text(s, &o, "dev.kobj.name", place, sizeof(place), NULL) < 0)
		snprintf(place, sizeof(place), "%02x:%02" PRIx64 ".%" PRIx64,
			 (unsigned)object_number_or_0(s, &o, "bus->number"), devfn >> 3, devfn & 7);
	if (w->d->json) {
		struct json *j = w->d->json;

		json_object(j);
		json_put_hex(j, "pci_dev", o.addr);
		json_put_string(j, "place", place);
		json_put_hex(j, "class", class);
		json_put_hex(j, "vendor", vendor);
		json_put_hex(j, "device", device);
		json_put_string(j, "type", type);
		json_object_end(j);
	} else {
		fprintf(w->d->c->out,
			"  %016" PRIx64 " %s  %04" PRIx64 "  %04" PRIx64 ":%04" PRIx64 "  %s\n",
			o.addr, place, class, vendor, device, type);
	}
	if (object_follow(s, &o, "subordinate->", &below, NULL) == 0)
		return show_bus(w, &below, false);
	return 0;
}

static int show_bus(struct walk *w, const struct object *bus, bool root)
{
	const struct object_source *s = &w->d->source;
	struct error why = { 0 };
	char name[DEV_NAME_SIZE];
	struct object list;
	int err = object_follow(s, bus, "devices", &list, &why);

	if (err == 0 && w->depth >= DEPTH_LIMIT)
		err = error_set(&why, -ELOOP, "the PCI buses have no end");
	if (object_text(s, bus, "dev.kobj.name", name, sizeof(name), NULL) < 0)
		object_text_or_mark(s, bus, "name", name, sizeof(name));
	if (err == 0 && root && !w->d->json)
		fprintf(w->d->c->out,
			"    ROOT BUS     BUSNAME\n%016" PRIx64 " %s\n"
			"      PCI DEV      DO:BU:SL.FN  CLASS   PCI_ID      TYPE\n",
			bus->addr, name);
	w->depth++;
	if (err == 0)
		err = list_each(w->d->c->reader, list.addr, 0, on_device, w, &why);
	w->depth--;
	dev_damage(w->d, err, &why);
	/* Where it is too deep the whole walk ends; else what is beside this bus goes on. */
	return err == -ELOOP ? err : 0;
}

static int on_root(void *user, uint64_t node)
{
	struct walk *w = user;
	struct object bus;
	int err = object_container(&w->d->source, node, "pci_bus", "node", &bus, NULL);

	if (err == 0)
		err = show_bus(w, &bus, true);
	if (err == 0 && !w->d->json)
		fputc('\n', w->d->c->out);
	return err;
}

int dev_pci(struct dev_show *d, struct error *e)
{
	struct walk w = { .d = d };
	struct error why = { 0 };
	struct object list;
	int err = inspect_variable(d->c, "pci_root_buses", 0, &list, e);

	if (err < 0)
		return err;
	if (d->json)
		json_put_array(d->json, "pci_devices");
	dev_damage(d, list_each(d->c->reader, list.addr, 0, on_root, &w, &why), &why);
	if (d->json)
		json_array_end(d->json);
	return 0;
}
