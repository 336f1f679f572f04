/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake.h"

#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/io.h"

#include "../test.h"

#define PRESENT UINT64_C(1)
#define HUGE (UINT64_C(1) << 7)
#define ADDRESS 0x000ffffffffff000
#define PAGE 4096

char *fake_at(struct fake *f, uint64_t paddr)
{
	assert_true(paddr >= FAKE_PADDR && paddr - FAKE_PADDR < FAKE_SIZE);
	return f->memory + (paddr - FAKE_PADDR);
}

void fake_info(struct fake *f, const char *fmt, ...)
{
	size_t len = strlen(f->info);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->info + len, sizeof(f->info) - len, fmt, ap);
	va_end(ap);
	assert_true(strlen(f->info) < sizeof(f->info) - 1);
}

char *fake_entry(struct fake *f, uint64_t vaddr, unsigned level)
{
	uint64_t table = FAKE_TABLES;

	for (unsigned l = f->levels;; l--) {
		char *entry = fake_at(f, table + (vaddr >> (12 + 9 * (l - 1)) & 511) * 8);

		if (l == level)
			return entry;
		if (!le64_get(entry)) {
			f->next_table += PAGE;
			le64_put(entry, f->next_table | PRESENT | f->encryption);
		}
		table = le64_get(entry) & ADDRESS & ~f->encryption;
	}
}

void fake_map(struct fake *f, uint64_t vaddr, uint64_t paddr, unsigned shift)
{
	unsigned level = (shift - 12) / 9 + 1;

	le64_put(fake_entry(f, vaddr, level),
		 paddr | PRESENT | f->encryption | (level > 1 ? HUGE : 0));
}

void fake_init(struct fake *f, unsigned levels, uint64_t encryption)
{
	*f = (struct fake){ .next_table = FAKE_TABLES,
			    .levels = levels,
			    .encryption = encryption,
			    .machine = EM_X86_64,
			    .vaddr = FAKE_DIRECT + FAKE_PADDR };
	f->memory = calloc(1, FAKE_SIZE);
	assert_non_null(f->memory);
	memcpy(fake_at(f, FAKE_PADDR + 0x1000), "Linux", 6);
	memcpy(fake_at(f, FAKE_PADDR + 0x1000) + 130, "6.1.0-test", 11);
	for (uint64_t at = 0; at < FAKE_SIZE; at += MIB(2))
		fake_map(f, FAKE_IMAGE + at, FAKE_PADDR + at, 21);
}

/* Lines that a test did not give itself. */
static void complete_info(struct fake *f)
{
	fake_info(f,
		  "OSRELEASE=6.1.0-test\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=%llx\n"
		  "OFFSET(uts_namespace.name)=0\nSYMBOL(_stext)=%llx\nSYMBOL(swapper_pg_dir)=%llx\n"
		  "NUMBER(phys_base)=%lld\nNUMBER(pgtable_l5_enabled)=%d\nNUMBER(sme_mask)=%lld\n",
		  (unsigned long long)FAKE_UTS, (unsigned long long)FAKE_IMAGE,
		  (unsigned long long)(FAKE_IMAGE + (FAKE_TABLES - FAKE_PADDR)),
		  (long long)(FAKE_PADDR - (FAKE_IMAGE - 0xffffffff80000000)), f->levels == 5,
		  (long long)f->encryption);
}

static int write_elf(struct fake *f)
{
	char head[3 * PAGE] = "", *note = head + PAGE;
	size_t len = strlen(f->info);
	int fd = memfd_create("fake dump", MFD_CLOEXEC);
	Elf64_Ehdr ehdr = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					 ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_CORE,
			    .e_machine = f->machine,
			    .e_version = EV_CURRENT,
			    .e_phoff = sizeof(ehdr),
			    .e_ehsize = sizeof(ehdr),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = f->no_note ? 1 : 2 };
	Elf64_Phdr phdrs[] = {
		{ .p_type = PT_LOAD,
		  .p_offset = sizeof(head),
		  .p_paddr = FAKE_PADDR,
		  .p_vaddr = f->vaddr,
		  .p_filesz = FAKE_SIZE,
		  .p_memsz = FAKE_SIZE },
		{ .p_type = PT_NOTE, .p_offset = PAGE, .p_filesz = 24 + align_up(len, 4) }
	};
	Elf64_Nhdr nhdr = { .n_namesz = 11, .n_descsz = len };

	assert_true(fd >= 0 && len < sizeof(head) - PAGE - 24);
	memcpy(head, &ehdr, sizeof(ehdr));
	memcpy(head + sizeof(ehdr), phdrs, sizeof(phdrs));
	memcpy(note, &nhdr, sizeof(nhdr));
	memcpy(note + 12, "VMCOREINFO", 11);
	memcpy(note + 24, f->info, len);
	assert_int_equal(write_all(fd, head, sizeof(head)), 0);
	assert_int_equal(write_all(fd, f->memory, FAKE_SIZE), 0);
	return fd;
}

int fake_open(struct fake *f, struct dumpfile **ret_dump, struct kernel **ret, struct error *e)
{
	_cleanup_close_ int fd = -1;

	complete_info(f);
	fd = write_elf(f);
	if (f->cut)
		assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - (off_t)FAKE_SIZE), 0);
	assert_int_equal(dumpfile_open_fd(fd, "fake", ret_dump, NULL), 0);
	return kernel_open(*ret_dump, ret, e);
}

void fake_done(struct fake *f)
{
	free(f->memory);
}
