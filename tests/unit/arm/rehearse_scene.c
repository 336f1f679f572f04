/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"

/* A machine on a net of its own: address and route are QEMU's, the server's address stays. */
static void test_addresses(void **state)
{
	struct plan *p = calloc(1, sizeof(*p));
	_cleanup_subject_ struct subject s = { 0 };
	_cleanup_scene_ struct scene scene = { 0 };
	struct error e = { 0 };
	struct root root = { .fd = -1 };

	p->modules = calloc(1, sizeof(*p->modules));
	p->modules[p->modules_count++] =
		(struct plan_module){ strdup("/lib/modules/e1000e.ko"), strdup(""), false };
	p->links = calloc(2, sizeof(*p->links));
	p->links[0] = (struct plan_link){ .name = strdup("eno1"),
					  .kind = PLAN_LINK_HARDWARE,
					  .mac = strdup("52:54:00:00:00:01"),
					  .master = strdup("bond0") };
	p->links[1] = (struct plan_link){ .name = strdup("bond0"), .kind = PLAN_LINK_BOND };
	p->links_count = 2;
	p->addresses = calloc(1, sizeof(*p->addresses));
	p->addresses[p->addresses_count++] =
		(struct plan_address){ strdup("192.168.1.7/24"), strdup("bond0") };
	p->targets = calloc(1, sizeof(*p->targets));
	p->targets[p->targets_count++] =
		(struct plan_target){ .kind = PLAN_TARGET_NFS, .server = strdup("192.168.1.9") };
	p->fences = calloc(1, sizeof(*p->fences));
	p->fences[p->fences_count++].address = strdup("192.168.1.8");
	p->keep.dumps = 3;
	s.plan = p;
	assert_int_equal(scene_add_network(&root, &s, &scene, &e), 0);
	assert_true(scene.changed);
	assert_int_equal(p->links_count, 1);
	assert_string_equal(p->links[0].mac, "52:54:00:00:00:01");
	assert_string_equal(p->links[0].master, "");
	assert_string_equal(p->addresses[0].address, "10.0.2.15/24");
	assert_string_equal(p->routes[0].via, "10.0.2.2");
	assert_string_equal(p->targets[0].server, "192.168.1.9");
	/* Nothing is done to others for a crash that is none. */
	assert_int_equal(p->fences_count, 0);
	assert_int_equal(p->keep.dumps, 0);
	assert_string_equal(scene.words.words[3], "e1000e,netdev=n0,mac=52:54:00:00:00:01");
	assert_non_null(strstr(scene.different.data, "insecure"));
}

static void test_as_it_is(void **state)
{
	struct plan *p = calloc(1, sizeof(*p));
	_cleanup_subject_ struct subject s = { 0 };
	_cleanup_scene_ struct scene scene = { 0 };
	struct error e = { 0 };
	struct root root = { .fd = -1 };

	p->modules = calloc(1, sizeof(*p->modules));
	p->modules[p->modules_count++] =
		(struct plan_module){ strdup("/lib/modules/virtio_net.ko"), strdup(""), false };
	p->links = calloc(1, sizeof(*p->links));
	p->links[p->links_count++] = (struct plan_link){ .name = strdup("eth0"),
							 .kind = PLAN_LINK_HARDWARE,
							 .mac = strdup("52:54:00:00:00:01") };
	p->addresses = calloc(1, sizeof(*p->addresses));
	p->addresses[p->addresses_count++] =
		(struct plan_address){ strdup("10.0.2.15/24"), strdup("eth0") };
	p->targets = calloc(1, sizeof(*p->targets));
	p->targets[p->targets_count++] =
		(struct plan_target){ .kind = PLAN_TARGET_NFS, .server = strdup("10.0.2.2") };
	s.plan = p;
	assert_int_equal(scene_add_network(&root, &s, &scene, &e), 0);
	assert_false(scene.changed);
	assert_int_equal(scene.different.len, 0);
	free(p->targets[0].server);
	p->targets[0].server = strdup("fd00::1");
	assert_int_equal(scene_add_network(&root, &s, &scene, &e), -EOPNOTSUPP);
	assert_non_null(strstr(e.text, "--local"));
}

static void test_drop(void **state)
{
	struct plan_target t = { .kind = PLAN_TARGET_SSH,
				 .server = strdup("10.0.0.1"),
				 .user = strdup("kdump"),
				 .device = { .fs_uuid = strdup("") } };
	struct plan p = { 0 };

	p.volumes = calloc(1, sizeof(*p.volumes));
	p.volumes[p.volumes_count++].name = strdup("dm-0");
	plan_drop_volumes(&p);
	assert_int_equal(p.volumes_count, 0);
	assert_null(p.volumes);
	plan_drop_target(&t);
	assert_null(t.server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_as_it_is),
		cmocka_unit_test(test_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
