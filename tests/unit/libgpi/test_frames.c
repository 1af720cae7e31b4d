/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "lib/machine.h"
#include "lib/unit.h"
#include <gpi/backing.h>
#include <gpi/frames.h>

#define PAGE 4096ul

static struct state before;
static struct gpi_frames frames;

static void remember(void)
{
    fixture_setup();
    before = fixture_state();
}

/* Each frame is where the pieces say, and where the caller wanted it. Returns the number of pieces. */
static unsigned check_frames(size_t count, size_t size_bits, bool contiguous)
{
    unsigned pieces = 0;
    size_t i = 0;
    seL4_Word next = 0;
    CHECK_EQ(frames.count, count);
    for (const ut_t *ut = frames.pieces; ut; ut = ut->next, pieces++) {
        for (seL4_Word at = 0; at < 1ul << ut->size_bits; at += 1ul << size_bits, i++) {
            seL4_Word paddr = cap_paddr(fixture_cap(frames.first + i)).raw;
            CHECK_EQ(cap_type(fixture_cap(frames.first + i)), CAP_FRAME);
            CHECK_EQ(paddr, ut->paddr + at);
            CHECK(!contiguous || i == 0 || paddr == next);
            next = paddr + (1ul << size_bits);
        }
    }
    CHECK_EQ(i, count);
    return pieces;
}

static seL4_Error create(size_t count, size_t size_bits, enum gpi_frames_where where, seL4_Word paddr)
{
    return gpi_frames_create(&frames, &own_space, count, size_bits, where, paddr);
}

static void anywhere(void)
{
    CHECK_EQ(create(1000, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0), seL4_NoError);
    CHECK_EQ(check_frames(1000, seL4_PageBits, false), 6); /* bits set in 1000 */
    CHECK_EQ(ut_size_free(), before.memory - 1000 * PAGE);
    gpi_frames_destroy(&frames);
    fixture_check_state(before);
    CHECK_EQ(create(5, seL4_LargePageBits, GPI_FRAMES_ANYWHERE, 0), seL4_NoError);
    CHECK_EQ(check_frames(5, seL4_LargePageBits, false), 2);
    gpi_frames_destroy(&frames);
    fixture_check_state(before);
}

/* Where no large pieces are left it takes small ones: every other page is somebody else's. */
static void out_of_crumbs(void)
{
    static ut_t *page[64];
    seL4_Word base = boot_info.untypedList[0].paddr;
    for (unsigned i = 0; i < 64; i++) {
        page[i] = ut_alloc_at(base + i * 2 * PAGE, seL4_PageBits);
    }
    size_t n = ut_size_free() / PAGE;
    CHECK_EQ(create(n + 1, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0), seL4_NotEnoughMemory);
    CHECK_EQ(create(n - 100, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0), seL4_NotEnoughMemory); /* no slots */
    CHECK_EQ(ut_size_free(), n * PAGE);
    ut_t *half = ut_alloc_at(base + (1ul << (MACHINE_MEMORY_BITS - 1)), MACHINE_MEMORY_BITS - 1);
    CHECK(half != NULL);
    n = ut_size_free() / PAGE;
    CHECK_EQ(create(n, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0), seL4_NoError);
    CHECK(check_frames(n, seL4_PageBits, false) >= 64);
    CHECK_EQ(ut_size_free(), 0);
    gpi_frames_destroy(&frames);
    ut_free(half, half->size_bits);
    for (unsigned i = 0; i < 64; i++) {
        ut_free(page[i], seL4_PageBits);
    }
    fixture_check_state(before);
}

/* Taken at once, made later, in any order and over the borders of pieces. */
static void made_later(void)
{
    static const size_t from[] = {90, 0, 1, 40, 33}, count[] = {10, 1, 32, 50, 7};
    CHECK_EQ(gpi_frames_reserve(&frames, &own_space, 100, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0), seL4_NoError);
    CHECK_EQ(ut_size_free(), before.memory - 100 * PAGE);
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
        for (size_t k = 0; k < count[i]; k++) {
            CHECK_EQ(cap_type(fixture_cap(frames.first + from[i] + k)), CAP_NULL);
        }
        CHECK_EQ(gpi_frames_make(&frames, from[i], count[i]), seL4_NoError);
    }
    for (size_t i = 0; i < 100; i++) {
        seL4_Word paddr = cap_paddr(fixture_cap(frames.first + i)).raw;
        CHECK_EQ(cap_type(fixture_cap(frames.first + i)), CAP_FRAME);
        for (size_t k = 0; k < i; k++) {
            CHECK(cap_paddr(fixture_cap(frames.first + k)).raw != paddr);
        }
    }
    gpi_frames_destroy(&frames);
    fixture_check_state(before);
    CHECK_EQ(gpi_frames_reserve(&frames, &own_space, 100, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0), seL4_NoError);
    CHECK_EQ(gpi_frames_make(&frames, 70, 3), seL4_NoError);
    gpi_frames_destroy(&frames);
    fixture_check_state(before);
}

static void contiguous(void)
{
    seL4_Word base = boot_info.untypedList[0].paddr;
    CHECK_EQ(create(1500, seL4_PageBits, GPI_FRAMES_CONTIGUOUS, 0), seL4_NoError);
    check_frames(1500, seL4_PageBits, true);
    CHECK_EQ(ut_size_free(), before.memory - 1500 * PAGE);
    gpi_frames_destroy(&frames);
    fixture_check_state(before);
    /* A run that is no piece of the size: from one page behind a quarter to one before the end. */
    ut_t *low = ut_alloc_at(base + (1ul << (MACHINE_MEMORY_BITS - 2)), seL4_PageBits);
    ut_t *high = ut_alloc_at(base + (1ul << MACHINE_MEMORY_BITS) - PAGE, seL4_PageBits);
    size_t run = (3ul << (MACHINE_MEMORY_BITS - 2)) / PAGE - 2;
    CHECK_EQ(create(run + 1, seL4_PageBits, GPI_FRAMES_CONTIGUOUS, 0), seL4_NotEnoughMemory);
    CHECK_EQ(create(run, seL4_PageBits, GPI_FRAMES_CONTIGUOUS, 0), seL4_NoError);
    CHECK_EQ(cap_paddr(fixture_cap(frames.first)).raw, low->paddr + PAGE);
    check_frames(run, seL4_PageBits, true);
    gpi_frames_destroy(&frames);
    /* Large pages are aligned to their size. */
    CHECK_EQ(create(4, seL4_LargePageBits, GPI_FRAMES_CONTIGUOUS, 0), seL4_NoError);
    check_frames(4, seL4_LargePageBits, true);
    gpi_frames_destroy(&frames);
    ut_free(low, seL4_PageBits);
    ut_free(high, seL4_PageBits);
    fixture_check_state(before);
}

/*
 * The memory that more records need may be of the run that was found: then there is another. However many records there are to begin
 * with, and so wherever they run out.
 */
static void run_is_lost(void)
{
    unsigned lost = 0;
    for (size_t records = 40; records < 200; records++) {
        fixture_setup_records(records);
        seL4_Word base = boot_info.untypedList[0].paddr;
        /* Pages 1 to 3 are the smallest free pieces, and the first run of two. */
        CHECK(ut_alloc_at(base + 4 * PAGE, seL4_PageBits) && ut_alloc_at(base, seL4_PageBits));
        backing_uses_ut = backing_keeps_ut = true;
        CHECK_EQ(create(2, seL4_PageBits, GPI_FRAMES_CONTIGUOUS, 0), seL4_NoError);
        check_frames(2, seL4_PageBits, true);
        lost += cap_paddr(fixture_cap(frames.first)).raw != base + PAGE;
    }
    CHECK(lost > 0);
}

static void at_an_address(void)
{
    seL4_Word base = boot_info.untypedList[0].paddr;
    CHECK_EQ(create(77, seL4_PageBits, GPI_FRAMES_AT, base + 3 * PAGE), seL4_NoError);
    CHECK_EQ(cap_paddr(fixture_cap(frames.first)).raw, base + 3 * PAGE);
    check_frames(77, seL4_PageBits, true);
    struct gpi_frames first = frames;
    CHECK_EQ(create(1, seL4_PageBits, GPI_FRAMES_AT, base + 79 * PAGE), seL4_NotEnoughMemory);
    CHECK_EQ(create(2, seL4_PageBits, GPI_FRAMES_AT, base + 80 * PAGE), seL4_NoError);
    gpi_frames_destroy(&frames);
    gpi_frames_destroy(&first);
    /* Up to the end, and over it. */
    seL4_Word end = base + (1ul << MACHINE_MEMORY_BITS);
    CHECK_EQ(create(4, seL4_PageBits, GPI_FRAMES_AT, end - 3 * PAGE), seL4_NotEnoughMemory);
    CHECK_EQ(create(3, seL4_PageBits, GPI_FRAMES_AT, end - 3 * PAGE), seL4_NoError);
    gpi_frames_destroy(&frames);
    fixture_check_state(before);
    /* A device. */
    CHECK_EQ(create(40, seL4_PageBits, GPI_FRAMES_AT, MACHINE_DEVICE + 0x9010000), seL4_NoError);
    check_frames(40, seL4_PageBits, true);
    gpi_frames_destroy(&frames);
    CHECK_EQ(create(3, seL4_HugePageBits, GPI_FRAMES_AT, MACHINE_DEVICE + (1ul << 30)), seL4_NoError);
    gpi_frames_destroy(&frames);
    fixture_check_state(before);
    CHECK(ut_alloc_at(MACHINE_DEVICE, MACHINE_DEVICE_BITS) != NULL);
}

/* Copies go with the frames. */
static void revoked(void)
{
    CHECK_EQ(create(3, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0), seL4_NoError);
    seL4_CPtr copy = cspace_alloc_slot(&own_space);
    CHECK_EQ(cspace_copy(&own_space, copy, &own_space, frames.first + 1, seL4_CanRead), seL4_NoError);
    gpi_frames_destroy(&frames);
    CHECK(!fixture_occupied(copy));
}

static void wrong_arguments(void)
{
    CHECK_EQ(create(0, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0), seL4_InvalidArgument);
    CHECK_EQ(create(1, 13, GPI_FRAMES_ANYWHERE, 0), seL4_InvalidArgument);
    CHECK_EQ(create(1ul << 60, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0), seL4_InvalidArgument);
    CHECK_EQ(create(1ul << 40, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0), seL4_NotEnoughMemory);
    CHECK_EQ(create(1, seL4_LargePageBits, GPI_FRAMES_AT, boot_info.untypedList[0].paddr + PAGE), seL4_InvalidArgument);
    fixture_check_state(before);
}

/* Every call fails once, then every allocation. */
static void failing(void)
{
    for (unsigned how = 0; how < 3; how++) {
        seL4_Word paddr = boot_info.untypedList[0].paddr + 5 * PAGE;
        for (unsigned n = 1, kind = 0; kind < 2; n++) {
            remember();
            fixture_fail_call(kind == 0 ? n : 0);
            gpi_fail_allocation(kind == 1 ? n : 0);
            seL4_Error error = create(600, seL4_PageBits, (enum gpi_frames_where)how, paddr);
            unsigned long tried = kind == 0 ? fixture_calls() : gpi_allocations();
            fixture_fail_call(0);
            gpi_fail_allocation(0);
            if (error == seL4_NoError) {
                gpi_frames_destroy(&frames);
            }
            fixture_check_state(before);
            if (tried < n) {
                CHECK_EQ(error, seL4_NoError);
                kind++;
                n = 0;
            }
        }
    }
}

static const struct unit_case cases[] = {
    {"anywhere", anywhere},       {"out_of_crumbs", out_of_crumbs},     {"made_later", made_later},
    {"run_is_lost", run_is_lost}, {"contiguous", contiguous},           {"at_an_address", at_an_address},
    {"revoked", revoked},         {"wrong_arguments", wrong_arguments}, {"failing", failing},
};

int main(void)
{
    return unit_run("libgpi.frames", cases, UNIT_COUNT(cases), remember);
}
