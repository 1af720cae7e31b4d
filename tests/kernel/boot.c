/* SPDX-License-Identifier: BSD-2-Clause */
/* What the root task is given. */
#include "cases.h"
#include "lib/objects.h"
#include <gpi/bootinfo.h>
#include <sel4/sel4.h>

static void initial_caps(void)
{
    static const seL4_CPtr present[] = {
        seL4_CapInitThreadTCB, seL4_CapInitThreadCNode,     seL4_CapInitThreadVSpace,
        seL4_CapIRQControl,    seL4_CapASIDControl,         seL4_CapInitThreadASIDPool,
        seL4_CapBootInfoFrame, seL4_CapInitThreadIPCBuffer, seL4_CapInitThreadSC,
        seL4_CapSMC,
    };
    for (unsigned i = 0; i < sizeof(present) / sizeof(present[0]); i++) {
        CHECK(!slot_is_empty(present[i]));
    }
    CHECK(slot_is_empty(seL4_CapNull));
    CHECK(slot_is_empty(seL4_GetBootInfo()->empty.start + 2000));
}

static void regions(void)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    seL4_Word slots = 1ul << bi->initThreadCNodeSizeBits;
    CHECK(bi->empty.start >= seL4_NumInitialCaps);
    CHECK(bi->empty.start < bi->empty.end);
    CHECK_EQ(bi->empty.end, slots);
    CHECK(bi->userImageFrames.start < bi->userImageFrames.end);
    for (seL4_CPtr frame = bi->userImageFrames.start; frame < bi->userImageFrames.end; frame++) {
        CHECK_EQ(seL4_DebugCapIdentify(frame), seL4_DebugCapIdentify(seL4_CapBootInfoFrame));
    }
    CHECK_EQ(bi->schedcontrol.end - bi->schedcontrol.start, bi->numNodes);
    CHECK(!slot_is_empty(bi->schedcontrol.start));
    CHECK_EQ((seL4_Word)bi->ipcBuffer % (1ul << seL4_IPCBufferSizeBits), 0);
}

static void untyped_list(void)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    seL4_Word memory = 0;
    for (seL4_Word i = 0; i < bi->untyped.end - bi->untyped.start; i++) {
        const seL4_UntypedDesc *u = &bi->untypedList[i];
        CHECK_EQ(u->paddr & ((1ul << u->sizeBits) - 1), 0);
        CHECK_IN(u->sizeBits, seL4_MinUntypedBits, seL4_MaxUntypedBits);
        if (!u->isDevice) {
            memory += 1ul << u->sizeBits;
        }
        for (seL4_Word j = 0; j < i; j++) {
            const seL4_UntypedDesc *v = &bi->untypedList[j];
            bool apart = u->paddr + (1ul << u->sizeBits) <= v->paddr || v->paddr + (1ul << v->sizeBits) <= u->paddr;
            CHECK(apart);
        }
    }
    CHECK(memory >= 256ul << 20);
}

static void device_tree(void)
{
    seL4_Word size;
    const seL4_Uint8 *blob = gpi_bootinfo_chunk(seL4_GetBootInfo(), SEL4_BOOTINFO_HEADER_FDT, &size);
    REQUIRE(blob != 0);
    CHECK_EQ((seL4_Uint32)blob[0] << 24 | (seL4_Uint32)blob[1] << 16 | (seL4_Uint32)blob[2] << 8 | blob[3], 0xd00dfeed);
}

static void archive(void)
{
    seL4_Word size;
    const struct vesicle_bootinfo_archive *found =
        gpi_bootinfo_chunk(seL4_GetBootInfo(), VESICLE_BOOTINFO_HEADER_ARCHIVE, &size);
    REQUIRE(found != 0);
    CHECK_EQ(found->paddr % 4096, 0);
    new_device_page_at(found->paddr, WINDOW);
    CHECK_EQ(*(volatile seL4_Uint32 *)WINDOW, 0x37303730); /* "0707" */
}

const struct test_case boot_cases[] = {
    {"boot_initial_caps", initial_caps}, {"boot_regions", regions}, {"boot_untyped_list", untyped_list},
    {"boot_device_tree", device_tree},   {"boot_archive", archive}, {0, 0},
};
