/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/choose.h"
#include "kernel/list.h"

#define ADDRESSES_LIMIT 10000

void net_damage(struct net_show *n, int err, const struct error *why)
{
	if (err < 0 && !n->damage.code)
		error_set(&n->damage, err, "%s", error_text(why));
}

void net_address(struct net_show *n, const struct object *address, char ret[NET_ADDRESS_SIZE])
{
	uint8_t bytes[sizeof(struct in6_addr)];
	const size_t size = object_size(address);
	const bool six = size == sizeof(bytes);

	if ((!six && size != sizeof(struct in_addr)) ||
	    kernel_read(n->c->reader, address->addr, bytes, size, NULL) < 0 ||
	    !inet_ntop(six ? AF_INET6 : AF_INET, bytes, ret, NET_ADDRESS_SIZE))
		strcpy(ret, "?");
}

/* ---- devices ---- */

struct device {
	struct net_show *show;
	unsigned count; /* addresses so far */
};

static void show_address(struct device *d, const struct object *address)
{
	char text[NET_ADDRESS_SIZE];

	net_address(d->show, address, text);
	if (d->show->json)
		json_string(d->show->json, text);
	else
		fprintf(d->show->c->out, "%s%s", d->count ? ", " : "", text);
	d->count++;
}

static void show_four(struct device *d, const struct object *device)
{
	const struct object_source *s = &d->show->source;
	struct object address, o;

	if (object_follow(s, device, "ip_ptr->ifa_list->", &address, NULL) < 0)
		return;
	for (unsigned n = 0; n < ADDRESSES_LIMIT; n++) {
		if (object_follow(s, &address, "ifa_local", &o, NULL) == 0)
			show_address(d, &o);
		if (object_follow(s, &address, "ifa_next->", &address, NULL) < 0)
			return;
	}
}

static int on_six(void *user, uint64_t node)
{
	struct device *d = user;
	struct object address, o;
	int err =
		object_container(&d->show->source, node, "inet6_ifaddr", "if_list", &address, NULL);

	if (err == 0)
		err = object_follow(&d->show->source, &address, "addr", &o, NULL);
	if (err == 0)
		show_address(d, &o);
	return err;
}

static void show_six(struct device *d, const struct object *device)
{
	struct error why = { 0 };
	struct object list;

	if (object_follow(&d->show->source, device, "ip6_ptr->addr_list", &list, NULL) == 0)
		net_damage(d->show, list_each(d->show->c->reader, list.addr, 0, on_six, d, &why),
			   &why);
}

static int on_device(void *user, uint64_t node)
{
	struct net_show *n = user;
	struct device d = { .show = n };
	struct object device;
	char name[32];
	int err = object_container(&n->source, node, "net_device", "dev_list", &device, NULL);

	if (err < 0)
		return err;
	object_text_or_mark(&n->source, &device, "name", name, sizeof(name));
	if (n->json) {
		json_object(n->json);
		json_put_hex(n->json, "net_device", device.addr);
		json_put_string(n->json, "name", name);
		json_put_array(n->json, "addresses");
	} else {
		fprintf(n->c->out, "%016" PRIx64 "  %-10s ", device.addr, name);
	}
	show_four(&d, &device);
	show_six(&d, &device);
	if (n->json) {
		json_array_end(n->json);
		json_object_end(n->json);
	} else {
		fputc('\n', n->c->out);
	}
	return 0;
}

int net_devices(struct net_show *n, const struct object *net, struct error *e)
{
	struct error why = { 0 };
	struct object list;
	int err = object_follow(&n->source, net, "dev_base_head", &list, e);

	if (err < 0)
		return err;
	if (!n->json)
		fputs("   NET_DEVICE     NAME       IP ADDRESS(ES)\n", n->c->out);
	net_damage(n, list_each(n->c->reader, list.addr, 0, on_device, n, &why), &why);
	return 0;
}

/* ---- the command ---- */

struct options {
	bool sockets, neighbours, of_task;
	struct net_sockets show;
	const char *translate;
};

static int find_net(struct net_show *n, const char *word, struct object *ret, struct error *e)
{
	const struct task *task;
	struct object o;
	int err = word ? choose_task(n->c, word, &task, e) : choose_context(n->c, &task, e);

	if (err == 0)
		err = object_at(&n->source, "task_struct", task->addr, &o, e);
	if (err == 0)
		err = object_follow(&n->source, &o, "nsproxy->net_ns->", ret, e);
	return err < 0 ? error_prefix(e, err, "the namespace") : 0;
}

static int show_sockets(struct net_show *n, const struct options *o, int count, char **words,
			struct error *e)
{
	_cleanup_chosen_ struct chosen chosen = { 0 };
	int err = choose_tasks(n->c, count, words, &chosen, e);

	for (size_t i = 0; err == 0 && i < chosen.count; i++) {
		if (i > 0 && !n->json)
			fputc('\n', n->c->out);
		err = net_sockets(n, chosen.tasks[i], &o->show, e);
	}
	return err;
}

static int show(struct net_show *n, const struct options *o, int count, char **words,
		struct error *e)
{
	struct object net;
	int err;

	if (o->sockets)
		return show_sockets(n, o, count, words, e);
	if (o->neighbours)
		return net_neighbours(n, e);
	if (count > 1 || (count == 1 && !o->of_task))
		return error_set(e, -EINVAL, "%s: for what? -n or -s say", words[0]);
	if (o->of_task)
		err = find_net(n, words[0], &net, e);
	else
		err = inspect_variable(n->c, "init_net", 0, &net, e);
	return err < 0 ? err : net_devices(n, &net, e);
}

static int show_json(struct net_show *n, const struct options *o, int count, char **words,
		     struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err, ended;

	n->json = &j;
	inspect_json_begin(n->c, &j, &buf, "net");
	json_put_array(&j, o->sockets ? "tasks" : o->neighbours ? "neighbours" : "devices");
	err = show(n, o, count, words, e);
	json_array_end(&j);
	json_put_string(&j, "damage", n->damage.code ? error_text(&n->damage) : NULL);
	ended = inspect_json_end(n->c, &j, e);
	return err < 0 ? err : ended;
}

/* A number as memory holds an address. */
static int translate(struct inspect *c, const char *word, struct error *e)
{
	char text[NET_ADDRESS_SIZE];
	struct in_addr address;
	uint64_t value;
	int err = inspect_count(word, &value, e);

	if (err < 0)
		return err;
	if (value > UINT32_MAX)
		return error_set(e, -EINVAL, "%s is no IPv4 address", word);
	address.s_addr = (in_addr_t)value;
	inet_ntop(AF_INET, &address, text, sizeof(text));
	if (c->json) {
		_cleanup_buf_ struct buf buf = { 0 };
		struct json j;

		inspect_json_begin(c, &j, &buf, "net");
		json_put_string(&j, "address", text);
		return inspect_json_end(c, &j, e);
	}
	fprintf(c->out, "%s\n", text);
	return 0;
}

static bool take_option(int opt, struct options *o)
{
	switch (opt) {
	case 's':
	case 'S':
		o->sockets = true;
		o->show.whole = opt == 'S';
		return true;
	case 'n':
		o->of_task = true;
		return true;
	case 'a':
		o->neighbours = true;
		return true;
	case 'N':
		o->translate = optarg;
		return true;
	case 'R':
		o->show.wanted = optarg;
		return true;
	case 'x':
	case 'd':
		o->show.hex = opt == 'x';
		return true;
	default:
		return false;
	}
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct net_show n = { .c = c };
	struct options o = { 0 };
	int opt, err;

	while ((opt = getopt(argc, argv, "sSnaN:R:xd")) != -1)
		if (!take_option(opt, &o))
			return inspect_bad_option(argc, argv, e);
	if (o.translate)
		return translate(c, o.translate, e);
	if (o.show.wanted && !o.sockets)
		return error_set(e, -EINVAL, "-R is for -s and -S");
	err = inspect_source(c, &n.source, e);
	if (err < 0)
		return err;
	if (c->json)
		return show_json(&n, &o, argc - optind, argv + optind, e);
	err = show(&n, &o, argc - optind, argv + optind, e);
	if (err == 0 && n.damage.code)
		fprintf(c->out, "net: perhaps not all: %s\n", error_text(&n.damage));
	return err;
}

const struct inspect_command inspect_net = {
	.name = "net",
	.usage =
		"[[-s | -S] [-x | -d] [-R ref] [pid | task …]] [-a] [-n [pid | task]] [-N address]",
	.summary = "network devices, the ARP cache, sockets of tasks",
	.details = "  -s, -S   sockets that the task has open; -S with struct socket and struct "
		   "sock;\n"
		   "           -R: that socket, sock or file descriptor alone; -x, -d: numbers in "
		   "the\n"
		   "           structs are hexadecimal, decimal\n"
		   "  -a       the ARP cache\n"
		   "  -n       the devices in the namespace of a task; else of the machine\n"
		   "  -N       a number as memory holds it, as an IPv4 address\n",
	.run = run,
};
