/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/mmu.h"

#include "arch/aarch64/panic.h"
#include "arch/aarch64/sysreg.h"
#include "mm/pgtable.h"

#define PAGE_SIZE     (1ull << PGTABLE_PAGE_BITS)
#define BLOCK_SIZE    (PAGE_SIZE << PGTABLE_INDEX_BITS)

#define LEAF          (PTE_AF | PTE_SH_INNER | PTE_S1_PXN | PTE_S1_UXN)
#define MEMORY_LEAF   (LEAF | PTE_S1_ATTR(MAIR_NORMAL))
#define READONLY_LEAF (MEMORY_LEAF | PTE_S1_READ_ONLY)
#define DEVICE_LEAF   (LEAF | PTE_S1_ATTR(MAIR_DEVICE_NGNRE))

/*
 * Tables for everything mapped after the first ones: a region of RAM takes at most four besides its share of
 * level 1, a device at most five.
 */
enum { POOL_TABLES = 48 };
static uint64_t pool[POOL_TABLES][TABLE_ENTRIES] __attribute__((aligned(4096), section(".bss.pages")));
static unsigned pool_used;
static uint64_t empty_table[TABLE_ENTRIES] __attribute__((aligned(4096), section(".bss.pages")));

static uint64_t next_device = KERNEL_DEVICES;

static uint64_t *table_below(uint64_t *entry)
{
    if (!(*entry & PTE_VALID)) {
        if (pool_used == POOL_TABLES) {
            panic("no translation table left for the kernel's half");
        }
        *entry = mmu_image_paddr(pool[pool_used++]).raw | PTE_TABLE;
    }
    return (uint64_t *)((*entry & PTE_ADDRESS_MASK) - image_paddr.raw + KERNEL_IMAGE);
}

static uint64_t *entry_at(uint64_t address, unsigned level)
{
    uint64_t *table = kernel_table;
    for (unsigned i = 0;; i++) {
        uint64_t *entry = &table[(address >> pgtable_shift(i)) % TABLE_ENTRIES];
        if (i == level) {
            return entry;
        }
        table = table_below(entry);
    }
}

/** Maps with the largest blocks that fit. What is mapped already stays. */
static void map(uint64_t address, paddr_t start, uint64_t size, uint64_t leaf)
{
    uint64_t at = 0;
    while (at < size) {
        unsigned level = 1; /* 1 GiB */
        while (level < PGTABLE_LAST_LEVEL && (((address + at) | (start.raw + at)) % (1ull << pgtable_shift(level)) ||
                                              size - at < 1ull << pgtable_shift(level))) {
            level++;
        }
        uint64_t *entry = entry_at(address + at, level);
        if (!(*entry & PTE_VALID)) {
            *entry = (start.raw + at) | leaf | (level == PGTABLE_LAST_LEVEL ? PTE_PAGE : PTE_BLOCK);
        }
        at += 1ull << pgtable_shift(level);
    }
    __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

_Static_assert(MAIR_DEVICE_NGNRNE == (int)PGTABLE_MAIR_DEVICE && MAIR_NORMAL == (int)PGTABLE_MAIR_NORMAL, "MAIR_EL2");

bool mmu_is_stack_guard(uint64_t address)
{
    uint64_t offset = address - KERNEL_STACKS;
    return offset < STACK_SLOTS * STACK_SLOT && offset / STACK_PART % 2 == 0;
}

void mmu_map_memory(paddr_t start, uint64_t size)
{
    uint64_t end = start.raw + size, image_end = image_paddr.raw + KERNEL_IMAGE_SIZE;
    uint64_t before = image_paddr.raw < end ? image_paddr.raw : end;
    uint64_t after = image_end > start.raw ? image_end : start.raw;

    if (start.raw < before) {
        map(KERNEL_WINDOW + start.raw, start, before - start.raw, MEMORY_LEAF);
    }
    if (after < end) {
        map(KERNEL_WINDOW + after, (paddr_t){after}, end - after, MEMORY_LEAF);
    }
}

void *mmu_map_device(paddr_t start, uint64_t size)
{
    uint64_t offset = start.raw % PAGE_SIZE, first = start.raw - offset;
    uint64_t length = (offset + size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    /* The same place within a block as the physical address has, so that blocks can be used. */
    uint64_t address = next_device + (first - next_device) % BLOCK_SIZE;

    if (length > KERNEL_DEVICES_END - address) {
        panic("no address space left for devices");
    }
    map(address, (paddr_t){first}, length, DEVICE_LEAF);
    next_device = address + length + PAGE_SIZE;
    return (void *)(address + offset);
}

const void *mmu_map_dtb(paddr_t start, uint64_t size)
{
    uint64_t offset = start.raw % PAGE_SIZE;
    uint64_t length = (offset + size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;

    map(KERNEL_DTB, (paddr_t){start.raw - offset}, length, READONLY_LEAF);
    return (const void *)(KERNEL_DTB + offset);
}

void mmu_drop_identity(void)
{
    write_sysreg(ttbr0_el1, mmu_image_paddr(empty_table).raw);
    isb();
    __asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory");
}
