/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: mapping in both kinds of space, remapping, ranges, caches. */
#include "arch/cache.h"
#include "arch/preempt.h"
#include "arch/tlb.h"
#include "check/invariants.h"
#include "cpu.h"
#include "ipc/message.h"
#include "lib/machine.h"
#include "lib/unit.h"
#include "object/vspace.h"

#define VADDR 0x0000a00000000000ull
#define IPA   0x000000ff00000000ull

enum { RW = CAP_RIGHT_READ | CAP_RIGHT_WRITE, DEFAULT = seL4_ARM_Default_VMAttributes };

static struct answer map(seL4_CPtr page, seL4_CPtr space, word_t vaddr, word_t rights, word_t attributes)
{
    return invoke(page, PageMap, CAPS(space), WORDS(vaddr, rights, attributes));
}
static pte_t entry(seL4_CPtr space, word_t vaddr, unsigned expected_level)
{
    unsigned level = 3;
    struct space s;

    CHECK(vspace_of_cap(machine_cap(space), &s));
    pte_t e = *pgtable_walk(s.root, s.stage, vaddr, &level);
    CHECK_EQ(level, expected_level);
    return e;
}
static pte_t expected(enum pgtable_stage stage, unsigned level, seL4_CPtr page, struct pgtable_access access)
{
    return pgtable_frame_entry(stage, level, access) | cap_paddr(machine_cap(page)).raw;
}
static void map_tables(seL4_CPtr space, word_t vaddr, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        CHECK_EQ(invoke(machine_new(seL4_ARM_PageTableObject), PageTableMap, CAPS(space), WORDS(vaddr, 0)).error,
                 seL4_NoError);
    }
}
/* A space with tables down to level 3 at its test address. */
static seL4_CPtr space_at(enum pgtable_stage stage, word_t *vaddr)
{
    bool guest = stage == PGTABLE_STAGE2;
    seL4_CPtr space = guest ? machine_new_stage2() : machine_new_space();

    *vaddr = guest ? IPA : VADDR;
    map_tables(space, *vaddr, guest ? 2 : 3);
    return space;
}
static seL4_CPtr new_page(void)
{
    return machine_new(seL4_ARM_SmallPageObject);
}

static void sizes_of(enum pgtable_stage stage)
{
    static const struct pgtable_access rwx = {.read = true, .write = true, .execute = true, .cacheable = true};
    static const struct pgtable_access device = {.read = true, .write = true, .device = true};
    static const word_t types[] = {seL4_ARM_SmallPageObject, seL4_ARM_LargePageObject, seL4_ARM_HugePageObject};
    word_t vaddr;
    seL4_CPtr space = space_at(stage, &vaddr);

    for (unsigned size = 0; size < 3; size++) {
        unsigned level = 3 - size;
        word_t where = vaddr + ((word_t)size << pgtable_shift(level));
        seL4_CPtr page = machine_retype(CPTR_DEVICE_UNTYPED, types[size], 0, 1);
        CHECK_EQ(map(page, space, where, RW, seL4_ARM_ExecuteNever).error, seL4_NoError);
        CHECK_EQ(entry(space, where, level), expected(stage, level, page, device));
        CHECK_EQ(vspace_mapped_at(machine_cap(page)), where);
        CHECK_EQ(invoke(page, PageUnmap, ).error, seL4_NoError);
        CHECK_EQ(entry(space, where, level), 0);
        CHECK_EQ(machine_cap(page).w1, 0);
        CHECK_EQ(stage == PGTABLE_STAGE2 ? fake_tlb.ipas : fake_tlb.pages, size + 1);
        CHECK_EQ(fake_tlb.last_address, where);
    }
    seL4_CPtr page = new_page();
    CHECK_EQ(map(page, space, vaddr, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(entry(space, vaddr, 3), expected(stage, 3, page, rwx));
}
static void sizes_stage1(void)
{
    sizes_of(PGTABLE_STAGE1);
}
static void sizes_stage2(void)
{
    sizes_of(PGTABLE_STAGE2);
}

static void rights(void)
{
    word_t vaddr;
    seL4_CPtr space = space_at(PGTABLE_STAGE1, &vaddr), page = new_page();
    seL4_CPtr read_only = machine_copy(page, seL4_CanRead), none = machine_copy(page, seL4_NoRights);
    struct pgtable_access read = {.read = true, .execute = true, .cacheable = true};

    /* The argument's rights, and the capability's. */
    CHECK_EQ(map(page, space, vaddr, CAP_RIGHT_READ, DEFAULT).error, seL4_NoError);
    CHECK_EQ(entry(space, vaddr, 3), expected(PGTABLE_STAGE1, 3, page, read));
    CHECK_EQ(map(read_only, space, vaddr + 0x1000, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(entry(space, vaddr + 0x1000, 3), expected(PGTABLE_STAGE1, 3, page, read));
    /* Without rights the place is taken, but nobody can go there. */
    CHECK_EQ(map(none, space, vaddr + 0x2000, RW, DEFAULT).error, seL4_NoError);
    CHECK(!pte_is_valid(entry(space, vaddr + 0x2000, 3)));
    CHECK_EQ(map(new_page(), space, vaddr + 0x2000, RW, DEFAULT).error, seL4_DeleteFirst);
    CHECK_EQ(invoke(none, PageUnmap, ).error, seL4_NoError);
    CHECK_EQ(entry(space, vaddr + 0x2000, 3), 0);
    CHECK_EQ(fake_tlb.pages, 0);
}

static void errors(void)
{
    word_t vaddr;
    seL4_CPtr space = space_at(PGTABLE_STAGE1, &vaddr), other = machine_new_space(), page = new_page();
    seL4_CPtr large = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_LargePageObject, 0, 1);
    seL4_CPtr huge = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_HugePageObject, 0, 1);
    struct answer r;

    CHECK_EQ(map(page, space, vaddr + 0x800, RW, DEFAULT).error, seL4_AlignmentError);
    CHECK_EQ(map(large, space, vaddr + 0x1000, RW, DEFAULT).error, seL4_AlignmentError);
    CHECK_EQ(map(huge, space, vaddr + (1ull << 21), RW, DEFAULT).error, seL4_AlignmentError);
    r = map(page, space, 1ull << 48, RW, DEFAULT);
    CHECK_EQ(r.error, seL4_InvalidArgument);
    CHECK_EQ(r.word[0], 2);
    CHECK_EQ(map(page, space, 0xffff000000000000ull, RW, DEFAULT).error, seL4_InvalidArgument);
    CHECK_EQ(map(huge, space, ~0ull << 30, RW, DEFAULT).error, seL4_InvalidArgument);
    CHECK_EQ(map(page, CPTR_TCB, vaddr, RW, DEFAULT).error, seL4_InvalidCapability);
    CHECK_EQ(map(page, machine_new(seL4_ARM_VSpaceObject), vaddr, RW, DEFAULT).error, seL4_InvalidCapability);
    CHECK_EQ(invoke(page, PageMap, CAPS(space), WORDS(vaddr, RW)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(page, PageMap, WORDS(vaddr, RW, DEFAULT)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(page, PageTableMap, CAPS(space), WORDS(vaddr, RW, DEFAULT)).error, seL4_IllegalOperation);

    /* What table is missing. */
    r = map(page, other, vaddr, RW, DEFAULT);
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[0], 0);
    CHECK_EQ(r.word[1], seL4_MissingCapability);
    CHECK_EQ(r.word[2], 39);
    map_tables(other, vaddr, 1);
    CHECK_EQ(map(page, other, vaddr, RW, DEFAULT).word[2], 30);
    CHECK_EQ(map(large, other, vaddr, RW, DEFAULT).word[2], 30);
    map_tables(other, vaddr, 1);
    CHECK_EQ(map(page, other, vaddr, RW, DEFAULT).word[2], 21);
    CHECK_EQ(cap_mapped_asid(machine_cap(page)), 0);

    /* What is in the way: a table, a larger page, another page. */
    CHECK_EQ(map(large, space, vaddr, RW, DEFAULT).error, seL4_DeleteFirst);
    CHECK_EQ(map(huge, space, vaddr, RW, DEFAULT).error, seL4_DeleteFirst);
    CHECK_EQ(map(large, other, vaddr, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(map(page, other, vaddr + 0x1000, RW, DEFAULT).error, seL4_DeleteFirst);
    CHECK_EQ(map(new_page(), space, vaddr, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(map(page, space, vaddr, RW, DEFAULT).error, seL4_DeleteFirst);
    /* A second capability of the very page too: it would not know of the first. */
    CHECK_EQ(map(page, space, vaddr + 0x1000, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(map(machine_copy(page, seL4_AllRights), space, vaddr + 0x1000, RW, DEFAULT).error, seL4_DeleteFirst);
}

static void remap(void)
{
    for (unsigned s = PGTABLE_STAGE1; s <= PGTABLE_STAGE2; s++) {
        enum pgtable_stage stage = (enum pgtable_stage)s;
        unsigned *count = stage == PGTABLE_STAGE2 ? &fake_tlb.ipas : &fake_tlb.pages;
        struct pgtable_access access = {.read = true, .write = true, .execute = true, .cacheable = true};
        word_t vaddr;
        seL4_CPtr space = space_at(stage, &vaddr), other, page = new_page();
        struct answer r;
        other = space_at(stage, &vaddr);

        CHECK_EQ(map(page, space, vaddr, RW, DEFAULT).error, seL4_NoError);
        CHECK_EQ(map(page, space, vaddr, RW, DEFAULT).error, seL4_NoError);
        CHECK_EQ(*count, 0);
        access.write = false;
        CHECK_EQ(map(page, space, vaddr, CAP_RIGHT_READ, DEFAULT).error, seL4_NoError);
        CHECK_EQ(entry(space, vaddr, 3), expected(stage, 3, page, access));
        CHECK_EQ(*count, 1);
        /* The memory type: break before make. */
        unsigned published = fake_tlb.published;
        access.cacheable = access.execute = false;
        CHECK_EQ(map(page, space, vaddr, CAP_RIGHT_READ, seL4_ARM_ExecuteNever).error, seL4_NoError);
        CHECK_EQ(entry(space, vaddr, 3), expected(stage, 3, page, access));
        CHECK_EQ(*count, 2);
        CHECK_EQ(fake_tlb.published, published + 1);
        /* Away with the access and back. */
        CHECK_EQ(map(page, space, vaddr, 0, DEFAULT).error, seL4_NoError);
        CHECK_EQ(*count, 3);
        CHECK_EQ(map(page, space, vaddr, RW, DEFAULT).error, seL4_NoError);
        CHECK_EQ(*count, 3);
        /* Elsewhere. */
        r = map(page, space, vaddr + 0x1000, RW, DEFAULT);
        CHECK_EQ(r.error, seL4_InvalidArgument);
        CHECK_EQ(r.word[0], 2);
        r = map(page, other, vaddr, RW, DEFAULT);
        CHECK_EQ(r.error, seL4_InvalidCapability);
        CHECK_EQ(r.word[0], 1);
    }
}

static void stale_capabilities(void)
{
    word_t vaddr;
    seL4_CPtr space = space_at(PGTABLE_STAGE1, &vaddr), page = new_page(), other = new_page(), next;

    CHECK_EQ(map(page, space, vaddr, RW, DEFAULT).error, seL4_NoError);
    word_t asid = cap_vspace_asid(machine_cap(space));
    machine_delete(space);
    CHECK_EQ(fake_tlb.asids, 1);
    /* A new space with the same ASID has another page there. */
    next = space_at(PGTABLE_STAGE1, &vaddr);
    CHECK_EQ(cap_vspace_asid(machine_cap(next)), asid);
    CHECK_EQ(map(other, next, vaddr, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(map(page, next, vaddr, RW, DEFAULT).error, seL4_DeleteFirst);
    CHECK_EQ(invoke(page, PageUnmap, ).error, seL4_NoError);
    CHECK_EQ(fake_tlb.pages, 0);
    CHECK_EQ(pte_paddr(entry(next, vaddr, 3)).raw, cap_paddr(machine_cap(other)).raw);
    /* One without a space at all. */
    machine_delete(next);
    CHECK_EQ(invoke(other, PageUnmap, ).error, seL4_NoError);
    machine_delete(page);
}

static void stale_size(void)
{
    /* A small page where the table went and a large page with the same start came: not the same mapping. */
    seL4_CPtr untyped = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, seL4_LargePageBits, 1);
    seL4_CPtr large = machine_retype(untyped, seL4_ARM_LargePageObject, 0, 1);
    seL4_CPtr space = machine_new_space(), table = machine_new(seL4_ARM_PageTableObject), page = new_page();

    map_tables(space, VADDR, 2);
    CHECK_EQ(invoke(table, PageTableMap, CAPS(space), WORDS(VADDR, 0)).error, seL4_NoError);
    CHECK_EQ(map(page, space, VADDR, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(invoke(table, PageTableUnmap, ).error, seL4_NoError);
    CHECK_EQ(map(large, space, VADDR, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(map(page, space, VADDR, RW, DEFAULT).error, seL4_DeleteFirst);
    machine_delete(page);
    CHECK(pte_is_valid(entry(space, VADDR, 2)));
}

static void check_good(void)
{
    struct violation found;

    machine_thread.cpu->reschedule = true; /* it has no time, nor needs any */
    if (!invariants_hold(&found)) {
        unit_fail(__FILE__, __LINE__, found.what);
    }
}

/* A large page by small entries: all of them or none. */
static void in_parts_of(enum pgtable_stage stage)
{
    static const struct pgtable_access rw = {.read = true, .write = true, .device = true};
    enum { PARTS = seL4_ARM_ExecuteNever | vesicle_ARM_SmallEntries };
    const unsigned *flushed = stage == PGTABLE_STAGE2 ? &fake_tlb.vmids : &fake_tlb.asids;
    word_t vaddr, size = 1ull << seL4_LargePageBits;
    seL4_CPtr space = space_at(stage, &vaddr), small = new_page();
    seL4_CPtr large = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_LargePageObject, 0, 1);
    seL4_CPtr copy = machine_copy(large, seL4_AllRights);
    seL4_CPtr huge = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_HugePageObject, 0, 1);

    /* It takes a table, and its last entry is as good as its first. */
    CHECK_EQ(map(large, space, vaddr + size, RW, PARTS).error, seL4_FailedLookup);
    CHECK_EQ(map(small, space, vaddr + size - 0x1000, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(map(large, space, vaddr, RW, PARTS).error, seL4_DeleteFirst);
    CHECK_EQ(entry(space, vaddr, 3), 0);
    CHECK_EQ(invoke(small, PageUnmap, ).error, seL4_NoError);

    CHECK_EQ(map(large, space, vaddr, RW, PARTS).error, seL4_NoError);
    for (word_t at = 0; at < size; at += 0x1000) {
        CHECK_EQ(entry(space, vaddr + at, 3), expected(stage, 3, large, rw) + at);
    }
    CHECK_EQ(vspace_mapped_at(machine_cap(large)), vaddr);
    check_good();
    /* The place is taken, by whatever entries, for itself as well. */
    CHECK_EQ(map(small, space, vaddr + 0x1000, RW, DEFAULT).error, seL4_DeleteFirst);
    CHECK_EQ(map(copy, space, vaddr, RW, PARTS).error, seL4_DeleteFirst);
    CHECK_EQ(map(large, space, vaddr, CAP_RIGHT_READ, PARTS).error, seL4_DeleteFirst);
    CHECK_EQ(map(large, space, vaddr, RW, DEFAULT).error, seL4_DeleteFirst);
    unsigned before = *flushed;
    CHECK_EQ(invoke(large, PageUnmap, ).error, seL4_NoError);
    CHECK_EQ(*flushed, before + 1);
    for (word_t at = 0; at < size; at += 0x1000) {
        CHECK_EQ(entry(space, vaddr + at, 3), 0);
    }
    /* By a range, by its deletion, and where the table went before. */
    CHECK_EQ(map(large, space, vaddr, RW, PARTS).error, seL4_NoError);
    CHECK_EQ(invoke(large, PageUnmapRange, WORDS(1)).word[0], 1);
    CHECK_EQ(entry(space, vaddr + size - 0x1000, 3), 0);
    CHECK_EQ(map(copy, space, vaddr, RW, PARTS).error, seL4_NoError);
    machine_delete(copy);
    CHECK_EQ(entry(space, vaddr + size - 0x1000, 3), 0);
    seL4_CPtr table = machine_new(seL4_ARM_PageTableObject);
    CHECK_EQ(invoke(table, PageTableMap, CAPS(space), WORDS(vaddr + size, 0)).error, seL4_NoError);
    CHECK_EQ(map(large, space, vaddr + size, RW, PARTS).error, seL4_NoError);
    CHECK_EQ(invoke(table, PageTableUnmap, ).error, seL4_NoError);
    check_good();
    CHECK_EQ(invoke(large, PageUnmap, ).error, seL4_NoError);
    CHECK_EQ(map(large, space, vaddr + size, RW, seL4_ARM_ExecuteNever).error, seL4_NoError);
    CHECK_EQ(entry(space, vaddr + size, 2), expected(stage, 2, large, rw));

    /* Without access the places are taken. */
    CHECK_EQ(invoke(large, PageUnmap, ).error, seL4_NoError);
    CHECK_EQ(map(large, space, vaddr, 0, PARTS).error, seL4_NoError);
    CHECK(!pte_is_valid(entry(space, vaddr + 0x1000, 3)));
    CHECK_EQ(map(small, space, vaddr + 0x1000, RW, DEFAULT).error, seL4_DeleteFirst);
    CHECK_EQ(invoke(large, PageUnmap, ).error, seL4_NoError);

    /* Small ones are mapped so, huge ones and ranges are not. */
    CHECK_EQ(map(small, space, vaddr, RW, DEFAULT | vesicle_ARM_SmallEntries).error, seL4_NoError);
    CHECK_EQ(map(small, space, vaddr, RW, DEFAULT | vesicle_ARM_SmallEntries).error, seL4_NoError);
    struct answer r = map(huge, space, vaddr & ~((1ull << seL4_HugePageBits) - 1), RW, PARTS);
    CHECK_EQ(r.error, seL4_InvalidArgument);
    CHECK_EQ(r.word[0], 4);
    r = invoke(large, PageMapRange, CAPS(space), WORDS(vaddr + size, RW, PARTS, 1));
    CHECK_EQ(r.error, seL4_InvalidArgument);
    CHECK_EQ(r.word[0], 4);
}
static void in_parts_stage1(void)
{
    in_parts_of(PGTABLE_STAGE1);
}
static void in_parts_stage2(void)
{
    in_parts_of(PGTABLE_STAGE2);
}

static void deleted_frames_are_unmapped(void)
{
    word_t vaddr;
    seL4_CPtr space = space_at(PGTABLE_STAGE1, &vaddr), page = new_page();
    seL4_CPtr copy = machine_copy(page, seL4_AllRights);

    CHECK_EQ(cap_mapped_asid(machine_cap(copy)), 0);
    CHECK_EQ(map(page, space, vaddr, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(map(copy, space, vaddr + 0x1000, RW, DEFAULT).error, seL4_NoError);
    machine_delete(page);
    CHECK_EQ(entry(space, vaddr, 3), 0);
    CHECK(pte_is_valid(entry(space, vaddr + 0x1000, 3)));
    CHECK_EQ(fake_tlb.pages, 1);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeRevoke, WORDS(CPTR_UNTYPED, 64)).error, seL4_NoError);
    CHECK_EQ(fake_tlb.pages + fake_tlb.asids > 1, 1);
}

static void address_and_caches(void)
{
    seL4_CPtr page = new_page(), device = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_SmallPageObject, 0, 1);
    struct answer r = invoke(page, PageGetAddress, );

    CHECK_EQ(r.error, seL4_NoError);
    CHECK_EQ(r.word[0], cap_paddr(machine_cap(page)).raw);
    CHECK_EQ(fake_cache.cleaned, 0); /* nobody looks past the caches yet */
    CHECK_EQ(invoke(page, PageCleanData, WORDS(0, 0x1000)).error, seL4_NoError);
    CHECK_EQ(fake_cache.cleaned, 0x1000);
    CHECK_EQ(invoke(page, PageInvalidateData, WORDS(0x40, 0x80)).error, seL4_NoError);
    CHECK(fake_cache.last == (uint8_t *)cap_object(machine_cap(page)) + 0x40);
    CHECK_EQ(fake_cache.invalidated, 0x40);
    CHECK_EQ(invoke(page, PageCleanInvalidateData, WORDS(0xfff, 0x1000)).error, seL4_NoError);
    CHECK_EQ(fake_cache.invalidated, 0x41);
    CHECK_EQ(invoke(page, PageUnifyInstruction, WORDS(0, 4)).error, seL4_NoError);
    CHECK_EQ(fake_cache.unified, 4);
    r = invoke(page, PageCleanData, WORDS(0x1000, 0x1001));
    CHECK_EQ(r.error, seL4_InvalidArgument);
    CHECK_EQ(r.word[0], 1);
    r = invoke(page, PageCleanData, WORDS(0, 0x1001));
    CHECK_EQ(r.error, seL4_InvalidArgument);
    CHECK_EQ(r.word[0], 2);
    CHECK_EQ(invoke(page, PageCleanData, WORDS(8, 8)).error, seL4_InvalidArgument);
    CHECK_EQ(invoke(page, PageCleanData, WORDS(8)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(device, PageCleanData, WORDS(0, 8)).error, seL4_IllegalOperation);
}

static struct answer map_range(seL4_CPtr page, seL4_CPtr space, word_t vaddr, word_t count)
{
    return invoke(page, PageMapRange, CAPS(space), WORDS(vaddr, RW, DEFAULT, count));
}

static void range_of(enum pgtable_stage stage)
{
    enum { COUNT = 600 };
    struct pgtable_access access = {.read = true, .write = true, .execute = true, .cacheable = true};
    word_t vaddr;
    seL4_CPtr space = space_at(stage, &vaddr);
    seL4_CPtr page = machine_retype(CPTR_UNTYPED, seL4_ARM_SmallPageObject, 0, 250);
    struct answer r;

    machine_retype(CPTR_UNTYPED, seL4_ARM_SmallPageObject, 0, 250);
    machine_retype(CPTR_UNTYPED, seL4_ARM_SmallPageObject, 0, COUNT - 500);
    /* Across two tables, of which one is missing at first. */
    word_t start = vaddr + 0x100000;
    r = map_range(page, space, start, COUNT);
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[2], 21);
    CHECK_EQ(machine_cap(page).w1, 0);
    CHECK_EQ(entry(space, start, 3), 0);
    map_tables(space, vaddr + (1ull << 21), 1);
    map_tables(space, vaddr + (2ull << 21), 1);
    r = map_range(page, space, start, COUNT);
    CHECK_EQ(r.error, seL4_NoError);
    CHECK_EQ(r.word[0], COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK_EQ(entry(space, start + i * 0x1000ull, 3), expected(stage, 3, page + i, access));
        CHECK_EQ(vspace_mapped_at(machine_cap(page + i)), start + i * 0x1000ull);
    }
    CHECK_EQ(fake_tlb.pages + fake_tlb.ipas + fake_tlb.vmids, 0);
    /* Again is nothing; elsewhere is wrong. */
    CHECK_EQ(map_range(page, space, start, COUNT).error, seL4_NoError);
    CHECK_EQ(map_range(page, space, start + 0x1000, COUNT).error, seL4_InvalidArgument);
    CHECK_EQ(fake_tlb.pages + fake_tlb.ipas, 0);

    r = invoke(page, PageUnmapRange, WORDS(COUNT));
    CHECK_EQ(r.error, seL4_NoError);
    CHECK_EQ(r.word[0], COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK_EQ(entry(space, start + i * 0x1000ull, 3), 0);
        CHECK_EQ(machine_cap(page + i).w1, 0);
    }
    CHECK_EQ(fake_tlb.pages, stage == PGTABLE_STAGE1 ? COUNT : 0);
    CHECK_EQ(fake_tlb.vmids, stage == PGTABLE_STAGE1 ? 0 : 1);
    r = invoke(page, PageUnmapRange, WORDS(COUNT));
    CHECK_EQ(r.error, seL4_NoError);
    CHECK_EQ(r.word[0], 0);
}
static void range_stage1(void)
{
    range_of(PGTABLE_STAGE1);
}
static void range_stage2(void)
{
    range_of(PGTABLE_STAGE2);
}

/* Whoever may look past the caches finds what is in them: small pages are cleaned when they are mapped so, others when they are made. */
static void cleaned_before_it_is_seen(void)
{
    enum { COUNT = 9 };
    word_t vaddr, ipa;
    seL4_CPtr space = space_at(PGTABLE_STAGE1, &vaddr), guest = space_at(PGTABLE_STAGE2, &ipa);
    seL4_CPtr page = new_page(), second = new_page();

    fake_cache.cleaned = 0;
    CHECK_EQ(map(page, space, vaddr, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(fake_cache.cleaned, 0);
    CHECK_EQ(map(second, space, vaddr, RW, 0).error, seL4_DeleteFirst);
    CHECK_EQ(fake_cache.cleaned, 0);
    CHECK_EQ(map(page, space, vaddr, RW, seL4_ARM_ExecuteNever).error, seL4_NoError); /* uncached now */
    CHECK_EQ(fake_cache.cleaned, 0x1000);
    CHECK(fake_cache.last == cap_object(machine_cap(page)));
    CHECK_EQ(map(second, guest, ipa, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(fake_cache.cleaned, 0x2000);

    seL4_CPtr many = machine_retype(CPTR_UNTYPED, seL4_ARM_SmallPageObject, 0, COUNT);
    fake_cache.cleaned = 0;
    CHECK_EQ(map_range(many, space, vaddr + 0x10000, COUNT).word[0], COUNT);
    CHECK_EQ(fake_cache.cleaned, 0);
    CHECK_EQ(invoke(many, PageUnmapRange, WORDS(COUNT)).error, seL4_NoError);
    CHECK_EQ(map_range(many, guest, ipa + 0x10000, COUNT).word[0], COUNT);
    CHECK_EQ(fake_cache.cleaned, COUNT * 0x1000);

    fake_cache.cleaned = 0;
    seL4_CPtr large = machine_retype(CPTR_UNTYPED, seL4_ARM_LargePageObject, 0, 1);
    CHECK_EQ(fake_cache.cleaned, 1ull << seL4_LargePageBits);
    CHECK_EQ(map(large, guest, ipa + (1ull << seL4_LargePageBits), RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(fake_cache.cleaned, 1ull << seL4_LargePageBits);
    /* The kernel has no address of a device's. */
    seL4_CPtr device = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_SmallPageObject, 0, 2);
    fake_cache.cleaned = 0;
    CHECK_EQ(map_range(device, guest, ipa + 0x20000, 2).word[0], 2);
    CHECK_EQ(
        map(machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_SmallPageObject, 0, 1), space, vaddr + 0x20000, RW, 0).error,
        seL4_NoError);
    CHECK_EQ(fake_cache.cleaned, 0);
}

static void range_large(void)
{
    seL4_CPtr space = machine_new_stage2(), page = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_LargePageObject, 0, 8);

    map_tables(space, IPA, 1);
    CHECK_EQ(map_range(page, space, IPA, 8).word[0], 8);
    CHECK(pte_is_frame(entry(space, IPA + (7ull << 21), 2), 2));
    CHECK_EQ(invoke(page, PageUnmapRange, WORDS(8)).word[0], 8);
}

static void range_errors(void)
{
    word_t vaddr;
    seL4_CPtr space = space_at(PGTABLE_STAGE1, &vaddr),
              page = machine_retype(CPTR_UNTYPED, seL4_ARM_SmallPageObject, 0, 8);
    seL4_CPtr last = machine_retype(CPTR_UNTYPED, seL4_EndpointObject, 0, 1);
    struct answer r;

    CHECK_EQ(last, page + 8);
    CHECK_EQ(map_range(page, space, vaddr, 0).error, seL4_RangeError);
    r = map_range(page, space, vaddr, VESICLE_PAGE_RANGE_MAX + 1);
    CHECK_EQ(r.error, seL4_RangeError);
    CHECK_EQ(r.word[0], 1);
    CHECK_EQ(r.word[1], VESICLE_PAGE_RANGE_MAX);
    CHECK_EQ(map_range(page, space, vaddr, ~0ull).error, seL4_RangeError);
    CHECK_EQ(map_range(page, space, vaddr, 9).error, seL4_InvalidCapability);
    CHECK_EQ(map_range(page, space, vaddr + 0x10, 8).error, seL4_AlignmentError);
    CHECK_EQ(map_range(page, space, (1ull << 48) - 0x4000, 8).error, seL4_InvalidArgument);
    CHECK_EQ(map_range(page, CPTR_TCB, vaddr, 8).error, seL4_InvalidCapability);
    CHECK_EQ(invoke(page, PageMapRange, CAPS(space), WORDS(vaddr, RW, DEFAULT)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(page, PageMapRange, WORDS(vaddr, RW, DEFAULT, 2)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(page, PageUnmapRange, WORDS(9)).error, seL4_InvalidCapability);
    CHECK_EQ(invoke(page, PageUnmapRange, WORDS(0)).error, seL4_RangeError);
    CHECK_EQ(invoke(page, PageUnmapRange, ).error, seL4_TruncatedMessage);
    /* One place taken: nothing is mapped. */
    CHECK_EQ(map(new_page(), space, vaddr + 0x7000, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(map_range(page, space, vaddr, 8).error, seL4_DeleteFirst);
    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQ(machine_cap(page + i).w1, 0);
    }
    CHECK_EQ(entry(space, vaddr, 3), 0);
    CHECK_EQ(map_range(page, space, vaddr, 7).error, seL4_NoError);
    /* The slots end with the CNode. */
    seL4_CPtr end = (1ull << CSPACE_BITS) - 1;
    CHECK_EQ(invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(end, 64, page + 7, 64)).error, seL4_NoError);
    CHECK_EQ(map_range(end, space, vaddr + 0x8000, 2).error, seL4_InvalidCapability);
    CHECK_EQ(map_range(end, space, vaddr + 0x8000, 1).error, seL4_NoError);
}

static void range_mixed(void)
{
    /* Rights, mappings and spaces differ from frame to frame. */
    word_t vaddr;
    seL4_CPtr space = space_at(PGTABLE_STAGE1, &vaddr), other = space_at(PGTABLE_STAGE1, &vaddr);
    seL4_CPtr page = machine_retype(CPTR_UNTYPED, seL4_ARM_SmallPageObject, 0, 4);
    seL4_CPtr copy = machine_copy(page, seL4_CanRead);
    struct answer r;

    CHECK_EQ(machine_copy(page + 1, seL4_AllRights), copy + 1);
    CHECK_EQ(machine_copy(page + 2, seL4_NoRights), copy + 2);
    CHECK_EQ(machine_copy(page + 3, seL4_CanRead), copy + 3);
    CHECK_EQ(map(copy + 1, space, vaddr + 0x1000, CAP_RIGHT_READ, DEFAULT).error, seL4_NoError);
    CHECK_EQ(map_range(copy, space, vaddr, 4).error, seL4_NoError);
    CHECK(entry(space, vaddr, 3) & PTE_S1_READ_ONLY);
    CHECK(!(entry(space, vaddr + 0x1000, 3) & PTE_S1_READ_ONLY));
    CHECK(!pte_is_valid(entry(space, vaddr + 0x2000, 3)));
    CHECK(entry(space, vaddr + 0x3000, 3) & PTE_S1_READ_ONLY);
    CHECK_EQ(fake_tlb.pages, 1); /* of the one that was mapped before */

    CHECK_EQ(invoke(copy + 1, PageUnmap, ).error, seL4_NoError);
    CHECK_EQ(map(copy + 1, other, vaddr, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(invoke(copy + 3, PageUnmap, ).error, seL4_NoError);
    CHECK_EQ(map(copy + 3, space, vaddr + 0x8000, RW, DEFAULT).error, seL4_NoError);
    r = invoke(copy, PageUnmapRange, WORDS(4));
    CHECK_EQ(r.word[0], 4);
    CHECK_EQ(entry(space, vaddr, 3) | entry(space, vaddr + 0x2000, 3) | entry(space, vaddr + 0x8000, 3), 0);
    CHECK_EQ(entry(other, vaddr, 3), 0);
    /* The first one's space is gone. */
    CHECK_EQ(map(page, other, vaddr, RW, DEFAULT).error, seL4_NoError);
    CHECK_EQ(map(page + 1, space, vaddr, RW, DEFAULT).error, seL4_NoError);
    machine_delete(other);
    CHECK_EQ(invoke(page, PageUnmapRange, WORDS(4)).word[0], 2);
    CHECK_EQ(entry(space, vaddr, 3), 0);
}

static void range_over_cnodes(void)
{
    /* A CSpace of two levels: addresses 0..3 and 4..7 lead to the same four slots, 8 to the space. */
    seL4_CPtr root = machine_retype(CPTR_UNTYPED, seL4_CapTableObject, 2, 1);
    seL4_CPtr low = machine_retype(CPTR_UNTYPED, seL4_CapTableObject, 2, 2), high = low + 1;
    word_t vaddr;
    seL4_CPtr space = space_at(PGTABLE_STAGE1, &vaddr);
    struct slot *root_slots = cap_object(machine_cap(root)), *slots = cap_object(machine_cap(low));
    struct slot *own = &machine_thread.slots[TCB_CSPACE];
    struct answer r;

    for (unsigned i = 0; i < 4; i++) {
        seL4_CPtr page = new_page();
        slot_move(machine_cap(page), machine_slot(page), &slots[i]);
    }
    slot_insert_derived(machine_cap(low), machine_slot(low), &root_slots[0]);
    slot_insert_derived(machine_cap(low), machine_slot(low), &root_slots[1]);
    slot_insert_derived(machine_cap(high), machine_slot(high), &root_slots[2]);
    slot_insert_derived(machine_cap(space), machine_slot(space), cap_object(machine_cap(high)));
    own->cap = cap_make(CAP_CNODE, cap_paddr(machine_cap(root)), 2, 60);
    tcb_update_cspace(&machine_thread);

    /* Within one CNode, and from one into the other. */
    r = map_range(1, 8, vaddr, 3);
    CHECK_EQ(r.error, seL4_NoError);
    CHECK_EQ(r.word[0], 3);
    CHECK_EQ(invoke(1, PageUnmapRange, WORDS(3)).word[0], 3);
    r = map_range(2, 8, vaddr, 4);
    CHECK_EQ(r.error, seL4_NoError);
    CHECK_EQ(r.word[0], 4);
    CHECK_EQ(vspace_mapped_at(slots[2].cap), vaddr);
    CHECK_EQ(vspace_mapped_at(slots[0].cap), vaddr + 0x2000);
    CHECK_EQ(invoke(2, PageUnmapRange, WORDS(4)).word[0], 4);
    /* The second time round a slot is left as it is: no mapping is without its capability. */
    r = map_range(1, 8, vaddr, 6);
    CHECK_EQ(r.error, seL4_NoError);
    CHECK_EQ(r.word[0], 4);
    CHECK_EQ(invoke(1, PageUnmapRange, WORDS(6)).word[0], 4);
    struct space s;
    CHECK(vspace_of_cap(machine_cap(space), &s));
    for (unsigned i = 0; i < 8; i++) {
        unsigned level = 3;
        CHECK_EQ(*pgtable_walk(s.root, s.stage, vaddr + i * 0x1000ull, &level), 0);
    }
    /* Beyond: the space is no frame. */
    CHECK_EQ(map_range(5, 8, vaddr, 4).error, seL4_InvalidCapability);
}

/* Ranges that are broken off: `LONG` frames, which lie in two tables. */
enum { LONG = 200 };

struct long_range {
    seL4_CPtr space, page;
    word_t start;
};

static struct long_range long_range(enum pgtable_stage stage)
{
    struct long_range r;
    word_t vaddr;

    machine_setup();
    r.space = space_at(stage, &vaddr);
    map_tables(r.space, vaddr + (1ull << 21), 1);
    r.start = vaddr + (1ull << 21) - 90 * 0x1000ull;
    r.page = machine_retype(CPTR_UNTYPED, seL4_ARM_SmallPageObject, 0, LONG);
    return r;
}

static unsigned mapped(const struct long_range *r, unsigned from, unsigned to)
{
    unsigned n = 0;

    for (unsigned i = from; i < to; i++) {
        pte_t e = entry(r->space, r->start + i * 0x1000ull, 3);
        CHECK_EQ(e != 0, cap_mapped_asid(machine_cap(r->page + i)) != 0);
        n += e != 0;
    }
    return n;
}

static void begin_map(const struct long_range *r)
{
    machine_begin(r->page, vesicle_PageMapRange,
                  (struct arguments){CAPS(r->space), WORDS(r->start, RW, DEFAULT, LONG)});
}
static void begin_unmap(const struct long_range *r)
{
    machine_begin(r->page, vesicle_PageUnmapRange, (struct arguments){WORDS(LONG)});
}

/* One attempt, broken off after `steps` steps; true if it was the last. */
static bool attempt(long steps)
{
    fake_preempt_after = steps;
    bool done = machine_attempt();
    fake_preempt_after = -1;
    check_good();
    return done;
}

/* Attempts until frame `i` has changed, each as short as can be. */
static void attempt_until(const struct long_range *r, unsigned i, bool is_mapped)
{
    while ((cap_mapped_asid(machine_cap(r->page + i)) != 0) != is_mapped) {
        CHECK(!attempt(0));
    }
}

static void range_preempted_of(enum pgtable_stage stage)
{
    for (long steps = 0; steps < 6; steps++) {
        struct long_range r = long_range(stage);
        unsigned attempts = 1;
        begin_map(&r);
        for (; !attempt(steps); attempts++) {
            CHECK(attempts < (stage == PGTABLE_STAGE1 ? 20 : LONG)); /* a guest's pages are cleaned, a few at a time */
        }
        CHECK(attempts > 1 || steps > 4);
        CHECK_EQ(machine_answer().error, seL4_NoError);
        CHECK_EQ(machine_answer().word[0], LONG);
        CHECK_EQ(mapped(&r, 0, LONG), LONG);
        CHECK_EQ(fake_tlb.pages + fake_tlb.ipas + fake_tlb.vmids, 0);

        begin_unmap(&r);
        for (attempts = 1; !attempt(steps); attempts++) {
            CHECK(attempts < 20);
        }
        CHECK(attempts > 1 || steps > 4);
        CHECK_EQ(machine_answer().error, seL4_NoError);
        CHECK_EQ(machine_answer().word[0], LONG);
        CHECK_EQ(mapped(&r, 0, LONG), 0);
        CHECK(stage == PGTABLE_STAGE1 ? fake_tlb.pages == LONG : fake_tlb.vmids >= 1);
    }
}
static void range_preempted(void)
{
    range_preempted_of(PGTABLE_STAGE1);
    range_preempted_of(PGTABLE_STAGE2);
}

/* Cache maintenance is broken off too, asked for by a Send, which has no answer, as well as by a Call. */
static void cache_preempted(void)
{
    static const word_t calls[] = {vesicle_SysCall, vesicle_SysSend, vesicle_SysNBSend};
    seL4_CPtr page = machine_retype(CPTR_UNTYPED, seL4_ARM_LargePageObject, 0, 1);

    for (unsigned i = 0; i < UNIT_COUNT(calls); i++) {
        unsigned attempts = 1;
        fake_cache.cleaned = 0;
        machine_begin(page, vesicle_PageCleanData, (struct arguments){WORDS(0, 1ull << seL4_LargePageBits)});
        machine_thread.regs->x[REG_SYSCALL] = calls[i];
        for (; !attempt(0); attempts++) {
        }
        CHECK_EQ(attempts, (1ull << seL4_LargePageBits) / FRAME_CACHE_STEP);
        CHECK_EQ(fake_cache.cleaned, 1ull << seL4_LargePageBits);
    }
}

/* However often it is broken off, nothing is mapped if the last frame is wrong. */
static void range_preempted_error(void)
{
    struct long_range r = long_range(PGTABLE_STAGE1);

    CHECK_EQ(map(new_page(), r.space, r.start + (LONG - 1) * 0x1000ull, RW, DEFAULT).error, seL4_NoError);
    begin_map(&r);
    while (!attempt(0)) {
    }
    CHECK_EQ(machine_answer().error, seL4_DeleteFirst);
    for (unsigned i = 0; i < LONG; i++) {
        CHECK_EQ(machine_cap(r.page + i).w1, 0);
    }
}

/* Somebody else takes a place, a capability or the space while a range is being mapped. */
static void range_disturbed(void)
{
    enum { PLACE, CAPABILITY, TABLE, SPACE, FIRST, KINDS };

    for (unsigned what = 0; what < KINDS; what++) {
        struct long_range r = long_range(PGTABLE_STAGE1);
        seL4_CPtr other = new_page();
        begin_map(&r);
        if (what == FIRST) {
            CHECK(!attempt(0)); /* looked at, not mapped yet */
        } else {
            attempt_until(&r, 10, true);
        }
        unsigned before = mapped(&r, 0, LONG);
        CHECK(before < 130 && (before > 0) == (what != FIRST));
        struct regs saved = *machine_thread.regs; /* another thread's calls */
        switch (what) {
        case PLACE:
            CHECK_EQ(map(other, r.space, r.start + 130 * 0x1000ull, RW, DEFAULT).error, seL4_NoError);
            break;
        case CAPABILITY:
            machine_delete(r.page + 130);
            break;
        case TABLE:
            for (seL4_CPtr c = CPTR_FREE; c < r.page; c++) {
                struct cap t = machine_cap(c);
                if (cap_type(t) == CAP_PAGE_TABLE && vspace_mapped_at(t) == ((r.start + (LONG << 12)) & ~0x1fffffull)) {
                    machine_delete(c);
                }
            }
            break;
        case SPACE:
            machine_delete(r.space);
            break;
        case FIRST:
            CHECK_EQ(map(other, r.space, r.start, RW, DEFAULT).error, seL4_NoError);
            break;
        }
        *machine_thread.regs = saved;
        machine_thread.buffer->caps_or_badges[0] = r.space;
        while (!attempt(0)) {
        }
        struct answer a = machine_answer();
        if (what == FIRST) {
            CHECK_EQ(a.error, seL4_DeleteFirst);
            CHECK_EQ(mapped(&r, 1, LONG), 0);
            continue;
        }
        if (what == SPACE) {
            CHECK_EQ(a.error, seL4_NoError); /* it was, for so many */
            CHECK_EQ(a.word[0], before);
            continue;
        }
        CHECK_EQ(a.error, seL4_NoError);
        CHECK_EQ(a.word[0], what == TABLE ? 90 : 130);
        CHECK_EQ(seL4_MessageInfo_get_length((seL4_MessageInfo_t){{machine_thread.regs->x[1]}}), 1);
        for (unsigned i = 0; i < LONG; i++) {
            CHECK_EQ(cap_mapped_asid(machine_cap(r.page + i)) != 0, i < a.word[0]);
        }
        /* Asked for the rest, the kernel says what is wrong with it. */
        if (what != CAPABILITY) {
            a = map_range(r.page + a.word[0], r.space, r.start + a.word[0] * 0x1000ull, LONG - a.word[0]);
            CHECK_EQ(a.error, what == PLACE ? seL4_DeleteFirst : seL4_FailedLookup);
        }
    }
}

/* What is unmapped or gone already is passed by, and not counted. */
static void range_unmap_disturbed(void)
{
    struct long_range r = long_range(PGTABLE_STAGE1);

    CHECK_EQ(map_range(r.page, r.space, r.start, LONG).word[0], LONG);
    begin_unmap(&r);
    attempt_until(&r, 0, false);
    CHECK(mapped(&r, 100, LONG) == LONG - 100);
    struct regs saved = *machine_thread.regs;
    CHECK_EQ(invoke(r.page + 100, PageUnmap, ).error, seL4_NoError);
    machine_delete(r.page + 101);
    CHECK_EQ(
        invoke(CPTR_CNODE, CNodeCopy, CAPS(CPTR_CNODE), WORDS(r.page + 101, 64, CPTR_TCB, 64, CAP_RIGHTS_ALL)).error,
        seL4_NoError);
    *machine_thread.regs = saved;
    while (!attempt(0)) {
    }
    CHECK_EQ(machine_answer().error, seL4_NoError);
    CHECK_EQ(machine_answer().word[0], LONG - 2);
    CHECK_EQ(cap_type(machine_cap(r.page + 101)), CAP_TCB);
    machine_delete(r.page + 101);
    CHECK_EQ(mapped(&r, 0, LONG), 0);
}

/* Who writes progress into the word himself breaks nothing. */
static void range_forged(void)
{
    struct long_range r = long_range(PGTABLE_STAGE1);
    seL4_CPtr other = new_page();

    CHECK_EQ(map(other, r.space, r.start + 150 * 0x1000ull, RW, DEFAULT).error, seL4_NoError);
    for (unsigned i = 0; i < 4000; i++) {
        word_t at = unit_random(LONG + 1), changed = unit_random(LONG + 1), count = unit_random(LONG + 1);
        word_t word = (8 | unit_random(8)) << 60 | changed << 32 | at << 16 | count;
        struct answer a =
            unit_random(2) ? map_range(r.page, r.space, r.start, word) : invoke(r.page, PageUnmapRange, WORDS(word));
        CHECK(a.error == seL4_NoError || a.error == seL4_RangeError || a.error == seL4_DeleteFirst ||
              a.error == seL4_InvalidCapability);
        if (i % 100 == 0) {
            check_good();
        }
    }
    check_good();
    CHECK_EQ(entry(r.space, r.start + 150 * 0x1000ull, 3) & 0xfffffffff000ull, cap_paddr(machine_cap(other)).raw);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"sizes_stage1", sizes_stage1},
        {"sizes_stage2", sizes_stage2},
        {"rights", rights},
        {"errors", errors},
        {"remap", remap},
        {"stale_capabilities", stale_capabilities},
        {"stale_size", stale_size},
        {"in_parts_stage1", in_parts_stage1},
        {"in_parts_stage2", in_parts_stage2},
        {"deleted_frames_are_unmapped", deleted_frames_are_unmapped},
        {"address_and_caches", address_and_caches},
        {"range_stage1", range_stage1},
        {"range_stage2", range_stage2},
        {"range_large", range_large},
        {"cleaned_before_it_is_seen", cleaned_before_it_is_seen},
        {"range_errors", range_errors},
        {"range_mixed", range_mixed},
        {"range_over_cnodes", range_over_cnodes},
        {"cache_preempted", cache_preempted},
        {"range_preempted", range_preempted},
        {"range_preempted_error", range_preempted_error},
        {"range_disturbed", range_disturbed},
        {"range_unmap_disturbed", range_unmap_disturbed},
        {"range_forged", range_forged},
    };

    return unit_run("frame", cases, UNIT_COUNT(cases), machine_setup);
}
