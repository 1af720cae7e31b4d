/* SPDX-License-Identifier: BSD-2-Clause */
/* Translation tables: descriptors of both formats, walks, break-before-make. */
#include "mm/pgtable.h"

#include "arch/memory.h"
#include "lib/unit.h"
#include <string.h>

static pte_t root[PGTABLE_STAGE2_ROOT_ENTRIES] __attribute__((aligned(8192)));
static pte_t table[3][PGTABLE_ENTRIES] __attribute__((aligned(4096)));

static const struct pgtable_access all = {.read = true, .write = true, .execute = true, .cacheable = true};

static void setup(void)
{
    memset(root, 0, sizeof root);
    memset(table, 0, sizeof table);
}

static void sizes(void)
{
    CHECK_EQ(pgtable_shift(3), 12);
    CHECK_EQ(pgtable_shift(2), 21);
    CHECK_EQ(pgtable_shift(1), 30);
    CHECK_EQ(pgtable_shift(0), 39);
    CHECK_EQ(pgtable_limit(PGTABLE_STAGE1), 1ull << 48);
    CHECK_EQ(pgtable_limit(PGTABLE_STAGE2), 1ull << 40);
}

static void stage1_descriptors(void)
{
    struct pgtable_access a = all;

    /* AF 10, SH 9:8 = 3, nG 11, AP[1] 6, AttrIndx = 1, PXN 53; a page is type 3, a block type 1. */
    pte_t base = 1ull << 10 | 3ull << 8 | 1ull << 11 | 1ull << 6 | 1ull << 2 | 1ull << 53;
    CHECK_EQ(pgtable_frame_entry(PGTABLE_STAGE1, 3, a), base | 3);
    CHECK_EQ(pgtable_frame_entry(PGTABLE_STAGE1, 2, a), base | 1);
    CHECK_EQ(pgtable_frame_entry(PGTABLE_STAGE1, 1, a), base | 1);
    a.write = false;
    CHECK_EQ(pgtable_frame_entry(PGTABLE_STAGE1, 3, a), base | 3 | 1ull << 7);
    a.execute = false;
    CHECK_EQ(pgtable_frame_entry(PGTABLE_STAGE1, 3, a), base | 3 | 1ull << 7 | 1ull << 54);
    a.cacheable = false;
    CHECK_EQ(pgtable_frame_entry(PGTABLE_STAGE1, 3, a), (base & ~(7ull << 2)) | 3 | 1ull << 7 | 1ull << 54);
}

static void stage2_descriptors(void)
{
    struct pgtable_access a = all;
    pte_t base = 1ull << 10 | 3ull << 8 | 1ull << 6;

    CHECK_EQ(pgtable_frame_entry(PGTABLE_STAGE2, 3, a), base | 1ull << 7 | 15ull << 2 | 3);
    CHECK_EQ(pgtable_frame_entry(PGTABLE_STAGE2, 1, a), base | 1ull << 7 | 15ull << 2 | 1);
    a.write = false;
    CHECK_EQ(pgtable_frame_entry(PGTABLE_STAGE2, 2, a), base | 15ull << 2 | 1);
    a.cacheable = a.execute = false;
    CHECK_EQ(pgtable_frame_entry(PGTABLE_STAGE2, 2, a), base | 1 | 1ull << 54);
}

static void no_access_is_taken(void)
{
    struct pgtable_access none = {.cacheable = true}, write_only = {.write = true};

    for (unsigned stage = PGTABLE_STAGE1; stage <= PGTABLE_STAGE2; stage++) {
        for (unsigned level = 1; level <= 3; level++) {
            pte_t e = pgtable_frame_entry((enum pgtable_stage)stage, level, none);
            CHECK(!pte_is_valid(e) && !pte_is_empty(e) && pte_is_frame(e, level));
            CHECK_EQ(pte_paddr(e | 0x123456789000).raw, 0x123456789000);
            CHECK_EQ(pgtable_frame_entry((enum pgtable_stage)stage, level, write_only), e);
        }
    }
}

static void walk_stage1(void)
{
    const word_t vaddr = (511ull << 39) | (3ull << 30) | (510ull << 21) | (7ull << 12);
    unsigned level = 3;

    CHECK(pgtable_walk(root, PGTABLE_STAGE1, vaddr, &level) == &root[511]);
    CHECK_EQ(level, 0);
    root[511] = pte_table(virt_to_phys(table[0]));
    level = 3;
    CHECK(pgtable_walk(root, PGTABLE_STAGE1, vaddr, &level) == &table[0][3]);
    CHECK_EQ(level, 1);
    table[0][3] = pte_table(virt_to_phys(table[1]));
    table[1][510] = pte_table(virt_to_phys(table[2]));
    level = 3;
    CHECK(pgtable_walk(root, PGTABLE_STAGE1, vaddr | 0xfff, &level) == &table[2][7]);
    CHECK_EQ(level, 3);
    level = 2;
    CHECK(pgtable_walk(root, PGTABLE_STAGE1, vaddr, &level) == &table[1][510]);
    CHECK_EQ(level, 2);
    /* A block ends the walk. */
    table[1][510] = pgtable_frame_entry(PGTABLE_STAGE1, 2, all);
    level = 3;
    CHECK(pgtable_walk(root, PGTABLE_STAGE1, vaddr, &level) == &table[1][510]);
    CHECK_EQ(level, 2);
}

static void walk_stage2(void)
{
    unsigned level = 3;

    CHECK(pgtable_walk(root, PGTABLE_STAGE2, (1ull << 40) - 1, &level) == &root[1023]);
    CHECK_EQ(level, 1);
    root[1023] = pte_table(virt_to_phys(table[0]));
    level = 3;
    CHECK(pgtable_walk(root, PGTABLE_STAGE2, (1ull << 40) - 1, &level) == &table[0][511]);
    CHECK_EQ(level, 2);
    table[0][511] = pte_table(virt_to_phys(table[1]));
    level = 3;
    CHECK(pgtable_walk(root, PGTABLE_STAGE2, (1ull << 40) - 4096, &level) == &table[1][511]);
    CHECK_EQ(level, 3);
    level = 1;
    CHECK(pgtable_walk(root, PGTABLE_STAGE2, 512ull << 30, &level) == &root[512]);
}

static void find_table(void)
{
    const word_t vaddr = 5ull << 39 | 6ull << 30 | 7ull << 21;

    root[5] = pte_table(virt_to_phys(table[0]));
    table[0][6] = pte_table(virt_to_phys(table[1]));
    table[1][7] = pte_table(virt_to_phys(table[2]));
    CHECK(pgtable_find_table(root, PGTABLE_STAGE1, vaddr, virt_to_phys(table[0])) == &root[5]);
    CHECK(pgtable_find_table(root, PGTABLE_STAGE1, vaddr, virt_to_phys(table[1])) == &table[0][6]);
    CHECK(pgtable_find_table(root, PGTABLE_STAGE1, vaddr, virt_to_phys(table[2])) == &table[1][7]);
    CHECK(!pgtable_find_table(root, PGTABLE_STAGE1, vaddr + (1ull << 30), virt_to_phys(table[2])));
    /* A frame with the address of the table is no table. */
    table[2][0] = pgtable_frame_entry(PGTABLE_STAGE1, 3, all) | virt_to_phys(root).raw;
    CHECK(!pgtable_find_table(root, PGTABLE_STAGE1, vaddr, virt_to_phys(root)));
}

static void break_before_make(void)
{
    for (unsigned s = PGTABLE_STAGE1; s <= PGTABLE_STAGE2; s++) {
        enum pgtable_stage stage = (enum pgtable_stage)s;
        struct pgtable_access a = all;
        pte_t normal = pgtable_frame_entry(stage, 3, a);
        a.write = a.execute = false;
        CHECK(!pgtable_needs_break(stage, normal, pgtable_frame_entry(stage, 3, a)));
        a.cacheable = false;
        CHECK(pgtable_needs_break(stage, normal, pgtable_frame_entry(stage, 3, a)));
        CHECK(!pgtable_needs_break(stage, 0, pgtable_frame_entry(stage, 3, a)));
        CHECK(!pgtable_needs_break(stage, normal, 0));
    }
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"sizes", sizes},
        {"stage1_descriptors", stage1_descriptors},
        {"stage2_descriptors", stage2_descriptors},
        {"no_access_is_taken", no_access_is_taken},
        {"walk_stage1", walk_stage1},
        {"walk_stage2", walk_stage2},
        {"find_table", find_table},
        {"break_before_make", break_before_make},
    };

    return unit_run("pgtable", cases, UNIT_COUNT(cases), setup);
}
