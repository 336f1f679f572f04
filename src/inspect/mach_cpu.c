/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/mach.h"

#define FEATURE_WORDS_MAX 64 /* of 32 bits in x86_capability */

struct cpus {
	struct inspect *c;
	struct object_source source;
	uint64_t
		names; /* x86_cap_flags: pointers to names, a bit of x86_capability each; 0: none */
	uint64_t name_count;
	struct json j;
};

static void feature(struct cpus *p, uint64_t bit, bool *first)
{
	char name[32];
	uint64_t at;
	size_t n = 0;

	if (bit >= p->name_count || inspect_number(p->c, p->names + bit * 8, 8, &at, NULL) < 0 ||
	    !at)
		return;
	while (n + 1 < sizeof(name) && kernel_read(p->c->reader, at + n, &name[n], 1, NULL) == 0 &&
	       name[n] > ' ' && name[n] < 0x7f)
		n++;
	name[n] = '\0';
	if (n == 0)
		return;
	if (p->c->json)
		json_string(&p->j, name);
	else
		fprintf(p->c->out, "%s%s", *first ? "FEATURES: " : " ", name);
	*first = false;
}

/* As the line flags of /proc/cpuinfo. */
static void show_features(struct cpus *p, const struct object *cpu)
{
	struct object words, word;
	bool first = true;
	uint64_t count;

	if (object_follow(&p->source, cpu, "x86_capability", &words, NULL) < 0)
		return;
	count = MIN(object_size(&words) / 4, (uint64_t)FEATURE_WORDS_MAX);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t bits;

		if (!object_element(&words, i, &word) ||
		    object_number(&p->source, &word, "", &bits, NULL) < 0)
			break;
		for (unsigned bit = 0; bit < 32; bit++)
			if (bits >> bit & 1)
				feature(p, i * 32 + bit, &first);
	}
	if (!first && !p->c->json)
		fputc('\n', p->c->out);
}

static void json_cpu(struct cpus *p, uint32_t number, const struct object *cpu)
{
	static const struct {
		const char *name, *path;
	} numbers[] = {
		{ "family", "x86" },
		{ "model", "x86_model" },
		{ "stepping", "x86_stepping" },
		{ "microcode", "microcode" },
		{ "cores", "booted_cores" },
		{ "cache_kib", "x86_cache_size" },
	};
	char text[80];

	json_object(&p->j);
	json_put_uint(&p->j, "cpu", number);
	json_put_hex(&p->j, "cpuinfo_x86", cpu->addr);
	(void)object_text(&p->source, cpu, "x86_vendor_id", text, sizeof(text), NULL);
	json_put_string(&p->j, "vendor", text);
	(void)object_text(&p->source, cpu, "x86_model_id", text, sizeof(text), NULL);
	json_put_string(&p->j, "model_name", text);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		json_put_uint(&p->j, numbers[i].name,
			      object_number_or_0(&p->source, cpu, numbers[i].path));
	json_put_array(&p->j, "features");
	show_features(p, cpu);
	json_array_end(&p->j);
	json_object_end(&p->j);
}

static int print_cpu(struct cpus *p, uint32_t number, const struct object *cpu, bool hex,
		     struct error *e)
{
	char addr[24];
	char *argv[] = { (char *)"struct", (char *)"cpuinfo_x86", addr, hex ? (char *)"-x" : NULL,
			 NULL };
	int err;

	fprintf(p->c->out, "%sCPU %u:\n", number ? "\n" : "", number);
	snprintf(addr, sizeof(addr), "%" PRIx64, cpu->addr);
	err = inspect_run(p->c, hex ? 4 : 3, argv, e);
	if (err == 0)
		show_features(p, cpu);
	return err;
}

int mach_cpus(struct inspect *c, bool hex, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct cpus p = { .c = c };
	struct symbols *symbols;
	struct percpu *percpu;
	struct symbol sym;
	int err = inspect_symbols(c, &symbols, e);

	if (err == 0)
		err = inspect_source(c, &p.source, e);
	if (err == 0)
		err = inspect_percpu(c, &percpu, e);
	if (err < 0)
		return err;
	if (symbols_find(symbols, "x86_cap_flags", &p.names) && symbols_at(symbols, p.names, &sym))
		p.name_count = sym.size / 8;
	if (c->json) {
		inspect_json_begin(c, &p.j, &buf, "mach");
		json_put_array(&p.j, "cpus");
	}
	for (uint32_t cpu = 0; cpu < percpu->count && err == 0; cpu++) {
		struct object o;

		if (!percpu->present[cpu])
			continue;
		err = inspect_variable(c, "cpu_info", cpu, &o, e);
		if (err < 0)
			break;
		if (c->json)
			json_cpu(&p, cpu, &o);
		else
			err = print_cpu(&p, cpu, &o, hex, e);
	}
	if (!c->json)
		return err;
	json_array_end(&p.j);
	return err < 0 ? err : inspect_json_end(c, &p.j, e);
}
