/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/image.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/io.h"

#define PAGE 4096
#define LINK_BYTES 1024 /* an inode and a name; its content is in there */
#define IMAGE_MAX MIB(512)

/* Smaller than zlib's level 9, in a twentieth of the time. */
#define LEVEL 6

/* Where the kernel itself, lastword-init and its mounts need something before there is anything
 * else. Devices: Documentation/ admin-guide/devices.txt. */
static const struct {
	const char *name;
	unsigned mode;
	unsigned major, minor;
} fixtures[] = {
	{ "dev", S_IFDIR | 0755, 0, 0 },       { "dev/console", S_IFCHR | 0600, 5, 1 },
	{ "dev/kmsg", S_IFCHR | 0600, 1, 11 }, { "dev/null", S_IFCHR | 0666, 1, 3 },
	{ "lib", S_IFDIR | 0755, 0, 0 },       { "lib/modules", S_IFDIR | 0755, 0, 0 },
	{ "mnt", S_IFDIR | 0755, 0, 0 },       { "proc", S_IFDIR | 0755, 0, 0 },
	{ "run", S_IFDIR | 0755, 0, 0 },       { "sys", S_IFDIR | 0755, 0, 0 },
	{ "tmp", S_IFDIR | 0755, 0, 0 },
};

static void archive_writep(struct archive **a)
{
	if (*a)
		archive_write_free(*a);
}

static void archive_readp(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
}

static void entryp(struct archive_entry **entry)
{
	archive_entry_free(*entry);
}

int image_add(struct image *im, const char *name, unsigned mode, struct buf *content,
	      struct error *e)
{
	struct image_file *grown = reallocarray(im->files, im->count + 1, sizeof(*grown));
	char *copy = strdup(name);

	if (grown)
		im->files = grown;
	if (!grown || !copy) {
		free(copy);
		buf_done(content);
		return error_errno(e, -ENOMEM, "%s", name);
	}
	grown[im->count++] = (struct image_file){ .name = copy, .mode = mode, .content = *content };
	im->unpacked += S_ISLNK(mode) ? LINK_BYTES : align_up(content->len, PAGE);
	*content = (struct buf){ 0 };
	return 0;
}

int image_read_file(const struct root *root, const char *path, struct buf *ret, struct error *e)
{
	int r = root_read_file(root, path, IMAGE_FILE_MAX, ret);

	return r < 0 ? error_errno(e, r, "%s", path) : 0;
}

static int fail(struct archive *a, struct error *e, const char *what)
{
	return error_set(e, -EIO, "%s: %s", what, archive_error_string(a) ?: "archive error");
}

static int read_all(struct archive *a, const char *path, struct buf *ret, struct error *e)
{
	_cleanup_buf_ struct buf content = { .limit = IMAGE_FILE_MAX };

	for (;;) {
		char chunk[65536];
		la_ssize_t n = archive_read_data(a, chunk, sizeof(chunk));
		int r;

		if (n < 0)
			return fail(a, e, path);
		if (n == 0)
			break;
		r = buf_append(&content, chunk, (size_t)n);
		if (r < 0)
			return error_errno(e, r, "%s", path);
	}
	*ret = content;
	content = (struct buf){ 0 };
	return 0;
}

int image_read_module(const struct root *root, const char *path, struct buf *ret, struct error *e)
{
	_cleanup_(archive_readp) struct archive *a = archive_read_new();
	_cleanup_close_ int fd = openat(root->fd, root_relative(path), O_RDONLY | O_CLOEXEC);
	struct archive_entry *entry;

	if (fd < 0)
		return error_errno(e, -errno, "%s", path);
	if (!a)
		return error_errno(e, -ENOMEM, "%s", path);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_fd(a, fd, 65536) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return fail(a, e, path);
	return read_all(a, path, ret, e);
}

static struct archive_entry *entry_new(const char *name, unsigned mode)
{
	struct archive_entry *entry = archive_entry_new();

	if (!entry)
		return NULL;
	archive_entry_set_pathname(entry, root_relative(name));
	archive_entry_set_mode(entry, (mode_t)mode);
	archive_entry_set_nlink(entry, S_ISDIR(mode) ? 2 : 1);
	archive_entry_set_size(entry, 0);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	return entry;
}

static int pack_fixture(struct archive *a, size_t i, struct error *e)
{
	_cleanup_(entryp) struct archive_entry *entry =
		entry_new(fixtures[i].name, fixtures[i].mode);

	if (!entry)
		return error_errno(e, -ENOMEM, "capture image");
	archive_entry_set_rdevmajor(entry, fixtures[i].major);
	archive_entry_set_rdevminor(entry, fixtures[i].minor);
	return archive_write_header(a, entry) == ARCHIVE_OK ? 0 : fail(a, e, fixtures[i].name);
}

static int pack_file(struct archive *a, const struct image_file *f, struct error *e)
{
	bool link = S_ISLNK(f->mode);
	_cleanup_(entryp) struct archive_entry *entry =
		entry_new(f->name, link ? f->mode : S_IFREG | f->mode);

	if (!entry)
		return error_errno(e, -ENOMEM, "capture image");
	if (link) {
		_cleanup_free_ char *to = strndup(f->content.data, f->content.len);

		archive_entry_set_symlink(entry, to ?: "");
		return archive_write_header(a, entry) == ARCHIVE_OK ? 0 : fail(a, e, f->name);
	}
	archive_entry_set_size(entry, (la_int64_t)f->content.len);
	if (archive_write_header(a, entry) != ARCHIVE_OK ||
	    archive_write_data(a, f->content.data, f->content.len) != (la_ssize_t)f->content.len)
		return fail(a, e, f->name);
	return 0;
}

/* Is a directory there by what comes before the file at `index`? len: of its name without the slash behind it. */
static bool has_directory(const struct image *im, size_t index, size_t len)
{
	const char *name = im->files[index].name;

	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++)
		if (strlen(fixtures[i].name) == len - 1 &&
		    memcmp(fixtures[i].name, name + 1, len - 1) == 0)
			return true;
	for (size_t i = 0; i < index; i++)
		if (strncmp(im->files[i].name, name, len + 1) == 0)
			return true;
	return false;
}

/* The kernel makes no directory that the archive does not name. */
static int pack_parents(struct archive *a, const struct image *im, size_t index, struct error *e)
{
	const char *name = im->files[index].name;

	for (const char *slash = strchr(name + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *dir = strndup(name, (size_t)(slash - name));
		_cleanup_(entryp) struct archive_entry *entry = NULL;

		if (dir && has_directory(im, index, strlen(dir)))
			continue;
		entry = dir ? entry_new(dir, S_IFDIR | 0755) : NULL;
		if (!entry)
			return error_errno(e, -ENOMEM, "capture image");
		if (archive_write_header(a, entry) != ARCHIVE_OK)
			return fail(a, e, dir);
	}
	return 0;
}

static la_ssize_t take_bytes(struct archive *a, void *user, const void *data, size_t len)
{
	struct buf *out = user;

	if (buf_append(out, data, len) < 0) {
		archive_set_error(a, ENOMEM, "out of memory");
		return -1;
	}
	return (la_ssize_t)len;
}

int image_pack_plain(const struct image *im, struct buf *ret, struct error *e)
{
	_cleanup_buf_ struct buf out = { .limit = IMAGE_MAX };
	_cleanup_(archive_writep) struct archive *a = archive_write_new();
	int r = 0;

	if (!a)
		return error_errno(e, -ENOMEM, "capture image");
	if (archive_write_set_format_cpio_newc(a) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
	    archive_write_open(a, &out, NULL, take_bytes, NULL) != ARCHIVE_OK)
		return fail(a, e, "capture image");
	for (size_t i = 0; i < ARRAY_SIZE(fixtures) && r == 0; i++)
		r = pack_fixture(a, i, e);
	for (size_t i = 0; i < im->count && r == 0; i++) {
		r = pack_parents(a, im, i, e);
		if (r == 0)
			r = pack_file(a, &im->files[i], e);
	}
	if (r == 0 && archive_write_close(a) != ARCHIVE_OK)
		r = fail(a, e, "capture image");
	if (r < 0)
		return r;
	*ret = out;
	out = (struct buf){ 0 };
	return 0;
}

static void compressorp(struct libdeflate_compressor **c)
{
	libdeflate_free_compressor(*c);
}

int image_pack(const struct image *im, struct buf *ret, struct error *e)
{
	_cleanup_(compressorp) struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
	_cleanup_buf_ struct buf plain = { 0 }, out = { .limit = IMAGE_MAX };
	size_t bound;
	char *to;
	int r = image_pack_plain(im, &plain, e);

	if (r < 0)
		return r;
	bound = c ? libdeflate_gzip_compress_bound(c, plain.len) : 0;
	to = bound ? buf_reserve(&out, bound) : NULL;
	out.len = to ? libdeflate_gzip_compress(c, plain.data, plain.len, to, bound) : 0;
	if (!out.len)
		return error_errno(e, -ENOMEM, "capture image");
	*ret = out;
	out = (struct buf){ 0 };
	return 0;
}

void image_done(struct image *im)
{
	for (size_t i = 0; i < im->count; i++) {
		free(im->files[i].name);
		buf_done(&im->files[i].content);
	}
	free(im->files);
	*im = (struct image){ 0 };
}
