/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/crash_vmlinux.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/crash_locals.h"
#include "kernel/debuginfo.h"

static bool line_at(void *user, uint64_t pc, char *ret, size_t size)
{
	struct vmlinux *v = user;
	struct debuginfo_place place;

	if (!debuginfo_place(v->debuginfo, pc, 0, &place))
		return false;
	snprintf(ret, size, "%s: %d", place.file, place.line);
	return true;
}

static bool inlined_at(void *user, uint64_t pc, unsigned level, char *ret, size_t size)
{
	struct vmlinux *v = user;
	struct debuginfo_place place, inner;

	if (!debuginfo_place(v->debuginfo, pc, level, &place) ||
	    !debuginfo_place(v->debuginfo, pc, level - 1, &inner))
		return false;
	snprintf(ret, size, "%s inlined into %s: %s: %d", inner.function, place.function,
		 place.file, place.line);
	return true;
}

static void locals_at(void *user, struct inspect *c, const struct task *task,
		      const struct trace *trace, size_t index)
{
	locals_print(((struct vmlinux *)user)->debuginfo, c, task, trace, index);
}

static bool find_type(void *user, struct btf *base, const char *name, uint32_t kinds,
		      struct type *ret)
{
	return debuginfo_types.find(((struct vmlinux *)user)->debuginfo, base, name, kinds, ret);
}

static bool find_variable(void *user, struct btf *base, const char *name, struct type *ret)
{
	return debuginfo_types.variable(((struct vmlinux *)user)->debuginfo, base, name, ret);
}

static const struct types_more more = { find_type, find_variable };

static bool try_file(struct vmlinux *v, struct kernel *k, const char *path)
{
	struct error e = { 0 };

	if (debuginfo_open(path, kernel_vmcoreinfo(k), &v->debuginfo, &e) == 0)
		return true;
	say_error("%s; it is not used", error_text(&e));
	return false;
}

/* The directory of the dump, with a slash at its end. */
static void dump_directory(struct kernel *k, char ret[PATH_MAX])
{
	const char *name = dumpfile_name(kernel_dump(k)), *slash = strrchr(name, '/');

	snprintf(ret, PATH_MAX, "%.*s", slash ? (int)(slash - name + 1) : 0, name);
}

/* Where distributions put it, then beside the dump. */
static bool search(struct vmlinux *v, struct kernel *k)
{
	const char *build_id = vmcoreinfo_get(kernel_vmcoreinfo(k), "BUILD-ID");
	const char *release = kernel_release(k);
	char directory[PATH_MAX], path[2 * PATH_MAX];

	dump_directory(k, directory);
	for (unsigned i = 0; i < 7; i++) {
		switch (i) {
		case 0:
			if (!build_id || strlen(build_id) < 3)
				continue;
			snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug",
				 build_id, build_id + 2);
			break;
		case 1:
			snprintf(path, sizeof(path), "/usr/lib/debug/boot/vmlinux-%s", release);
			break;
		case 2:
			snprintf(path, sizeof(path), "/usr/lib/debug/lib/modules/%s/vmlinux",
				 release);
			break;
		case 3:
			snprintf(path, sizeof(path), "/usr/lib/debug/usr/lib/modules/%s/vmlinux",
				 release);
			break;
		case 4:
			snprintf(path, sizeof(path), "%svmlinux-%s", directory, release);
			break;
		case 5:
			snprintf(path, sizeof(path), "%svmlinux", directory);
			break;
		default:
			snprintf(path, sizeof(path), "/lib/modules/%s/build/vmlinux", release);
			break;
		}
		if (access(path, R_OK) == 0 && try_file(v, k, path))
			return true;
	}
	return false;
}

bool vmlinux_open(struct vmlinux *v, struct kernel *k, const char *path)
{
	if (!(path ? try_file(v, k, path) : search(v, k)))
		return false;
	v->lines = (struct inspect_lines){
		.at = line_at,
		.inlined = inlined_at,
		.locals = locals_at,
		.types = &more,
		.path = debuginfo_path(v->debuginfo),
		.provenance = debuginfo_provenance(v->debuginfo),
		.user = v,
	};
	return true;
}

void vmlinux_close(struct vmlinux *v)
{
	v->debuginfo = debuginfo_free(v->debuginfo);
}
