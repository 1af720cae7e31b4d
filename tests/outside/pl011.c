/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the UART in the machine's device tree, its page among the device untypeds, and prints with it. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ROOT seL4_CapInitThreadCNode
#define UART 0x7000000000ul
#define DR   0
#define FR   (0x18 / 4)
#define TXFF (1u << 5)
#define ID0  (0xfe0 / 4)
#define PAGE (1ul << seL4_PageBits)

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE, FDT_PROP, FDT_NOP, FDT_END };

static seL4_CPtr empty;

static uint32_t big(const void *p)
{
    const unsigned char *c = p;
    return (uint32_t)c[0] << 24 | (uint32_t)c[1] << 16 | (uint32_t)c[2] << 8 | c[3];
}

static const char *find_tree(const seL4_BootInfo *bi)
{
    const char *chunk = (const char *)bi + PAGE, *end = chunk + bi->extraLen;
    while (chunk < end) {
        const seL4_BootInfoHeader *header = (const seL4_BootInfoHeader *)chunk;
        if (header->id == SEL4_BOOTINFO_HEADER_FDT) {
            return chunk + sizeof *header;
        }
        chunk += header->len;
    }
    return NULL;
}

/** Address of the first node below the root that is compatible with something; cells are two and two. */
static seL4_Word find_device(const char *tree, const char *compatible)
{
    const char *p = tree + big(tree + 8), *names = tree + big(tree + 12);
    seL4_Word reg = 0;
    int fits = 0;
    assert(big(tree) == 0xd00dfeed);
    for (;;) {
        uint32_t token = big(p), length;
        p += 4;
        switch (token) {
        case FDT_BEGIN_NODE:
            reg = 0;
            fits = 0;
            p += (strlen(p) + 4) & ~3ul;
            break;
        case FDT_END_NODE:
            if (fits && reg) {
                return reg;
            }
            break;
        case FDT_PROP:
            length = big(p);
            if (strcmp(names + big(p + 4), "compatible") == 0 && strcmp(p + 8, compatible) == 0) {
                fits = 1;
            }
            if (strcmp(names + big(p + 4), "reg") == 0 && length >= 16) {
                reg = (seL4_Word)big(p + 8) << 32 | big(p + 12);
            }
            p += 8 + ((length + 3) & ~3u);
            break;
        case FDT_NOP:
            break;
        default:
            return 0;
        }
    }
}

/** A frame of a device: its untyped is halved until nothing else is left. */
static seL4_CPtr device_frame(const seL4_BootInfo *bi, seL4_Word paddr)
{
    for (seL4_CPtr untyped = bi->untyped.start; untyped < bi->untyped.end; untyped++) {
        const seL4_UntypedDesc *desc = &bi->untypedList[untyped - bi->untyped.start];
        seL4_Word base = desc->paddr, bits = desc->sizeBits;
        if (!desc->isDevice || paddr < base || (paddr - base) >> bits) {
            continue;
        }
        seL4_CPtr piece = untyped;
        while (bits > seL4_PageBits) {
            bits--;
            assert(seL4_Untyped_Retype(piece, seL4_UntypedObject, bits, ROOT, 0, 0, empty, 2) == seL4_NoError);
            piece = empty + ((paddr - base) >> bits);
            base += (piece - empty) << bits;
            empty += 2;
        }
        /* Nothing that the kernel would keep there itself. */
        assert(seL4_Untyped_Retype(piece, seL4_EndpointObject, 0, ROOT, 0, 0, empty, 1) == seL4_InvalidArgument);
        assert(seL4_Untyped_Retype(piece, seL4_ARM_SmallPageObject, 0, ROOT, 0, 0, empty, 1) == seL4_NoError);
        assert(seL4_ARM_Page_GetAddress(empty).paddr == (paddr & ~(PAGE - 1)));
        return empty++;
    }
    return seL4_CapNull;
}

static seL4_CPtr page_table(const seL4_BootInfo *bi)
{
    for (seL4_CPtr untyped = bi->untyped.start; untyped < bi->untyped.end; untyped++) {
        if (seL4_Untyped_Retype(untyped, seL4_ARM_PageTableObject, 0, ROOT, 0, 0, empty, 1) == seL4_NoError) {
            return empty++;
        }
    }
    return seL4_CapNull;
}

int main(void)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    empty = bi->empty.start;
    const char *tree = find_tree(bi);
    assert(tree);
    seL4_Word paddr = find_device(tree, "arm,pl011");
    printf("there is a PL011 at %lx\n", paddr);
    seL4_CPtr frame = device_frame(bi, paddr);
    assert(frame);
    while (seL4_ARM_Page_Map(frame, seL4_CapInitThreadVSpace, UART, seL4_ReadWrite, seL4_ARM_ExecuteNever) ==
           seL4_FailedLookup) {
        assert(seL4_ARM_PageTable_Map(page_table(bi), seL4_CapInitThreadVSpace, UART, 0) == seL4_NoError);
    }
    volatile uint32_t *uart = (uint32_t *)UART;
    assert((uart[ID0] & 0xff) == 0x11);
    for (const char *c = "printed by a driver\r\n"; *c; c++) {
        while (uart[FR] & TXFF) {
        }
        uart[DR] = (unsigned char)*c;
    }
    return 0;
}
