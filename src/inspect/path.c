/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 4096	   /* dentries and mounts on the way up */
#define NAME_SIZE_MAX 255U /* NAME_MAX */

/* Members that are read; size 0: this kernel does not have it. */
enum place {
	DENTRY_PARENT,
	DENTRY_NAME,
	DENTRY_NAME_LEN,
	DENTRY_INODE,
	DENTRY_SUPER,
	VFSMOUNT_ROOT,
	MOUNT_MNT,
	MOUNT_PARENT,
	MOUNT_POINT,
	MOUNT_INSTANCE,
	SUPER_MOUNTS,
	SUPER_TYPE,
	TYPE_NAME,
	FILE_DENTRY,
	FILE_MNT,
	FILE_INODE,
	INODE_MODE,
	INODE_NUMBER,
	INODE_MAPPING,
	MAPPING_PAGES,
	PLACES,
};

struct paths {
	struct inspect *c;
	struct type_member at[PLACES];
};

static const struct {
	const char *path, *other;
	bool needed;
} places[PLACES] = {
	[DENTRY_PARENT] = { "dentry.d_parent", NULL, true },
	[DENTRY_NAME] = { "dentry.d_name.name", "dentry.__d_name.name", true },
	[DENTRY_NAME_LEN] = { "dentry.d_name.len", "dentry.__d_name.len", true },
	[DENTRY_INODE] = { "dentry.d_inode", NULL, true },
	[DENTRY_SUPER] = { "dentry.d_sb", NULL, true },
	[VFSMOUNT_ROOT] = { "vfsmount.mnt_root", NULL, true },
	[MOUNT_MNT] = { "mount.mnt", NULL, true },
	[MOUNT_PARENT] = { "mount.mnt_parent", NULL, true },
	[MOUNT_POINT] = { "mount.mnt_mountpoint", NULL, true },
	[MOUNT_INSTANCE] = { "mount.mnt_instance", NULL, false },
	[SUPER_MOUNTS] = { "super_block.s_mounts", NULL, false },
	[SUPER_TYPE] = { "super_block.s_type", NULL, false },
	[TYPE_NAME] = { "file_system_type.name", NULL, false },
	[FILE_DENTRY] = { "file.f_path.dentry", "file.__f_path.dentry", true },
	[FILE_MNT] = { "file.f_path.mnt", "file.__f_path.mnt", true },
	[FILE_INODE] = { "file.f_inode", NULL, true },
	[INODE_MODE] = { "inode.i_mode", NULL, true },
	[INODE_NUMBER] = { "inode.i_ino", NULL, true },
	[INODE_MAPPING] = { "inode.i_mapping", NULL, true },
	[MAPPING_PAGES] = { "address_space.nrpages", NULL, false },
};

int paths_open(struct inspect *c, struct paths **ret, struct error *e)
{
	_cleanup_(paths_freep) struct paths *p = calloc(1, sizeof(*p));
	struct types *types;
	int err = inspect_types(c, &types, e);

	if (err < 0)
		return err;
	if (!p)
		return error_errno(e, -ENOMEM, "paths");
	p->c = c;
	for (size_t i = 0; i < PLACES; i++) {
		if (types_member(types, places[i].path, &p->at[i]) ||
		    (places[i].other && types_member(types, places[i].other, &p->at[i])))
			continue;
		if (places[i].needed)
			return error_set(e, -ENOENT, "the dump's types have no %s", places[i].path);
		p->at[i].size = 0;
	}
	*ret = TAKE_PTR(p);
	return 0;
}

struct paths *paths_free(struct paths *p)
{
	free(p);
	return NULL;
}

static bool get(struct paths *p, enum place place, uint64_t base, uint64_t *ret)
{
	const struct type_member *m = &p->at[place];

	return base && m->size && m->size <= 8 &&
	       inspect_number(p->c, base + m->offset, m->size, ret, NULL) == 0;
}

/* A path grows to the left, in the end of its buffer. */
struct leftward {
	char *text;
	size_t start;
};

static bool prepend(struct leftward *l, const char *text, size_t len)
{
	if (len > l->start)
		return false;
	l->start -= len;
	memcpy(l->text + l->start, text, len);
	for (char *c = l->text + l->start; len > 0; len--, c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	return true;
}

static bool prepend_name(struct paths *p, struct leftward *l, uint64_t dentry)
{
	char name[NAME_SIZE_MAX];
	uint64_t at, len;

	if (!get(p, DENTRY_NAME, dentry, &at) || !get(p, DENTRY_NAME_LEN, dentry, &len))
		return false;
	len = MIN(len, (uint64_t)NAME_SIZE_MAX);
	return kernel_read(p->c->reader, at, name, len, NULL) == 0 && prepend(l, name, len) &&
	       prepend(l, "/", 1);
}

/* Some mount of a super block: a list of them, or since 6.18 a chain. */
static uint64_t mount_of(struct paths *p, uint64_t super)
{
	const struct type_member *mounts = &p->at[SUPER_MOUNTS];
	uint64_t first;

	if (!super || !mounts->size ||
	    inspect_number(p->c, super + mounts->offset, 8, &first, NULL) < 0 || !first)
		return 0;
	if (mounts->is_pointer)
		return first + p->at[MOUNT_MNT].offset;
	if (first == super + mounts->offset || !p->at[MOUNT_INSTANCE].size)
		return 0;
	return first - p->at[MOUNT_INSTANCE].offset + p->at[MOUNT_MNT].offset;
}

/* Where the file system at vfsmount is mounted; false where it is mounted nowhere. */
static bool cross_mount(struct paths *p, uint64_t *dentry, uint64_t *vfsmount)
{
	uint64_t mount = *vfsmount - p->at[MOUNT_MNT].offset, parent, point;

	if (!*vfsmount || !get(p, MOUNT_PARENT, mount, &parent) || parent == mount ||
	    !get(p, MOUNT_POINT, mount, &point))
		return false;
	*vfsmount = parent + p->at[MOUNT_MNT].offset;
	*dentry = point;
	return true;
}

/* Of a file system that is never mounted: its type and the file's name or number, as its d_dname() would say. */
static bool nameless(struct paths *p, uint64_t dentry, char ret[PATH_SIZE])
{
	static const struct {
		const char *type, *word;
		bool numbered;
	} kinds[] = {
		{ "pipefs", "pipe", true },
		{ "sockfs", "socket", true },
		{ "anon_inodefs", "anon_inode", false },
		{ "nsfs", "ns", true },
		{ "dmabuf", "dmabuf", true },
	};
	uint64_t super, type, at, name, len;
	struct path_inode inode = { 0 };
	char words[64] = "";

	if (!get(p, DENTRY_SUPER, dentry, &super) || !get(p, SUPER_TYPE, super, &type) ||
	    !get(p, TYPE_NAME, type, &at) ||
	    kernel_read(p->c->reader, at, words, sizeof(words) - 1, NULL) < 0)
		return false;
	(void)path_read_dentry(p, dentry, &inode, &super);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(words, kinds[i].type) != 0)
			continue;
		if (kinds[i].numbered) {
			snprintf(ret, PATH_SIZE, "%s:[%" PRIu64 "]", kinds[i].word, inode.number);
			return true;
		}
		if (!get(p, DENTRY_NAME, dentry, &name) || !get(p, DENTRY_NAME_LEN, dentry, &len))
			return false;
		memset(words, 0, sizeof(words));
		(void)!kernel_read(p->c->reader, name, words, MIN(len, (uint64_t)sizeof(words) - 1),
				   NULL);
		snprintf(ret, PATH_SIZE, "%s:%s", kinds[i].word, words);
		return true;
	}
	return false;
}

/* True where the top of all mounts was reached. */
static bool climb(struct paths *p, struct leftward *l, uint64_t dentry, uint64_t vfsmount)
{
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		uint64_t parent, root = 0;

		if (vfsmount && get(p, VFSMOUNT_ROOT, vfsmount, &root) && root == dentry) {
			if (!cross_mount(p, &dentry, &vfsmount))
				return true;
			continue;
		}
		if (!get(p, DENTRY_PARENT, dentry, &parent))
			return false;
		if (parent == dentry)
			return true;
		if (!prepend_name(p, l, dentry))
			return false;
		dentry = parent;
	}
	return false;
}

void path_of(struct paths *p, uint64_t dentry, uint64_t mnt, char ret[PATH_SIZE])
{
	struct leftward l = { ret, PATH_SIZE - 1 };
	uint64_t parent, super;

	ret[0] = '\0';
	if (!dentry)
		return;
	if (get(p, DENTRY_PARENT, dentry, &parent) && parent == dentry && nameless(p, dentry, ret))
		return;
	if (!mnt && get(p, DENTRY_SUPER, dentry, &super))
		mnt = mount_of(p, super);
	ret[PATH_SIZE - 1] = '\0';
	if (!climb(p, &l, dentry, mnt))
		(void)prepend(&l, "(...)", strlen("(...)"));
	if (l.start == PATH_SIZE - 1)
		(void)prepend(&l, "/", 1);
	memmove(ret, ret + l.start, PATH_SIZE - l.start);
}

const char *path_type(uint32_t mode)
{
	/* include/uapi/linux/stat.h: S_IFMT */
	static const char *const types[16] = {
		[001] = "FIFO", [002] = "CHR ", [004] = "DIR ", [006] = "BLK ",
		[010] = "REG ", [012] = "LNK ", [014] = "SOCK",
	};
	const char *name = types[mode >> 12 & 15];

	return name ? name : "UNKN";
}

bool path_read_inode(struct paths *p, uint64_t inode, struct path_inode *ret)
{
	struct path_inode i = { .addr = inode };
	uint64_t mode;

	if (!get(p, INODE_MODE, inode, &mode))
		return false;
	i.mode = mode;
	(void)get(p, INODE_NUMBER, inode, &i.number);
	if (get(p, INODE_MAPPING, inode, &i.mapping))
		(void)get(p, MAPPING_PAGES, i.mapping, &i.pages);
	*ret = i;
	return true;
}

bool path_read_dentry(struct paths *p, uint64_t dentry, struct path_inode *ret, uint64_t *ret_super)
{
	uint64_t inode;

	return get(p, DENTRY_SUPER, dentry, ret_super) && get(p, DENTRY_INODE, dentry, &inode) &&
	       path_read_inode(p, inode, ret);
}

bool path_read_file(struct paths *p, uint64_t file, struct path_file *ret)
{
	struct path_file f = { .addr = file };
	uint64_t inode;

	if (!get(p, FILE_DENTRY, file, &f.dentry) || !get(p, FILE_MNT, file, &f.mnt))
		return false;
	if (get(p, FILE_INODE, file, &inode))
		(void)path_read_inode(p, inode, &f.inode);
	*ret = f;
	return true;
}
