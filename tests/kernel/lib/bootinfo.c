/* SPDX-License-Identifier: BSD-2-Clause */
#include "bootinfo.h"

#include <gpi/bootinfo.h>
#include <libfdt.h>
#include <sel4/sel4.h>
#include <string.h>

static seL4_Word number(const char *text)
{
    seL4_Word value = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (seL4_Word)(*text - '0');
    }
    return value;
}

bool bootinfo_argument(const char *name, seL4_Word *value)
{
    seL4_Word size;
    const void *fdt = gpi_bootinfo_chunk(seL4_GetBootInfo(), SEL4_BOOTINFO_HEADER_FDT, &size);
    const char *at = fdt ? fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL) : 0;
    size_t length = strlen(name);

    while (at && *at) {
        size_t word = strcspn(at, " ");
        if (strncmp(at, name, length) == 0 && (word == length || at[length] == '=')) {
            if (value) {
                *value = word == length ? 0 : number(at + length + 1);
            }
            return true;
        }
        at += word + strspn(at + word, " ");
    }
    return false;
}
