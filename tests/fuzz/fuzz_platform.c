/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel makes of a device tree: the machine as it describes it, and who gets which memory. */
#include "boot/memory.h"
#include "lib/fuzz.h"
#include "platform/platform.h"
#include <libfdt.h>
#include <string.h>

enum { PAGE_BITS = 12, MAX_BITS = 47 };
#define PAGE_SIZE  (1ull << PAGE_BITS)
#define DTB_PADDR  0x48000000ull
#define DEVICE_TOP (1ull << 40)

static const struct region kernel_image = {0x40200000, 0x200000};

static bool overlap(uint64_t start, uint64_t end, struct region r)
{
    return start < r.base + r.size && r.base < end;
}

static void check_platform(const struct platform *p)
{
    MUST(p->memory_count > 0 && p->memory_count <= PLATFORM_MAX_MEMORY);
    for (unsigned i = 0; i < p->memory_count; i++) {
        const struct region *m = &p->memory[i];
        MUST(m->base % PAGE_SIZE == 0 && m->size % PAGE_SIZE == 0 && m->size > 0);
        MUST(m->size <= PLATFORM_RAM_LIMIT && m->base <= PLATFORM_RAM_LIMIT - m->size);
        MUST(i == 0 || m[-1].base + m[-1].size < m->base);
    }
    MUST(p->reserved_count <= PLATFORM_MAX_RESERVED);
    for (unsigned i = 0; i < p->reserved_count; i++) {
        MUST(p->reserved[i].size > 0 && p->reserved[i].base + p->reserved[i].size > p->reserved[i].base);
    }
    MUST(p->gicr_count > 0 && p->gicr_count <= PLATFORM_MAX_REDIST);
    MUST(p->cpu_count > 0 && p->cpu_count <= PLATFORM_MAX_CPUS);
    MUST(p->initrd.size == 0 || p->initrd.base + p->initrd.size > p->initrd.base);
}

/* Pieces of `set`, as untyped memory is made of it: none overlaps one of `taken`. */
static void check_pieces(struct regions *set, const struct region *taken, unsigned count)
{
    uint64_t start, end = 0;
    unsigned bits;

    while (regions_next_piece(set, PAGE_BITS, MAX_BITS, &start, &bits)) {
        MUST(bits >= PAGE_BITS && bits <= MAX_BITS && start % (1ull << bits) == 0 && start >= end);
        end = start + (1ull << bits);
        for (unsigned i = 0; i < count; i++) {
            MUST(!overlap(start, end, taken[i]));
        }
    }
}

static void check_division(const struct platform *p)
{
    struct regions ram, devices;

    if (!boot_memory(p, DEVICE_TOP, &ram, &devices)) {
        return;
    }
    uint64_t root_task = regions_take(&ram, PAGE_SIZE, PAGE_SIZE);
    MUST(root_task % PAGE_SIZE == 0);
    for (unsigned i = 0; i < ram.count; i++) {
        for (unsigned j = 0; j < devices.count; j++) {
            MUST(ram.r[i].end <= devices.r[j].start || devices.r[j].end <= ram.r[i].start);
        }
    }
    check_pieces(&ram, p->reserved, p->reserved_count);
    struct region kernels[PLATFORM_MAX_REDIST + 3] = {kernel_image, p->dtb, p->gicd};
    memcpy(&kernels[3], p->gicr, sizeof p->gicr);
    check_pieces(&devices, kernels, 3 + p->gicr_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct platform p;
    /* libfdt is not instrumented. */
    char *tree = fuzz_guarded(data, size, 8);

    if (size < PLATFORM_DTB_HEADER || platform_dtb_size(tree) == 0) {
        return 0;
    }
    enum platform_error error = platform_read(&p, tree, size, DTB_PADDR);
    MUST(error < PLATFORM_ERRORS && platform_error_text(error));
    if (!error && !platform_reserve(&p, kernel_image)) {
        check_platform(&p);
        check_division(&p);
        /* As the root task gets it. */
        fdt_pack(tree);
        fuzz_touch(tree, fdt_totalsize(tree));
    }
    return 0;
}
