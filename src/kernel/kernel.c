/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dumpfile/machine.h"
#include "kernel/translate.h"

/* include/uapi/linux/utsname.h: six fields of 65 bytes; sysname comes first, release third. */
#define UTS_FIELD 65
#define UTS_RELEASE (2 * UTS_FIELD)
#define UTS_SIZE (3 * UTS_FIELD)

/* How far a layout could be proved. */
enum proof {
	PROOF_NONE,
	PROOF_UNSEEN, /* what would prove or disprove it is lost */
	PROOF_IMAGE,  /* the image's rule alone */
	PROOF_FULL,
};

static int read_image(const struct kernel *k, struct kernel_reader *r, uint64_t vaddr, void *buf,
		      size_t len, struct error *e)
{
	uint64_t paddr;

	if (!image_translate(&k->layout, vaddr, &paddr))
		return error_set(e, -EINVAL, "0x%" PRIx64 " is outside the kernel's image", vaddr);
	return dump_read(kernel_reader_dump(r), paddr, buf, len, e);
}

/*
 * The name of the system at init_uts_ns, through the image's rule: uts_namespace begins with it, or with a
 * reference count of 4 bytes (until 5.10, where vmcoreinfo has no offset). *ret_offset is where it was found.
 */
static int read_utsname(const struct kernel *k, struct kernel_reader *r, uint64_t *ret_vaddr,
			char ret[UTS_SIZE], struct error *e)
{
	static const uint64_t places[] = { 0, 4, 8 };
	const struct vmcoreinfo *v = k->vmcoreinfo;
	uint64_t ns, offset;
	int err;

	if (!vmcoreinfo_symbol(v, "init_uts_ns", &ns))
		return error_set(e, -ENOENT, "vmcoreinfo has no SYMBOL(init_uts_ns)");
	if (vmcoreinfo_offset(v, "uts_namespace.name", &offset)) {
		*ret_vaddr = ns + offset;
		return read_image(k, r, ns + offset, ret, UTS_SIZE, e);
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		*ret_vaddr = ns + places[i];
		err = read_image(k, r, *ret_vaddr, ret, UTS_SIZE, e);
		if (err < 0 || memcmp(ret, "Linux", sizeof("Linux")) == 0)
			return err;
	}
	return error_set(e, -EINVAL, "init_uts_ns holds no system name");
}

/* Does the page walk lead to where the image's rule says? */
static int walk_agrees(const struct kernel *k, struct kernel_reader *r, uint64_t vaddr,
		       struct error *e)
{
	uint64_t by_rule, by_walk, contiguous;
	int err;

	if (!image_translate(&k->layout, vaddr, &by_rule))
		return error_set(e, -EINVAL, "0x%" PRIx64 " is outside the kernel's image", vaddr);
	err = walk_translate(r, vaddr, &by_walk, &contiguous, e);
	if (err < 0)
		return err;
	if (by_walk != by_rule)
		return error_set(e, -EINVAL,
				 "0x%" PRIx64 " is at 0x%" PRIx64
				 " by the page tables, at 0x%" PRIx64 " by phys_base",
				 vaddr, by_walk, by_rule);
	return 0;
}

/* The dump was cut or damaged there: nothing contradicts. */
static bool is_lost(int err)
{
	return err == -EIO || err == -ENODATA;
}

/*
 * How far k->layout holds. The doubts are written where something could not be proved; PROOF_NONE comes with
 * a code and words.
 */
static int prove(struct kernel *k, enum proof *ret, struct error *e)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *r = NULL;
	const char *release = kernel_release(k);
	struct error why = { 0 };
	uint64_t stext, uts = 0;
	char uts_text[UTS_SIZE];
	bool same;
	int err, uts_err;

	*ret = PROOF_NONE;
	k->doubts[0] = '\0';
	err = kernel_reader_new(k, &r);
	if (err < 0)
		return error_errno(e, err, "no reader");

	uts_err = read_utsname(k, r, &uts, uts_text, &why);
	same = uts_err == 0 && *release && strncmp(uts_text + UTS_RELEASE, release, UTS_FIELD) == 0;
	if (uts_err == 0 && *release && !same)
		return error_set(e, -EINVAL,
				 "vmcoreinfo says release %s, but init_uts_ns does not hold it",
				 release);
	if (!same)
		snprintf(k->doubts, sizeof(k->doubts), "the release could not be compared: %.300s",
			 uts_err < 0 ? error_text(&why) : "vmcoreinfo has no OSRELEASE");

	if (!vmcoreinfo_symbol(k->vmcoreinfo, "_stext", &stext))
		err = error_set(&why, -ENOENT, "vmcoreinfo has no SYMBOL(_stext)");
	else
		err = walk_agrees(k, r, stext, &why);
	if (err == 0 && uts_err == 0)
		err = walk_agrees(k, r, uts, &why);
	if (err == 0) {
		*ret = PROOF_FULL;
		return 0;
	}
	if (!same && k->named && is_lost(uts_err) && is_lost(err)) {
		*ret = PROOF_UNSEEN;
		snprintf(k->doubts, sizeof(k->doubts),
			 "the page tables and the system's name are lost: that %s lies where "
			 "vmcoreinfo says could not be proved",
			 *release ? release : "the kernel");
		return 0;
	}
	if (!same)
		return error_set(e, err, "%s", error_text(&why));
	*ret = PROOF_IMAGE;
	snprintf(k->doubts, sizeof(k->doubts),
		 "the page tables cannot be used, only the kernel's image and what the container "
		 "maps can"
		 " be read: %.250s",
		 error_text(&why));
	return 0;
}

/* Tries every layout the architecture knows and keeps the one that is proved best. */
static int find_layout(struct kernel *k, struct error *e)
{
	struct layout best = { 0 };
	enum proof best_proof = PROOF_NONE;
	char doubts[sizeof(k->doubts)] = "";
	int first_err = 0;

	for (unsigned attempt = 0; best_proof != PROOF_FULL; attempt++) {
		struct error why = { 0 };
		enum proof proof;
		int err = k->arch->layout(k->vmcoreinfo, k->dump, attempt, &k->layout, &why);

		if (err == -EAGAIN)
			continue;
		if (err == -ENOENT)
			break;
		if (err < 0)
			return error_set(e, err, "%s", error_text(&why));
		err = prove(k, &proof, &why);
		if (proof > best_proof) {
			best = k->layout;
			best_proof = proof;
			memcpy(doubts, k->doubts, sizeof(doubts));
		}
		if (err < 0 && first_err == 0)
			first_err = error_set(e, err, "%s", error_text(&why));
	}
	if (best_proof == PROOF_NONE)
		return first_err ? first_err
				 : error_set(e, -EINVAL, "nothing tells where the kernel lies");
	k->layout = best;
	k->walk = best_proof == PROOF_FULL;
	memcpy(k->doubts, doubts, sizeof(doubts));
	return 0;
}

static int take_vmcoreinfo(struct kernel *k, const char *text, size_t len, struct error *e)
{
	k->vmcoreinfo = vmcoreinfo_free(k->vmcoreinfo);
	int err = vmcoreinfo_parse(text, len, &k->vmcoreinfo, e);

	return err < 0 ? err : find_layout(k, e);
}

/*
 * vmcoreinfo in memory: the text alone at the start of a page (vmcoreinfo_data), or the whole note (vmcoreinfo_note,
 * a header of 12 bytes and the padded name before it). NULL where there is none.
 */
static const char *vmcoreinfo_in_page(const char *page, size_t size)
{
	static const char first[] = "OSRELEASE=", name[] = "VMCOREINFO";
	const size_t text = 24;

	if (memcmp(page, first, sizeof(first) - 1) == 0)
		return page;
	if (memcmp(page + 12, name, sizeof(name)) == 0 &&
	    memcmp(page + text, first, sizeof(first) - 1) == 0)
		return page + text;
	return NULL;
}

/* For a dump whose writer knew nothing of vmcoreinfo: the first text that proves itself. */
static int scan_vmcoreinfo(struct kernel *k, struct error *e)
{
	_cleanup_(dump_reader_freep) struct dump_reader *r = NULL;
	_cleanup_free_ char *copy = NULL;
	const struct dump_range *ranges;
	size_t count = dumpfile_ranges(k->dump, &ranges);
	const size_t size = dumpfile_info(k->dump)->page_size;
	int err = dump_reader_new(k->dump, &r);

	copy = malloc(size);
	if (err < 0 || !copy)
		return error_errno(e, -ENOMEM, "no reader");
	for (size_t i = 0; i < count; i++) {
		uint64_t end = ranges[i].paddr + ranges[i].size, at = ranges[i].paddr;

		while (at < end) {
			const void *bytes;
			const char *text;
			size_t len;

			if (dump_borrow(r, at, size, &bytes, &len, NULL) < 0 || len < size) {
				at += size;
				continue;
			}
			text = vmcoreinfo_in_page(bytes, size);
			if (text) {
				len = size - (text - (const char *)bytes);
				memcpy(copy, text, len);
				if (take_vmcoreinfo(k, copy, len, NULL) == 0)
					return 0;
			}
			at += size;
		}
	}
	return error_set(e, -ENOENT,
			 "no vmcoreinfo: the dump has no such note, and no page of it holds one");
}

int kernel_open(struct dumpfile *d, struct kernel **ret, struct error *e)
{
	_cleanup_(kernel_closep) struct kernel *k = calloc(1, sizeof(*k));
	const struct dump_info *info = dumpfile_info(d);
	const struct dump_note *note = dumpfile_note(d, "VMCOREINFO", UINT32_MAX);
	int err;

	if (!k)
		return error_errno(e, -ENOMEM, "%s", dumpfile_name(d));
	k->dump = d;
	k->arch = arch_find(info->machine);
	if (!k->arch)
		return error_set(
			e, -EOPNOTSUPP,
			"%s: a dump of another architecture (%s, ELF machine %u) is not supported",
			dumpfile_name(d), machine_name(info->machine), info->machine);
	k->named = note != NULL;
	if (note)
		err = take_vmcoreinfo(k, note->desc, note->size, e);
	else
		err = scan_vmcoreinfo(k, e);
	if (err < 0)
		return error_prefix(e, err, "%s", dumpfile_name(d));
	*ret = TAKE_PTR(k);
	return 0;
}

struct kernel *kernel_close(struct kernel *k)
{
	if (k) {
		vmcoreinfo_free(k->vmcoreinfo);
		free(k);
	}
	return NULL;
}

struct dumpfile *kernel_dump(const struct kernel *k)
{
	return k->dump;
}

const struct vmcoreinfo *kernel_vmcoreinfo(const struct kernel *k)
{
	return k->vmcoreinfo;
}

const char *kernel_release(const struct kernel *k)
{
	const char *release = vmcoreinfo_get(k->vmcoreinfo, "OSRELEASE");

	return release ? release : "";
}

const char *kernel_doubts(const struct kernel *k)
{
	return k->doubts[0] ? k->doubts : NULL;
}

void kernel_nodename(struct kernel *k, char ret[KERNEL_NODENAME_SIZE])
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *r = NULL;
	char uts[UTS_SIZE];
	uint64_t vaddr;

	ret[0] = '\0';
	if (kernel_reader_new(k, &r) == 0 && read_utsname(k, r, &vaddr, uts, NULL) == 0)
		snprintf(ret, KERNEL_NODENAME_SIZE, "%.*s", UTS_FIELD - 1, uts + UTS_FIELD);
}

int kernel_read_error(uint64_t vaddr, int err, struct error *e)
{
	switch (err) {
	case -ENODATA:
		return error_set(e, err, "%" PRIx64 ": page excluded", vaddr);
	case -ENXIO:
		return error_set(e, err, "%" PRIx64 ": no such memory in the dump", vaddr);
	case -EIO:
		return error_set(e, err, "%" PRIx64 ": page lost: the dump is damaged there",
				 vaddr);
	case -EFAULT:
		return error_set(e, err, "%" PRIx64 ": not mapped", vaddr);
	default:
		return error_errno(e, err, "%" PRIx64, vaddr);
	}
}
