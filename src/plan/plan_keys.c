/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/plan_keys.h"

#define SECONDS_MAX (7 * 24 * 3600)

#define LIST(what, name, type, max)                                                                \
	{                                                                                          \
		what, offsetof(struct plan, name), offsetof(struct plan, name##_count),            \
			sizeof(struct type), max                                                   \
	}

const struct plan_list plan_lists[SCOPES] = {
	[SCOPE_MODULE] = LIST("modules", modules, plan_module, PLAN_MODULES_MAX),
	[SCOPE_LINK] = LIST("links", links, plan_link, PLAN_LINKS_MAX),
	[SCOPE_ADDRESS] = LIST("addresses", addresses, plan_address, PLAN_ADDRESSES_MAX),
	[SCOPE_ROUTE] = LIST("routes", routes, plan_route, PLAN_ROUTES_MAX),
	[SCOPE_TARGET] = LIST("targets", targets, plan_target, PLAN_TARGETS_MAX),
};

const char *const plan_action_words[] = {
	[PLAN_REBOOT] = "reboot",
	[PLAN_HALT] = "halt",
	[PLAN_POWEROFF] = "poweroff",
	[PLAN_SHELL] = "shell",
	[PLAN_DUMP_TO_ROOTFS] = "dump_to_rootfs",
	NULL,
};

static const char *const collector_words[] = {
	[PLAN_COLLECT_MAKEDUMPFILE] = "makedumpfile",
	[PLAN_COLLECT_COPY] = "copy",
	NULL,
};

static const char *const target_words[] = {
	[PLAN_TARGET_FS] = "fs",
	[PLAN_TARGET_RAW] = "raw",
	[PLAN_TARGET_NFS] = "nfs",
	[PLAN_TARGET_SSH] = "ssh",
	NULL,
};

static const char *const link_words[] = {
	[PLAN_LINK_HARDWARE] = "hardware",
	[PLAN_LINK_VLAN] = "vlan",
	[PLAN_LINK_BOND] = "bond",
	[PLAN_LINK_BRIDGE] = "bridge",
	NULL,
};

#define STRING(name, scope, type, field)                                                           \
	{                                                                                          \
		name, scope, TYPE_STRING, offsetof(struct type, field), 0, NULL, false             \
	}
#define NUMBER(name, scope, kind, type, field, max)                                                \
	{                                                                                          \
		name, scope, kind, offsetof(struct type, field), max, NULL, false                  \
	}
#define SPARSE(name, scope, kind, type, field, max)                                                \
	{                                                                                          \
		name, scope, kind, offsetof(struct type, field), max, NULL, true                   \
	}
#define WORD(name, scope, type, field, words)                                                      \
	{                                                                                          \
		name, scope, TYPE_WORD, offsetof(struct type, field), 0, words, false              \
	}

const struct plan_key plan_keys[] = {
	STRING("kernel", SCOPE_PLAN, plan, kernel_release),
	STRING("host-ip", SCOPE_PLAN, plan, host_ip),
	STRING("timezone", SCOPE_PLAN, plan, timezone),
	WORD("collector", SCOPE_PLAN, plan, collector, collector_words),
	NUMBER("level", SCOPE_PLAN, TYPE_U32, plan, level, 31),
	NUMBER("codec", SCOPE_PLAN, TYPE_U32, plan, codec, 255),
	NUMBER("codec-level", SCOPE_PLAN, TYPE_INT, plan, codec_level, 100),
	NUMBER("threads", SCOPE_PLAN, TYPE_U32, plan, threads, 4096),
	WORD("failure-action", SCOPE_PLAN, plan, failure_action, plan_action_words),
	WORD("final-action", SCOPE_PLAN, plan, final_action, plan_action_words),
	NUMBER("device-timeout", SCOPE_PLAN, TYPE_U32, plan, device_timeout, SECONDS_MAX),
	NUMBER("log-timeout", SCOPE_PLAN, TYPE_U32, plan, log_timeout, SECONDS_MAX),
	NUMBER("report-timeout", SCOPE_PLAN, TYPE_U32, plan, report_timeout, SECONDS_MAX),
	NUMBER("dump-timeout", SCOPE_PLAN, TYPE_U32, plan, dump_timeout, SECONDS_MAX),
	NUMBER("total-timeout", SCOPE_PLAN, TYPE_U32, plan, total_timeout, SECONDS_MAX),
	STRING("module", SCOPE_MODULE, plan_module, path),
	STRING("module.options", SCOPE_MODULE, plan_module, options),
	STRING("link", SCOPE_LINK, plan_link, name),
	WORD("link.kind", SCOPE_LINK, plan_link, kind, link_words),
	STRING("link.mac", SCOPE_LINK, plan_link, mac),
	STRING("link.master", SCOPE_LINK, plan_link, master),
	STRING("link.lower", SCOPE_LINK, plan_link, lower),
	SPARSE("link.mtu", SCOPE_LINK, TYPE_U32, plan_link, mtu, UINT32_MAX),
	SPARSE("link.vlan", SCOPE_LINK, TYPE_U32, plan_link, vlan, 4094),
	SPARSE("link.bond-mode", SCOPE_LINK, TYPE_U32, plan_link, bond_mode, 255),
	SPARSE("link.bond-miimon", SCOPE_LINK, TYPE_U32, plan_link, bond_miimon, INT32_MAX),
	SPARSE("link.carrier", SCOPE_LINK, TYPE_BOOL, plan_link, needs_carrier, 1),
	STRING("address", SCOPE_ADDRESS, plan_address, address),
	STRING("address.link", SCOPE_ADDRESS, plan_address, link),
	STRING("route", SCOPE_ROUTE, plan_route, to),
	STRING("route.via", SCOPE_ROUTE, plan_route, via),
	STRING("route.source", SCOPE_ROUTE, plan_route, source),
	STRING("route.link", SCOPE_ROUTE, plan_route, link),
	WORD("target", SCOPE_TARGET, plan_target, kind, target_words),
	STRING("target.fstype", SCOPE_TARGET, plan_target, fstype),
	STRING("target.options", SCOPE_TARGET, plan_target, mount_options),
	STRING("target.path", SCOPE_TARGET, plan_target, path),
	STRING("target.server", SCOPE_TARGET, plan_target, server),
	STRING("target.share", SCOPE_TARGET, plan_target, share),
	STRING("target.host", SCOPE_TARGET, plan_target, host),
	STRING("target.user", SCOPE_TARGET, plan_target, user),
	SPARSE("target.port", SCOPE_TARGET, TYPE_U32, plan_target, port, 65535),
	STRING("target.key", SCOPE_TARGET, plan_target, key),
	STRING("target.known-hosts", SCOPE_TARGET, plan_target, known_hosts),
	STRING("device.uuid", SCOPE_TARGET, plan_target, device.fs_uuid),
	STRING("device.syspath", SCOPE_TARGET, plan_target, device.syspath),
	STRING("device.serial", SCOPE_TARGET, plan_target, device.serial),
	STRING("device.name", SCOPE_TARGET, plan_target, device.name),
	SPARSE("device.partition", SCOPE_TARGET, TYPE_U32, plan_target, device.partition,
	       UINT32_MAX),
	SPARSE("device.size", SCOPE_TARGET, TYPE_U64, plan_target, device.size, INT64_MAX),
};

const size_t plan_keys_count = ARRAY_SIZE(plan_keys);
_Static_assert(ARRAY_SIZE(plan_keys) <= 64, "struct parser has one bit a key");
