/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/manifest.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

struct manifest_file *manifest_file(struct manifest *m, uint32_t target, const char *name)
{
	struct manifest_file *f = m->files, *end = m->files + MANIFEST_FILES_MAX;

	for (; f < end && f->begun; f++)
		if (f->target == target && strcmp(f->name, name) == 0)
			return f;
	if (f == end)
		return NULL;
	*f = (struct manifest_file){ .target = target };
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->begun = true;
	return f;
}

void manifest_add_skipped(struct manifest *m, const char *what, const char *why)
{
	struct manifest_skipped *s = &m->skipped[m->skipped_count];

	if (m->skipped_count++ >= MANIFEST_SKIPPED_MAX)
		return;
	snprintf(s->what, sizeof(s->what), "%s", what);
	snprintf(s->why, sizeof(s->why), "%s", why);
}

void manifest_add_removed(struct manifest *m, const char *dump, uint64_t bytes)
{
	struct manifest_removed *gone = &m->removed[m->removed_count];

	if (m->removed_count++ >= MANIFEST_REMOVED_MAX)
		return;
	snprintf(gone->dump, sizeof(gone->dump), "%s", dump);
	gone->bytes = bytes;
}

static void number(struct json *j, const char *name, uint64_t v)
{
	json_put_uint(j, name, v);
}

static void flag(struct json *j, const char *name, bool v)
{
	json_put_bool(j, name, v);
}

/* An array of chars that may have no end; "" is null. */
static void text_bounded(struct json *j, const char *name, const char *s, size_t size)
{
	char copy[256];
	size_t n = strnlen(s, MIN(size, sizeof(copy) - 1));

	memcpy(copy, s, n);
	copy[n] = '\0';
	json_put_string(j, name, n ? copy : NULL);
}

#define TEXT(j, name, array) text_bounded(j, name, array, sizeof(array))

static void write_classes(struct json *j, const struct manifest *m)
{
	json_put_array(j, "classes");
	for (size_t i = 0; i < MANIFEST_CLASSES_MAX && m->classes[i].name[0]; i++) {
		json_object(j);
		TEXT(j, "class", m->classes[i].name);
		number(j, "pages", m->classes[i].pages);
		flag(j, "kept", m->classes[i].kept);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_dump(struct json *j, const struct manifest *m)
{
	json_name(j, "dump");
	if (!m->codec[0]) {
		json_string(j, NULL);
		return;
	}
	json_object(j);
	number(j, "level", m->level);
	number(j, "level_asked", m->level_asked);
	TEXT(j, "codec", m->codec);
	json_put_int(j, "codec_level", m->codec_level);
	number(j, "target_bytes_per_second", m->target_rate);
	number(j, "threads", m->threads);
	number(j, "page_size", m->page_size);
	number(j, "memory_pages", m->ram_pages);
	number(j, "kept_pages", m->kept_pages);
	number(j, "zero_pages", m->zero_pages);
	number(j, "lost_pages", m->lost_pages);
	number(j, "not_in_source_pages", m->source_excluded_pages);
	write_classes(j, m);
	json_object_end(j);
}

static void write_memory(struct json *j, const struct manifest *m)
{
	json_put_object(j, "memory_kib");
	number(j, "given", m->memory_given_kib);
	number(j, "total", m->memory_total_kib);
	number(j, "lowest_available", m->lowest_available_kib);
	number(j, "lowest_free", m->lowest_free_kib);
	number(j, "worker_peak", m->worker_peak_kib);
	json_object_end(j);
}

static void write_targets(struct json *j, const struct manifest *m, uint32_t here)
{
	json_put_array(j, "targets");
	for (uint32_t i = 0; i < MANIFEST_TARGETS_MAX; i++) {
		const struct manifest_target *t = &m->targets[i];

		if (!t->what[0])
			continue;
		json_object(j);
		TEXT(j, "target", t->what);
		flag(j, "here", i == here);
		flag(j, "log", t->log);
		flag(j, "dump", t->dump);
		TEXT(j, "why", t->why);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_phases(struct json *j, const struct manifest *m)
{
	json_put_array(j, "phases");
	for (uint32_t i = 0; i < MIN(m->phases_count, (uint32_t)MANIFEST_PHASES_MAX); i++) {
		const struct manifest_phase *p = &m->phases[i];

		json_object(j);
		TEXT(j, "phase", p->name);
		number(j, "begun_ms", p->begun_ms);
		json_name(j, "ms");
		if (p->ended_ms < p->begun_ms)
			json_string(j, NULL);
		else
			json_uint(j, p->ended_ms - p->begun_ms);
		flag(j, "failed", p->failed);
		TEXT(j, "why", p->why);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_skipped(struct json *j, const struct manifest *m)
{
	json_put_array(j, "skipped");
	for (uint32_t i = 0; i < MIN(m->skipped_count, (uint32_t)MANIFEST_SKIPPED_MAX); i++) {
		json_object(j);
		TEXT(j, "what", m->skipped[i].what);
		TEXT(j, "why", m->skipped[i].why);
		json_object_end(j);
	}
	json_array_end(j);
	json_put_array(j, "removed");
	for (uint32_t i = 0; i < MIN(m->removed_count, (uint32_t)MANIFEST_REMOVED_MAX); i++) {
		json_object(j);
		TEXT(j, "dump", m->removed[i].dump);
		number(j, "bytes", m->removed[i].bytes);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_parts(struct json *j, const struct manifest_file *f)
{
	json_put_array(j, "parts");
	for (uint32_t i = 0; i < MIN(f->parts_count, (uint32_t)ARRAY_SIZE(f->parts)); i++) {
		json_object(j);
		number(j, "offset", f->parts[i].offset);
		number(j, "bytes", f->parts[i].bytes);
		TEXT(j, "sha256", f->parts[i].hex);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_files(struct json *j, const struct manifest *m, uint32_t target)
{
	json_put_array(j, "files");
	for (size_t i = 0; i < MANIFEST_FILES_MAX; i++) {
		const struct manifest_file *f = &m->files[i];

		if (!f->begun || f->target != target)
			continue;
		json_object(j);
		TEXT(j, "name", f->name);
		number(j, "bytes", f->bytes);
		flag(j, "whole", f->whole);
		if (f->parts_count <= 1)
			text_bounded(j, "sha256", f->parts[0].hex,
				     f->parts_count ? sizeof(f->parts[0].hex) : 0);
		else
			write_parts(j, f);
		json_object_end(j);
	}
	json_array_end(j);
}

int manifest_write(const struct manifest *m, uint32_t target, struct buf *out)
{
	struct json j;

	json_document(&j, out, MANIFEST_SCHEMA);
	json_put_string(&j, "lastword", LASTWORD_VERSION);
	TEXT(&j, "directory", m->directory);
	json_put_string(&j, "result", m->dump_saved ? "saved" : "incomplete");
	TEXT(&j, "why", m->why);
	TEXT(&j, "release", m->release);
	TEXT(&j, "machine", m->machine);
	json_name(&j, "crash_time");
	if (m->crash_time)
		json_int(&j, m->crash_time);
	else
		json_string(&j, NULL);
	write_dump(&j, m);
	write_memory(&j, m);
	write_phases(&j, m);
	write_skipped(&j, m);
	write_targets(&j, m, target);
	write_files(&j, m, target);
	json_object_end(&j);
	return json_end(&j);
}
