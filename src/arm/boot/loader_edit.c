/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/loader.h"

#include <errno.h>
#include <string.h>

#include "arm/boot/loaders.h"
#include "arm/boot/ours.h"

void loader_value_done(struct loader_value *v)
{
	buf_done(&v->words);
	buf_done(&v->where);
	*v = (struct loader_value){ 0 };
}

/* Slots and what is ours: what read, set and clear begin with. */
struct view {
	struct slots slots;
	struct ours ours;
};

static void view_done(struct view *v)
{
	slots_done(&v->slots);
	ours_done(&v->ours);
}

static int view_open(const struct root *root, const struct loader *l, struct view *ret,
		     struct error *e)
{
	int r;

	if (!l->ops)
		return error_set(e, -ENOENT, "%s", l->why);
	r = ours_read(root, &ret->ours, e);
	return r < 0 ? r : l->ops->slots(root, &ret->slots, e);
}

/* -ENOENT: there is no such file. */
static int slot_load(const struct root *root, const struct edits *edits, const struct slot *slot,
		     const char *name, struct buf *ret_text, struct buf *ret_words, struct error *e)
{
	int r = edits_read(root, edits, slot->path, ret_text, e);

	if (r < 0)
		return r;
	r = buf_append(ret_words, "", 0);
	if (r == 0)
		r = slot_words(slot, ret_text, name, ret_words);
	return r < 0 ? error_errno(e, r, "%s", slot->path) : 0;
}

static enum loader_owner owner_of(const struct ours *ours, const struct buf *words)
{
	if (!words->len)
		return OWNER_NOBODY;
	return ours_has_value(ours, words->data) ? OWNER_US : OWNER_PERSON;
}

static int note_value(struct loader_value *v, const struct slot *slot, enum loader_owner owner,
		      const char *words)
{
	int r = buf_printf(&v->where, "%s: %s\n", slot->path, words);

	if (owner > v->owner) {
		v->owner = owner;
		v->words.len = 0;
	}
	if (r == 0 && owner == v->owner && !(v->words.len && strstr(v->words.data, words)))
		r = buf_printf(&v->words, "%s%s", v->words.len ? " " : "", words);
	return r;
}

int loader_read(const struct root *root, const struct loader *l, const char *name,
		struct loader_value *ret, struct error *e)
{
	_cleanup_(view_done) struct view view = { 0 };
	_cleanup_loader_value_ struct loader_value v = { 0 };
	int r = view_open(root, l, &view, e);

	for (size_t i = 0; i < view.slots.count && r == 0; i++) {
		_cleanup_buf_ struct buf text = { 0 }, words = { 0 };
		const struct slot *slot = &view.slots.list[i];

		r = slot_load(root, &(struct edits){ 0 }, slot, name, &text, &words, e);
		if (r == 0 && words.len &&
		    note_value(&v, slot, owner_of(&view.ours, &words), words.data) < 0)
			r = error_errno(e, -ENOMEM, "%s", slot->path);
		if (r == -ENOENT)
			r = 0;
	}
	if (r < 0)
		return r;
	*ret = v;
	v = (struct loader_value){ 0 };
	return 0;
}

/* Each file is copied before our first change of it. */
static int keep_copy(const struct root *root, struct ours *ours, const char *path,
		     const struct buf *text, struct edits *edits, struct error *e)
{
	_cleanup_free_ char *copy = NULL;
	int r;

	if (ours_has_file(ours, path))
		return 0;
	copy = ours_copy_path(path);
	r = copy ? ours_add_file(ours, path) : -ENOMEM;
	if (r < 0)
		return error_errno(e, r, "%s", path);
	return edits_put(root, edits, copy, text->data ?: "", text->len, 0600, e);
}

static int put_slot(const struct root *root, struct view *view, const struct slot *slot,
		    const struct buf *text, const char *name, const char *words,
		    struct edits *edits, struct error *e)
{
	_cleanup_buf_ struct buf after = { 0 };
	int r;

	if (slot->make) {
		r = slot->make(root, words, &after, e);
		return r < 0 ? r
			     : edits_put(root, edits, slot->path, after.data, after.len, 0644, e);
	}
	r = slot_edit(slot, text, name, slot->only_read ? NULL : words, &after);
	if (r < 0)
		return error_errno(e, r, "%s", slot->path);
	if (after.len == text->len && memcmp(after.data, text->data, text->len) == 0)
		return 0;
	r = keep_copy(root, &view->ours, slot->path, text, edits, e);
	return r < 0 ? r : edits_put(root, edits, slot->path, after.data, after.len, 0644, e);
}

static int set_slot(const struct root *root, struct view *view, const struct slot *slot,
		    const char *name, const char *words, unsigned flags, struct edits *edits,
		    struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 }, found = { 0 };
	int r = slot_load(root, edits, slot, name, &text, &found, e);

	if (r == -ENOENT && !slot->make)
		return 0;
	if (r < 0 && r != -ENOENT)
		return r;
	/* How our own file is made may differ with the version. */
	if (r == 0 && slot->make && strcmp(found.data, words) == 0)
		return 0;
	if (owner_of(&view->ours, &found) == OWNER_PERSON && strcmp(found.data, words) != 0 &&
	    !(flags & LOADER_FORCE))
		return error_set(e, -EEXIST,
				 "%s has %s, which lastword did not write; it is kept (--force "
				 "replaces it, and keeps a copy)",
				 slot->path, found.data);
	/* Without force nothing foreign is touched, not even the same words. */
	if (slot->only_read && !(flags & LOADER_FORCE))
		return 0;
	return put_slot(root, view, slot, &text, name, words, edits, e);
}

static bool same_kernel(const struct slot *slot, const char *kernel)
{
	const char *slash = strrchr(kernel, '/');

	return slot->kernel && strcmp(slot->kernel, slash ? slash + 1 : kernel) == 0;
}

static int check_kernel(const struct loader *l, const struct slots *slots, const char *kernel,
			struct error *e)
{
	bool any = false;

	for (size_t i = 0; i < slots->count; i++) {
		if (same_kernel(&slots->list[i], kernel))
			return 0;
		any = any || slots->list[i].kernel;
	}
	if (any)
		return error_set(e, -ENOENT, "%s: no boot loader entry starts it", kernel);
	return error_set(e, -EOPNOTSUPP,
			 "%s has one command line for all kernels; leave --kernel out",
			 l->ops->name);
}

/* A person wrote just what is wanted: there is nothing to do, and nothing is ours. */
static bool person_has_it(const struct root *root, const struct loader *l, const char *name,
			  const char *words)
{
	_cleanup_loader_value_ struct loader_value v = { 0 };

	return loader_read(root, l, name, &v, NULL) == 0 && v.owner == OWNER_PERSON &&
	       strcmp(v.words.data, words) == 0;
}

int loader_set(const struct root *root, const struct loader *l, const char *name, const char *words,
	       const char *kernel, unsigned flags, struct edits *ret, struct error *e)
{
	_cleanup_(view_done) struct view view = { 0 };
	_cleanup_edits_ struct edits edits = { .not_shown = OURS_COPIES };
	int r = view_open(root, l, &view, e);

	if (r == 0 && kernel)
		r = check_kernel(l, &view.slots, kernel, e);
	if (r < 0 || (!kernel && person_has_it(root, l, name, words)))
		return r;
	/* The record goes first, so that a run that is cut short leaves nothing that is ours and not known to be. */
	r = edits_put(root, &edits, OURS_FILE, "", 0, 0600, e);
	for (size_t i = 0; i < view.slots.count && r == 0; i++)
		if (!kernel || same_kernel(&view.slots.list[i], kernel))
			r = set_slot(root, &view, &view.slots.list[i], name, words, flags, &edits,
				     e);
	if (r < 0)
		return r;
	if (edits.count == 1)
		return 0;
	r = ours_add_value(&view.ours, words);
	if (r < 0)
		return error_errno(e, r, OURS_FILE);
	r = ours_put(root, &view.ours, &edits, e);
	if (r < 0)
		return r;
	*ret = edits;
	edits = (struct edits){ 0 };
	return 0;
}

/* The file as it was, if it still is what we made of it; else our words out of it, and a person's that were replaced back in. */
static int restore_text(const struct slot *slots, size_t count, const char *path,
			const struct ours *ours, const char *name, const struct buf *before,
			const struct buf *now, struct buf *ret)
{
	_cleanup_buf_ struct buf made = { 0 }, cleared = { 0 };
	int r = buf_append(&made, before->data, before->len);

	if (r == 0)
		r = buf_append(&cleared, now->data, now->len);
	for (size_t i = 0; i < count && r == 0; i++) {
		const struct slot *slot = &slots[i];
		_cleanup_buf_ struct buf words = { 0 }, was = { 0 }, next = { 0 };

		if (strcmp(slot->path, path) != 0 || slot->make)
			continue;
		r = slot_words(slot, now, name, &words);
		if (r == 0)
			r = slot_words(slot, before, name, &was);
		if (r == 0)
			r = slot_edit(slot, &made, name,
				      words.len && !slot->only_read ? words.data : NULL, &next);
		if (r < 0)
			return r;
		buf_done(&made);
		made = next;
		next = (struct buf){ 0 };
		if (owner_of(ours, &words) == OWNER_US || (!words.len && was.len)) {
			r = slot_edit(slot, &cleared, name, was.len ? was.data : NULL, &next);
			if (r < 0)
				return r;
			buf_done(&cleared);
			cleared = next;
			next = (struct buf){ 0 };
		}
	}
	if (r < 0)
		return r;
	if (made.len == now->len && memcmp(made.data, now->data, now->len) == 0)
		return buf_append(ret, before->data, before->len);
	return buf_append(ret, cleared.data, cleared.len);
}

static int restore_file(const struct root *root, const struct view *view, const char *path,
			const char *name, struct edits *edits, struct error *e)
{
	_cleanup_free_ char *copy = ours_copy_path(path);
	_cleanup_buf_ struct buf before = { 0 }, now = { 0 }, after = { 0 };
	int r;

	if (!copy)
		return error_errno(e, -ENOMEM, "%s", path);
	r = edits_read(root, edits, path, &now, e);
	if (r == -ENOENT)
		return edits_remove(root, edits, copy, e);
	if (r == 0)
		r = edits_read(root, edits, copy, &before, e);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = restore_text(view->slots.list, view->slots.count, path, &view->ours, name, &before,
			 &now, &after);
	if (r < 0)
		return error_errno(e, r, "%s", path);
	r = edits_put(root, edits, path, after.data ?: "", after.len, 0644, e);
	return r < 0 ? r : edits_remove(root, edits, copy, e);
}

/* Our words where we have no copy: entries that were made since, of what we wrote. */
static int clear_slot(const struct root *root, const struct view *view, const struct slot *slot,
		      const char *name, struct edits *edits, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 }, words = { 0 }, after = { 0 };
	int r = slot_load(root, edits, slot, name, &text, &words, e);

	if (r == -ENOENT)
		return 0;
	if (r < 0 || owner_of(&view->ours, &words) != OWNER_US)
		return r;
	if (slot->make)
		return edits_remove(root, edits, slot->path, e);
	if (slot->only_read)
		return 0;
	r = slot_edit(slot, &text, name, NULL, &after);
	if (r < 0)
		return error_errno(e, r, "%s", slot->path);
	return edits_put(root, edits, slot->path, after.data ?: "", after.len, 0644, e);
}

static bool has_copy(const struct root *root, const struct ours *ours, const char *path)
{
	_cleanup_free_ char *copy = ours_copy_path(path);

	return copy && ours_has_file(ours, path) && boot_exists(root, copy);
}

int loader_clear(const struct root *root, const struct loader *l, const char *name,
		 struct edits *ret, struct error *e)
{
	_cleanup_(view_done) struct view view = { 0 };
	_cleanup_edits_ struct edits edits = { .not_shown = OURS_COPIES };
	int r = view_open(root, l, &view, e);

	for (size_t i = 0; i < view.ours.files_count && r == 0; i++)
		r = restore_file(root, &view, view.ours.files[i], name, &edits, e);
	for (size_t i = 0; i < view.slots.count && r == 0; i++)
		if (!has_copy(root, &view.ours, view.slots.list[i].path))
			r = clear_slot(root, &view, &view.slots.list[i], name, &edits, e);
	/* Last, so that a run that is cut short can be repeated. */
	if (r == 0)
		r = edits_remove(root, &edits, OURS_FILE, e);
	if (r < 0)
		return r;
	*ret = edits;
	edits = (struct edits){ 0 };
	return 0;
}
