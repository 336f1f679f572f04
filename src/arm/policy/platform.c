/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/policy/platform.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#define FACT_MAX ((size_t)16384)
#define CLOUD_MAX ((size_t)1 << 20)
#define CLOUD_DATA "/run/cloud-init/instance-data.json"
#define CLOUD_SENSITIVE "/run/cloud-init/instance-data-sensitive.json"

static const struct {
	const char *name, *path; /* path NULL: found otherwise */
} facts[PLATFORM_FACTS] = {
	[FACT_VENDOR] = { "system vendor", "/sys/class/dmi/id/sys_vendor" },
	[FACT_PRODUCT] = { "product", "/sys/class/dmi/id/product_name" },
	[FACT_UUID] = { "system UUID", "/sys/class/dmi/id/product_uuid" },
	[FACT_BIOS] = { "firmware", "/sys/class/dmi/id/bios_version" },
	[FACT_BOARD_TAG] = { "board tag", "/sys/class/dmi/id/board_asset_tag" },
	[FACT_CHASSIS_TAG] = { "chassis tag", "/sys/class/dmi/id/chassis_asset_tag" },
	[FACT_CHASSIS_TYPE] = { "chassis type", "/sys/class/dmi/id/chassis_type" },
	[FACT_HYPERVISOR] = { "hypervisor", "/sys/hypervisor/type" },
	[FACT_HYPERVISOR_UUID] = { "hypervisor's UUID", "/sys/hypervisor/uuid" },
	[FACT_MODEL] = { "device tree's model", "/proc/device-tree/model" },
	[FACT_PARTITION] = { "partition", "/proc/device-tree/ibm,partition-name" },
	[FACT_SYSINFO] = { "/proc/sysinfo", "/proc/sysinfo" },
	[FACT_CPUID] = { "CPUID", NULL },
	[FACT_BMC] = { "management controller", NULL },
	[FACT_CLOUD] = { "cloud-init", NULL },
};

const char *platform_fact_name(enum platform_fact f)
{
	return facts[f].name;
}

/* Up to the first byte that is no text, without blanks at the end; NULL where nothing is left. */
static int read_fact(const struct root *root, const char *path, char **ret)
{
	_cleanup_buf_ struct buf text = { 0 };
	size_t len = 0;

	/* Some are for root alone, and some firmware has none. */
	if (root_read_file(root, path, FACT_MAX, &text) < 0)
		return 0;
	while (len < text.len && (isprint((unsigned char)text.data[len]) || text.data[len] == '\n'))
		len++;
	while (len && isspace((unsigned char)text.data[len - 1]))
		len--;
	if (!len)
		return 0;
	*ret = strndup(text.data, len);
	return *ret ? 0 : -ENOMEM;
}

static int find_cpuid(const struct root *root, char **ret)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned eax, ebx, ecx, edx;
	char signature[13] = "";

	/* Bit 31 of leaf 1 says that there is a hypervisor; leaf 0x40000000 has its name. */
	if (*root->path || !__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & (1U << 31)))
		return 0;
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	memcpy(signature, &ebx, 4);
	memcpy(signature + 4, &ecx, 4);
	memcpy(signature + 8, &edx, 4);
	for (char *c = signature; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	*ret = *signature ? strdup(signature) : NULL;
	return *signature && !*ret ? -ENOMEM : 0;
#else
	return 0;
#endif
}

static int find_bmc(const struct root *root, char **ret)
{
	static const char *const nodes[] = { "/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0" };

	for (size_t i = 0; i < ARRAY_SIZE(nodes) && !*ret; i++)
		if (faccessat(root->fd, root_relative(nodes[i]), F_OK, 0) == 0)
			*ret = strdup(nodes[i]);
	/* SMBIOS type 38 describes the interface, whether or not its driver is loaded. */
	if (!*ret && faccessat(root->fd, "sys/firmware/dmi/entries/38-0", F_OK, 0) == 0)
		*ret = strdup("SMBIOS type 38");
	return 0;
}

/* It goes into a command line that people paste. */
static bool harmless(const char *word)
{
	return *word && *word != '-' && strlen(word) < 200 &&
	       strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") ==
		       strlen(word);
}

static int take_word(struct platform_found *f, enum platform_word word, const char *value)
{
	if (f->words[word] || !value || !harmless(value))
		return 0;
	f->words[word] = strdup(value);
	return f->words[word] ? 0 : -ENOMEM;
}

static const char *cloud_value(const json_t *data, const char *const path[])
{
	for (; data && *path; path++)
		data = json_object_get(data, *path);
	return json_string_value(data);
}

/* What cloud-init was told when the instance first started: documented as instance-data.json, keys of v1. */
static int read_cloud(const struct root *root, const char *path, struct platform_found *f)
{
	static const struct {
		enum platform_word word;
		const char *path[6];
	} words[] = {
		{ WORD_INSTANCE, { "v1", "instance_id" } },
		{ WORD_REGION, { "v1", "region" } },
		{ WORD_ZONE, { "v1", "availability_zone" } },
		{ WORD_NAME, { "ds", "meta_data", "imds", "compute", "name" } },
		{ WORD_NAME, { "v1", "local_hostname" } },
		{ WORD_GROUP, { "ds", "meta_data", "imds", "compute", "resourceGroupName" } },
	};
	static const char *const cloud[] = { "v1", "cloud_name", NULL };
	_cleanup_buf_ struct buf text = { 0 };
	const char *name;
	json_t *data;
	int r = 0;

	if (root_read_file(root, path, CLOUD_MAX, &text) < 0 || !text.data)
		return 0;
	data = json_loadb(text.data, text.len, 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(words) && r == 0; i++)
		r = take_word(f, words[i].word, cloud_value(data, words[i].path));
	name = cloud_value(data, cloud);
	if (r == 0 && name && harmless(name) && !f->facts[FACT_CLOUD]) {
		f->facts[FACT_CLOUD] = strdup(name);
		r = f->facts[FACT_CLOUD] ? 0 : -ENOMEM;
	}
	json_decref(data);
	return r;
}

static int find_words(const struct root *root, struct platform_found *f)
{
	_cleanup_free_ char *name = NULL;
	const char *tag = f->facts[FACT_BOARD_TAG];
	int r = 0;

	if (tag && strncmp(tag, "i-", 2) == 0) /* EC2 on Nitro */
		r = take_word(f, WORD_INSTANCE, tag);
	/* The first has what only root may read, the second is the same without. */
	if (r == 0)
		r = read_cloud(root, CLOUD_SENSITIVE, f);
	if (r == 0)
		r = read_cloud(root, CLOUD_DATA, f);
	if (r == 0)
		r = read_fact(root, "/proc/sys/kernel/hostname", &name);
	if (r == 0 && name)
		name[strcspn(name, ".")] = '\0';
	if (r == 0)
		r = take_word(f, WORD_NAME, name);
	if (r == 0)
		r = take_word(f, WORD_UUID, f->facts[FACT_UUID]);
	return r == 0 ? take_word(f, WORD_PARTITION, f->facts[FACT_PARTITION]) : r;
}

static bool fits(const struct platform *p, const struct platform_found *f)
{
	for (size_t i = 0; i < PLATFORM_SIGNS && p->signs[i].pattern; i++) {
		const char *fact = f->facts[p->signs[i].fact];

		if (!fact || fnmatch(p->signs[i].pattern, fact, 0) != 0)
			return false;
	}
	return true;
}

const struct platform *platform_of(const struct platform_found *f)
{
	const struct platform *p = platforms;

	while (!fits(p, f))
		p++;
	return p;
}

/* A break means SysRq on serial ports and on the consoles of hypervisors. */
static bool has_serial_console(const struct root *root)
{
	static const char *const kinds[] = { "ttyS", "ttyAMA", "hvc", "ttysclp", "hvsi" };
	_cleanup_buf_ struct buf text = { 0 };

	if (root_read_file(root, "/proc/consoles", FACT_MAX, &text) < 0 || !text.data)
		return false;
	for (const char *line = text.data; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			if (strncmp(line, kinds[i], strlen(kinds[i])) == 0)
				return true;
	}
	return false;
}

int platform_find(const struct root *root, struct platform_found *ret, struct error *e)
{
	_cleanup_platform_ struct platform_found f = { 0 };
	int r = 0;

	for (size_t i = 0; i < PLATFORM_FACTS && r == 0; i++)
		if (facts[i].path)
			r = read_fact(root, facts[i].path, &f.facts[i]);
	if (r == 0)
		r = find_cpuid(root, &f.facts[FACT_CPUID]);
	if (r == 0)
		r = find_bmc(root, &f.facts[FACT_BMC]);
	if (r == 0)
		r = find_words(root, &f);
	if (r < 0)
		return error_errno(e, r, "the platform");
	f.serial_console = has_serial_console(root);
	f.platform = platform_of(&f);
	*ret = f;
	f = (struct platform_found){ 0 };
	return 0;
}

void platform_found_done(struct platform_found *f)
{
	for (size_t i = 0; i < PLATFORM_FACTS; i++)
		free(f->facts[i]);
	for (size_t i = 0; i < PLATFORM_WORDS; i++)
		free(f->words[i]);
	*f = (struct platform_found){ 0 };
}

int platform_evidence(const struct platform_found *f, struct buf *ret)
{
	const struct platform *p = f->platform;
	int r = 0;

	for (size_t i = 0; i < PLATFORM_SIGNS && p->signs[i].pattern && r == 0; i++) {
		const char *fact = f->facts[p->signs[i].fact];

		r = buf_printf(ret, "%s%s '%.*s'", i ? ", " : "", facts[p->signs[i].fact].name,
			       (int)MIN(strcspn(fact, "\n"), (size_t)60), fact);
	}
	return r;
}

int platform_command(const struct platform_found *f, const char *command, struct buf *ret)
{
	static const struct {
		const char *name, *unknown;
	} words[PLATFORM_WORDS] = {
		[WORD_INSTANCE] = { "{instance}", "INSTANCE-ID" },
		[WORD_REGION] = { "{region}", "REGION" },
		[WORD_ZONE] = { "{zone}", "ZONE" },
		[WORD_NAME] = { "{name}", "NAME" },
		[WORD_GROUP] = { "{group}", "RESOURCE-GROUP" },
		[WORD_UUID] = { "{uuid}", "UUID" },
		[WORD_PARTITION] = { "{partition}", "PARTITION" },
	};
	int r = 0;

	while (*command && r == 0) {
		size_t len = 1, i = 0;

		while (i < PLATFORM_WORDS &&
		       strncmp(command, words[i].name, strlen(words[i].name)) != 0)
			i++;
		if (i < PLATFORM_WORDS) {
			len = strlen(words[i].name);
			r = buf_printf(ret, "%s",
				       f && f->words[i] ? f->words[i] : words[i].unknown);
		} else {
			len = MAX(strcspn(command, "{"), (size_t)1);
			r = buf_append(ret, command, len);
		}
		command += len;
	}
	return r;
}

static bool is_set(const struct sysctl_state *s, const char *name)
{
	const struct sysctl_entry *entry = sysctl_find(s, name);

	return entry->running && strcmp(entry->running, "0") != 0;
}

static void add_switch(const struct sysctl_state *s, const char *name, char *set, size_t size)
{
	size_t used = strlen(set);

	if (sysctl_find(s, name)->running && !is_set(s, name))
		snprintf(set + used, size - used, "%s%s=1", used ? " " : "", name);
}

static bool sysrq_dumps(const struct sysctl_state *s)
{
	const char *mask = sysctl_find(s, "sysrq")->running;
	long bits = mask ? strtol(mask, NULL, 10) : 0;

	return bits == 1 || (bits & 8);
}

enum platform_verdict platform_verdict(enum platform_signal signal, const struct sysctl_state *s,
				       char *ret_set, size_t size)
{
	bool panics = false;

	*ret_set = '\0';
	switch (signal) {
	case SIGNAL_DIAG: /* Which of the three it is is up to the board. */
		panics = is_set(s, "unknown_nmi_panic") && is_set(s, "panic_on_io_nmi") &&
			 is_set(s, "panic_on_unrecovered_nmi");
		add_switch(s, "unknown_nmi_panic", ret_set, size);
		add_switch(s, "panic_on_unrecovered_nmi", ret_set, size);
		add_switch(s, "panic_on_io_nmi", ret_set, size);
		break;
	case SIGNAL_NMI: /* Both of them make a panic of an NMI that nobody claims. */
		panics = is_set(s, "unknown_nmi_panic") || is_set(s, "panic_on_unrecovered_nmi");
		if (!panics)
			add_switch(s, "unknown_nmi_panic", ret_set, size);
		break;
	case SIGNAL_SYSRQ: {
		const char *mask = sysctl_find(s, "sysrq")->running;

		panics = sysrq_dumps(s);
		if (!panics && mask)
			snprintf(ret_set, size, "sysrq=%ld", strtol(mask, NULL, 10) | 8);
		break;
	}
	case SIGNAL_RESET:
		panics = true;
		break;
	case SIGNAL_DUMP:
	case SIGNAL_LOOK:
		return ASKS_NO_KERNEL;
	}
	return panics ? WOULD_PANIC : WOULD_NOT_PANIC;
}
