/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <getopt.h>
#include <inttypes.h>
#include <string.h>

static const char *state_words(uint32_t state)
{
	static const char *const words[] = {
		[MODULE_LIVE] = "live",
		[MODULE_COMING] = "loading",
		[MODULE_GOING] = "unloading",
		[MODULE_UNFORMED] = "unformed",
	};

	return state < ARRAY_SIZE(words) ? words[state] : "unknown";
}

static void read_args(struct inspect *c, const struct module *m, char *ret, size_t size)
{
	ret[0] = '\0';
	for (size_t i = 0; m->args && i + 1 < size; i++) {
		if (kernel_read(c->reader, m->args + i, &ret[i], 1, NULL) < 0 || !ret[i])
			break;
		ret[i + 1] = '\0';
	}
}

static int run_json(struct inspect *c, struct modules *modules, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	char taints[INSPECT_TAINTS_SIZE], args[256];
	const char *build_id;
	struct json j;

	inspect_json_begin(c, &j, &buf, "mod");
	json_put_array(&j, "modules");
	for (size_t i = 0; i < modules_count(modules); i++) {
		const struct module *m = modules_get(modules, i);

		inspect_taints(m->taints, true, taints);
		read_args(c, m, args, sizeof(args));
		json_object(&j);
		json_put_string(&j, "name", m->name);
		json_put_hex(&j, "address", m->addr);
		json_put_hex(&j, "text", m->text.addr);
		json_put_uint(&j, "size", m->size);
		json_put_string(&j, "state", state_words(m->state));
		build_id = modules_build_id(modules, i);
		json_put_text(&j, "build_id", build_id);
		json_put_string(&j, "taints", taints);
		json_put_string(&j, "args", args);
		json_put_array(&j, "regions");
		for (unsigned n = 0; n < m->regions; n++) {
			json_object(&j);
			json_put_hex(&j, "address", m->region[n].addr);
			json_put_uint(&j, "size", m->region[n].size);
			json_object_end(&j);
		}
		json_array_end(&j);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_put_string(&j, "damage", modules_damage(modules));
	return inspect_json_end(c, &j, e);
}

static int name_width(const struct modules *modules)
{
	size_t width = strlen("NAME");

	for (size_t i = 0; i < modules_count(modules); i++)
		width = MAX(width, strlen(modules_get(modules, i)->name));
	return (int)width;
}

static void print_list(struct inspect *c, const struct modules *modules)
{
	const int width = name_width(modules);

	fprintf(c->out, "%11s%7s%-*s  %12s%13s\n", "MODULE", "", width, "NAME", "TEXT_BASE",
		"SIZE");
	for (size_t i = 0; i < modules_count(modules); i++) {
		const struct module *m = modules_get(modules, i);

		fprintf(c->out, "%016" PRIx64 "  %-*s  %016" PRIx64 "  %7" PRIu64 "%s%s\n", m->addr,
			width, m->name, m->text.addr, m->size, m->state == MODULE_LIVE ? "" : "  ",
			m->state == MODULE_LIVE ? "" : state_words(m->state));
	}
}

static void print_tainted(struct inspect *c, const struct modules *modules)
{
	const int width = name_width(modules);
	char taints[INSPECT_TAINTS_SIZE];
	bool any = false;

	for (size_t i = 0; i < modules_count(modules); i++) {
		const struct module *m = modules_get(modules, i);

		if (!m->taints)
			continue;
		if (!any)
			fprintf(c->out, "%-*s  TAINTS\n", width, "NAME");
		any = true;
		inspect_taints(m->taints, true, taints);
		fprintf(c->out, "%-*s  %s\n", width, m->name, taints);
	}
	if (!any)
		fputs("no tainted modules\n", c->out);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct modules *modules;
	bool tainted = false;
	int opt, err;

	while ((opt = getopt(argc, argv, "+t")) != -1) {
		if (opt != 't')
			return inspect_bad_option(argc, argv, e);
		tainted = true;
	}
	err = inspect_modules(c, &modules, e);
	if (err < 0)
		return err;
	if (c->json)
		return run_json(c, modules, e);
	if (tainted)
		print_tainted(c, modules);
	else
		print_list(c, modules);
	if (modules_damage(modules))
		fprintf(c->out, "(%s)\n", modules_damage(modules));
	return 0;
}

const struct inspect_command inspect_mod = {
	.name = "mod",
	.usage = "[-t]",
	.summary = "the modules that were loaded",
	.details = "  -t  those that taint the kernel, and how\n",
	.run = run,
};
