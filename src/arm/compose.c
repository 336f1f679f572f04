/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/compose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "arm/cmdline.h"
#include "arm/machine.h"
#include "arm/program.h"
#include "base/io.h"
#include "target/ssh.h"

#define LOCAL_HOST_IP "127.0.0.1" /* what kdump-utils calls dumps on local disks */

/* Seconds. A disk behind a slow controller needs up to a minute; a dump of terabytes takes
 * hours, but not one of them without any progress for minutes. */
#define DEVICE_TIMEOUT 90
#define LOG_TIMEOUT 180
#define REPORT_TIMEOUT 30
#define DUMP_TIMEOUT 300
#define TOTAL_TIMEOUT (6 * 3600)

#define NAME_KERNEL "kernel image"
#define NAME_CMDLINE "command line"

int compose_config(const struct root *root, struct config *ret, bool *ret_missing, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = root_read_file(root, CONFIG_PATH, CONFIG_SIZE_MAX, &text);

	*ret_missing = r == -ENOENT;
	if (*ret_missing)
		return config_defaults(ret);
	if (r < 0)
		return error_errno(e, r, CONFIG_PATH);
	return config_parse(text.data ?: "", text.len, "kdump.conf", ret, e);
}

static char *image_path(const struct module *m)
{
	char *path;

	return asprintf(&path, "/lib/modules/%s.ko", m->name) < 0 ? NULL : path;
}

static int plan_add_modules(struct plan *p, const struct modules *m)
{
	p->modules = calloc(m->count ?: 1, sizeof(*p->modules));
	if (!p->modules)
		return -ENOMEM;
	for (size_t i = 0; i < m->count; i++) {
		struct plan_module *to = &p->modules[p->modules_count++];

		to->path = image_path(&m->items[i]);
		to->options = strdup(m->items[i].options);
		if (!to->path || !to->options)
			return -ENOMEM;
	}
	return 0;
}

static int make_plan(const struct root *root, struct composition *c, const char *release)
{
	struct plan *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	c->plan = p;
	*p = (struct plan){
		.kernel_release = strdup(release),
		.host_ip = strdup(c->chain.network.host_ip ?: LOCAL_HOST_IP),
		.collector = c->config.collector,
		.level = c->config.level,
		.codec = c->config.codec,
		.threads = c->config.threads,
		.failure_action = c->config.failure_action,
		.final_action = c->config.final_action,
		.device_timeout = DEVICE_TIMEOUT,
		.log_timeout = LOG_TIMEOUT,
		.report_timeout = c->config.report ? REPORT_TIMEOUT : 0,
		.dump_timeout = DUMP_TIMEOUT,
		.total_timeout = TOTAL_TIMEOUT,
	};
	r = machine_timezone(root, &p->timezone);
	if (r == 0)
		r = plan_add_modules(p, &c->modules);
	if (r == 0)
		r = chain_give(&c->chain, p);
	return r < 0 ? r : p->kernel_release && p->host_ip ? 0 : -ENOMEM;
}

static int add(struct composition *c, const char *name, unsigned mode, struct buf *content,
	       struct error *e)
{
	int r = record_add(&c->record, name, content->data, content->len);

	if (r < 0) {
		buf_done(content);
		return error_errno(e, r, "%s", name);
	}
	return image_add(&c->image, name, mode, content, e);
}

static int pack_init(const struct root *root, struct composition *c, struct error *e)
{
	_cleanup_free_ char *path = NULL;
	struct buf content = { 0 };
	int r = machine_init_program(root, &path, e);

	if (r < 0)
		return r;
	r = read_file_at(AT_FDCWD, path, IMAGE_FILE_MAX, &content);
	if (r < 0)
		return error_errno(e, r, "%s", path);
	if (content.len < 4 || memcmp(content.data, "\177ELF", 4) != 0) {
		buf_done(&content);
		return error_set(e, -ENOEXEC, "%s is no program", path);
	}
	return add(c, "/init", 0755, &content, e);
}

static int pack_modules(const struct root *root, struct composition *c, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < c->modules.count && r == 0; i++) {
		_cleanup_free_ char *path = image_path(&c->modules.items[i]);
		struct buf content = { 0 };

		if (!path)
			return error_errno(e, -ENOMEM, "modules");
		r = image_read_module(root, c->modules.items[i].file, &content, e);
		if (r == 0)
			r = add(c, path, 0644, &content, e);
	}
	return r;
}

static bool has_ssh(const struct composition *c)
{
	for (size_t i = 0; i < c->plan->targets_count; i++)
		if (c->plan->targets[i].kind == PLAN_TARGET_SSH)
			return true;
	return false;
}

/* ssh wants to know who it is. */
static int pack_passwd(struct composition *c, struct error *e)
{
	struct buf text = { 0 };

	if (buf_printf(&text, "root:x:0:0:root:/:/bin/sh\n") < 0)
		return error_errno(e, -ENOMEM, "/etc/passwd");
	return add(c, "/etc/passwd", 0644, &text, e);
}

/* One key for all servers, and the keys of all servers in one file. */
static int pack_keys(struct composition *c, struct error *e)
{
	struct buf known = { 0 }, key = { 0 };
	int r = 0;

	for (size_t i = 0; i < c->chain.count && r == 0; i++) {
		struct place *p = &c->chain.places[i];

		if (p->known_hosts.len == 0)
			continue;
		r = buf_append(&known, p->known_hosts.data, p->known_hosts.len);
		if (key.len == 0 && r == 0) {
			key = p->key;
			p->key = (struct buf){ 0 };
		}
	}
	if (r < 0) {
		buf_done(&known);
		buf_done(&key);
		return error_errno(e, r, "ssh");
	}
	r = add(c, PLACE_SSH_KNOWN_HOSTS, 0644, &known, e);
	if (r < 0) {
		buf_done(&key);
		return r;
	}
	return add(c, PLACE_SSH_KEY, 0600, &key, e);
}

static int pack_ssh(const struct root *root, struct composition *c, struct error *e)
{
	_cleanup_(names_freep) char **files = NULL;
	int r;

	if (!has_ssh(c))
		return 0;
	r = program_files(SSH_PROGRAM, &files, e);
	for (size_t i = 0; r == 0 && files[i]; i++) {
		struct buf content = { 0 };

		r = image_read_file(root, files[i], &content, e);
		if (r == 0)
			r = add(c, files[i], 0755, &content, e);
	}
	if (r == 0)
		r = pack_passwd(c, e);
	return r < 0 ? r : pack_keys(c, e);
}

static int pack_plan(struct composition *c, struct error *e)
{
	struct buf text = { 0 };
	int r = plan_format(c->plan, &text);

	if (r < 0) {
		buf_done(&text);
		return error_errno(e, r, "plan");
	}
	return add(c, PLAN_PATH, 0600, &text, e);
}

static int choose_kernel(const struct root *root, struct composition *c, const char *append,
			 struct error *e)
{
	_cleanup_buf_ struct buf file = { 0 }, running = { 0 }, line = { 0 };
	struct record *rec = &c->record;
	int r = machine_kernel_image(root, rec->release, &rec->kernel, e);

	if (r == 0)
		r = image_read_file(root, rec->kernel, &file, e);
	if (r < 0)
		return r;
	r = bzimage_parse(file.data ?: "", file.len, &c->kernel, e);
	if (r < 0)
		return error_prefix(e, r, "%s", rec->kernel);
	r = root_read_file(root, "/proc/cmdline", 65536, &running);
	if (r < 0)
		return error_errno(e, r, "/proc/cmdline");
	r = cmdline_build(running.data ?: "", append, c->kernel.cmdline_max, &line, e);
	if (r < 0)
		return r;
	rec->cmdline = strdup(line.data);
	rec->append = strdup(append ?: "");
	r = record_add(rec, NAME_KERNEL, file.data, file.len);
	if (r == 0)
		r = record_add(rec, NAME_CMDLINE, line.data, line.len);
	return r == 0 && rec->cmdline && rec->append ? 0
						     : error_errno(e, -ENOMEM, "%s", rec->kernel);
}

static int find_targets(const struct root *root, struct composition *c, struct error *e)
{
	char words[1000];
	int r = chain_find(root, &c->config, &c->chain, &c->config.notes, e);

	if (r < 0)
		return r;
	chain_describe(&c->chain, words, sizeof(words));
	c->record.target = strdup(words);
	c->record.boot_id = strdup("");
	return c->record.target && c->record.boot_id ? 0 : error_errno(e, -ENOMEM, "target");
}

int compose(const struct root *root, const char *append, struct composition *ret, struct error *e)
{
	_cleanup_composition_ struct composition c = { 0 };
	struct modules_wanted wanted;
	int r = compose_config(root, &c.config, &c.config_missing, e);

	if (r == 0)
		r = machine_release(root, &c.record.release, e);
	if (r == 0)
		r = choose_kernel(root, &c, append, e);
	if (r == 0)
		r = find_targets(root, &c, e);
	if (r == 0) {
		chain_want_modules(&c.chain, &wanted);
		r = modules_collect(root, c.record.release, &wanted, &c.modules, e);
	}
	if (r == 0 && make_plan(root, &c, c.record.release) < 0)
		r = error_errno(e, -ENOMEM, "plan");
	if (r == 0)
		r = pack_init(root, &c, e);
	if (r == 0)
		r = pack_plan(&c, e);
	if (r == 0)
		r = pack_modules(root, &c, e);
	if (r == 0)
		r = pack_ssh(root, &c, e);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct composition){ 0 };
	return 0;
}

void composition_done(struct composition *c)
{
	config_done(&c->config);
	chain_done(&c->chain);
	modules_done(&c->modules);
	plan_free(c->plan);
	image_done(&c->image);
	record_done(&c->record);
	*c = (struct composition){ 0 };
}
