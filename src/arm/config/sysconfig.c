/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/sysconfig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"

/* What kdumpctl has before it reads the file. */
#define REMOVE_DEFAULT "hugepages hugepagesz slub_debug"

#define STDLOGLVL_DEFAULT 3
#define LOGLVL_MAX 4
#define CPUS_MAX 4096

/* Variables that only SUSE's file has. */
static const char *const suse_marks[] = { "KDUMP_SAVEDIR", "KDUMP_DUMPLEVEL", "KDUMP_DUMPFORMAT",
					  "KDUMP_CRASHKERNEL", "KDUMP_KEEP_OLD_DUMPS" };

bool sysconfig_is_suse(const struct shell_file *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(suse_marks); i++)
		if (shell_find(f, suse_marks[i]))
			return true;
	return false;
}

static int note(struct sysconfig *s, unsigned line, const char *name, const char *text)
{
	return buf_printf(&s->notes, SYSCONFIG_NAME ":%u: %s: %s\n", line, name, text);
}

/* Where one that is set to nothing is as one that is not set. */
static int set_text(const struct shell_file *f, const char *name, char **ret)
{
	const struct shell_assignment *a = shell_find(f, name);

	if (!a || !*a->value)
		return 0;
	*ret = strdup(a->value);
	return *ret ? 0 : -ENOMEM;
}

static int set_level(const struct shell_file *f, const char *name, unsigned *ret, struct error *e)
{
	const struct shell_assignment *a = shell_find(f, name);
	uint64_t level;

	if (!a || !*a->value)
		return 0;
	if (strlen(a->value) != 1 || parse_decimal(a->value, LOGLVL_MAX, &level) < 0)
		return error_set(e, -EINVAL,
				 SYSCONFIG_NAME ":%u: %s: '%s' is no level from 0 (nothing) to %d "
						"(everything)",
				 a->line, name, a->value, LOGLVL_MAX);
	*ret = (unsigned)level;
	return 0;
}

static int check_kernel(const struct shell_file *f, struct error *e)
{
	static const char *const names[] = { "KDUMP_KERNELVER", "KDUMP_IMG", "KDUMP_IMG_EXT" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct shell_assignment *a = shell_find(f, names[i]);

		if (a && strpbrk(a->value, "/ \t\n"))
			return error_set(e, -EINVAL,
					 SYSCONFIG_NAME ":%u: %s: '%s' is part of a file's name; "
							"it has no / and no blanks",
					 a->line, names[i], a->value);
	}
	return 0;
}

static int check_directory(const struct shell_file *f, struct error *e)
{
	const struct shell_assignment *a = shell_find(f, "KDUMP_BOOTDIR");

	if (a && *a->value && *a->value != '/')
		return error_set(e, -EINVAL,
				 SYSCONFIG_NAME ":%u: KDUMP_BOOTDIR: '%s' does not begin with /",
				 a->line, a->value);
	return 0;
}

/* The last of nr_cpus= and maxcpus= in the words; 0 where there is none. */
static unsigned find_cpus(const char *words)
{
	static const char *const names[] = { "nr_cpus=", "maxcpus=" };
	unsigned cpus = 0;

	for (const char *p = words; *p; p += strspn(p, " \t\n")) {
		size_t len = strcspn(p, " \t\n");

		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			size_t name = strlen(names[i]);
			char number[8] = "";
			uint64_t n;

			if (len <= name || len - name >= sizeof(number) ||
			    strncmp(p, names[i], name) != 0)
				continue;
			memcpy(number, p + name, len - name);
			if (parse_decimal(number, CPUS_MAX, &n) == 0 && n)
				cpus = (unsigned)n;
		}
		p += len;
	}
	return cpus;
}

static int set_append(const struct shell_file *f, struct sysconfig *s)
{
	const struct shell_assignment *a = shell_find(f, "KDUMP_COMMANDLINE_APPEND");

	s->append_only_adds = s->suse;
	if (!a)
		return 0;
	s->append = strdup(a->value);
	s->cpus = find_cpus(a->value);
	return s->append ? 0 : -ENOMEM;
}

/* What a variable says that has no effect here is told once a file, not at each start: only what may surprise. */
static int note_surprises(const struct shell_file *f, struct sysconfig *s)
{
	const struct shell_assignment *args = shell_find(f, "KEXEC_ARGS");
	_cleanup_free_ char *copy = strdup(args ? args->value : "");
	char *rest = copy, *word;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (word = strtok_r(rest, " \t\n", &rest)))
		if (!sysconfig_kexec_word(word))
			r = buf_printf(&s->notes,
				       SYSCONFIG_NAME ":%u: KEXEC_ARGS: '%s' is not known here and "
						      "has no effect\n",
				       args->line, word);
	for (size_t i = 0; i < f->count && r == 0; i++)
		if (f->items[i].line && !sysconfig_variable(f->items[i].name) &&
		    strncmp(f->items[i].name, "KDUMP_", 6) == 0)
			r = note(s, f->items[i].line, f->items[i].name,
				 "not known; it has no effect");
	if (r == 0 && s->suse)
		r = buf_printf(&s->notes,
			       SYSCONFIG_NAME ": this is SUSE's file, of which only the kernel and "
					      "its command line are taken; 'lastword setup "
					      "--import' makes kdump.conf of the rest\n");
	return r;
}

static int fill(const struct shell_file *f, struct sysconfig *s, struct error *e)
{
	const struct shell_assignment *told = shell_find(f, "VMCORE_CREATION_NOTIFICATION");
	int r = check_kernel(f, e);

	if (r == 0)
		r = check_directory(f, e);
	if (r == 0)
		r = set_level(f, "KDUMP_STDLOGLVL", &s->stdloglvl, e);
	if (r == 0)
		r = set_level(f, "KDUMP_SYSLOGLVL", &s->sysloglvl, e);
	if (r == 0)
		r = set_level(f, "KDUMP_KMSGLOGLVL", &s->kmsgloglvl, e);
	if (r < 0)
		return r;
	s->suse = sysconfig_is_suse(f);
	s->notification = told && strcasecmp(told->value, "yes") == 0;
	if (set_text(f, "KDUMP_KERNELVER", &s->kernelver) < 0 ||
	    set_text(f, "KDUMP_IMG", &s->img) < 0 ||
	    set_text(f, "KDUMP_IMG_EXT", &s->img_ext) < 0 ||
	    set_text(f, "KDUMP_BOOTDIR", &s->bootdir) < 0 ||
	    set_text(f, "KDUMP_COMMANDLINE", &s->commandline) < 0 ||
	    set_text(f, "KDUMP_COMMANDLINE_REMOVE", &s->remove) < 0 || set_append(f, s) < 0 ||
	    note_surprises(f, s) < 0)
		return error_errno(e, -ENOMEM, SYSCONFIG_NAME);
	return 0;
}

int sysconfig_assignments(const char *text, size_t len, struct shell_file *ret, struct error *e)
{
	if (shell_set(ret, "KDUMP_KERNELVER", "") < 0 || shell_set(ret, "KEXEC_ARGS", "") < 0 ||
	    shell_set(ret, "KDUMP_COMMANDLINE_REMOVE", REMOVE_DEFAULT) < 0)
		return error_errno(e, -ENOMEM, SYSCONFIG_NAME);
	return shell_parse(text, len, SYSCONFIG_NAME, ret, e);
}

int sysconfig_parse(const char *text, size_t len, struct sysconfig *ret, struct error *e)
{
	_cleanup_sysconfig_ struct sysconfig s = { .stdloglvl = STDLOGLVL_DEFAULT };
	_cleanup_shell_ struct shell_file f = { 0 };
	int r = sysconfig_assignments(text, len, &f, e);

	if (r == 0)
		r = fill(&f, &s, e);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct sysconfig){ 0 };
	return 0;
}

int sysconfig_defaults(struct sysconfig *ret)
{
	return sysconfig_parse("", 0, ret, NULL);
}

int sysconfig_read(const struct root *root, struct sysconfig *ret, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = root_read_file(root, SYSCONFIG_PATH, SHELL_SIZE_MAX, &text);

	if (r == -ENOENT) {
		r = sysconfig_defaults(ret);
		if (r == 0)
			ret->missing = true;
		return r < 0 ? error_errno(e, r, SYSCONFIG_PATH) : 0;
	}
	if (r < 0)
		return error_errno(e, r, SYSCONFIG_PATH);
	return sysconfig_parse(text.data ?: "", text.len, ret, e);
}

void sysconfig_done(struct sysconfig *s)
{
	free(s->kernelver);
	free(s->img);
	free(s->img_ext);
	free(s->bootdir);
	free(s->commandline);
	free(s->remove);
	free(s->append);
	buf_done(&s->notes);
	*s = (struct sysconfig){ 0 };
}
