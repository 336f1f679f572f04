/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Entries of x86_64's page tables in words (arch/x86/include/asm/pgtable_types.h, pgtable_64.h). */
#include "inspect/command.h"

#define PTE_WORDS_SIZE 160

bool pte_present(uint64_t entry);

/* "PRESENT|RW|…"; "no mapping" of 0. */
void pte_words(uint64_t entry, char ret[PTE_WORDS_SIZE]);

/* Where a page is that was swapped out: the device's number, and the page in it. False for other entries. */
bool pte_swap(uint64_t entry, uint32_t *ret_device, uint64_t *ret_page);

/*
 * The two lines on an entry: PTE, PHYSICAL and FLAGS, or PTE, SWAP and OFFSET. paddr: the page's, or UINT64_MAX to take it from
 * the entry.
 */
void pte_print(struct inspect *c, uint64_t entry, uint64_t paddr);

/* "/dev/zram0", or "swap 0" where that is not known. */
#define PTE_DEVICE_SIZE 300
void pte_device(struct inspect *c, uint32_t device, char ret[PTE_DEVICE_SIZE]);

/* physical, flags, or swap_device and swap_page: members of the object that is open. */
void pte_json(struct inspect *c, struct json *j, uint64_t entry);
