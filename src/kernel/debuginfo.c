/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/debuginfo_impl.h"

#define BUILD_ID_SIZE 64
#define LEVELS 64

/* "" where it has none. */
static void read_build_id(Elf *elf, char ret[2 * BUILD_ID_SIZE + 1])
{
	const void *id;
	ssize_t len = dwelf_elf_gnu_build_id(elf, &id);

	ret[0] = '\0';
	for (ssize_t i = 0; i < MIN(len, (ssize_t)BUILD_ID_SIZE); i++)
		snprintf(ret + 2 * i, 3, "%02x", ((const uint8_t *)id)[i]);
}

/* The address that _stext was linked to. */
static bool find_stext(Elf *elf, uint64_t *ret)
{
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		Elf_Data *data;
		GElf_Shdr shdr;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_SYMTAB ||
		    shdr.sh_entsize == 0 || !(data = elf_getdata(scn, NULL)))
			continue;
		for (size_t i = 0; i < shdr.sh_size / shdr.sh_entsize && i < INT_MAX; i++) {
			const char *name;
			GElf_Sym sym;

			if (!gelf_getsym(data, (int)i, &sym))
				break;
			name = elf_strptr(elf, shdr.sh_link, sym.st_name);
			if (name && strcmp(name, "_stext") == 0) {
				*ret = sym.st_value;
				return true;
			}
		}
	}
	return false;
}

/* What KASLR added: the kernel says so itself, else the address of a symbol does. */
static bool find_bias(Elf *elf, const struct vmcoreinfo *v, uint64_t *ret)
{
	uint64_t stext, linked;

	if (vmcoreinfo_hex(v, "KERNELOFFSET", ret))
		return true;
	if (!vmcoreinfo_symbol(v, "_stext", &stext) || !find_stext(elf, &linked))
		return false;
	*ret = stext - linked;
	return true;
}

static int check_kernel(struct debuginfo *d, const struct vmcoreinfo *v, struct error *e)
{
	const char *build_id = vmcoreinfo_get(v, "BUILD-ID");
	char own[2 * BUILD_ID_SIZE + 1];

	read_build_id(d->elf, own);
	if (build_id && strcmp(build_id, own) != 0)
		return error_set(e, -ESTALE, "%s is of another kernel: build id %s, not %s",
				 d->path, *own ? own : "(none)", build_id);
	if (!find_bias(d->elf, v, &d->bias))
		return error_set(e, -ENOENT, "%s: nothing tells where the kernel was loaded",
				 d->path);
	snprintf(d->provenance, sizeof(d->provenance), "DWARF of %.250s, %s", d->path,
		 build_id ? "which has the dump's build id"
			  : "not verified: the dump has no build id");
	return 0;
}

int debuginfo_open(const char *path, const struct vmcoreinfo *v, struct debuginfo **ret,
		   struct error *e)
{
	_cleanup_(debuginfo_freep) struct debuginfo *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return error_errno(e, -ENOMEM, "%s", path);
	d->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (d->fd < 0)
		return error_errno(e, -errno, "%s", path);
	d->path = strdup(path);
	if (!d->path)
		return error_errno(e, -ENOMEM, "%s", path);
	elf_version(EV_CURRENT);
	d->elf = elf_begin(d->fd, ELF_C_READ_MMAP, NULL);
	if (!d->elf || elf_kind(d->elf) != ELF_K_ELF)
		return error_set(e, -EINVAL, "%s is no ELF file", path);
	err = check_kernel(d, v, e);
	if (err < 0)
		return err;
	d->dw = dwarf_begin_elf(d->elf, DWARF_C_READ, NULL);
	if (!d->dw)
		return error_set(e, -ENOENT, "%s has no debugging information", path);
	*ret = TAKE_PTR(d);
	return 0;
}

struct debuginfo *debuginfo_free(struct debuginfo *d)
{
	if (d) {
		debuginfo_found_free(d->found);
		if (d->dw)
			dwarf_end(d->dw);
		if (d->elf)
			elf_end(d->elf);
		if (d->fd >= 0)
			close(d->fd);
		free(d->path);
		free(d);
	}
	return NULL;
}

const char *debuginfo_path(const struct debuginfo *d)
{
	return d->path;
}

const char *debuginfo_provenance(const struct debuginfo *d)
{
	return d->provenance;
}

static bool is_function(Dwarf_Die *die)
{
	const int tag = dwarf_tag(die);

	return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram;
}

/* Where the function at `scope` was called: the file is an index into the unit's table. */
static bool call_place(Dwarf_Die *unit, Dwarf_Die *scope, struct debuginfo_place *ret)
{
	Dwarf_Attribute attribute;
	Dwarf_Word file, line;
	Dwarf_Files *files;
	size_t count;

	if (dwarf_formudata(dwarf_attr(scope, DW_AT_call_file, &attribute), &file) != 0 ||
	    dwarf_formudata(dwarf_attr(scope, DW_AT_call_line, &attribute), &line) != 0 ||
	    dwarf_getsrcfiles(unit, &files, &count) != 0 || file >= count || line > INT_MAX)
		return false;
	ret->file = dwarf_filesrc(files, file, NULL, NULL);
	ret->line = (int)line;
	return ret->file != NULL;
}

static bool line_of(Dwarf_Die *unit, uint64_t pc, struct debuginfo_place *ret)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, pc);

	if (!line || dwarf_lineno(line, &ret->line) != 0)
		return false;
	ret->file = dwarf_linesrc(line, NULL, NULL);
	return ret->file != NULL;
}

/* The innermost function at pc; *ret_scopes are it and what it stands in, as it was inlined. */
static int scopes_at(Dwarf_Die *unit, uint64_t pc, Dwarf_Die **ret_scopes)
{
	_cleanup_free_ Dwarf_Die *scopes = NULL;
	int count = dwarf_getscopes(unit, pc, &scopes);

	for (int i = 0; i < count; i++)
		if (is_function(&scopes[i]))
			return dwarf_getscopes_die(&scopes[i], ret_scopes);
	return 0;
}

/* .debug_aranges tells, which clang does not write: then each unit is asked. The last one is often the next one. */
static bool find_unit(struct debuginfo *d, uint64_t pc, Dwarf_Die *ret)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;

	if (d->has_unit && dwarf_haspc(&d->unit, pc) == 1) {
		*ret = d->unit;
		return true;
	}
	if (!dwarf_addrdie(d->dw, pc, &die)) {
		bool found = false;

		while (!found && dwarf_get_units(d->dw, unit, &unit, NULL, NULL, &die, NULL) == 0)
			found = dwarf_haspc(&die, pc) == 1;
		if (!found)
			return false;
	}
	d->unit = die;
	d->has_unit = true;
	*ret = die;
	return true;
}

int debuginfo_scopes(struct debuginfo *d, uint64_t pc, Dwarf_Die *ret_unit, Dwarf_Die **ret_scopes)
{
	return find_unit(d, pc, ret_unit) ? scopes_at(ret_unit, pc, ret_scopes) : 0;
}

static void set_function(struct debuginfo_place *place, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	snprintf(place->function, sizeof(place->function), "%s", name ? name : "");
}

bool debuginfo_place(struct debuginfo *d, uint64_t pc, unsigned level, struct debuginfo_place *ret)
{
	_cleanup_free_ Dwarf_Die *scopes = NULL;
	struct debuginfo_place place = { 0 };
	unsigned at = 0;
	Dwarf_Die unit;
	int count;

	pc -= d->bias;
	if (level >= LEVELS || !find_unit(d, pc, &unit) || !line_of(&unit, pc, &place))
		return false;
	count = scopes_at(&unit, pc, &scopes);
	/* each function's place is where what it inlined was called */
	for (int i = 0; i < count; i++) {
		if (!is_function(&scopes[i]))
			continue;
		set_function(&place, &scopes[i]);
		if (at++ == level) {
			*ret = place;
			return true;
		}
		if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram ||
		    !call_place(&unit, &scopes[i], &place))
			return false;
	}
	if (at > 0 || level > 0)
		return false;
	/* assembler code has lines and no functions */
	*ret = place;
	return true;
}
