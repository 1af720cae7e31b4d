/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/boot_map.h"

#include "arch/aarch64/layout.h"
#include "mm/pgtable.h"

#define PAGE_SIZE   (1ull << PGTABLE_PAGE_BITS)
#define PAGES_TABLE __attribute__((aligned(4096), section(".bss.pages")))

#define KERNEL_PAGE (PTE_PAGE | PTE_AF | PTE_SH_INNER | PTE_S1_ATTR(PGTABLE_MAIR_NORMAL))
#define TEXT_PAGE   (KERNEL_PAGE | PTE_S1_READ_ONLY | PTE_S1_UXN)
#define RODATA_PAGE (KERNEL_PAGE | PTE_S1_READ_ONLY | PTE_S1_UXN | PTE_S1_PXN)
#define DATA_PAGE   (KERNEL_PAGE | PTE_S1_UXN | PTE_S1_PXN)
#define TEXT_BLOCK  ((TEXT_PAGE & ~PTE_TYPE_MASK) | PTE_BLOCK)

extern char __image_start[], __rodata_start[], __data_start[], __image_end[], __stacks_start[];

uint64_t kernel_table[TABLE_ENTRIES] PAGES_TABLE;
uint64_t boot_identity_table[TABLE_ENTRIES] PAGES_TABLE;
paddr_t image_paddr;

static uint64_t identity1[TABLE_ENTRIES] PAGES_TABLE, identity2[TABLE_ENTRIES] PAGES_TABLE;
static uint64_t image1[TABLE_ENTRIES] PAGES_TABLE, image2[TABLE_ENTRIES] PAGES_TABLE, image3[TABLE_ENTRIES] PAGES_TABLE;
static uint64_t stacks1[TABLE_ENTRIES] PAGES_TABLE, stacks2[TABLE_ENTRIES] PAGES_TABLE,
    stacks3[TABLE_ENTRIES] PAGES_TABLE;

/* Two parts a core: kernel stack, panic stack. head.S uses the first of them before it has its own place. */
static char stacks[STACK_SLOTS][2][STACK_PART] __attribute__((used, aligned(4096), section(".bss_stacks")));

static unsigned index_of(uint64_t address, unsigned level)
{
    return (unsigned)(address >> pgtable_shift(level)) % TABLE_ENTRIES;
}

static uint64_t table_entry(const uint64_t *table)
{
    return (uint64_t)table | PTE_TABLE;
}

static void map_image(void)
{
    uint64_t start = (uint64_t)__image_start, size = (uint64_t)(__image_end - __image_start);
    uint64_t rodata = (uint64_t)(__rodata_start - __image_start), data = (uint64_t)(__data_start - __image_start);

    kernel_table[index_of(KERNEL_IMAGE, 0)] = table_entry(image1);
    image1[index_of(KERNEL_IMAGE, 1)] = table_entry(image2);
    image2[index_of(KERNEL_IMAGE, 2)] = table_entry(image3);
    for (uint64_t at = 0; at < size; at += PAGE_SIZE) {
        uint64_t attributes = at < rodata ? TEXT_PAGE : at < data ? RODATA_PAGE : DATA_PAGE;
        image3[index_of(KERNEL_IMAGE + at, 3)] = (start + at) | attributes;
    }
}

static void map_stack_part(uint64_t address, const char *memory)
{
    for (uint64_t at = 0; at < STACK_PART; at += PAGE_SIZE) {
        stacks3[index_of(address + at, 3)] = ((uint64_t)memory + at) | DATA_PAGE;
    }
}

static void map_stacks(void)
{
    _Static_assert(STACK_SLOTS * STACK_SLOT <= 1 << (PGTABLE_PAGE_BITS + PGTABLE_INDEX_BITS),
                   "one table of pages for all stacks");
    kernel_table[index_of(KERNEL_STACKS, 0)] = table_entry(stacks1);
    stacks1[index_of(KERNEL_STACKS, 1)] = table_entry(stacks2);
    stacks2[index_of(KERNEL_STACKS, 2)] = table_entry(stacks3);
    for (unsigned i = 0; i < STACK_SLOTS; i++) {
        uint64_t slot = KERNEL_STACKS + i * STACK_SLOT;
        map_stack_part(slot + STACK_TOP - STACK_PART, stacks[i][0]);
        map_stack_part(slot + STACK_PANIC_TOP - STACK_PART, stacks[i][1]);
    }
}

void boot_map(void)
{
    uint64_t start = (uint64_t)__image_start; /* relative to the program counter: physical */

    image_paddr = (paddr_t){start};
    map_image();
    map_stacks();
    boot_identity_table[index_of(start, 0)] = table_entry(identity1);
    identity1[index_of(start, 1)] = table_entry(identity2);
    identity2[index_of(start, 2)] = start | TEXT_BLOCK;
}
