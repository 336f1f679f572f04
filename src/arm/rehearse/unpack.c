/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/subject.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 65536

static void archive_readp(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
}

static int fail(struct archive *a, struct error *e)
{
	return error_set(e, -EBADMSG, "the capture image: %s",
			 archive_error_string(a) ?: "damaged");
}

static int read_content(struct archive *a, struct archive_entry *entry, struct buf *ret,
			struct error *e)
{
	const char *link = archive_entry_symlink(entry);
	char chunk[65536];
	la_ssize_t n = 0;
	int r = 0;

	ret->limit = IMAGE_FILE_MAX;
	if (link)
		return buf_append(ret, link, strlen(link)) < 0
			       ? error_errno(e, -ENOMEM, "the capture image")
			       : 0;
	while (r == 0 && (n = archive_read_data(a, chunk, sizeof(chunk))) > 0)
		r = buf_append(ret, chunk, (size_t)n);
	return n < 0 ? fail(a, e) : r < 0 ? error_errno(e, r, "the capture image") : 0;
}

/* Files and links: the rest is what image_pack() puts into every image. */
static int take(struct archive *a, struct archive_entry *entry, struct image *to, struct error *e)
{
	_cleanup_free_ char *name = NULL;
	struct buf content = { 0 };
	unsigned mode = archive_entry_mode(entry);
	int r;

	if (!S_ISREG(mode) && !S_ISLNK(mode))
		return 0;
	if (to->count == FILES_MAX || !archive_entry_pathname(entry))
		return error_set(e, -EBADMSG, "the capture image: not one of lastword's");
	if (asprintf(&name, "/%s", archive_entry_pathname(entry)) < 0) {
		name = NULL;
		return error_errno(e, -ENOMEM, "the capture image");
	}
	r = read_content(a, entry, &content, e);
	if (r < 0) {
		buf_done(&content);
		return r;
	}
	return image_add(to, name, S_ISLNK(mode) ? mode : mode & 07777, &content, e);
}

int image_unpack(const void *data, size_t len, struct image *ret, struct error *e)
{
	_cleanup_(archive_readp) struct archive *a = archive_read_new();
	_cleanup_image_ struct image im = { 0 };
	struct archive_entry *entry;
	int r = 0, next;

	if (!a)
		return error_errno(e, -ENOMEM, "the capture image");
	archive_read_support_filter_gzip(a);
	archive_read_support_format_cpio(a);
	if (archive_read_open_memory(a, data, len) != ARCHIVE_OK)
		return fail(a, e);
	while (r == 0 && (next = archive_read_next_header(a, &entry)) == ARCHIVE_OK)
		r = take(a, entry, &im, e);
	if (r == 0 && next != ARCHIVE_EOF)
		return fail(a, e);
	if (r < 0)
		return r;
	*ret = im;
	im = (struct image){ 0 };
	return 0;
}
