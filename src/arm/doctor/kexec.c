/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does this kernel take a capture kernel? */
#include <stdio.h>

#include "arm/boot/lockdown.h"
#include "arm/doctor/families.h"
#include "arm/machine.h"

#define DISABLED "/proc/sys/kernel/kexec_load_disabled"
#define LIMIT "/proc/sys/kernel/kexec_load_limit_panic"
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SIG_ENFORCE "/sys/module/module/parameters/sig_enforce"

/* scripts/sign-file.c of the kernel */
#define MODULE_SIGNED "~Module signature appended~\n"

static void check_missing(struct doctor *d)
{
	const struct root *root = d->facts->root;

	if (look_exists(root, "/sys/kernel/kexec_crash_loaded"))
		return;
	found(d, FINDING_FAILURE, "this kernel cannot load a capture kernel");
	evidence(d, "no /sys/kernel/kexec_crash_loaded");
	fix(d, "boot a kernel with CONFIG_KEXEC_FILE and CONFIG_CRASH_DUMP");
}

static enum finding_level if_loaded(const struct facts *f)
{
	return f->armed_r == 0 ? FINDING_WARNING : FINDING_FAILURE;
}

static void check_disabled(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!look_is(f->root, DISABLED, "1"))
		return;
	found(d, if_loaded(f), "kexec is switched off until the next boot%s",
	      f->armed_r == 0 ? ": what is armed stays as it is" : "");
	evidence(d, "kernel.kexec_load_disabled = 1");
	fix(d, "grep -r kexec_load_disabled /etc/sysctl.conf /etc/sysctl.d /usr/lib/sysctl.d; let "
	       "lastword.service run before it; reboot");
}

static void check_limit(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!look_is(f->root, LIMIT, "0"))
		return;
	found(d, if_loaded(f), "no more capture kernels may be loaded until the next boot");
	evidence(d, "kernel.kexec_load_limit_panic = 0");
	fix(d, "remove kernel.kexec_load_limit_panic from /etc/sysctl.d; reboot");
}

/* Why signatures are asked for; NULL: they are not. */
static const char *demand(const struct facts *f, const struct lockdown *l)
{
	if (l->mode == LOCKDOWN_INTEGRITY)
		return LOCKDOWN ": [integrity]";
	if (l->mode == LOCKDOWN_CONFIDENTIALITY)
		return LOCKDOWN ": [confidentiality]";
	if (f->kernel_config.len && strstr(f->kernel_config.data, "\nCONFIG_KEXEC_SIG_FORCE=y\n"))
		return "CONFIG_KEXEC_SIG_FORCE=y";
	return NULL;
}

static void check_kernel_signed(struct doctor *d)
{
	const struct facts *f = d->facts;
	_cleanup_free_ char *path = NULL, *release = NULL;
	_cleanup_sysconfig_ struct sysconfig s = { 0 };
	struct lockdown l;
	const char *why;

	if (sysconfig_read(f->root, &s, NULL) < 0 ||
	    machine_capture_release(f->root, &s, &release, NULL) < 0 ||
	    machine_kernel_image(f->root, &s, release, &path, NULL) < 0)
		path = NULL;
	lockdown_read(f->root, path, &l);
	why = demand(f, &l);
	if (!why && !l.secure_boot)
		return;
	if (!path) {
		skipped(d, "the capture kernel's image cannot be read");
		return;
	}
	if (l.image_known && l.image_signed)
		return;
	found(d, why ? if_loaded(f) : FINDING_WARNING, "%s is not signed, and this machine %s",
	      path, why ? "takes signed kernels alone" : "starts signed kernels alone");
	evidence(d, "%s", why ?: "EFI variable SecureBoot = 1");
	fix(d, "install the distribution's signed kernel, or sign it: sbsign --key K --cert C %s",
	    path);
}

static bool ends_signed(const struct buf *module)
{
	size_t len = strlen(MODULE_SIGNED);

	return module->len >= len &&
	       memcmp(module->data + module->len - len, MODULE_SIGNED, len) == 0;
}

/* The capture kernel inherits what Secure Boot asks for. */
static void check_modules_signed(struct doctor *d)
{
	const struct facts *f = d->facts;
	const char *why = look_is(f->root, SIG_ENFORCE, "Y") ? SIG_ENFORCE " is Y" : NULL;
	struct lockdown l;

	lockdown_read(f->root, NULL, &l);
	why = why ?: demand(f, &l);
	if (!why)
		return;
	if (f->composed_r < 0) {
		skipped(d, "no capture image can be made now");
		return;
	}
	for (size_t i = 0; i < f->composed.image.count; i++) {
		const struct image_file *file = &f->composed.image.files[i];

		if (strncmp(file->name, "/lib/modules/", strlen("/lib/modules/")) != 0 ||
		    ends_signed(&file->content))
			continue;
		found(d, FINDING_FAILURE,
		      "module %s is not signed: the capture kernel may refuse it",
		      strrchr(file->name, '/') + 1);
		evidence(d, "%s", why);
		fix(d, "sign it (scripts/sign-file of the kernel, with a key that is enrolled: "
		       "mokutil "
		       "--import), then lastword arm");
	}
}

static void check_modules(struct doctor *d)
{
	const struct facts *f = d->facts;
	char path[300];

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep.bin", f->release);
	if (!*f->release || look_exists(f->root, path))
		return;
	found(d, FINDING_FAILURE, "the modules of the running kernel are not installed");
	evidence(d, "no %s", path);
	fix(d, "depmod %s, or reboot into the kernel that is installed", f->release);
}

struct newest {
	char release[200];
};

static void look_at_kernel(void *user, const char *name)
{
	static const char prefix[] = "vmlinuz-";
	struct newest *n = user;

	/* Red Hat's rescue image is none to be started from day to day. */
	if (strncmp(name, prefix, strlen(prefix)) != 0 || strstr(name, "-rescue-") ||
	    strstr(name, ".old") ||
	    (*n->release && strverscmp(name + strlen(prefix), n->release) < 0))
		return;
	snprintf(n->release, sizeof(n->release), "%s", name + strlen(prefix));
}

static void check_update(struct doctor *d)
{
	const struct facts *f = d->facts;
	struct newest n = { 0 };

	static const char *const hooks[] = { "/etc/kernel/postinst.d/lastword",
					     "/usr/lib/kernel/install.d/95-lastword.install" };
	bool hooked = false;

	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++)
		hooked |= look_exists(f->root, hooks[i]);
	look_directory(f->root, "/boot", look_at_kernel, &n);
	if (!*n.release || !*f->release || strcmp(n.release, f->release) == 0)
		return;
	found(d, FINDING_NOTE, "another kernel is installed: after a reboot it has to be armed");
	evidence(d, "running %s, /boot/vmlinuz-%s; lastword's hook for new kernels is %sinstalled",
		 f->release, n.release, hooked ? "" : "not ");
	fix(d, "reboot; lastword.service arms it");
}

const struct check checks_kexec[] = {
	{ "kexec-missing", "kexec", "this kernel can load a capture kernel", FINDING_FAILURE,
	  check_missing },
	{ "kexec-disabled", "kexec", "kexec is not switched off", FINDING_FAILURE, check_disabled },
	{ "kexec-limit", "kexec", "capture kernels may still be loaded", FINDING_FAILURE,
	  check_limit },
	{ "kernel-unsigned", "kexec", "the kernel is signed where signatures are asked for",
	  FINDING_FAILURE, check_kernel_signed },
	{ "module-unsigned", "kexec", "packed modules are signed where signatures are asked for",
	  FINDING_FAILURE, check_modules_signed },
	{ "modules-missing", "kexec", "the running kernel's modules are installed", FINDING_FAILURE,
	  check_modules },
	{ "kernel-update", "kexec", "the running kernel is the newest one", FINDING_NOTE,
	  check_update },
	{ 0 },
};
