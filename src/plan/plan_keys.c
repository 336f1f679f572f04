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
	[SCOPE_VOLUME] = LIST("volumes", volumes, plan_volume, PLAN_VOLUMES_MAX),
	[SCOPE_PART] = LIST("parts", parts, plan_part, PLAN_PARTS_MAX),
	[SCOPE_ROW] = LIST("rows", rows, plan_row, PLAN_ROWS_MAX),
	[SCOPE_TARGET] = LIST("targets", targets, plan_target, PLAN_TARGETS_MAX),
	[SCOPE_HOOK] = LIST("hooks", hooks, plan_hook, PLAN_HOOKS_MAX),
	[SCOPE_FENCE] = LIST("fences", fences, plan_fence, PLAN_FENCES_MAX),
	[SCOPE_RECEIVER] = LIST("receivers", receivers, plan_receiver, PLAN_RECEIVERS_MAX),
	[SCOPE_RECIPIENT] = LIST("recipients", recipients, plan_recipient, PLAN_RECIPIENTS_MAX),
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
	[PLAN_TARGET_FS] = "fs",   [PLAN_TARGET_RAW] = "raw",		[PLAN_TARGET_NFS] = "nfs",
	[PLAN_TARGET_SSH] = "ssh", [PLAN_TARGET_VIRTIOFS] = "virtiofs", NULL,
};

static const char *const link_words[] = {
	[PLAN_LINK_HARDWARE] = "hardware",
	[PLAN_LINK_VLAN] = "vlan",
	[PLAN_LINK_BOND] = "bond",
	[PLAN_LINK_BRIDGE] = "bridge",
	NULL,
};

static const char *const volume_words[] = {
	[PLAN_VOLUME_DM] = "dm",
	[PLAN_VOLUME_MD] = "md",
	NULL,
};

const char *const plan_hook_words[] = {
	[PLAN_HOOK_PRE] = "pre",
	[PLAN_HOOK_POST] = "post",
	[PLAN_HOOK_EMERGENCY] = "emergency",
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
	SPARSE("choose-codec", SCOPE_PLAN, TYPE_BOOL, plan, choose_codec, 1),
	SPARSE("target-rate", SCOPE_PLAN, TYPE_U64, plan, target_rate, INT64_MAX),
	NUMBER("threads", SCOPE_PLAN, TYPE_U32, plan, threads, 4096),
	SPARSE("elf", SCOPE_PLAN, TYPE_BOOL, plan, elf, 1),
	SPARSE("unused-vmemmap", SCOPE_PLAN, TYPE_BOOL, plan, unused_vmemmap, 1),
	SPARSE("limit", SCOPE_PLAN, TYPE_U64, plan, limit, INT64_MAX),
	STRING("erase", SCOPE_PLAN, plan, erase),
	WORD("failure-action", SCOPE_PLAN, plan, failure_action, plan_action_words),
	WORD("final-action", SCOPE_PLAN, plan, final_action, plan_action_words),
	NUMBER("device-timeout", SCOPE_PLAN, TYPE_U32, plan, device_timeout, SECONDS_MAX),
	NUMBER("log-timeout", SCOPE_PLAN, TYPE_U32, plan, log_timeout, SECONDS_MAX),
	NUMBER("report-timeout", SCOPE_PLAN, TYPE_U32, plan, report_timeout, SECONDS_MAX),
	NUMBER("dump-timeout", SCOPE_PLAN, TYPE_U32, plan, dump_timeout, SECONDS_MAX),
	NUMBER("total-timeout", SCOPE_PLAN, TYPE_U32, plan, total_timeout, SECONDS_MAX),
	SPARSE("hook-timeout", SCOPE_PLAN, TYPE_U32, plan, hook_timeout, SECONDS_MAX),
	SPARSE("words-timeout", SCOPE_PLAN, TYPE_U32, plan, words_timeout, SECONDS_MAX),
	STRING("shell", SCOPE_PLAN, plan, shell),
	SPARSE("fence-port", SCOPE_PLAN, TYPE_U32, plan, fence_port, 65535),
	SPARSE("fence-interval", SCOPE_PLAN, TYPE_U32, plan, fence_interval, SECONDS_MAX),
	SPARSE("fence-count", SCOPE_PLAN, TYPE_U32, plan, fence_count, UINT32_MAX),
	SPARSE("crash-loop-count", SCOPE_PLAN, TYPE_U32, plan, crash_loop_count, 1000),
	SPARSE("crash-loop-window", SCOPE_PLAN, TYPE_U32, plan, crash_loop_window, SECONDS_MAX),
	SPARSE("keep-dumps", SCOPE_PLAN, TYPE_U32, plan, keep.dumps, PLAN_KEEP_MAX),
	SPARSE("keep-bytes", SCOPE_PLAN, TYPE_U64, plan, keep.bytes, INT64_MAX),
	SPARSE("keep-days", SCOPE_PLAN, TYPE_U32, plan, keep.days, PLAN_KEEP_MAX),
	SPARSE("keep-first", SCOPE_PLAN, TYPE_BOOL, plan, keep.first, 1),
	SPARSE("keep-room", SCOPE_PLAN, TYPE_BOOL, plan, keep.room, 1),
	{ "crash-loop-action", SCOPE_PLAN, TYPE_WORD, offsetof(struct plan, crash_loop_action), 0,
	  plan_action_words, true },
	SPARSE("watchdog-timeout", SCOPE_PLAN, TYPE_U32, plan, watchdog_timeout, SECONDS_MAX),
	STRING("module", SCOPE_MODULE, plan_module, path),
	STRING("module.options", SCOPE_MODULE, plan_module, options),
	SPARSE("module.late", SCOPE_MODULE, TYPE_BOOL, plan_module, late, 1),
	STRING("link", SCOPE_LINK, plan_link, name),
	WORD("link.kind", SCOPE_LINK, plan_link, kind, link_words),
	STRING("link.mac", SCOPE_LINK, plan_link, mac),
	STRING("link.master", SCOPE_LINK, plan_link, master),
	STRING("link.lower", SCOPE_LINK, plan_link, lower),
	SPARSE("link.mtu", SCOPE_LINK, TYPE_U32, plan_link, mtu, UINT32_MAX),
	SPARSE("link.vlan", SCOPE_LINK, TYPE_U32, plan_link, vlan, 4094),
	SPARSE("link.vlan-protocol", SCOPE_LINK, TYPE_U32, plan_link, vlan_protocol, UINT16_MAX),
	SPARSE("link.bond-mode", SCOPE_LINK, TYPE_U32, plan_link, bond_mode, 255),
	SPARSE("link.bond-miimon", SCOPE_LINK, TYPE_U32, plan_link, bond_miimon, INT32_MAX),
	SPARSE("link.carrier", SCOPE_LINK, TYPE_BOOL, plan_link, needs_carrier, 1),
	SPARSE("link.late", SCOPE_LINK, TYPE_BOOL, plan_link, late, 1),
	STRING("address", SCOPE_ADDRESS, plan_address, address),
	STRING("address.link", SCOPE_ADDRESS, plan_address, link),
	STRING("route", SCOPE_ROUTE, plan_route, to),
	STRING("route.via", SCOPE_ROUTE, plan_route, via),
	STRING("route.source", SCOPE_ROUTE, plan_route, source),
	STRING("route.link", SCOPE_ROUTE, plan_route, link),
	STRING("volume", SCOPE_VOLUME, plan_volume, name),
	WORD("volume.kind", SCOPE_VOLUME, plan_volume, kind, volume_words),
	STRING("volume.label", SCOPE_VOLUME, plan_volume, label),
	STRING("volume.uuid", SCOPE_VOLUME, plan_volume, uuid),
	STRING("volume.level", SCOPE_VOLUME, plan_volume, level),
	STRING("volume.metadata", SCOPE_VOLUME, plan_volume, metadata),
	SPARSE("volume.disks", SCOPE_VOLUME, TYPE_U32, plan_volume, disks, 4096),
	STRING("part", SCOPE_PART, plan_part, volume),
	STRING("part.signature", SCOPE_PART, plan_part, signature),
	STRING("part.uuid", SCOPE_PART, plan_part, device.fs_uuid),
	STRING("part.syspath", SCOPE_PART, plan_part, device.syspath),
	STRING("part.serial", SCOPE_PART, plan_part, device.serial),
	STRING("part.name", SCOPE_PART, plan_part, device.name),
	SPARSE("part.partition", SCOPE_PART, TYPE_U32, plan_part, device.partition, UINT32_MAX),
	SPARSE("part.size", SCOPE_PART, TYPE_U64, plan_part, device.size, INT64_MAX),
	STRING("row", SCOPE_ROW, plan_row, type),
	STRING("row.volume", SCOPE_ROW, plan_row, volume),
	NUMBER("row.start", SCOPE_ROW, TYPE_U64, plan_row, start, INT64_MAX >> 9),
	NUMBER("row.length", SCOPE_ROW, TYPE_U64, plan_row, length, INT64_MAX >> 9),
	STRING("row.parameters", SCOPE_ROW, plan_row, parameters),
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
	SPARSE("target.last-resort", SCOPE_TARGET, TYPE_BOOL, plan_target, last_resort, 1),
	STRING("device.uuid", SCOPE_TARGET, plan_target, device.fs_uuid),
	STRING("device.syspath", SCOPE_TARGET, plan_target, device.syspath),
	STRING("device.serial", SCOPE_TARGET, plan_target, device.serial),
	STRING("device.name", SCOPE_TARGET, plan_target, device.name),
	SPARSE("device.partition", SCOPE_TARGET, TYPE_U32, plan_target, device.partition,
	       UINT32_MAX),
	SPARSE("device.size", SCOPE_TARGET, TYPE_U64, plan_target, device.size, INT64_MAX),
	WORD("hook", SCOPE_HOOK, plan_hook, when, plan_hook_words),
	STRING("hook.path", SCOPE_HOOK, plan_hook, path),
	SPARSE("hook.vetoes", SCOPE_HOOK, TYPE_BOOL, plan_hook, vetoes, 1),
	STRING("fence", SCOPE_FENCE, plan_fence, address),
	STRING("receiver", SCOPE_RECEIVER, plan_receiver, address),
	SPARSE("receiver.port", SCOPE_RECEIVER, TYPE_U32, plan_receiver, port, 65535),
	SPARSE("receiver.our-port", SCOPE_RECEIVER, TYPE_U32, plan_receiver, our_port, 65535),
	STRING("receiver.source", SCOPE_RECEIVER, plan_receiver, source),
	STRING("recipient", SCOPE_RECIPIENT, plan_recipient, key),
};

const size_t plan_keys_count = ARRAY_SIZE(plan_keys);
_Static_assert(ARRAY_SIZE(plan_keys) <= PLAN_KEYS_MAX, "the parser has room for so many");
