/* SPDX-License-Identifier: BSD-2-Clause */
#include "bootinfo.h"

#include <sel4/sel4.h>

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
