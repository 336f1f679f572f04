/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ARP cache: struct neigh_table, a hash table whose buckets are chains. */
#include "inspect/net.h"

#include <errno.h>
#include <inttypes.h>

#include "kernel/list.h"

#define SHIFT_LIMIT 20
#define HARDWARE_MAX 32 /* MAX_ADDR_LEN */

/* net/neighbour.h: NUD_INCOMPLETE and its like, one bit each. */
static const char *state_name(uint64_t state)
{
	static const char *const names[] = { "INCOMPLETE", "REACHABLE", "STALE", "DELAY",
					     "PROBE",	   "FAILED",	"NOARP", "PERMANENT" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (state == UINT64_C(1) << i)
			return names[i];
	return state ? "UNKNOWN" : "NONE";
}

/* linux/if_arp.h */
static const char *hardware_name(uint64_t type)
{
	static const struct {
		uint64_t type;
		const char *name;
	} names[] = { { 0, "NETROM" },	   { 1, "ETHER" },	 { 2, "EETHER" }, { 3, "AX25" },
		      { 6, "IEEE802" },	   { 7, "ARCNET" },	 { 15, "DLCI" },  { 19, "ATM" },
		      { 24, "IEEE1394" },  { 32, "INFINIBAND" }, { 512, "PPP" },  { 768, "TUNNEL" },
		      { 769, "TUNNEL6" },  { 774, "FDDI" },	 { 776, "SIT" },  { 778, "IPGRE" },
		      { 801, "IEEE80211" } };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].type == type)
			return names[i].name;
	return "UNKNOWN";
}

/* Of Ethernet with colons. */
static void hardware_text(struct net_show *n, const struct object *neighbour, size_t len,
			  bool ether, char ret[3 * HARDWARE_MAX + 1])
{
	uint8_t bytes[HARDWARE_MAX];
	struct object ha;

	ret[0] = '\0';
	if (object_follow(&n->source, neighbour, "ha", &ha, NULL) < 0 ||
	    kernel_read(n->c->reader, ha.addr, bytes, len, NULL) < 0)
		return;
	for (size_t i = 0; i < len; i++)
		snprintf(ret + 3 * i - (i > 0), 4, i ? (ether ? ":%02x" : " %02x") : "%02x",
			 bytes[i]);
}

static int on_neighbour(void *user, uint64_t node)
{
	struct net_show *n = user;
	const struct object_source *s = &n->source;
	char address[NET_ADDRESS_SIZE], hardware[3 * HARDWARE_MAX + 1], device[32];
	struct object o, dev = { 0 }, key;
	uint64_t type = 0, len = 0;
	const char *state;
	int err = object_at(s, "neighbour", node, &o, NULL);

	if (err < 0)
		return err;
	if (object_follow(s, &o, "dev->", &dev, NULL) == 0) {
		type = object_number_or_0(s, &dev, "type");
		len = MIN(object_number_or_0(s, &dev, "addr_len"), (uint64_t)HARDWARE_MAX);
		object_text_or_mark(s, &dev, "name", device, sizeof(device));
	} else {
		device[0] = '\0';
	}
	hardware_text(n, &o, len, type == 1, hardware);
	snprintf(address, sizeof(address), "?");
	if (object_follow(s, &o, "primary_key", &key, NULL) == 0 &&
	    types_find(s->types, "unsigned int", &key.type))
		net_address(n, &key, address);
	state = state_name(object_number_or_0(s, &o, "nud_state"));
	if (!n->json) {
		fprintf(n->c->out, "%016" PRIx64 " %-15s %-10s %-18s %-7s %s\n", o.addr, address,
			hardware_name(type), hardware, device, state);
		return 0;
	}
	json_object(n->json);
	json_put_hex(n->json, "neighbour", o.addr);
	json_put_string(n->json, "address", address);
	json_put_string(n->json, "hardware_type", hardware_name(type));
	json_put_string(n->json, "hardware_address", hardware);
	json_put_string(n->json, "device", device);
	json_put_string(n->json, "state", state);
	json_object_end(n->json);
	return 0;
}

/* A bucket is a pointer to the first; each has the pointer to the next at its beginning, in all forms. */
int net_neighbours(struct net_show *n, struct error *e)
{
	struct error why = { 0 };
	struct object table, hash;
	uint64_t shift, buckets;
	int err = inspect_variable(n->c, "arp_tbl", 0, &table, e);

	if (err == 0)
		err = object_follow(&n->source, &table, "nht->", &hash, e);
	if (err == 0)
		err = object_number(&n->source, &hash, "hash_buckets|hash_heads", &buckets, e);
	if (err == 0)
		err = object_number(&n->source, &hash, "hash_shift", &shift, e);
	if (err < 0)
		return err;
	if (shift > SHIFT_LIMIT)
		return error_set(e, -EINVAL, "the ARP cache has 2^%" PRIu64 " buckets?", shift);
	if (!n->json)
		fputs("NEIGHBOUR        IP ADDRESS      HW TYPE    HW ADDRESS         DEVICE  "
		      "STATE\n",
		      n->c->out);
	for (uint64_t i = 0; i < UINT64_C(1) << shift; i++)
		net_damage(n,
			   list_each(n->c->reader, buckets + i * sizeof(uint64_t), 0, on_neighbour,
				     n, &why),
			   &why);
	return 0;
}
