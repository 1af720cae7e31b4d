/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task: made at boot from the archive's first file, given all that the kernel does not keep. */
#ifndef BOOT_ROOTTASK_H
#define BOOT_ROOTTASK_H

struct platform;
struct boot_archive;

/** Makes the root task and runs it. The platform's RAM is mapped in the kernel window; never returns. */
_Noreturn void boot_root_task(const struct platform *platform, const struct boot_archive *archive);

#endif
