/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts of the command kmem: one file for each thing that it shows. */
#include "inspect/command.h"

struct kmem {
	struct inspect *c;
	int count; /* words behind the options */
	char **words;
	bool objects;	     /* -S */
	bool pages;	     /* -F */
	bool shared;	     /* -i=shared */
	bool physical;	     /* -P: addresses are physical */
	const char *cpus;    /* -S=1,3 */
	const char *ignore;  /* -I: names of caches, with commas */
	const char *members; /* -m */
};

int kmem_summary(struct kmem *k, struct error *e);
int kmem_slabs(struct kmem *k, struct error *e);
int kmem_free(struct kmem *k, struct error *e);
int kmem_vmalloc(struct kmem *k, struct error *e);
int kmem_vmstat(struct kmem *k, struct error *e);
int kmem_zones(struct kmem *k, struct error *e);
int kmem_nodes(struct kmem *k, struct error *e);
int kmem_offsets(struct kmem *k, struct error *e);
int kmem_huge(struct kmem *k, struct error *e);
int kmem_pages(struct kmem *k, struct error *e);
int kmem_flags(struct kmem *k, struct error *e);
int kmem_address(struct kmem *k, struct error *e);

/* Each text line or member for one slab object, under the headings of its cache: what kmem -s ADDRESS shows. */
void kmem_print_object(struct inspect *c, struct slabs *slabs, const struct slab_object *o);
void kmem_json_object(struct json *j, const struct slab_object *o);

/* "allocated", "free", "free on CPU", … */
const char *kmem_state_words(enum slab_state state);

/* A line or, with json, an object of a struct page; shift: of a page's size. */
struct pageflags;
#define KMEM_PAGE_HEADING "      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS\n"
void kmem_print_page(struct inspect *c, struct json *json, const struct pageflags *f,
		     const struct page_info *info, unsigned shift);
