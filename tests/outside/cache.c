/* SPDX-License-Identifier: BSD-2-Clause */
/* Code that is written while it runs, and cache maintenance by page and by address. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stdint.h>

#define ROOT   seL4_CapInitThreadCNode
#define DEPTH  seL4_WordBits
#define VSPACE seL4_CapInitThreadVSpace
#define WRITE  0x6000000000ul
#define RUN    (WRITE + PAGE)
#define PAGE   (1ul << seL4_PageBits)

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

static void map(seL4_CPtr frame, seL4_Word vaddr, seL4_CapRights_t rights)
{
    while (seL4_ARM_Page_Map(frame, VSPACE, vaddr, rights, seL4_ARM_Default_VMAttributes) == seL4_FailedLookup) {
        seL4_CPtr table = create(seL4_ARM_PageTableObject, 0);
        assert(seL4_ARM_PageTable_Map(table, VSPACE, vaddr, seL4_ARM_Default_VMAttributes) == seL4_NoError);
    }
}

/** mov w0, #number; ret */
static void write(unsigned at, unsigned number)
{
    volatile uint32_t *code = (uint32_t *)(WRITE + at);
    code[0] = 0x52800000 | number << 5;
    code[1] = 0xd65f03c0;
}

static int run(unsigned at)
{
    return ((int (*)(void))(RUN + at))();
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr frame = create(seL4_ARM_SmallPageObject, 0), code = empty++;
    assert(seL4_CNode_Copy(ROOT, code, DEPTH, ROOT, frame, DEPTH, seL4_AllRights) == seL4_NoError);
    map(frame, WRITE, seL4_ReadWrite);
    map(code, RUN, seL4_CanRead);

    for (unsigned number = 1; number <= 4; number++) {
        write(0, number);
        write(2048, 1000 + number);
        assert(seL4_ARM_Page_Unify_Instruction(code, 0, PAGE) == seL4_NoError);
        assert(run(0) == (int)number && run(2048) == 1000 + (int)number);
    }
    for (unsigned number = 5; number <= 8; number++) {
        write(64, number);
        assert(seL4_ARM_Page_Clean_Data(frame, 64, 72) == seL4_NoError);
        assert(seL4_ARM_VSpace_Unify_Instruction(VSPACE, RUN + 64, RUN + 72) == seL4_NoError);
        assert(run(64) == (int)number);
    }

    /* Cleaned, what is there stays, whatever is invalidated after that. */
    volatile seL4_Word *words = (seL4_Word *)WRITE;
    words[100] = 0x1234;
    words[101] = 0x5678;
    assert(seL4_ARM_Page_Clean_Data(frame, 0, PAGE) == seL4_NoError);
    assert(seL4_ARM_Page_Invalidate_Data(frame, 0, PAGE) == seL4_NoError);
    assert(words[100] == 0x1234 && words[101] == 0x5678);
    words[100] = 0x4321;
    assert(seL4_ARM_Page_CleanInvalidate_Data(frame, 800, 816) == seL4_NoError);
    assert(words[100] == 0x4321);
    words[100] = 0xabcd;
    assert(seL4_ARM_VSpace_Clean_Data(VSPACE, WRITE, WRITE + PAGE) == seL4_NoError);
    assert(seL4_ARM_VSpace_Invalidate_Data(VSPACE, WRITE, WRITE + PAGE) == seL4_NoError);
    assert(words[100] == 0xabcd);
    assert(seL4_ARM_VSpace_CleanInvalidate_Data(VSPACE, WRITE + 800, WRITE + 801) == seL4_NoError);
    assert(words[100] == 0xabcd && words[101] == 0x5678);

    /* Ranges that are none. */
    assert(seL4_ARM_Page_Clean_Data(frame, 64, 64) == seL4_InvalidArgument);
    assert(seL4_ARM_Page_Clean_Data(frame, 65, 64) == seL4_InvalidArgument);
    assert(seL4_ARM_Page_Clean_Data(frame, 0, PAGE + 1) == seL4_InvalidArgument);
    assert(seL4_ARM_VSpace_Clean_Data(VSPACE, WRITE, WRITE) != seL4_NoError);
    assert(seL4_ARM_VSpace_Clean_Data(VSPACE, WRITE + 1, WRITE) != seL4_NoError);
    assert(seL4_ARM_VSpace_Clean_Data(VSPACE, ~0ul - PAGE, ~0ul) != seL4_NoError);
    assert(seL4_ARM_Page_Clean_Data(VSPACE, 0, PAGE) == seL4_IllegalOperation);
    return 0;
}
