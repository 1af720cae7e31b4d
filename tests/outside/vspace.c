/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of several sizes, page tables of several levels, and what cannot be mapped. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stdio.h>

#define ROOT   seL4_CapInitThreadCNode
#define DEPTH  seL4_WordBits
#define VSPACE seL4_CapInitThreadVSpace
#define ATTR   seL4_ARM_Default_VMAttributes
#define AREA   0x4000000000ul
#define SMALL  (1ul << seL4_PageBits)
#define LARGE  (1ul << seL4_LargePageBits)

static seL4_CPtr empty;

static seL4_CPtr create(seL4_Word type, seL4_Word bits)
{
    seL4_BootInfo *bi = seL4_GetBootInfo();
    for (seL4_CPtr untyped = bi->untyped.start; untyped < bi->untyped.end; untyped++) {
        if (!bi->untypedList[untyped - bi->untyped.start].isDevice &&
            seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, empty, 1) == seL4_NoError) {
            return empty++;
        }
    }
    return seL4_CapNull;
}

static seL4_Error map(seL4_CPtr frame, seL4_Word vaddr)
{
    return seL4_ARM_Page_Map(frame, VSPACE, vaddr, seL4_ReadWrite, ATTR);
}

static seL4_CPtr copy(seL4_CPtr cap, seL4_CapRights_t rights)
{
    assert(seL4_CNode_Copy(ROOT, empty, DEPTH, ROOT, cap, DEPTH, rights) == seL4_NoError);
    return empty++;
}

static seL4_CPtr tables(seL4_CPtr frame)
{
    static const seL4_Word levels[] = {39, 30, 21};
    seL4_CPtr table = 0;
    int missing = 0;
    seL4_Error error = map(frame, AREA);
    while (error == seL4_FailedLookup) {
        printf("there is no page table at level %lu\n", seL4_MappingFailedLookupLevel());
        while (levels[missing] != seL4_MappingFailedLookupLevel()) {
            assert(++missing < 3);
        }
        table = create(seL4_ARM_PageTableObject, 0);
        assert(seL4_ARM_PageTable_Map(table, VSPACE, AREA, ATTR) == seL4_NoError);
        assert(seL4_ARM_PageTable_Map(table, VSPACE, AREA + LARGE, ATTR) == seL4_InvalidCapability);
        error = map(frame, AREA);
    }
    assert(error == seL4_NoError && missing == 2);
    assert(seL4_ARM_PageTable_Map(create(seL4_ARM_PageTableObject, 0), VSPACE, AREA, ATTR) == seL4_DeleteFirst);
    return table;
}

static void small_pages(seL4_CPtr frame)
{
    volatile seL4_Word *first = (seL4_Word *)AREA, *second = (seL4_Word *)(AREA + 5 * SMALL);
    assert(*first == 0);
    *first = 11;
    /* The same page twice, by a copy; a second page. */
    seL4_CPtr alias = copy(frame, seL4_AllRights), other = create(seL4_ARM_SmallPageObject, 0);
    assert(map(alias, AREA + 5 * SMALL) == seL4_NoError);
    assert(*second == 11);
    *second = 12;
    assert(*first == 12);
    assert(seL4_ARM_Page_GetAddress(alias).paddr == seL4_ARM_Page_GetAddress(frame).paddr);
    assert(seL4_ARM_Page_GetAddress(other).paddr != seL4_ARM_Page_GetAddress(frame).paddr);

    assert(map(other, AREA) == seL4_DeleteFirst);
    assert(map(frame, AREA + SMALL) == seL4_InvalidArgument); /* it is mapped elsewhere */
    assert(map(frame, AREA) == seL4_NoError);                 /* rights and attributes anew */
    assert(map(other, AREA + 8) == seL4_AlignmentError);
    assert(map(other, 0xffff000000000000ul) == seL4_InvalidArgument);
    assert(seL4_ARM_Page_Map(other, ROOT, AREA + SMALL, seL4_ReadWrite, ATTR) == seL4_InvalidCapability);
    assert(seL4_ARM_Page_Unmap(other) == seL4_NoError);
    assert(seL4_ARM_Page_Unmap(alias) == seL4_NoError);
    assert(map(other, AREA + 5 * SMALL) == seL4_NoError);
    assert(*second == 0);
    assert(map(alias, AREA + 6 * SMALL) == seL4_NoError);
    assert(second[SMALL / sizeof(seL4_Word)] == 12);
    /* Deleting the capability that a page is mapped by unmaps it. */
    assert(seL4_CNode_Delete(ROOT, other, DEPTH) == seL4_NoError);
    assert(seL4_ARM_Page_Unmap(alias) == seL4_NoError);
    assert(map(alias, AREA + 5 * SMALL) == seL4_NoError);
    assert(*second == 12);
}

static void large_pages(seL4_CPtr lowest)
{
    seL4_CPtr frame = create(seL4_ARM_LargePageObject, 0);
    assert(frame && seL4_ARM_Page_GetAddress(frame).paddr % LARGE == 0);
    assert(map(frame, AREA) == seL4_DeleteFirst); /* there is a page table */
    assert(map(frame, AREA + LARGE + SMALL) == seL4_AlignmentError);
    assert(map(frame, AREA + LARGE) == seL4_NoError);
    volatile char *page = (char *)(AREA + LARGE);
    for (seL4_Word i = 0; i < LARGE; i += SMALL) {
        assert(page[i] == 0);
        page[i] = (char)(i / SMALL);
    }
    /* Small pages below it find it there; no page table goes where it is. */
    assert(map(create(seL4_ARM_SmallPageObject, 0), AREA + LARGE + SMALL) != seL4_NoError);
    assert(seL4_ARM_PageTable_Map(create(seL4_ARM_PageTableObject, 0), VSPACE, AREA + LARGE, ATTR) == seL4_DeleteFirst);
    assert(seL4_ARM_Page_Unmap(frame) == seL4_NoError);
    assert(map(frame, AREA + 3 * LARGE) == seL4_NoError);
    assert(page[2 * LARGE + 7 * SMALL] == 7);

    /* The table of the small pages goes, and the large one finds room. */
    assert(seL4_ARM_PageTable_Unmap(lowest) == seL4_NoError);
    assert(seL4_ARM_Page_Unmap(frame) == seL4_NoError);
    assert(map(frame, AREA) == seL4_NoError);
    assert(((volatile char *)AREA)[7 * SMALL] == 7);
    assert(seL4_ARM_PageTable_Map(lowest, VSPACE, AREA + LARGE, ATTR) == seL4_NoError);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr frame = create(seL4_ARM_SmallPageObject, 0);
    seL4_CPtr lowest = tables(frame);
    small_pages(frame);
    large_pages(lowest);
    seL4_CPtr huge = create(seL4_ARM_HugePageObject, 0); /* if the machine has that much in one piece */
    if (huge) {
        assert(map(huge, AREA + (1ul << seL4_HugePageBits)) == seL4_NoError);
        assert(*(volatile seL4_Word *)(AREA + (1ul << seL4_HugePageBits)) == 0);
    }
    /* What may only be read is mapped so, whoever asks for more. */
    seL4_CPtr weak = copy(frame, seL4_CanRead);
    assert(map(weak, AREA + LARGE) == seL4_NoError);
    assert(*(volatile seL4_Word *)(AREA + LARGE) == 12);
    return 0;
}
