/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/memory.h"

#include "platform/platform.h"

#define PAGE_SIZE 0x1000ull

static bool remove_all(struct regions *set, const struct region *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!regions_remove(set, list[i].base, list[i].base + list[i].size)) {
            return false;
        }
    }
    return true;
}

bool boot_memory(const struct platform *platform, uint64_t top, struct regions *ram, struct regions *devices)
{
    uint64_t archive_start = platform->initrd.base & ~(PAGE_SIZE - 1);
    uint64_t archive_end = (platform->initrd.base + platform->initrd.size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);

    *ram = *devices = (struct regions){0};
    for (unsigned i = 0; i < platform->memory_count; i++) {
        const struct region *m = &platform->memory[i];
        if (!regions_add(ram, m->base, m->base + m->size)) {
            return false;
        }
    }
    return remove_all(ram, platform->reserved, platform->reserved_count) && regions_add(devices, 0, top) &&
           remove_all(devices, platform->memory, platform->memory_count) &&
           remove_all(devices, platform->reserved, platform->reserved_count) &&
           remove_all(devices, &platform->gicd, 1) && remove_all(devices, platform->gicr, platform->gicr_count) &&
           regions_add(devices, archive_start, archive_end);
}

uint64_t boot_loaded_end(const struct platform *platform)
{
    uint64_t end = 0;

    for (unsigned i = 0; i < platform->reserved_count; i++) {
        const struct region *r = &platform->reserved[i];
        end = r->base + r->size > end ? r->base + r->size : end;
    }
    return end;
}
