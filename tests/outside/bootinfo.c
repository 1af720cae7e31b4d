/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints what the root task is given, and looks whether it hangs together. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stdio.h>

static void print_untypeds(const seL4_BootInfo *bi)
{
    seL4_Word total = 0;
    for (seL4_CPtr slot = bi->untyped.start; slot != bi->untyped.end; slot++) {
        const seL4_UntypedDesc *desc = &bi->untypedList[slot - bi->untyped.start];
        assert(desc->sizeBits >= seL4_MinUntypedBits && desc->sizeBits <= seL4_MaxUntypedBits);
        assert((desc->paddr & ((1ul << desc->sizeBits) - 1)) == 0);
        if (!desc->isDevice) {
            total += 1ul << desc->sizeBits;
        }
    }
    printf("%lu untypeds, %lu KiB of memory\n", bi->untyped.end - bi->untyped.start, total / 1024);
    assert(total > 16ul << 20);
}

static int count_chunks(const seL4_BootInfo *bi, seL4_Word id)
{
    int found = 0;
    const char *chunk = (const char *)bi + (1ul << seL4_PageBits);
    const char *end = chunk + bi->extraLen;
    while (chunk < end) {
        const seL4_BootInfoHeader *header = (const seL4_BootInfoHeader *)chunk;
        assert(header->len >= sizeof *header && header->len <= (seL4_Word)(end - chunk));
        found += header->id == id;
        chunk += header->len;
    }
    return found;
}

static void check_slots(void)
{
    assert(seL4_CapNull == 0 && seL4_CapInitThreadTCB == 1 && seL4_CapInitThreadCNode == 2);
    assert(seL4_CapInitThreadVSpace == 3 && seL4_CapIRQControl == 4 && seL4_CapASIDControl == 5);
    assert(seL4_CapInitThreadASIDPool == 6 && seL4_CapIOPortControl == 7 && seL4_CapIOSpace == 8);
    assert(seL4_CapBootInfoFrame == 9 && seL4_CapInitThreadIPCBuffer == 10 && seL4_CapDomain == 11);
    assert(seL4_CapSMMUSIDControl == 12 && seL4_CapSMMUCBControl == 13 && seL4_CapInitThreadSC == 14);
    assert(seL4_CapSMC == 15);
}

static void check_frames(const seL4_BootInfo *bi)
{
    assert(bi->userImageFrames.end > bi->userImageFrames.start);
    for (seL4_CPtr frame = bi->userImageFrames.start; frame != bi->userImageFrames.end; frame++) {
        seL4_ARM_Page_GetAddress_t where = seL4_ARM_Page_GetAddress(frame);
        assert(where.error == seL4_NoError);
        assert(where.paddr != 0 && where.paddr % (1ul << seL4_PageBits) == 0);
    }
    assert(seL4_ARM_Page_GetAddress(seL4_CapBootInfoFrame).error == seL4_NoError);
    assert(seL4_ARM_Page_GetAddress(seL4_CapInitThreadIPCBuffer).error == seL4_NoError);
    for (seL4_CPtr frame = bi->extraBIPages.start; frame != bi->extraBIPages.end; frame++) {
        assert(seL4_ARM_Page_GetAddress(frame).error == seL4_NoError);
    }
}

int main(void)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    seL4_DebugPutString("I am the root task\n");
    printf("node %lu of %lu, CNode of 2^%lu slots, empty %lu to %lu\n", bi->nodeID, bi->numNodes,
           bi->initThreadCNodeSizeBits, bi->empty.start, bi->empty.end);
    assert(bi->nodeID == 0 && bi->numNodes >= 1);
    assert(bi->empty.start < bi->empty.end && bi->empty.end <= 1ul << bi->initThreadCNodeSizeBits);
    assert(bi->schedcontrol.end - bi->schedcontrol.start == bi->numNodes);
    assert(bi->sharedFrames.start == bi->sharedFrames.end && bi->ioSpaceCaps.start == bi->ioSpaceCaps.end);
    assert(bi->initThreadDomain == 0);
    assert(bi->ipcBuffer == seL4_GetIPCBuffer());
    assert(count_chunks(bi, SEL4_BOOTINFO_HEADER_FDT) == 1 && SEL4_BOOTINFO_HEADER_FDT == 6);
    check_slots();
    check_frames(bi);
    print_untypeds(bi);

    seL4_DebugNameThread(seL4_CapInitThreadTCB, "the root task");
    assert(seL4_DebugCapIdentify(seL4_CapInitThreadTCB) != seL4_DebugCapIdentify(seL4_CapInitThreadCNode));
    assert(seL4_DebugCapIdentify(seL4_CapNull) == 0);
    seL4_DebugDumpScheduler();
    for (const char *c = "done\n"; *c; c++) {
        seL4_DebugPutChar(*c);
    }
    return 0;
}
