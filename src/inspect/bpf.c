/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "inspect/machine.h"
#include "inspect/members.h"
#include "kernel/type_value.h"
#include "kernel/xarray.h"

#define NAME_SIZE 64
#define TAG_SIZE 8
#define INSTRUCTION_SIZE 8 /* struct bpf_insn */
#define MAPS_LIMIT 4096
#define NSEC_PER_SEC UINT64_C(1000000000)

struct options {
	bool programs, maps;   /* these are shown */
	bool details, structs; /* of each more: -p, -m and their like; -s */
	bool hex, has_id;
	uint64_t id;
};

struct walk {
	struct inspect *c;
	struct object_source source;
	const struct options *o;
	struct json *json;
	struct error *error;
	unsigned shown, all;
	int64_t boot; /* seconds since the epoch; 0: not known */
};

/* "BPF_MAP_TYPE_HASH" is "HASH". */
static void type_name(struct walk *w, const struct object *o, const char *member,
		      const char *prefix, char ret[NAME_SIZE])
{
	_cleanup_buf_ struct buf out = { 0 };
	const struct type_source source = { .reader = w->c->reader };
	struct type_member m;
	const char *name = "?";

	if (type_member_find(o->type, member, &m) &&
	    type_value(&source, &m, o->addr, &out, NULL) == 0 && out.data)
		name = out.data;
	if (strncmp(name, prefix, strlen(prefix)) == 0)
		name += strlen(prefix);
	snprintf(ret, NAME_SIZE, "%s", name);
}

static void print_centered(FILE *out, const char *text, int width)
{
	const int len = (int)strlen(text), left = len < width ? (width - len) / 2 : 0;

	fprintf(out, "%*s%-*s", left, "", MAX(width - left, len), text);
}

static void put(struct walk *w, const char *name, uint64_t value)
{
	json_put_uint(w->json, name, value);
}

static int show_struct(struct walk *w, const char *type, uint64_t addr)
{
	struct members m = { .hex = w->o->hex };
	int err = members_parse(w->c, type, &m, w->error);

	if (err < 0)
		return err;
	if (w->json) {
		json_put_object(w->json, type);
	} else {
		fputc('\n', w->c->out);
	}
	err = members_show(&m, addr, w->json, w->error);
	if (w->json)
		json_object_end(w->json);
	return err;
}

/* ---- programs ---- */

static void tag_text(struct walk *w, const struct object *prog, char ret[2 * TAG_SIZE + 1])
{
	uint8_t bytes[TAG_SIZE];
	struct object tag;

	strcpy(ret, "?");
	if (object_follow(&w->source, prog, "tag", &tag, NULL) < 0 ||
	    kernel_read(w->c->reader, tag.addr, bytes, sizeof(bytes), NULL) < 0)
		return;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

/* "13,14" */
static int used_maps(struct walk *w, const struct object *aux, struct buf *ret)
{
	const uint64_t count = object_number_or_0(&w->source, aux, "used_map_cnt");
	const uint64_t maps = object_number_or_0(&w->source, aux, "used_maps");
	struct object map;
	int err = object_at(&w->source, "bpf_map", 0, &map, NULL);

	for (uint64_t i = 0; err == 0 && i < MIN(count, (uint64_t)MAPS_LIMIT); i++) {
		if (inspect_number(w->c, maps + i * sizeof(uint64_t), 8, &map.addr, NULL) < 0)
			break;
		err = buf_printf(ret, "%s%" PRIu64, i ? "," : "",
				 object_number_or_0(&w->source, &map, "id"));
	}
	return err;
}

/* As ctime() has it, in UTC. */
static void load_time(struct walk *w, const struct object *aux, char *ret, size_t size)
{
	const uint64_t ns = object_number_or_0(&w->source, aux, "load_time");
	const time_t at = (time_t)(w->boot + (int64_t)(ns / NSEC_PER_SEC));
	struct tm tm;

	if (w->boot == 0 || !gmtime_r(&at, &tm) ||
	    strftime(ret, size, "%a %b %e %H:%M:%S %Y", &tm) == 0)
		snprintf(ret, size, "%" PRIu64 " s after boot", ns / NSEC_PER_SEC);
}

static void show_program_details(struct walk *w, const struct object *prog,
				 const struct object *aux)
{
	const struct object_source *s = &w->source;
	const uint64_t translated = object_number_or_0(s, prog, "len") * INSTRUCTION_SIZE;
	const uint64_t jited = object_number_or_0(s, prog, "jited_len");
	const uint64_t locked = object_number_or_0(s, prog, "pages") * KIB(4);
	const bool gpl = object_number_or_0(s, prog, "gpl_compatible") != 0;
	const uint64_t uid = object_number_or_0(s, aux, "user->uid");
	char name[NAME_SIZE], time[NAME_SIZE];

	object_text_or_mark(s, aux, "name", name, sizeof(name));
	load_time(w, aux, time, sizeof(time));
	if (!w->json) {
		fprintf(w->c->out,
			"     XLATED: %" PRIu64 "  JITED: %" PRIu64 "  MEMLOCK: %" PRIu64
			"\n     LOAD_TIME: %s\n     GPL_COMPATIBLE: %s  NAME: \"%s\"  UID: %" PRIu64
			"\n",
			translated, jited, locked, time, gpl ? "yes" : "no", name, uid);
		return;
	}
	put(w, "translated_bytes", translated);
	put(w, "jited_bytes", jited);
	put(w, "locked_bytes", locked);
	json_put_string(w->json, "load_time", time);
	json_put_bool(w->json, "gpl_compatible", gpl);
	json_put_string(w->json, "name", name);
	put(w, "uid", uid);
}

static void show_program_line(struct walk *w, uint64_t id, const struct object *prog,
			      const struct object *aux, const char *maps)
{
	char type[NAME_SIZE], tag[2 * TAG_SIZE + 1];

	type_name(w, prog, "type", "BPF_PROG_TYPE_", type);
	tag_text(w, prog, tag);
	if (!w->json) {
		if (w->shown == 0 || w->o->details)
			fprintf(w->c->out,
				"%s   ID     BPF_PROG       BPF_PROG_AUX   BPF_PROG_TYPE       TAG "
				"       "
				"USED_MAPS\n",
				w->shown ? "\n" : "");
		fprintf(w->c->out, "%5" PRIu64 " %016" PRIx64 " %016" PRIx64 " ", id, prog->addr,
			aux->addr);
		print_centered(w->c->out, type, 13);
		fprintf(w->c->out, " %s ", tag);
		print_centered(w->c->out, maps, 9);
		fputc('\n', w->c->out);
		return;
	}
	put(w, "id", id);
	json_put_hex(w->json, "bpf_prog_address", prog->addr);
	json_put_hex(w->json, "bpf_prog_aux_address", aux->addr);
	json_put_string(w->json, "type", type);
	json_put_string(w->json, "tag", tag);
	json_put_string(w->json, "used_maps", maps);
}

static int on_program(void *user, const struct tree_entry *entry)
{
	_cleanup_buf_ struct buf maps = { 0 };
	struct walk *w = user;
	struct object prog, aux = { 0 };
	int err = object_at(&w->source, "bpf_prog", entry->value, &prog, w->error);

	if (err < 0 || (w->o->has_id && w->o->id != entry->first))
		return err;
	if (object_follow(&w->source, &prog, "aux->", &aux, NULL) == 0)
		err = used_maps(w, &aux, &maps);
	if (err < 0)
		return err;
	if (w->json)
		json_object(w->json);
	show_program_line(w, entry->first, &prog, &aux, maps.data ? maps.data : "");
	if (w->o->details)
		show_program_details(w, &prog, &aux);
	if (w->o->structs)
		err = show_struct(w, "bpf_prog", prog.addr);
	if (w->o->structs && err == 0)
		err = show_struct(w, "bpf_prog_aux", aux.addr);
	if (w->json)
		json_object_end(w->json);
	w->shown++;
	return err;
}

/* ---- maps ---- */

static void show_map_details(struct walk *w, const struct object *map)
{
	const struct object_source *s = &w->source;
	const uint64_t key = object_number_or_0(s, map, "key_size");
	const uint64_t value = object_number_or_0(s, map, "value_size");
	const uint64_t entries = object_number_or_0(s, map, "max_entries");
	const uint64_t uid = object_number_or_0(s, map, "memory.user->uid|user->uid");
	char name[NAME_SIZE], locked[32] = "(unknown)";
	uint64_t pages;

	object_text_or_mark(s, map, "name", name, sizeof(name));
	/* Since 5.11 memory is charged to the cgroup and not counted here. */
	if (object_number(s, map, "memory.pages|pages", &pages, NULL) == 0)
		snprintf(locked, sizeof(locked), "%" PRIu64, pages * KIB(4));
	if (!w->json) {
		fprintf(w->c->out,
			"     KEY_SIZE: %" PRIu64 "  VALUE_SIZE: %" PRIu64 "  MAX_ENTRIES: %" PRIu64
			"  MEMLOCK: %s\n     NAME: \"%s\"  UID: ",
			key, value, entries, locked, name);
		if (object_has(map, "memory.user|user"))
			fprintf(w->c->out, "%" PRIu64 "\n", uid);
		else
			fputs("(unused)\n", w->c->out);
		return;
	}
	put(w, "key_bytes", key);
	put(w, "value_bytes", value);
	put(w, "max_entries", entries);
	json_put_string(w->json, "name", name);
}

static int on_map(void *user, const struct tree_entry *entry)
{
	struct walk *w = user;
	struct object map;
	char type[NAME_SIZE];
	uint64_t flags;
	int err = object_at(&w->source, "bpf_map", entry->value, &map, w->error);

	if (err < 0 || (w->o->has_id && w->o->id != entry->first))
		return err;
	type_name(w, &map, "map_type", "BPF_MAP_TYPE_", type);
	flags = object_number_or_0(&w->source, &map, "map_flags");
	if (w->json) {
		json_object(w->json);
		put(w, "id", entry->first);
		json_put_hex(w->json, "bpf_map_address", map.addr);
		json_put_string(w->json, "type", type);
		json_put_hex(w->json, "flags", flags);
	} else {
		if (w->shown == 0 || w->o->details)
			fprintf(w->c->out, "%s   ID     BPF_MAP       BPF_MAP_TYPE   MAP_FLAGS\n",
				w->shown ? "\n" : "");
		fprintf(w->c->out, "%5" PRIu64 " %016" PRIx64 " ", entry->first, map.addr);
		print_centered(w->c->out, type, 15);
		fprintf(w->c->out, " %08" PRIx64 "\n", flags);
	}
	if (w->o->details)
		show_map_details(w, &map);
	if (w->o->structs)
		err = show_struct(w, "bpf_map", map.addr);
	if (w->json)
		json_object_end(w->json);
	w->shown++;
	return err;
}

/* ---- the command ---- */

static int show_all(struct walk *w, const char *idr, const char *name, tree_emit emit,
		    struct error *e)
{
	struct object o, root;
	int err = inspect_variable(w->c, idr, 0, &o, e);

	if (err == 0)
		err = object_follow(&w->source, &o, "idr_rt", &root, e);
	if (err < 0)
		return err;
	w->shown = 0;
	if (w->json)
		json_put_array(w->json, name);
	err = xarray_each(&w->source, root.addr, emit, w, e);
	if (w->json)
		json_array_end(w->json);
	else if (w->shown == 0 && !w->o->has_id)
		fprintf(w->c->out, "(no %s)\n", name);
	w->all += w->shown;
	return err;
}

static int show(struct walk *w, struct error *e)
{
	const struct options *o = w->o;
	int err = 0;

	if (o->programs)
		err = show_all(w, "prog_idr", "programs", on_program, e);
	if (err == 0 && o->programs && o->maps && !w->json)
		fputc('\n', w->c->out);
	if (err == 0 && o->maps)
		err = show_all(w, "map_idr", "maps", on_map, e);
	if (err == 0 && o->has_id && w->all == 0)
		err = error_set(e, -ENOENT, "no such id: %" PRIu64, o->id);
	return err;
}

static int take_option(int opt, struct options *o, struct error *e)
{
	switch (opt) {
	case 'p':
	case 'm':
		o->has_id = true;
		o->details = true;
		o->programs |= opt == 'p';
		o->maps |= opt == 'm';
		return inspect_count(optarg, &o->id, e);
	case 'P':
	case 'M':
		o->details = true;
		o->programs |= opt == 'P';
		o->maps |= opt == 'M';
		return 0;
	case 's':
		o->structs = true;
		return 0;
	default: /* x, d */
		o->hex = opt == 'x';
		return 0;
	}
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct options o = { 0 };
	struct machine machine = { 0 };
	struct walk w = { .c = c, .o = &o, .error = e };
	struct json j;
	int opt, err, ended;

	while ((opt = getopt(argc, argv, "p:m:PMsxd")) != -1) {
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		err = take_option(opt, &o, e);
		if (err < 0)
			return err;
	}
	if (!o.programs && !o.maps)
		o.programs = o.maps = true;
	err = inspect_source(c, &w.source, e);
	if (err < 0)
		return err;
	machine_find(c, &machine);
	if (machine.crash_time > 0 && machine.has_uptime)
		w.boot = machine.crash_time - (int64_t)machine.uptime;
	if (!c->json)
		return show(&w, e);
	w.json = &j;
	inspect_json_begin(c, &j, &buf, "bpf");
	err = show(&w, e);
	ended = inspect_json_end(c, &j, e);
	return err < 0 ? err : ended;
}

const struct inspect_command inspect_bpf = {
	.name = "bpf",
	.usage = "[-p id | -P] [-m id | -M] [-s] [-x | -d]",
	.summary = "BPF programs and maps",
	.details =
		"  -p, -P   more of that program, of all\n"
		"  -m, -M   more of that map, of all\n"
		"  -s       with their structs; -x, -d: numbers in them are hexadecimal, decimal\n",
	.run = run,
};
