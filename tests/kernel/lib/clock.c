/* SPDX-License-Identifier: BSD-2-Clause */
#include "clock.h"

#include "bootinfo.h"
#include <libfdt.h>
#include <sel4/sel4.h>
#include <string.h>

bool clock_is_exact(void)
{
    static const char exact[] = "exact-time"; /* tests/qemu/machine.py */
    const seL4_BootInfoHeader *header = bootinfo_chunk(SEL4_BOOTINFO_HEADER_FDT);
    if (!header) {
        return false;
    }
    const void *fdt = header + 1;
    const char *arguments = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL);
    return arguments && strcmp(arguments, exact) == 0;
}
