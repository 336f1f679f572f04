/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/variable.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum variable_proof unread(const struct error *why, char words[VARIABLE_WORDS_SIZE])
{
	snprintf(words, VARIABLE_WORDS_SIZE, "%.*s", VARIABLE_WORDS_SIZE - 1, error_text(why));
	/* A pointer that leads out of memory is a wrong one; a page that was left out says nothing. */
	return why->code == -EFAULT || why->code == -ENXIO ? VARIABLE_DOUBTED : VARIABLE_UNREAD;
}

/* The path as words: "->comm" and "comm" are both the comm of the variable. */
static const char *path_words(const char *path)
{
	if (path[0] == '-')
		path += strlen("->");
	return *path ? path : "it";
}

static enum variable_proof check_text(const struct object_source *s, const struct object *at,
				      const struct variable_row *row,
				      char words[VARIABLE_WORDS_SIZE])
{
	struct error why = { 0 };
	char text[64];

	if (object_text(s, at, row->path, text, sizeof(text), &why) < 0)
		return unread(&why, words);
	if (strncmp(text, row->text, strlen(row->text)) == 0) {
		snprintf(words, VARIABLE_WORDS_SIZE, "%s is \"%.40s\"", path_words(row->path),
			 text);
		return VARIABLE_VERIFIED;
	}
	snprintf(words, VARIABLE_WORDS_SIZE, "%s is \"%.40s\", not \"%s\"", path_words(row->path),
		 text, row->text);
	return VARIABLE_DOUBTED;
}

static enum variable_proof check_number(const struct object_source *s, const struct object *at,
					const struct variable_row *row,
					char words[VARIABLE_WORDS_SIZE])
{
	struct error why = { 0 };
	uint64_t n;

	if (object_number(s, at, row->path, &n, &why) < 0)
		return unread(&why, words);
	if (n == row->number) {
		snprintf(words, VARIABLE_WORDS_SIZE, n < 10 ? "%s is %" PRIu64 : "%s is %#" PRIx64,
			 path_words(row->path), n);
		return VARIABLE_VERIFIED;
	}
	snprintf(words, VARIABLE_WORDS_SIZE, "%s is %#" PRIx64 ", not %#" PRIx64,
		 path_words(row->path), n, row->number);
	return VARIABLE_DOUBTED;
}

static enum variable_proof check_symbol(const struct object_source *s, struct symbols *symbols,
					const struct object *at, const struct variable_row *row,
					char words[VARIABLE_WORDS_SIZE])
{
	struct error why = { 0 };
	struct symbol sym;
	uint64_t n;

	if (object_number(s, at, row->path, &n, &why) < 0)
		return unread(&why, words);
	if (symbols_at(symbols, n, &sym) && strncmp(sym.name, row->text, strlen(row->text)) == 0) {
		snprintf(words, VARIABLE_WORDS_SIZE, "%s leads to %.80s", path_words(row->path),
			 sym.name);
		return VARIABLE_VERIFIED;
	}
	snprintf(words, VARIABLE_WORDS_SIZE, "%s is %" PRIx64 ", not in %s", path_words(row->path),
		 n, row->text);
	return VARIABLE_DOUBTED;
}

/* The neighbours of a list's head point back at it. */
static enum variable_proof check_list(const struct object_source *s, const struct object *at,
				      char words[VARIABLE_WORDS_SIZE])
{
	struct error why = { 0 };
	uint64_t after, before;

	if (object_number(s, at, "next->prev", &after, &why) < 0 ||
	    object_number(s, at, "prev->next", &before, &why) < 0)
		return unread(&why, words);
	snprintf(words, VARIABLE_WORDS_SIZE, "the list %s at its head",
		 after == at->addr && before == at->addr ? "closes" : "does not close");
	return after == at->addr && before == at->addr ? VARIABLE_VERIFIED : VARIABLE_DOUBTED;
}

static enum variable_proof check_pointer(const struct object_source *s, const struct object *at,
					 char words[VARIABLE_WORDS_SIZE])
{
	struct error why = { 0 };
	uint64_t to;
	char byte;
	int err;

	if (object_number(s, at, "", &to, &why) < 0)
		return unread(&why, words);
	if (to == 0)
		return VARIABLE_UNCHECKED;
	err = kernel_read(s->reader, to, &byte, 1, NULL);
	/* What a pointer leads to may have been left out, but then it was memory. */
	snprintf(words, VARIABLE_WORDS_SIZE, "it points to %smemory of the kernel",
		 err == -EFAULT ? "no " : "");
	return err == -EFAULT ? VARIABLE_DOUBTED : VARIABLE_VERIFIED;
}

static enum variable_proof check_by_type(const struct object_source *s, const struct object *at,
					 char words[VARIABLE_WORDS_SIZE])
{
	struct btf_type t;
	uint32_t id;

	if (!btf_resolve(at->type.btf, at->type.id, &id, &t))
		return VARIABLE_UNCHECKED;
	if (t.kind == BTF_STRUCT && strcmp(t.name, "list_head") == 0)
		return check_list(s, at, words);
	return t.kind == BTF_PTR ? check_pointer(s, at, words) : VARIABLE_UNCHECKED;
}

enum variable_proof variable_check(const struct object_source *s, struct symbols *symbols,
				   const char *name, const struct object *at,
				   char words[VARIABLE_WORDS_SIZE])
{
	struct type type;
	const struct variable_row *row = variable_row(s->types, name, object_size(at), &type);

	words[0] = '\0';
	switch (row ? row->proof : PROOF_BY_TYPE) {
	case PROOF_TEXT:
		return check_text(s, at, row, words);
	case PROOF_NUMBER:
		return check_number(s, at, row, words);
	case PROOF_SYMBOL:
		return check_symbol(s, symbols, at, row, words);
	case PROOF_NONE:
		return VARIABLE_UNCHECKED;
	case PROOF_BY_TYPE:
		break;
	}
	return check_by_type(s, at, words);
}

void variable_provenance(enum variable_origin origin, enum variable_proof proof, const char *words,
			 char ret[VARIABLE_PROVENANCE_SIZE])
{
	static const char *const origins[] = {
		[VARIABLE_BTF] = "by BTF",
		[VARIABLE_TABLE] = "by table",
		[VARIABLE_DWARF] = "by DWARF",
	};
	static const char *const proofs[] = {
		[VARIABLE_UNCHECKED] = "",
		[VARIABLE_VERIFIED] = ", verified: ",
		[VARIABLE_DOUBTED] = ", doubtful: ",
		[VARIABLE_UNREAD] = ", not verified: ",
	};

	snprintf(ret, VARIABLE_PROVENANCE_SIZE, "%s%s%.*s", origins[origin], proofs[proof],
		 VARIABLE_WORDS_SIZE - 1, proof == VARIABLE_UNCHECKED ? "" : words);
}
