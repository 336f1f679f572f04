/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/devmapper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

/* Newest features are not needed: 4.0 is what every kernel since 2.6 speaks. */
#define VERSION                                                                                    \
	{                                                                                          \
		4, 0, 0                                                                            \
	}

#define CONTROL "/dev/mapper/control"
#define ANSWER_FIRST KIB(16)
#define ANSWER_MAX MIB(1)

/* huge_encode_dev() of the kernel. */
static uint64_t encode_device(dev_t d)
{
	return (minor(d) & 0xff) | (major(d) << 8) | ((uint64_t)(minor(d) & ~0xffU) << 12);
}

int dm_open(const struct root *root, int *ret_fd, struct error *e)
{
	int fd = openat(root->fd, root_relative(CONTROL), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, -errno, CONTROL);
	*ret_fd = fd;
	return 0;
}

void dm_table_done(struct dm_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->rows[i].type);
		free(t->rows[i].parameters);
	}
	free(t->rows);
	*t = (struct dm_table){ 0 };
}

/* In an answer `next` counts from the first row; the parameters are behind the row as a string. */
int dm_table_parse(const char *data, size_t len, uint32_t count, struct dm_table *ret)
{
	_cleanup_dm_table_ struct dm_table t = { 0 };
	size_t at = 0;

	if (count > len / sizeof(struct dm_target_spec))
		return -EBADMSG;
	t.rows = calloc(count ?: 1, sizeof(*t.rows));
	if (!t.rows)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		struct dm_row *row = &t.rows[t.count];
		struct dm_target_spec spec;
		size_t parameters, n;

		if (!range_inside(at, sizeof(spec), len))
			return -EBADMSG;
		memcpy(&spec, data + at, sizeof(spec));
		parameters = at + sizeof(spec);
		n = strnlen(data + parameters, len - parameters);
		if (n == len - parameters || (i + 1 < count && spec.next <= at))
			return -EBADMSG;
		t.count++;
		row->start = spec.sector_start;
		row->length = spec.length;
		row->type = strndup(spec.target_type, sizeof(spec.target_type));
		row->parameters = strdup(data + parameters);
		if (!row->type || !row->parameters)
			return -ENOMEM;
		at = spec.next;
	}
	*ret = t;
	t = (struct dm_table){ 0 };
	return 0;
}

static int read_answer(int control, dev_t device, size_t size, struct dm_table *ret)
{
	struct dm_ioctl *io = calloc(1, size);
	int r;

	if (!io)
		return -ENOMEM;
	*io = (struct dm_ioctl){
		.version = VERSION,
		.data_size = (uint32_t)size,
		.data_start = sizeof(*io),
		.dev = encode_device(device),
		.flags = DM_STATUS_TABLE_FLAG,
	};
	r = ioctl(control, DM_TABLE_STATUS, io) < 0 ? -errno : 0;
	if (r == 0 && io->flags & DM_BUFFER_FULL_FLAG)
		r = -ENOSPC;
	if (r == 0 && (io->data_start > size || io->data_size > size))
		r = -EBADMSG;
	if (r == 0)
		r = dm_table_parse((const char *)io + io->data_start, size - io->data_start,
				   io->target_count, ret);
	explicit_bzero(io, size);
	free(io);
	return r;
}

int dm_table_read(int control, dev_t device, struct dm_table *ret, struct error *e)
{
	int r = -ENOSPC;

	for (size_t size = ANSWER_FIRST; r == -ENOSPC && size <= ANSWER_MAX; size *= 4)
		r = read_answer(control, device, size, ret);
	return r < 0 ? error_errno(e, r, "device-mapper table") : 0;
}

static int command(int control, unsigned long request, struct dm_ioctl *io, const char *name)
{
	io->data_start = sizeof(*io);
	if (io->data_size == 0)
		io->data_size = sizeof(*io);
	if (strlen(name) >= sizeof(io->name))
		return -ENAMETOOLONG;
	strcpy(io->name, name);
	return ioctl(control, request, io) < 0 ? -errno : 0;
}

/* Rows of a table that is loaded: `next` counts from the row itself, and each begins at a multiple of 8. */
static int build_rows(const struct dm_table *t, struct buf *b)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct dm_row *row = &t->rows[i];
		size_t len = strlen(row->parameters) + 1;
		struct dm_target_spec spec = {
			.sector_start = row->start,
			.length = row->length,
			.next = (uint32_t)align_up(sizeof(spec) + len, 8),
		};
		int r;

		if (strlen(row->type) >= sizeof(spec.target_type))
			return -ENAMETOOLONG;
		strcpy(spec.target_type, row->type);
		r = buf_append(b, &spec, sizeof(spec));
		if (r == 0)
			r = buf_append(b, row->parameters, len);
		if (r == 0)
			r = buf_append(b, "\0\0\0\0\0\0\0", spec.next - sizeof(spec) - len);
		if (r < 0)
			return r;
	}
	return 0;
}

static int load(int control, const char *name, const struct dm_table *t)
{
	_cleanup_buf_ struct buf b = { .limit = ANSWER_MAX };
	struct dm_ioctl io = { .version = VERSION, .target_count = (uint32_t)t->count };
	int r = buf_append(&b, &io, sizeof(io));

	if (r == 0)
		r = build_rows(t, &b);
	if (r < 0)
		return r;
	((struct dm_ioctl *)b.data)->data_size = (uint32_t)b.len;
	return command(control, DM_TABLE_LOAD, (struct dm_ioctl *)b.data, name);
}

int dm_create(int control, const char *name, const char *uuid, unsigned minor,
	      const struct dm_table *t, struct error *e)
{
	struct dm_ioctl create = {
		.version = VERSION,
		.flags = DM_PERSISTENT_DEV_FLAG,
		.dev = encode_device(makedev(0, minor)),
	};
	struct dm_ioctl other = { .version = VERSION };
	int r;

	if (strlen(uuid) >= sizeof(create.uuid))
		return error_set(e, -ENAMETOOLONG, "device-mapper: uuid '%s'", uuid);
	strcpy(create.uuid, uuid);
	r = command(control, DM_DEV_CREATE, &create, name);
	if (r < 0)
		return error_errno(e, r, "device-mapper: making %s", name);
	r = load(control, name, t);
	if (r == 0)
		r = command(control, DM_DEV_SUSPEND, &other, name); /* without the flag: resume */
	if (r == 0)
		return 0;
	other = (struct dm_ioctl){ .version = VERSION };
	(void)command(control, DM_DEV_REMOVE, &other, name);
	return error_errno(e, r, "device-mapper: table of %s", name);
}

int dm_message(int control, const char *name, uint64_t sector, const char *words)
{
	_cleanup_buf_ struct buf b = { .limit = ANSWER_MAX };
	struct dm_ioctl io = { .version = VERSION };
	struct dm_target_msg message = { .sector = sector };
	int r = buf_append(&b, &io, sizeof(io));

	if (r == 0)
		r = buf_append(&b, &message, sizeof(message));
	if (r == 0)
		r = buf_append(&b, words, strlen(words) + 1);
	if (r < 0)
		return r;
	((struct dm_ioctl *)b.data)->data_size = (uint32_t)b.len;
	return command(control, DM_TARGET_MSG, (struct dm_ioctl *)b.data, name);
}
