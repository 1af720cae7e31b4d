/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task: made at boot from a program, given all that the kernel does not keep. */
#ifndef BOOT_ROOTTASK_H
#define BOOT_ROOTTASK_H

struct platform;
struct elf_image;

/** Makes the root task of `program` and runs it. The platform's RAM is mapped in the kernel window; never returns. */
_Noreturn void boot_root_task(const struct platform *platform, const struct elf_image *program);

#endif
