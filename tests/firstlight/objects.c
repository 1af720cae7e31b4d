/* SPDX-License-Identifier: BSD-2-Clause */
#include "objects.h"

#include "power.h"

#include <gpi/mapping.h>
#include <gpi/ut.h>
#include <sel4/sel4.h>

#define LARGE_PAGE (1ul << seL4_LargePageBits)
#define SMALL_PAGE (1ul << seL4_PageBits)

/* Our own addresses: from here on nothing else is. */
#define MAP_BASE 0x4000000000ul

static cspace_t cspace;
static struct ut records[8192];
static seL4_Word next_address = MAP_BASE;

void objects_check(seL4_Error error, const char *what)
{
    if (error != seL4_NoError) {
        power_fail("%s: error %u", what, (unsigned)error);
    }
}

void objects_init(const seL4_BootInfo *bi)
{
    cspace_init_root(&cspace, bi);
    ut_init(bi, &cspace, records, sizeof records);
}

cspace_t *objects_cspace(void)
{
    return &cspace;
}

static seL4_CPtr slot(void)
{
    seL4_CPtr free = cspace_alloc_slot(&cspace);
    if (free == seL4_CapNull) {
        power_fail("no capability slot is left");
    }
    return free;
}

/* Addresses whose offset in a large page is that of `like`, so that large pages can be used for both. */
static seL4_Word take_addresses(seL4_Word like, seL4_Word size)
{
    seL4_Word start = next_address + like % LARGE_PAGE;
    next_address = (start + size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    next_address += LARGE_PAGE; /* a hole, to find overruns */
    return start;
}

seL4_CPtr objects_make(seL4_ObjectType type, unsigned bits)
{
    ut_t *ut = ut_alloc(bits, &cspace);
    seL4_CPtr object = slot();
    if (ut == NULL) {
        power_fail("no memory for an object of type %u", (unsigned)type);
    }
    /* The size of a CNode is in slots. */
    size_t size = type == seL4_CapTableObject ? bits - (unsigned)seL4_SlotBits : bits;
    objects_check(cspace_untyped_retype(&cspace, ut->cap, object, type, size), "making an object");
    return object;
}

static void map(seL4_CPtr frame, seL4_CPtr vspace, seL4_Word address, seL4_ARM_VMAttributes attributes)
{
    objects_check(map_frame(&cspace, frame, vspace, address, seL4_AllRights, attributes), "mapping a page");
}

void *objects_page(seL4_CPtr *frame)
{
    seL4_CPtr page = objects_make(seL4_ARM_SmallPageObject, seL4_PageBits);
    seL4_Word address = take_addresses(0, SMALL_PAGE);
    map(page, seL4_CapInitThreadVSpace, address,
        (seL4_ARM_VMAttributes)(seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever));
    if (frame != NULL) {
        *frame = page;
    }
    return (void *)address;
}

static bool map_physical_page(seL4_Word paddr, bool large, seL4_Word address, seL4_ARM_VMAttributes attributes)
{
    unsigned bits = large ? seL4_LargePageBits : seL4_PageBits;
    ut_t *ut = ut_alloc_at(paddr, bits);
    if (ut == NULL) {
        return false;
    }
    seL4_CPtr frame = slot();
    seL4_Word type = large ? seL4_ARM_LargePageObject : seL4_ARM_SmallPageObject;
    objects_check(cspace_untyped_retype(&cspace, ut->cap, frame, type, bits), "making a page of a device");
    map(frame, seL4_CapInitThreadVSpace, address, attributes);
    return true;
}

void *objects_map_physical(seL4_Word paddr, seL4_Word size, seL4_ARM_VMAttributes attributes)
{
    seL4_Word first = paddr & ~(SMALL_PAGE - 1);
    seL4_Word end = (paddr + size + SMALL_PAGE - 1) & ~(SMALL_PAGE - 1);
    seL4_Word start = take_addresses(first, end - first);
    for (seL4_Word at = first; at < end;) {
        bool large = at % LARGE_PAGE == 0 && end - at >= LARGE_PAGE;
        if (!map_physical_page(at, large, start + (at - first), attributes)) {
            return NULL;
        }
        at += large ? LARGE_PAGE : SMALL_PAGE;
    }
    return (void *)(start + (paddr - first));
}

/* The largest piece of untyped memory of at most `size` bytes, in one Retype's worth of large pages. */
static ut_t *take_ram(seL4_Word size)
{
    unsigned bits = seL4_LargePageBits + 8;
    for (; bits >= seL4_LargePageBits; bits--) {
        ut_t *ut = 1ul << bits <= size ? ut_alloc(bits, &cspace) : NULL;
        if (ut != NULL) {
            return ut;
        }
    }
    return NULL;
}

static void map_ram(seL4_CPtr frame, seL4_CPtr vspace, seL4_Word there, seL4_Word here)
{
    seL4_CPtr copy = slot();
    objects_check(cspace_copy(&cspace, copy, &cspace, frame, seL4_AllRights), "copying a capability");
    map(frame, vspace, there, seL4_ARM_Default_VMAttributes);
    map(copy, seL4_CapInitThreadVSpace, here,
        (seL4_ARM_VMAttributes)(seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever));
}

void *objects_ram(seL4_CPtr vspace, seL4_Word address, seL4_Word size)
{
    seL4_Word here = take_addresses(address, size);
    for (seL4_Word done = 0; done < size;) {
        ut_t *ut = take_ram(size - done);
        if (ut == NULL) {
            return NULL;
        }
        seL4_Word count = 1ul << (ut->size_bits - seL4_LargePageBits);
        seL4_CPtr frames = cspace_alloc_slots(&cspace, count);
        if (frames == seL4_CapNull) {
            return NULL;
        }
        objects_check(
            cspace_untyped_retype_many(&cspace, ut->cap, frames, seL4_ARM_LargePageObject, seL4_LargePageBits, count),
            "making guest RAM");
        for (seL4_Word i = 0; i < count; i++, done += LARGE_PAGE) {
            map_ram(frames + i, vspace, address + done, here + done);
        }
    }
    return (void *)here;
}
