/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/kexec_usage.h"

#include <stdlib.h>

static const char text[] =
	"kexec-tools 2.0.32 (lastword " LASTWORD_VERSION ")\n"
	"Usage: kexec [OPTION]... [kernel]\n"
	"Loads a kernel for a restart without firmware, or for the next panic.\n"
	"\n"
	" -l, --load              for a restart\n"
	" -p, --load-panic        for the next panic, into the memory of crashkernel=\n"
	" -u, --unload            take it out again (with -p: the crash kernel)\n"
	" -e, --exec              restart into what is loaded, at once: sync, links down, jump.\n"
	"                         No service is stopped; 'systemctl kexec' does that first\n"
	" -f, --force             load and restart, at once\n"
	"                         (none of these: load, then 'shutdown -r now')\n"
	" -S, --status            exit 1 if a crash kernel (with -l: another) is loaded, 0 if not\n"
	" -x, --no-ifdown         leave network links up\n"
	" -y, --no-sync           do not sync\n"
	"     --initrd=FILE       or --ramdisk=FILE\n"
	"     --command-line=STRING, --append=STRING\n"
	"     --reuse-cmdline     the running kernel's command line, STRING behind it\n"
	" -t, --type=TYPE         bzImage64\n"
	"     --print-ckr-size    bytes reserved with crashkernel=\n"
	"     --hotplug           the kernel must follow CPUs and memory by itself\n"
	" -s, -a, -c              which system call: it is kexec_file_load(2), always\n"
	" -d, --debug             say what is loaded\n"
	" -h, --help; -v, --version\n"
	"\n"
	"kexec-tools' other options are accepted; what has no effect is said. kexec(8) has more.\n";

int kexec_usage(FILE *out)
{
	fputs(text, out);
	return EXIT_SUCCESS;
}
