/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: ASIDs and their pools, page tables, cache methods, what goes with what. */
#include "object/vspace.h"

#include "arch/cache.h"
#include "arch/preempt.h"
#include "arch/tlb.h"
#include "cpu.h"
#include "lib/machine.h"
#include "lib/unit.h"

#define VADDR 0x0000812345678000ull /* bit 47 set: addresses have no sign */

static seL4_Error map_table(seL4_CPtr table, seL4_CPtr space, word_t vaddr)
{
    return invoke(table, PageTableMap, CAPS(space), WORDS(vaddr, seL4_ARM_Default_VMAttributes)).error;
}
static struct answer map_page(seL4_CPtr page, seL4_CPtr space, word_t vaddr)
{
    return invoke(page, PageMap, CAPS(space), WORDS(vaddr, seL4_ReadWrite.words[0], seL4_ARM_Default_VMAttributes));
}
static pte_t *entry_at(seL4_CPtr space, word_t vaddr, unsigned *level)
{
    struct space s;

    CHECK(vspace_of_cap(machine_cap(space), &s));
    return pgtable_walk(s.root, s.stage, vaddr, level);
}
static void map_tables(seL4_CPtr space, word_t vaddr, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        CHECK_EQ(map_table(machine_new(seL4_ARM_PageTableObject), space, vaddr), seL4_NoError);
    }
}

static void assign(void)
{
    seL4_CPtr native = machine_new(seL4_ARM_VSpaceObject), guest = machine_new(vesicle_Stage2VSpaceObject);
    bool stage2;

    CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(native)).error, seL4_NoError);
    CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(guest)).error, seL4_NoError);
    word_t a = cap_vspace_asid(machine_cap(native)), b = cap_vspace_asid(machine_cap(guest));
    CHECK(a != 0 && b != 0 && a != b);
    CHECK(asid_find(a, &stage2) == cap_object(machine_cap(native)) && !stage2);
    CHECK(asid_find(b, &stage2) == cap_object(machine_cap(guest)) && stage2);
    CHECK(!asid_find(b + 1, &stage2));
    CHECK(!asid_find(0, &stage2));
    CHECK(!asid_find(0xffff, &stage2));
}

static void assign_errors(void)
{
    seL4_CPtr native = machine_new_space(), page = machine_new(seL4_ARM_SmallPageObject);
    struct answer r = invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(native));

    CHECK_EQ(r.error, seL4_InvalidCapability);
    CHECK_EQ(r.word[0], 1);
    CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(page)).error, seL4_InvalidCapability);
    CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, ).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_ASID_POOL, PageMap, ).error, seL4_IllegalOperation);
}

static void pool_full(void)
{
    seL4_CPtr first = machine_retype(CPTR_UNTYPED, seL4_ARM_VSpaceObject, 0, 256);

    machine_retype(CPTR_UNTYPED, seL4_ARM_VSpaceObject, 0, 256);
    /* 0 is nobody's: 511 ASIDs. */
    for (seL4_CPtr i = 0; i < 511; i++) {
        CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(first + i)).error, seL4_NoError);
    }
    CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(first + 511)).error, seL4_DeleteFirst);
    /* A space deleted makes room, and its ASID's TLB entries are gone. */
    word_t asid = cap_vspace_asid(machine_cap(first + 100));
    machine_delete(first + 100);
    CHECK_EQ(fake_tlb.asids, 1);
    CHECK_EQ(fake_tlb.last_asid, asid);
    CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(first + 511)).error, seL4_NoError);
    CHECK_EQ(cap_vspace_asid(machine_cap(first + 511)), asid);
}

static void vmid_bits_limit_guests(void)
{
    seL4_CPtr native = machine_retype(CPTR_UNTYPED, seL4_ARM_VSpaceObject, 0, 256);
    seL4_CPtr guest = machine_new(vesicle_Stage2VSpaceObject);

    for (seL4_CPtr i = 0; i < 255; i++) {
        CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(native + i)).error, seL4_NoError);
    }
    CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(guest)).error, seL4_DeleteFirst);
    vmid_bits = 16;
    CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(guest)).error, seL4_NoError);
    CHECK_EQ(cap_vspace_asid(machine_cap(guest)), 256);
}

static void make_pool(void)
{
    seL4_CPtr untyped = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, seL4_ASIDPoolBits, 2);
    seL4_CPtr large = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, seL4_ASIDPoolBits + 1, 1);
    seL4_CPtr device = machine_retype(CPTR_DEVICE_UNTYPED, seL4_UntypedObject, seL4_ASIDPoolBits, 1);
    seL4_CPtr pool = machine_empty_slot(), space = machine_new(seL4_ARM_VSpaceObject);

    CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(large, CPTR_CNODE), WORDS(pool, 64)).error,
             seL4_InvalidCapability);
    CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(device, CPTR_CNODE), WORDS(pool, 64)).error,
             seL4_InvalidCapability);
    CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(CPTR_TCB, CPTR_CNODE), WORDS(pool, 64)).error,
             seL4_InvalidCapability);
    CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(untyped, CPTR_CNODE), WORDS(untyped, 64)).error,
             seL4_DeleteFirst);
    CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(untyped, CPTR_TCB), WORDS(pool, 64)).error,
             seL4_FailedLookup);
    CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(untyped), WORDS(pool, 64)).error,
             seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(untyped, CPTR_CNODE), WORDS(pool, 64)).error,
             seL4_NoError);
    CHECK(slot_has_children(machine_slot(untyped)));
    CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(untyped, CPTR_CNODE), WORDS(pool + 1, 64)).error,
             seL4_RevokeFirst);
    CHECK_EQ(invoke(pool, ASIDPoolAssign, CAPS(space)).error, seL4_NoError);
    CHECK_EQ(cap_vspace_asid(machine_cap(space)), 512);
    /* The untyped is used up by the pool. */
    CHECK_EQ(invoke(untyped, UntypedRetype, CAPS(CPTR_CNODE), WORDS(seL4_EndpointObject, 0, 0, 0, pool + 2, 1)).error,
             seL4_NotEnoughMemory);
}

static void all_pools(void)
{
    seL4_CPtr untyped = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, seL4_ASIDPoolBits, ASID_POOLS);
    seL4_CPtr space = machine_new(seL4_ARM_VSpaceObject), last = 0;

    for (seL4_CPtr i = 0; i < ASID_POOLS - 1; i++) {
        last = machine_empty_slot();
        CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(untyped + i, CPTR_CNODE), WORDS(last, 64)).error,
                 seL4_NoError);
    }
    CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(untyped + ASID_POOLS - 1, CPTR_CNODE),
                    WORDS(machine_empty_slot(), 64))
                 .error,
             seL4_DeleteFirst);
    CHECK_EQ(invoke(last, ASIDPoolAssign, CAPS(space)).error, seL4_NoError);
    CHECK_EQ(cap_vspace_asid(machine_cap(space)), 127 << 9);
    machine_delete(last);
    CHECK(!asid_table[127]);
}

static void pool_deleted(void)
{
    seL4_CPtr native = machine_new_space(), guest = machine_new_stage2(), page = machine_new(seL4_ARM_SmallPageObject);
    seL4_CPtr table = machine_new(seL4_ARM_PageTableObject);
    struct space s;

    cpus[0].vspace = cap_object(machine_cap(native));
    cpus[0].stage2 = cap_object(machine_cap(guest));
    map_tables(native, VADDR, 2);
    CHECK_EQ(map_table(table, native, VADDR), seL4_NoError);
    CHECK_EQ(map_page(page, native, VADDR).error, seL4_NoError);
    machine_delete(CPTR_ASID_POOL);
    CHECK_EQ(fake_tlb.asids, 1);
    CHECK_EQ(fake_tlb.vmids, 1);
    CHECK(!cpus[0].vspace && !cpus[0].stage2);
    CHECK(!vspace_of_cap(machine_cap(native), &s));
    /* The space is dead for good: what maps into it says so, what unmaps has nothing to do. */
    struct answer r = map_page(machine_new(seL4_ARM_SmallPageObject), native, VADDR + 0x1000);
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[1], seL4_InvalidRoot);
    CHECK_EQ(invoke(page, PageUnmap, ).error, seL4_NoError);
    CHECK_EQ(invoke(table, PageTableUnmap, ).error, seL4_NoError);
    CHECK_EQ(fake_tlb.pages, 0);
}

/* A capability that nothing can be mapped by is as good as any other for keeping a space, and for ending it. */
static void last_one_without_rights(void)
{
    seL4_CPtr space = machine_new_space(), copy = machine_copy(space, seL4_CanRead);
    word_t asid = cap_vspace_asid(machine_cap(space));
    bool stage2;

    CHECK_EQ(map_page(machine_new(seL4_ARM_SmallPageObject), copy, VADDR).error, seL4_InvalidCapability);
    CHECK_EQ(map_table(machine_new(seL4_ARM_PageTableObject), copy, VADDR), seL4_InvalidCapability);
    machine_delete(space);
    CHECK(asid_find(asid, &stage2) != 0);
    machine_delete(copy);
    CHECK(asid_find(asid, &stage2) == 0);
}

static void table_levels(void)
{
    seL4_CPtr space = machine_new_space(), table[3];
    unsigned level;

    for (unsigned i = 0; i < 3; i++) {
        table[i] = machine_new(seL4_ARM_PageTableObject);
        CHECK_EQ(map_table(table[i], space, VADDR), seL4_NoError);
        level = i;
        CHECK_EQ(pte_paddr(*entry_at(space, VADDR, &level)).raw, cap_paddr(machine_cap(table[i])).raw);
        CHECK_EQ(level, i);
        CHECK_EQ(vspace_mapped_at(machine_cap(table[i])), VADDR & ~((1ull << pgtable_shift(i)) - 1));
    }
    CHECK_EQ(map_table(machine_new(seL4_ARM_PageTableObject), space, VADDR), seL4_DeleteFirst);
    CHECK_EQ(fake_tlb.asids, 0);
    /* The middle one goes: what is below is out of reach. */
    CHECK_EQ(invoke(table[1], PageTableUnmap, ).error, seL4_NoError);
    CHECK_EQ(fake_tlb.asids, 1);
    level = 3;
    CHECK(pte_is_empty(*entry_at(space, VADDR, &level)));
    CHECK_EQ(level, 1);
    CHECK_EQ(cap_mapped_asid(machine_cap(table[1])), 0);
    /* It can be mapped again, empty; the one below must be unmapped by itself first. */
    CHECK_EQ(map_table(table[1], space, VADDR), seL4_NoError);
    struct answer r = invoke(table[2], PageTableMap, CAPS(space), WORDS(VADDR, 0));
    CHECK_EQ(r.error, seL4_InvalidCapability);
    CHECK_EQ(r.word[0], 0);
    CHECK_EQ(invoke(table[2], PageTableUnmap, ).error, seL4_NoError);
    CHECK_EQ(map_table(table[2], space, VADDR), seL4_NoError);
}

static void table_levels_stage2(void)
{
    seL4_CPtr space = machine_new_stage2(), a = machine_new(seL4_ARM_PageTableObject);
    const word_t ipa = (1ull << 40) - 4096;
    unsigned level = 3;

    CHECK_EQ(map_table(a, space, 1ull << 40), seL4_InvalidArgument);
    CHECK_EQ(map_table(a, space, ipa), seL4_NoError);
    map_tables(space, ipa, 1);
    CHECK_EQ(map_table(machine_new(seL4_ARM_PageTableObject), space, ipa), seL4_DeleteFirst);
    CHECK(pte_is_empty(*entry_at(space, ipa, &level)));
    CHECK_EQ(level, 3);
    machine_delete(a);
    CHECK_EQ(fake_tlb.vmids, 1);
    level = 3;
    CHECK(pte_is_empty(*entry_at(space, ipa, &level)));
    CHECK_EQ(level, 1);
}

static void table_errors(void)
{
    seL4_CPtr space = machine_new_space(), table = machine_new(seL4_ARM_PageTableObject);
    seL4_CPtr unassigned = machine_new(seL4_ARM_VSpaceObject);
    seL4_CPtr huge = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_HugePageObject, 0, 1);
    struct answer r;

    r = invoke(table, PageTableMap, CAPS(unassigned), WORDS(VADDR, 0));
    CHECK_EQ(r.error, seL4_InvalidCapability);
    CHECK_EQ(r.word[0], 1);
    CHECK_EQ(map_table(table, CPTR_TCB, VADDR), seL4_InvalidCapability);
    r = invoke(table, PageTableMap, CAPS(space), WORDS(1ull << 48, 0));
    CHECK_EQ(r.error, seL4_InvalidArgument);
    CHECK_EQ(r.word[0], 2);
    CHECK_EQ(map_table(table, space, ~0ull), seL4_InvalidArgument);
    CHECK_EQ(invoke(table, PageTableMap, CAPS(space), WORDS(VADDR)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(table, PageTableMap, WORDS(VADDR, 0)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(table, PageMap, CAPS(space), WORDS(VADDR, 3, 3)).error, seL4_IllegalOperation);
    /* A huge page is in the way. */
    map_tables(space, 0, 1);
    CHECK_EQ(map_page(huge, space, 1ull << 30).error, seL4_NoError);
    CHECK_EQ(map_table(table, space, 1ull << 30), seL4_DeleteFirst);
    CHECK_EQ(invoke(table, PageTableUnmap, ).error, seL4_NoError);
}

static void table_copies(void)
{
    seL4_CPtr space = machine_new_space(), table = machine_new(seL4_ARM_PageTableObject), copy;

    CHECK_EQ(invoke(CPTR_CNODE, CNodeCopy, CAPS(CPTR_CNODE), WORDS(machine_empty_slot(), 64, table, 64, 15)).error,
             seL4_IllegalOperation);
    CHECK_EQ(map_table(table, space, VADDR), seL4_NoError);
    copy = machine_copy(table, seL4_AllRights);
    CHECK_EQ(invoke(table, PageTableUnmap, ).error, seL4_RevokeFirst);
    /* Not the last one: the table stays. */
    machine_delete(table);
    CHECK_EQ(fake_tlb.asids, 0);
    CHECK_EQ(invoke(copy, PageTableUnmap, ).error, seL4_NoError);
    CHECK_EQ(fake_tlb.asids, 1);
}

static void unmapped_table_forgets(void)
{
    seL4_CPtr space = machine_new_space(), other = machine_new_space(), table = machine_new(seL4_ARM_PageTableObject);
    seL4_CPtr page = machine_new(seL4_ARM_SmallPageObject);
    unsigned level = 3;

    map_tables(space, VADDR, 2);
    map_tables(other, VADDR, 2);
    CHECK_EQ(map_table(table, space, VADDR), seL4_NoError);
    CHECK_EQ(map_page(page, space, VADDR).error, seL4_NoError);
    CHECK_EQ(invoke(table, PageTableUnmap, ).error, seL4_NoError);
    CHECK_EQ(map_table(table, other, VADDR), seL4_NoError);
    CHECK(pte_is_empty(*entry_at(other, VADDR, &level)));
    CHECK_EQ(level, 3);
    /* The page's capability still says where it was; deleting it finds nothing there. */
    machine_delete(page);
    CHECK_EQ(fake_tlb.pages, 0);
}

static void space_deleted_before_its_tables(void)
{
    seL4_CPtr space = machine_new_space(), table = machine_new(seL4_ARM_PageTableObject), next;
    unsigned level = 0;

    CHECK_EQ(map_table(table, space, VADDR), seL4_NoError);
    machine_delete(space);
    next = machine_new_space();
    CHECK_EQ(cap_vspace_asid(machine_cap(next)), cap_mapped_asid(machine_cap(table)));
    map_tables(next, VADDR, 1);
    /* Same ASID, same address, another table: it is not touched. */
    machine_delete(table);
    CHECK(pte_is_table(*entry_at(next, VADDR, &level), 0));
}

static void cache_ranges(void)
{
    seL4_CPtr space = machine_new_space(), page = machine_retype(CPTR_UNTYPED, seL4_ARM_SmallPageObject, 0, 3);
    seL4_CPtr large = machine_retype(CPTR_UNTYPED, seL4_ARM_LargePageObject, 0, 1);
    seL4_CPtr device = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_SmallPageObject, 0, 1);
    const word_t base = 1ull << 21;

    map_tables(space, base, 3);
    CHECK_EQ(map_page(page, space, base).error, seL4_NoError);
    CHECK_EQ(map_page(page + 1, space, base + 0x2000).error, seL4_NoError);
    CHECK_EQ(map_page(device, space, base + 0x3000).error, seL4_NoError);
    CHECK_EQ(map_page(large, space, 2 * base).error, seL4_NoError);
    fake_cache.cleaned = 0;
    /* Over a hole and a device's page, from within a page into the large one. */
    CHECK_EQ(invoke(space, VSpaceCleanData, WORDS(base + 0x10, 2 * base + 0x20)).error, seL4_NoError);
    CHECK_EQ(fake_cache.cleaned, 0xff0 + 0x1000 + 0x20);
    CHECK(fake_cache.last == cap_object(machine_cap(large)));
    CHECK_EQ(invoke(space, VSpaceInvalidateData, WORDS(2 * base, 3 * base)).error, seL4_NoError);
    CHECK_EQ(fake_cache.invalidated, base);
    CHECK_EQ(invoke(space, VSpaceCleanInvalidateData, WORDS(0, 1ull << 48)).error, seL4_NoError);
    CHECK_EQ(fake_cache.invalidated, 2 * base + 0x2000);
    CHECK_EQ(invoke(space, VSpaceUnifyInstruction, WORDS(base, base + 1)).error, seL4_NoError);
    CHECK_EQ(fake_cache.unified, 1);
}

static void cache_errors(void)
{
    seL4_CPtr space = machine_new_space(), guest = machine_new_stage2(), dead = machine_new(seL4_ARM_VSpaceObject);

    CHECK_EQ(invoke(space, VSpaceCleanData, WORDS(0x1000, 0x1000)).error, seL4_InvalidArgument);
    CHECK_EQ(invoke(space, VSpaceCleanData, WORDS(0x1000, (1ull << 48) + 1)).error, seL4_InvalidArgument);
    CHECK_EQ(invoke(guest, VSpaceCleanData, WORDS(0x1000, (1ull << 40) + 1)).error, seL4_InvalidArgument);
    CHECK_EQ(invoke(space, VSpaceCleanData, WORDS(0x1000)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(dead, VSpaceCleanData, WORDS(0, 0x1000)).error, seL4_InvalidCapability);
    CHECK_EQ(invoke(space, PageMap, WORDS(0, 0x1000)).error, seL4_IllegalOperation);
}

static void cache_preempted(void)
{
    seL4_CPtr space = machine_new_space(), large = machine_retype(CPTR_UNTYPED, seL4_ARM_LargePageObject, 0, 1);

    map_tables(space, 0, 2);
    CHECK_EQ(map_page(large, space, 1ull << 21).error, seL4_NoError);
    fake_cache.cleaned = 0;
    fake_preempt_after = 5;
    CHECK_EQ(invoke(space, VSpaceCleanData, WORDS(1ull << 21, 2ull << 21)).error, seL4_NoError);
    CHECK(fake_preempt_after < 0);
    CHECK_EQ(fake_cache.cleaned, 1ull << 21);
    fake_preempt_after = 3;
    CHECK_EQ(invoke(large, PageUnifyInstruction, WORDS(0x100, 1ull << 21)).error, seL4_NoError);
    CHECK(fake_preempt_after < 0);
    CHECK_EQ(fake_cache.unified, (1ull << 21) - 0x100);
}

static void boot_mapping(void)
{
    seL4_CPtr space = machine_new_space(), page = machine_new(seL4_ARM_SmallPageObject);
    struct slot *s = machine_slot(space), *p = machine_slot(page);
    unsigned level = 3;

    CHECK(!vspace_boot_map_frame(p, s, VADDR, CAP_RIGHTS_ALL, seL4_ARM_Default_VMAttributes));
    for (unsigned i = 0; i < 3; i++) {
        CHECK(vspace_boot_map_table(machine_slot(machine_new(seL4_ARM_PageTableObject)), s, VADDR));
    }
    CHECK(!vspace_boot_map_table(machine_slot(machine_new(seL4_ARM_PageTableObject)), s, VADDR));
    CHECK(vspace_boot_map_frame(p, s, VADDR, CAP_RIGHTS_ALL, seL4_ARM_Default_VMAttributes));
    CHECK(!vspace_boot_map_frame(p, s, VADDR, CAP_RIGHTS_ALL, seL4_ARM_Default_VMAttributes));
    CHECK_EQ(pte_paddr(*entry_at(space, VADDR, &level)).raw, cap_paddr(p->cap).raw);
    CHECK_EQ(invoke(page, PageUnmap, ).error, seL4_NoError);
    CHECK(pte_is_empty(*entry_at(space, VADDR, &level)));
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"assign", assign},
        {"assign_errors", assign_errors},
        {"pool_full", pool_full},
        {"vmid_bits_limit_guests", vmid_bits_limit_guests},
        {"make_pool", make_pool},
        {"all_pools", all_pools},
        {"pool_deleted", pool_deleted},
        {"last_one_without_rights", last_one_without_rights},
        {"table_levels", table_levels},
        {"table_levels_stage2", table_levels_stage2},
        {"table_errors", table_errors},
        {"table_copies", table_copies},
        {"unmapped_table_forgets", unmapped_table_forgets},
        {"space_deleted_before_its_tables", space_deleted_before_its_tables},
        {"cache_ranges", cache_ranges},
        {"cache_errors", cache_errors},
        {"cache_preempted", cache_preempted},
        {"boot_mapping", boot_mapping},
    };

    return unit_run("vspace", cases, UNIT_COUNT(cases), machine_setup);
}
