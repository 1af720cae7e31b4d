/* SPDX-License-Identifier: BSD-2-Clause */
/* Stage-2 mappings: permissions, sizes, ranges, separation. */
#include "cases.h"
#include "guests.h"
#include "kernel/lib/objects.h"
#include "lib/vm.h"
#include <sel4/sel4.h>

#define PAGE (GUEST_RAM + GUEST_RAM_SIZE)

static struct vm *ready(const char *entry)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, entry);
    vm_expect_hvc(vm, HVC_READY);
    return vm;
}

static void read_only(void)
{
    struct vm *vm = ready(guest_permissions);
    seL4_CPtr frame = new_frame(seL4_PageBits);
    REQUIRE_OK(map_with_tables(frame, vm->vspace, PAGE, seL4_CanRead, seL4_ARM_Default_VMAttributes));
    vm->exit->x[1] = PAGE + 0x20;
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_DATA_LOWER);
    CHECK_EQ(ESR_DATA_WRITE(vm->exit->esr), 1); /* the read went through */
    CHECK_EQ(ESR_FSC(vm->exit->esr) & ~FSC_LEVEL_MASK, FSC_PERMISSION);
    CHECK_EQ(vm->exit->ipa, PAGE + 0x20);
    CHECK_EQ(vm->exit->x[2], 0);
    /* With the right to write the store is done again. */
    REQUIRE_OK(seL4_ARM_Page_Map(frame, vm->vspace, PAGE, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    vm_resume_to_hvc(vm, HVC_DONE);
}

static void not_executable(void)
{
    struct vm *vm = ready(guest_fetch);
    seL4_CPtr frame = new_frame(seL4_PageBits), own = new_copy(frame, seL4_AllRights);
    REQUIRE_OK(map_with_tables(own, seL4_CapInitThreadVSpace, WINDOW, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    *(volatile seL4_Uint32 *)WINDOW = 0xd65f03c0; /* ret */
    REQUIRE_OK(seL4_ARM_Page_Unify_Instruction(own, 0, 4096));
    REQUIRE_OK(map_with_tables(frame, vm->vspace, PAGE, seL4_ReadWrite,
                               seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever));
    vm->exit->x[1] = PAGE;
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_FETCH_LOWER);
    CHECK_EQ(ESR_FSC(vm->exit->esr) & ~FSC_LEVEL_MASK, FSC_PERMISSION);
    CHECK_EQ(vm->exit->pc, PAGE);
    REQUIRE_OK(seL4_ARM_Page_Map(frame, vm->vspace, PAGE, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    vm_resume_to_hvc(vm, HVC_DONE);
}

/* Unmapped behind the guest's back: the next access faults. */
static void unmapped_in_use(void)
{
    struct vm *vm = ready(guest_touch);
    seL4_CPtr frame = new_frame(seL4_PageBits);
    REQUIRE_OK(map_with_tables(frame, vm->vspace, PAGE, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    vm->exit->x[1] = PAGE;
    vm->exit->x[2] = 8;
    vm->exit->x[3] = 8;
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[0], 0);
    REQUIRE_OK(seL4_ARM_Page_Unmap(frame));
    vm->exit->pc = GUEST_RAM + (seL4_Word)(guest_touch - guest_start);
    vm_resume_to_hvc(vm, HVC_READY);
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_DATA_LOWER);
    CHECK_EQ(vm->exit->ipa, PAGE);
}

/* A frame of 2 MiB by 4 KiB entries: the guest sees all of it, and nothing when it went. */
static void small_entries(void)
{
    enum { PAGES = 1 << (seL4_LargePageBits - seL4_PageBits) };
    const seL4_ARM_VMAttributes small = seL4_ARM_Default_VMAttributes | vesicle_ARM_SmallEntries;
    const seL4_Word at = (PAGE + (1ul << seL4_LargePageBits)) >> seL4_LargePageBits << seL4_LargePageBits;
    struct vm *vm = ready(guest_touch);
    seL4_CPtr large = new_frame(seL4_LargePageBits), own = new_copy(large, seL4_AllRights);
    REQUIRE_OK(map_with_tables(own, seL4_CapInitThreadVSpace, WINDOW, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    REQUIRE_OK(map_with_tables(large, vm->vspace, at, seL4_ReadWrite, small));
    vm->exit->x[1] = at + 8;
    vm->exit->x[2] = PAGES;
    vm->exit->x[3] = 4096;
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[0], 0);
    for (seL4_Word i = 0; i < PAGES; i++) {
        CHECK_EQ(*(volatile seL4_Word *)(WINDOW + i * 4096 + 8), at + i * 4096 + 8);
    }
    /* Nothing of it is left for the guest, not in the TLB either. */
    REQUIRE_OK(seL4_ARM_Page_Unmap(large));
    vm->exit->x[1] = at + (PAGES - 1) * 4096ul;
    vm->exit->x[2] = 1;
    vm->exit->pc = GUEST_RAM + (seL4_Word)(guest_touch - guest_start);
    vm_resume_to_hvc(vm, HVC_READY);
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_DATA_LOWER);
    CHECK_EQ(vm->exit->ipa, at + (PAGES - 1) * 4096ul);
    /* Its table is there for whatever comes next. */
    REQUIRE_OK(seL4_ARM_Page_Map(large, vm->vspace, at, seL4_CanRead, small));
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_FSC(vm->exit->esr) & ~FSC_LEVEL_MASK, FSC_PERMISSION);
}

/* Frames of adjacent slots at adjacent addresses, in one call. */
static void range(void)
{
    enum { COUNT = 64 };
    struct vm *vm = ready(guest_touch);
    seL4_CPtr untyped = new_untyped(18), frames = new_slots(COUNT);
    REQUIRE_OK(cspace_untyped_retype_many(&root_cspace, untyped, frames, seL4_ARM_SmallPageObject, 0, COUNT));
    REQUIRE_OK(map_with_tables(new_frame(seL4_PageBits), vm->vspace, PAGE + 0x100000, seL4_ReadWrite,
                               seL4_ARM_Default_VMAttributes));
    vesicle_Page_MapRange_t mapped =
        vesicle_Page_MapRange(frames, vm->vspace, PAGE, seL4_ReadWrite, seL4_ARM_Default_VMAttributes, COUNT);
    REQUIRE_OK(mapped.error);
    CHECK_EQ(mapped.mapped, COUNT);
    vm->exit->x[1] = PAGE + 8;
    vm->exit->x[2] = COUNT;
    vm->exit->x[3] = 4096;
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[0], 0);
    vesicle_Page_UnmapRange_t unmapped = vesicle_Page_UnmapRange(frames, COUNT);
    REQUIRE_OK(unmapped.error);
    CHECK_EQ(unmapped.unmapped, COUNT);
    vm->exit->pc = GUEST_RAM + (seL4_Word)(guest_touch - guest_start);
    vm_resume_to_hvc(vm, HVC_READY);
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_DATA_LOWER);
}

/* The same address in two guests is different memory. */
static void separate(void)
{
    struct vm *a = ready(guest_touch), *b = ready(guest_touch);
    for (unsigned i = 0; i < 2; i++) {
        struct vm *vm = i ? b : a;
        vm->exit->x[1] = GUEST_LOG;
        vm->exit->x[2] = i ? 1 : 4;
        vm->exit->x[3] = 8;
    }
    vm_resume_to_hvc(a, HVC_DONE);
    CHECK_EQ(vm_log(a, 3), GUEST_LOG + 24);
    CHECK_EQ(vm_log(b, 0), 0);
    vm_resume_to_hvc(b, HVC_DONE);
    CHECK_EQ(vm_log(b, 0), GUEST_LOG);
    CHECK_EQ(vm_log(b, 3), 0);
}

/* 40 bits, and not one more. */
static void address_limits(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    seL4_CPtr frame = new_frame(seL4_PageBits);
    CHECK_EQ(seL4_ARM_Page_Map(frame, vm->vspace, 1ul << 40, seL4_ReadWrite, 0), seL4_InvalidArgument);
    CHECK_OK(map_with_tables(frame, vm->vspace, (1ul << 40) - 4096, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    CHECK_EQ(seL4_ARM_PageTable_Map(new_object(seL4_ARM_PageTableObject, 0), vm->vspace, 1ul << 40, 0),
             seL4_InvalidArgument);
}

/* Tables of stage 1 at `at` of the guest's memory: RAM as it is, and `page` at 2 GiB, not global. Returns their address. */
static seL4_Word make_tables(struct vm *vm, seL4_Word at, seL4_Word page)
{
    enum { TO_TABLE = 3, TO_BLOCK = 1, TO_PAGE = 3, AF = 1 << 10, SHARED = 3 << 8, NOT_GLOBAL = 1 << 11 };
    volatile seL4_Word *level1 = (volatile seL4_Word *)(vm->ram + at), *level2 = level1 + 512, *level3 = level2 + 512;
    seL4_Word base = GUEST_RAM + at;

    level1[1] = GUEST_RAM | TO_BLOCK | AF | SHARED | NOT_GLOBAL;
    level1[2] = (base + 4096) | TO_TABLE;
    level2[0] = (base + 8192) | TO_TABLE;
    level3[0] = page | TO_PAGE | AF | SHARED | NOT_GLOBAL;
    return base;
}

/* Two VCPUs of one space on one core, with one ASID and different tables: neither sees the other's. */
static void one_asid_two_tables(void)
{
    const seL4_Word asid = 5ul << 48, tables[] = {0x20000, 0x30000}, pages[] = {0x40000, 0x41000};
    struct vm *vm[2] = {vm_new(guest_start, guest_end), vm_new(guest_start, guest_end)};
    REQUIRE_OK(seL4_TCB_SetSpace(vm[1]->tcb, vm[1]->ep, ROOT_CNODE, 0, vm[0]->vspace, 0));
    for (unsigned i = 0; i < 2; i++) {
        *(volatile seL4_Word *)(vm[0]->ram + pages[i]) = 0x1000 + i;
        seL4_Word ttbr = make_tables(vm[0], tables[i], GUEST_RAM + pages[i]) | asid;
        vm_start(vm[i], guest_start, guest_mapped);
        vm_expect_hvc(vm[i], HVC_READY);
        vm[i]->exit->x[1] = ttbr;
    }
    REQUIRE_OK(seL4_ARM_VSpace_CleanInvalidate_Data(seL4_CapInitThreadVSpace, (seL4_Word)vm[0]->ram,
                                                    (seL4_Word)vm[0]->ram + GUEST_RAM_SIZE));
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 2; i++) {
            vm_resume_to_hvc(vm[i], HVC_DONE);
            CHECK_EQ(vm[i]->exit->x[0], 0x1000 + i);
        }
    }
}

const struct test_case memory_cases[] = {
    {"memory_one_asid_two_tables", one_asid_two_tables},
    {"memory_read_only", read_only},
    {"memory_not_executable", not_executable},
    {"memory_unmapped_in_use", unmapped_in_use},
    {"memory_range", range},
    {"memory_small_entries", small_entries},
    {"memory_separate", separate},
    {"memory_address_limits", address_limits},
    {0, 0},
};
