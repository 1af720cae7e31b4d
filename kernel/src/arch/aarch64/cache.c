/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cache.h"

#include "arch/memory.h"
#include "types.h"

/* CTR_EL0, DDI 0487 D19.2.34: log2 of words in the smallest line of any cache; the kind of instruction cache. */
#define CTR_IMINLINE(ctr) ((ctr)&15)
#define CTR_L1IP(ctr)     ((ctr) >> 14 & 3)
#define CTR_L1IP_PIPT     3
#define CTR_DMINLINE(ctr) ((ctr) >> 16 & 15)
#define CTR_WORD_BYTES    4ul
/* DCZID_EL0, D19.2.36: log2 of words that DC ZVA clears, or that it is forbidden. */
#define DCZID_BS_MASK 15ul
#define DCZID_DZP     16ul

static inline word_t read_ctr(void)
{
    word_t ctr;
    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    return ctr;
}

#define FOR_EACH_LINE(instruction, start, size, line)                                                                  \
    for (word_t p = (word_t)(start) & ~((line)-1), end = (word_t)(start) + (size); p < end; p += (line)) {             \
        __asm__ volatile(instruction ", %0" ::"r"(p) : "memory");                                                      \
    }

void cache_clean(const void *start, size_t size)
{
    word_t line = CTR_WORD_BYTES << CTR_DMINLINE(read_ctr());

    FOR_EACH_LINE("dc cvac", start, size, line)
    __asm__ volatile("dsb sy" ::: "memory");
}

/* Sixteen lines at a time: clearing pages is most of what a new address space costs. */
static void clear_lines(char *at, const char *end, word_t line)
{
    while (at < end) {
        __asm__ volatile(".rept 16\n\tdc zva, %0\n\tdc cvac, %0\n\tadd %0, %0, %1\n\t.endr"
                         : "+r"(at)
                         : "r"(line)
                         : "memory");
    }
}

void cache_clear_pages(void *start, size_t size)
{
    word_t line = CTR_WORD_BYTES << CTR_DMINLINE(read_ctr()), dczid;

    __asm__("mrs %0, dczid_el0" : "=r"(dczid));
    if (dczid & DCZID_DZP || CTR_WORD_BYTES << (dczid & DCZID_BS_MASK) != line) {
        zero_memory(start, size);
        cache_clean(start, size);
        return;
    }
    clear_lines(start, (const char *)start + size, line);
    __asm__ volatile("dsb sy" ::: "memory");
}

void cache_clean_invalidate(const void *start, size_t size)
{
    word_t line = CTR_WORD_BYTES << CTR_DMINLINE(read_ctr());

    FOR_EACH_LINE("dc civac", start, size, line)
    __asm__ volatile("dsb sy" ::: "memory");
}

void cache_unify(const void *start, size_t size)
{
    word_t ctr = read_ctr(), line = CTR_WORD_BYTES << CTR_DMINLINE(ctr);

    FOR_EACH_LINE("dc cvau", start, size, line)
    __asm__ volatile("dsb ish" ::: "memory");
    if (CTR_L1IP(ctr) == CTR_L1IP_PIPT) {
        word_t iline = CTR_WORD_BYTES << CTR_IMINLINE(ctr);
        FOR_EACH_LINE("ic ivau", start, size, iline)
    } else {
        /* Lines are found by the address they were fetched from, which is not the kernel's. */
        __asm__ volatile("ic ialluis" ::: "memory");
    }
    __asm__ volatile("dsb ish\n\tisb" ::: "memory");
}
