/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/volumes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/volumes.h"

#include "../made_root.h"
#include "../test.h"

#define MD "/sys/devices/virtual/block/md127"

static void made_virtual(const struct root *r, const char *name)
{
	char path[100], to[100];

	snprintf(path, sizeof(path), "/sys/devices/virtual/block/%s/size", name);
	made_file(r, path, "2048\n");
	snprintf(path, sizeof(path), "/sys/class/block/%s", name);
	snprintf(to, sizeof(to), "../../devices/virtual/block/%s", name);
	made_link(r, path, to);
}

static void made_member(const struct root *r, const char *name, const char *number,
			const char *state)
{
	char path[100];

	snprintf(path, sizeof(path), MD "/md/dev-%s/state", name);
	made_file(r, path, state);
	snprintf(path, sizeof(path), MD "/md/dev-%s/block/dev", name);
	made_file(r, path, number);
}

static int setup(void **state)
{
	struct root *r;

	made_root_setup(state);
	r = *state;
	made_disk(r, "vda", "", 0, "S-1\n");
	made_disk(r, "vda1", "vda", 1, "");
	made_disk(r, "vdb", "", 16, "S-2\n");
	made_disk(r, "vdc", "", 32, "S-3\n");
	made_virtual(r, "md127");
	made_file(r, MD "/md/level", "raid1\n");
	made_file(r, MD "/md/metadata_version", "1.2\n");
	made_file(r, MD "/md/raid_disks", "3\n");
	made_file(r, MD "/md/reshape_position", "none\n");
	made_member(r, "vda1", "254:1\n", "in_sync\n");
	made_member(r, "vdb", "254:16\n", "faulty,write_error\n");
	made_member(r, "vdc", "254:32\n", "spare\n");
	made_file(r, MD "/md127p1/partition", "1\n");
	made_file(r, MD "/md127p1/size", "1024\n");
	made_link(r, "/sys/class/block/md127p1", "../../devices/virtual/block/md127/md127p1");
	return 0;
}

static int find(const struct root *r, const char *name, struct volumes **ret, struct error *e)
{
	struct blockdev d = { .node = (char *)name };

	assert_int_equal(device_facts_read(r, name, &d.facts), 0);
	return volumes_find(r, &d, ret, e);
}

static void test_hardware(void **state)
{
	_cleanup_(volumes_freep) struct volumes *v = NULL;

	assert_int_equal(find(*state, "vda1", &v, NULL), 0);
	assert_int_equal(v->count, 0);
	assert_int_equal(v->syspaths_count, 1);
	assert_string_equal(v->syspaths[0], "pci0000:00/0000:00:03.0/virtio0/block/vda/vda1");
}

static const struct plan_part *part_called(const struct volume *v, const char *name)
{
	for (size_t i = 0; i < v->parts_count; i++)
		if (strcmp(v->parts[i].device.name, name) == 0)
			return &v->parts[i];
	return NULL;
}

static void test_array(void **state)
{
	_cleanup_(volumes_freep) struct volumes *v = NULL;
	const struct plan_part *part;

	assert_int_equal(find(*state, "md127p1", &v, NULL), 0);
	assert_int_equal(v->count, 1);
	assert_string_equal(v->items[0].plan.name, "md127");
	assert_int_equal(v->items[0].plan.kind, PLAN_VOLUME_MD);
	assert_string_equal(v->items[0].plan.level, "raid1");
	assert_string_equal(v->items[0].plan.metadata, "1.2");
	assert_int_equal(v->items[0].plan.disks, 3);
	assert_int_equal(v->items[0].parts_count, 2);
	assert_null(part_called(&v->items[0], "vdb"));
	part = part_called(&v->items[0], "vda1");
	assert_non_null(part);
	assert_string_equal(part->volume, "md127");
	assert_string_equal(part->device.serial, "S-1");
	assert_int_equal(part->device.partition, 1);
	assert_string_equal(v->modules[0], "md-mod");
	assert_string_equal(v->modules[1], "md-raid1");
}

static void test_two_targets_on_one_array(void **state)
{
	_cleanup_(volumes_freep) struct volumes *v = NULL, *other = NULL;
	struct plan p = { .kernel_release = NULL };

	assert_int_equal(find(*state, "md127p1", &v, NULL), 0);
	assert_int_equal(find(*state, "md127", &other, NULL), 0);
	assert_int_equal(volumes_merge(v, other, NULL), 0);
	assert_int_equal(v->count, 1);
	assert_int_equal(v->syspaths_count, 2);
	assert_int_equal(volumes_give(v, &p), 0);
	assert_int_equal(p.volumes_count, 1);
	assert_int_equal(p.parts_count, 2);
	assert_int_equal(plan_check_volumes(&p, NULL), 0);
	/* back, to be freed */
	v->items[0].plan = p.volumes[0];
	v->items[0].parts = p.parts;
	v->items[0].parts_count = p.parts_count;
	v->items[0].rows = p.rows;
	v->items[0].rows_count = 0;
	v->count = 1;
	free(p.volumes);
}

static void refused(const struct root *r, const char *name, const char *words)
{
	struct volumes *v = NULL;
	struct error e = { 0 };

	assert_true(find(r, name, &v, &e) < 0);
	assert_null(v);
	if (!strstr(error_text(&e), words))
		fail_msg("'%s' does not say '%s'", error_text(&e), words);
}

static void test_refused(void **state)
{
	const struct root *r = *state;

	made_virtual(r, "loop0");
	made_dir(r, "/sys/class/block/loop0/loop");
	refused(r, "loop0", "a loop device");
	made_virtual(r, "rbd0");
	refused(r, "rbd0", "a virtual device");
	made_file(r, "/sys/devices/platform/host2/session1/target2:0:0/2:0:0:0/block/sda/size",
		  "8\n");
	made_link(r, "/sys/class/block/sda",
		  "../../devices/platform/host2/session1/target2:0:0/2:0:0:0/block/sda");
	refused(r, "sda", "a disk over the network");
	made_file(r, MD "/md/reshape_position", "4096\n");
	refused(r, "md127", "being reshaped");
	made_file(r, MD "/md/metadata_version", "external:imsm\n");
	refused(r, "md127p1", "a RAID of the BIOS (imsm)");
	made_file(r, MD "/md/metadata_version", "none\n");
	refused(r, "md127", "has no superblocks");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, made_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hardware),
		TEST(test_array),
		TEST(test_two_targets_on_one_array),
		TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
