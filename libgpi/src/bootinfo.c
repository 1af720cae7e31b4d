/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/bootinfo.h>

#include <sel4/bootinfo.h>
#include <stddef.h>

static seL4_BootInfo *boot_info;

void seL4_InitBootInfo(seL4_BootInfo *bi)
{
    boot_info = bi;
}

seL4_BootInfo *seL4_GetBootInfo(void)
{
    return boot_info;
}

const void *gpi_bootinfo_chunk(const seL4_BootInfo *bi, seL4_Word id, seL4_Word *size)
{
    seL4_Word at = (seL4_Word)bi + (1ul << seL4_PageBits), end = at + bi->extraLen;
    while (at + sizeof(seL4_BootInfoHeader) <= end) {
        const seL4_BootInfoHeader *header = (const seL4_BootInfoHeader *)at;
        if (header->id == id) {
            *size = header->len - sizeof *header;
            return header + 1;
        }
        if (header->len < sizeof *header) {
            break;
        }
        at += header->len;
    }
    return NULL;
}
