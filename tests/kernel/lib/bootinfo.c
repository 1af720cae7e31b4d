/* SPDX-License-Identifier: BSD-2-Clause */
#include "bootinfo.h"

#include <libfdt.h>
#include <sel4/sel4.h>
#include <string.h>

const seL4_BootInfoHeader *bootinfo_chunk(seL4_Word id)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    const char *at = (const char *)bi + (1ul << seL4_PageBits);
    const char *end = at + bi->extraLen;
    while (at + sizeof(seL4_BootInfoHeader) <= end) {
        const seL4_BootInfoHeader *header = (const void *)at;
        if (header->id == id) {
            return header;
        }
        if (header->len < sizeof(*header)) {
            break;
        }
        at += header->len;
    }
    return 0;
}

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
    const seL4_BootInfoHeader *header = bootinfo_chunk(SEL4_BOOTINFO_HEADER_FDT);
    const void *fdt = header ? header + 1 : 0;
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
