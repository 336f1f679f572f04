/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/net.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "inspect/choose.h"
#include "inspect/members.h"

#define FILES_LIMIT (UINT64_C(1) << 24) /* more than sysctl fs.nr_open allows by default */
#define FILES_AT_ONCE 512
#define NAME_SIZE 64
#define END_SIZE (NET_ADDRESS_SIZE + 8)

struct walk {
	struct net_show *n;
	const struct net_sockets *o;
	const struct task *task;
	struct error *error;
	unsigned shown;
};

struct number_name {
	uint64_t number;
	const char *name;
};

static const char *name_of(const struct number_name *names, size_t count, uint64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

/* sys/socket.h; crash's names */
static const struct number_name families[] = { { AF_UNSPEC, "UNSPEC" },
					       { AF_UNIX, "UNIX" },
					       { AF_INET, "INET" },
					       { AF_AX25, "AX25" },
					       { AF_IPX, "IPX" },
					       { AF_APPLETALK, "APPLETALK" },
					       { AF_BRIDGE, "BRIDGE" },
					       { AF_X25, "X25" },
					       { AF_INET6, "INET6" },
					       { AF_NETLINK, "NETLINK" },
					       { AF_PACKET, "PACKET" },
					       { AF_KEY, "KEY" },
					       { AF_RDS, "RDS" },
					       { AF_PPPOX, "PPPOX" },
					       { AF_CAN, "CAN" },
					       { AF_TIPC, "TIPC" },
					       { AF_BLUETOOTH, "BLUETOOTH" },
					       { AF_ALG, "ALG" },
					       { AF_NFC, "NFC" },
					       { AF_VSOCK, "VSOCK" },
					       { AF_QIPCRTR, "QIPCRTR" },
					       { AF_SMC, "SMC" },
					       { AF_XDP, "XDP" } };
static const struct number_name types[] = {
	{ SOCK_STREAM, "STREAM" }, { SOCK_DGRAM, "DGRAM" },	    { SOCK_RAW, "RAW" },
	{ SOCK_RDM, "RDM" },	   { SOCK_SEQPACKET, "SEQPACKET" }, { SOCK_DCCP, "DCCP" },
	{ SOCK_PACKET, "PACKET" }
};
static const struct number_name netlinks[] = {
	{ NETLINK_ROUTE, "ROUTE" },
	{ NETLINK_USERSOCK, "USERSOCK" },
	{ NETLINK_FIREWALL, "FIREWALL" },
	{ NETLINK_SOCK_DIAG, "SOCK_DIAG" },
	{ NETLINK_NFLOG, "NFLOG" },
	{ NETLINK_XFRM, "XFRM" },
	{ NETLINK_SELINUX, "SELINUX" },
	{ NETLINK_ISCSI, "ISCSI" },
	{ NETLINK_AUDIT, "AUDIT" },
	{ NETLINK_FIB_LOOKUP, "FIB_LOOKUP" },
	{ NETLINK_CONNECTOR, "CONNECTOR" },
	{ NETLINK_NETFILTER, "NETFILTER" },
	{ NETLINK_KOBJECT_UEVENT, "KOBJECT_UEVENT" },
	{ NETLINK_GENERIC, "GENERIC" },
	{ NETLINK_SCSITRANSPORT, "SCSITRANSPORT" },
	{ NETLINK_RDMA, "RDMA" },
	{ NETLINK_CRYPTO, "CRYPTO" },
};

/* "INET:STREAM", "NETLINK/ROUTE:RAW" */
static void kind_text(uint64_t family, uint64_t protocol, uint64_t type, char ret[NAME_SIZE])
{
	const char *f = name_of(families, ARRAY_SIZE(families), family);
	const char *t = name_of(types, ARRAY_SIZE(types), type);
	const char *p =
		family == AF_NETLINK ? name_of(netlinks, ARRAY_SIZE(netlinks), protocol) : NULL;
	char number[2][24];

	snprintf(number[0], sizeof(number[0]), "%" PRIu64, family);
	snprintf(number[1], sizeof(number[1]), "%" PRIu64, type);
	snprintf(ret, NAME_SIZE, "%s%s%s:%s", f ? f : number[0], p ? "/" : "", p ? p : "",
		 t ? t : number[1]);
}

/* "10.1.2.3-80" */
static void end_text(struct net_show *n, const struct object *sk, const char *address,
		     uint64_t port, char ret[END_SIZE])
{
	char text[NET_ADDRESS_SIZE] = "?";
	struct object o;

	if (object_follow(&n->source, sk, address, &o, NULL) == 0)
		net_address(n, &o, text);
	snprintf(ret, END_SIZE, "%s-%" PRIu64, text, port);
}

/* Ports are in network order; of raw sockets the number is the protocol's. */
static void ends_text(struct net_show *n, const struct object *sk, uint64_t family,
		      char source[END_SIZE], char destination[END_SIZE])
{
	const bool six = family == AF_INET6;
	struct object inet;
	uint64_t sport, dport;

	source[0] = destination[0] = '\0';
	if ((family != AF_INET && !six) ||
	    object_container(&n->source, sk->addr, "inet_sock", "sk", &inet, NULL) < 0)
		return;
	sport = ntohs((uint16_t)object_number_or_0(&n->source, &inet, "inet_sport"));
	dport = ntohs((uint16_t)object_number_or_0(&n->source, sk, "__sk_common.skc_dport"));
	end_text(n, sk, six ? "__sk_common.skc_v6_rcv_saddr" : "__sk_common.skc_rcv_saddr", sport,
		 source);
	end_text(n, sk, six ? "__sk_common.skc_v6_daddr" : "__sk_common.skc_daddr", dport,
		 destination);
}

static bool is_wanted(const struct walk *w, uint64_t fd, uint64_t socket, uint64_t sk)
{
	uint64_t value;

	if (!w->o->wanted || (inspect_count(w->o->wanted, &value, NULL) == 0 && value == fd))
		return true;
	return inspect_hex(w->o->wanted, &value) && (value == socket || value == sk);
}

static int show_structs(struct walk *w, uint64_t socket, uint64_t sk)
{
	static const char *const names[] = { "socket", "sock" };
	const uint64_t addrs[] = { socket, sk };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct members m = { .hex = w->o->hex };
		int err = members_parse(w->n->c, names[i], &m, w->error);

		if (err < 0)
			return err;
		if (w->n->json)
			json_put_object(w->n->json, names[i]);
		err = members_show(&m, addrs[i], w->n->json, w->error);
		if (w->n->json)
			json_object_end(w->n->json);
		if (err < 0)
			return err;
	}
	return 0;
}

static int show_json(struct walk *w, uint64_t fd, uint64_t socket, uint64_t sk, const char *kind,
		     const char *source, const char *destination)
{
	struct json *j = w->n->json;
	int err = 0;

	json_object(j);
	json_put_uint(j, "fd", fd);
	json_put_hex(j, "socket_address", socket);
	json_put_hex(j, "sock_address", sk);
	json_put_string(j, "kind", kind);
	json_put_text(j, "source", source);
	json_put_text(j, "destination", destination);
	if (w->o->whole)
		err = show_structs(w, socket, sk);
	json_object_end(j);
	return err;
}

static int show(struct walk *w, uint64_t fd, const struct object *socket)
{
	const struct object_source *s = &w->n->source;
	char kind[NAME_SIZE], source[END_SIZE] = "", destination[END_SIZE] = "";
	FILE *out = w->n->c->out;
	struct object sk = { 0 };
	uint64_t family = 0;

	if (object_follow(s, socket, "sk->", &sk, NULL) == 0) {
		family = object_number_or_0(s, &sk, "__sk_common.skc_family");
		ends_text(w->n, &sk, family, source, destination);
	}
	if (!is_wanted(w, fd, socket->addr, sk.addr))
		return 0;
	kind_text(family, sk.addr ? object_number_or_0(s, &sk, "sk_protocol") : 0,
		  object_number_or_0(s, socket, "type"), kind);
	if (w->n->json) {
		w->shown++;
		return show_json(w, fd, socket->addr, sk.addr, kind, source, destination);
	}
	if (w->shown++ == 0 || w->o->whole)
		fprintf(out, w->o->whole ? "FD       SOCKET             SOCK\n"
					 : "FD      SOCKET            SOCK       FAMILY:TYPE "
					   "SOURCE-PORT DESTINATION-PORT\n");
	if (w->o->whole) {
		fprintf(out, "%2" PRIu64 "  %016" PRIx64 "  %016" PRIx64 "\n\n", fd, socket->addr,
			sk.addr);
		return show_structs(w, socket->addr, sk.addr);
	}
	fprintf(out, "%2" PRIu64 " %016" PRIx64 " %016" PRIx64 " %-11s %s %s\n", fd, socket->addr,
		sk.addr, kind, source, destination);
	return 0;
}

/* A file of a socket has its inode in a struct socket_alloc, beside the socket. */
static int on_file(struct walk *w, uint64_t fd, uint64_t addr)
{
	const struct object_source *s = &w->n->source;
	struct error why = { 0 };
	struct object file, inode, both, socket;
	uint64_t mode;
	int err = object_at(s, "file", addr, &file, &why);

	if (err == 0)
		err = object_follow(s, &file, "f_inode->", &inode, &why);
	if (err == 0)
		err = object_number(s, &inode, "i_mode", &mode, &why);
	if (err == 0 && !S_ISSOCK(mode))
		return 0;
	if (err == 0)
		err = object_container(s, inode.addr, "socket_alloc", "vfs_inode", &both, &why);
	if (err == 0)
		err = object_follow(s, &both, "socket", &socket, &why);
	if (err < 0) {
		net_damage(w->n, err, &why);
		return 0;
	}
	return show(w, fd, &socket);
}

static int walk_files(struct walk *w)
{
	const struct object_source *s = &w->n->source;
	uint64_t count, fd_array, files[FILES_AT_ONCE];
	struct error why = { 0 };
	struct object task, table;
	int err = object_at(s, "task_struct", w->task->addr, &task, &why);

	if (err == 0 && object_number_or_0(s, &task, "files") == 0)
		return 0;
	if (err == 0)
		err = object_follow(s, &task, "files->fdt->", &table, &why);
	if (err == 0)
		err = object_number(s, &table, "max_fds", &count, &why);
	if (err == 0)
		err = object_number(s, &table, "fd", &fd_array, &why);
	net_damage(w->n, err, &why);
	if (err < 0)
		return 0;
	count = MIN(count, FILES_LIMIT);
	for (uint64_t fd = 0; fd < count; fd++) {
		const uint64_t n = MIN(count - fd, (uint64_t)FILES_AT_ONCE);

		if (fd % FILES_AT_ONCE == 0) {
			err = kernel_read(w->n->c->reader, fd_array + fd * sizeof(*files), files,
					  n * sizeof(*files), &why);
			net_damage(w->n, err, &why);
			if (err < 0)
				return 0;
		}
		if (!files[fd % FILES_AT_ONCE])
			continue;
		err = on_file(w, fd, le64_get(&files[fd % FILES_AT_ONCE]));
		if (err < 0)
			return err;
	}
	return 0;
}

int net_sockets(struct net_show *n, const struct task *task, const struct net_sockets *o,
		struct error *e)
{
	struct walk w = { .n = n, .o = o, .task = task, .error = e };
	int err;

	if (n->json) {
		json_object(n->json);
		json_task_line(n->json, task);
		json_put_array(n->json, "sockets");
		err = walk_files(&w);
		json_array_end(n->json);
		json_object_end(n->json);
		return err;
	}
	print_task_line(n->c->out, task);
	err = walk_files(&w);
	if (err == 0 && w.shown == 0)
		fputs("No open sockets.\n", n->c->out);
	return err;
}
