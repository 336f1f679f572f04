/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/compose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arm/kexec/cmdline.h"
#include "arm/kexec/cpus.h"
#include "arm/kexec/kernel_file.h"
#include "arm/image/encrypt.h"
#include "arm/image/erase.h"
#include "arm/image/hooks.h"
#include "arm/image/parts.h"
#include "arm/machine.h"
#include "base/io.h"
#include "target/ssh.h"

#define LOCAL_HOST_IP "127.0.0.1" /* what kdump-utils calls dumps on local disks */

/* A person waits for arming to work, and for the status to be shown. */
#define LOOK_UP_LIMIT (30 * USEC_PER_SEC)
#define LOOK_UP_AGAIN_LIMIT (5 * USEC_PER_SEC)

#define NAME_CMDLINE "the command line"

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
		to->late = m->items[i].late;
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
		.codec_level = c->config.fast && !c->config.rate_wanted
				       ? codec_by_id(c->config.codec)->fast_level
				       : 0,
		.choose_codec = c->config.rate_wanted,
		.target_rate = c->config.rate,
		.threads = c->config.threads,
		.elf = c->config.elf,
		.unused_vmemmap = c->config.unused_vmemmap,
		.limit = c->config.limit,
		.failure_action = c->config.failure_action,
		.final_action = c->config.final_action,
		.device_timeout = c->config.time.device,
		.log_timeout = c->config.time.log,
		.report_timeout = c->config.report ? c->config.time.report : 0,
		.dump_timeout = c->config.time.dump,
		.hook_timeout = c->config.time.hook,
		.total_timeout = c->config.time.total,
		.keep = c->config.keep,
		.crash_loop_count = c->config.time.loop_count,
		.crash_loop_window = c->config.time.loop_window,
		.crash_loop_action = c->config.time.loop_action,
		.watchdog_timeout = c->watchdogs.words.len ? c->config.time.watchdog : 0,
	};
	r = machine_timezone(root, &p->timezone);
	if (r == 0 && c->config.erase)
		r = (p->erase = strdup(ERASE_PATH)) ? 0 : -ENOMEM;
	if (r == 0)
		r = plan_add_modules(p, &c->modules);
	if (r == 0)
		r = chain_give(&c->chain, p);
	if (r == 0)
		r = fences_give(&c->fences, &c->config, p);
	if (r == 0)
		r = receivers_give(&c->receivers, &c->config, p);
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

static int pack_programs(const struct root *root, struct composition *c, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < c->programs.count && r == 0; i++) {
		const struct program_file *f = &c->programs.files[i];
		struct buf content = { 0 };

		if (f->from)
			r = image_read_file(root, f->from, &content, e);
		else if (buf_printf(&content, "%s", f->link) < 0)
			r = error_errno(e, -ENOMEM, "%s", f->name);
		if (r == 0)
			r = add(c, f->name, f->from ? 0755 : S_IFLNK | 0777, &content, e);
	}
	return r;
}

static int pack_ssh(struct composition *c, struct error *e)
{
	int r = has_ssh(c) ? pack_passwd(c, e) : 0;

	return r == 0 && has_ssh(c) ? pack_keys(c, e) : r;
}

static int pack_erase(const struct root *root, struct composition *c, struct error *e)
{
	struct buf text = { 0 };
	int r = erase_read(root, c->config.erase, &text, e);

	return r < 0 ? r : add(c, ERASE_PATH, 0600, &text, e);
}

/* Beyond lastword-init: what targets need, and what the administrator wants. */
static int find_programs(const struct root *root, struct composition *c, struct error *e)
{
	int r = has_ssh(c) ? programs_add(&c->programs, root, SSH_PROGRAM, e) : 0;

	return r < 0 ? r : hooks_find(root, &c->config, c->plan, &c->programs, &c->config.notes, e);
}

static int pack_plan(struct composition *c, struct error *e)
{
	struct buf text = { 0 };
	int r = plan_format(c->plan, &text);

	if (r < 0) {
		buf_done(&text);
		return error_errno(e, r, "plan");
	}
	r = parts_add(&c->record, text.data ?: "");
	if (r < 0) {
		buf_done(&text);
		return error_errno(e, r, "plan");
	}
	return image_add(&c->image, PLAN_PATH, 0600, &text, e);
}

/* kdump.conf's own word counts before that of the command line. */
static unsigned cpus_wanted(const struct composition *c)
{
	return c->config.time.cpus ?: c->sysconfig.cpus ?: 1;
}

/* What the configuration and the machine want on the command line. */
static int choose_words(const struct root *root, struct composition *c, struct buf *ret,
			struct error *e)
{
	int r = cpus_cmdline(root, cpus_wanted(c), ret, &c->cpus, e);

	if (r == 0 && !c->config.time.device_dumps)
		r = buf_printf(ret, " novmcoredd");
	if (r == 0 && c->watchdogs.cmdline.len)
		r = buf_printf(ret, " %s", c->watchdogs.cmdline.data);
	return r;
}

static int make_cmdline(const struct root *root, struct composition *c, const char *append,
			struct buf *ret, struct error *e)
{
	_cleanup_buf_ struct buf running = { 0 }, words = { 0 };
	const struct sysconfig *s = &c->sysconfig;
	struct cmdline_words w = { .remove = s->remove, .append = append };
	int r = s->commandline ? 0 : root_read_file(root, "/proc/cmdline", 65536, &running);

	if (r < 0)
		return error_errno(e, r, "/proc/cmdline");
	r = choose_words(root, c, &words, e);
	if (r < 0)
		return r;
	w.running = s->commandline ?: running.data;
	w.machine = words.data;
	*(s->append_only_adds ? &w.more : &w.usual) = s->append;
	return cmdline_build(&w, c->kernel.cmdline_max, ret, e);
}

static int choose_kernel(const struct root *root, struct composition *c, const char *append,
			 struct error *e)
{
	_cleanup_buf_ struct buf file = { 0 }, line = { 0 };
	struct record *rec = &c->record;
	int r = machine_kernel_image(root, &c->sysconfig, rec->release, &rec->kernel, e);

	if (r == 0)
		r = kernel_file_read(root, rec->kernel, &file, e);
	if (r < 0)
		return r;
	r = bzimage_parse(file.data ?: "", file.len, &c->kernel, e);
	if (r < 0)
		return error_prefix(e, r, "%s", rec->kernel);
	r = make_cmdline(root, c, append, &line, e);
	if (r < 0)
		return r;
	rec->cmdline = strdup(line.data);
	rec->append = strdup(append ?: "");
	r = record_add(rec, RECORD_KERNEL_IMAGE, file.data, file.len);
	if (r == 0)
		r = record_add(rec, NAME_CMDLINE, line.data, line.len);
	return r == 0 && rec->cmdline && rec->append ? 0
						     : error_errno(e, -ENOMEM, "%s", rec->kernel);
}

static int find_targets(const struct root *root, const struct record *armed, struct composition *c,
			struct error *e)
{
	struct names names = {
		.limit = armed ? LOOK_UP_AGAIN_LIMIT : LOOK_UP_LIMIT,
		.armed = armed,
		.now = &c->record,
	};
	char words[1000];
	int r = chain_find(root, &c->config, &names, &c->chain, &c->config.notes, e);

	if (r == 0)
		r = fences_find(root, &c->config, &names, &c->chain.network, &c->fences, e);
	if (r == 0)
		r = receivers_find(root, &c->config, &names, &c->receivers, &c->config.notes, e);
	c->unsure = names.unsure;
	if (r < 0)
		return r;
	chain_describe(&c->chain, words, sizeof(words));
	c->record.target = strdup(words);
	c->record.boot_id = strdup("");
	return c->record.target && c->record.boot_id ? 0 : error_errno(e, -ENOMEM, "target");
}

static int collect(const struct root *root, struct composition *c, const struct network *more,
		   struct modules *ret, struct buf *notes, struct error *e)
{
	struct modules_wanted wanted;

	chain_want_modules(&c->chain, more, &wanted);
	watchdogs_want_modules(&c->watchdogs, &wanted);
	wanted.extra = c->config.extra_modules;
	return modules_collect(root, c->record.release, &wanted, ret, notes, e);
}

/* What only receivers need must not keep a machine from being armed: they are left out. */
static int add_receivers(const struct root *root, struct composition *c, struct error *e)
{
	_cleanup_modules_ struct modules all = { 0 };
	_cleanup_buf_ struct buf words = { 0 }, said = { 0 };
	struct error why = { 0 };
	int r = c->receivers.count ? collect(root, c, &c->receivers.network, &all, &said, &why) : 0;

	if (r == 0)
		r = network_merge(&c->chain.network, &c->receivers.network, &why);
	if (r < 0) {
		receivers_done(&c->receivers);
		r = buf_printf(&c->config.notes, "nobody will hear the last words: %s\n",
			       error_text(&why));
	} else if (all.count) {
		struct modules early = c->modules;

		modules_mark_late(&all, &early);
		c->modules = all;
		all = early;
	}
	if (r == 0)
		r = receivers_describe(&c->receivers, &words);
	c->record.receivers = r == 0 ? strdup(words.data ?: "") : NULL;
	return c->record.receivers ? 0 : error_errno(e, -ENOMEM, "receivers");
}

static int find_modules(const struct root *root, struct composition *c, struct error *e)
{
	int r = collect(root, c, NULL, &c->modules, &c->config.notes, e);

	return r < 0 ? r : add_receivers(root, c, e);
}

/* What was asked for and cannot be. */
static int note_loops(struct config *c)
{
	unsigned count = c->time.loop_count;

	if (!count)
		return 0;
	if (c->targets[0].kind == CONFIG_TARGET_RAW)
		return buf_printf(&c->notes,
				  "lastword_crash_loop: a raw device does not tell of earlier "
				  "crashes: none of them will be a loop\n");
	if (c->keep.dumps && c->keep.dumps + 1 < count)
		return buf_printf(&c->notes,
				  "lastword_crash_loop: of %u crashes lastword_keep leaves %u "
				  "dumps: none of them will be a loop\n",
				  count - 1, c->keep.dumps);
	return 0;
}

int compose(const struct root *root, const char *append, const struct record *armed,
	    struct composition *ret, struct error *e)
{
	_cleanup_composition_ struct composition c = { 0 };
	struct seal_keys recipients = { 0 };
	int r = compose_config(root, &c.config, &c.config_missing, e);

	if (r == 0)
		r = encrypt_keys(root, &c.config, &recipients, e);
	if (r == 0)
		r = sysconfig_read(root, &c.sysconfig, e);
	if (r == 0 && c.sysconfig.notes.len)
		r = buf_append(&c.config.notes, c.sysconfig.notes.data, c.sysconfig.notes.len);
	if (r == 0)
		r = machine_capture_release(root, &c.sysconfig, &c.record.release, e);
	if (r == 0)
		r = watchdogs_find(root, c.record.release, &c.config, &c.watchdogs, e);
	if (r == 0)
		r = choose_kernel(root, &c, append, e);
	if (r == 0)
		r = find_targets(root, armed, &c, e);
	if (r == 0 && note_loops(&c.config) < 0)
		r = error_errno(e, -ENOMEM, "configuration");
	if (r == 0)
		r = find_modules(root, &c, e);
	if (r == 0 && make_plan(root, &c, c.record.release) < 0)
		r = error_errno(e, -ENOMEM, "plan");
	if (r == 0)
		r = encrypt_give(&recipients, c.plan, &c.record.target, e);
	if (r == 0)
		r = find_programs(root, &c, e);
	if (r == 0)
		r = pack_init(root, &c, e);
	if (r == 0)
		r = pack_plan(&c, e);
	if (r == 0)
		r = pack_modules(root, &c, e);
	if (r == 0)
		r = pack_programs(root, &c, e);
	if (r == 0)
		r = pack_ssh(&c, e);
	if (r == 0 && c.config.erase)
		r = pack_erase(root, &c, e);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct composition){ 0 };
	return 0;
}

void composition_done(struct composition *c)
{
	config_done(&c->config);
	sysconfig_done(&c->sysconfig);
	chain_done(&c->chain);
	watchdogs_done(&c->watchdogs);
	fences_done(&c->fences);
	receivers_done(&c->receivers);
	programs_done(&c->programs);
	modules_done(&c->modules);
	plan_free(c->plan);
	image_done(&c->image);
	buf_done(&c->unsure);
	record_done(&c->record);
	*c = (struct composition){ 0 };
}
