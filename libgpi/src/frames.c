/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/frames.h>

#include <sel4/sel4.h>

enum { RUN_TRIES = 3 };

static bool frame_type(size_t size_bits, seL4_Word *type)
{
    switch (size_bits) {
    case seL4_PageBits:
        *type = seL4_ARM_SmallPageObject;
        return true;
    case seL4_LargePageBits:
        *type = seL4_ARM_LargePageObject;
        return true;
    case seL4_HugePageBits:
        *type = seL4_ARM_HugePageObject;
        return true;
    default:
        return false;
    }
}

/* log2 of the largest piece of at most `bytes` bytes. */
static size_t bits_within(seL4_Word bytes)
{
    size_t bits = seL4_WordBits - 1u - (size_t)__builtin_clzl(bytes);
    return bits < seL4_MaxUntypedBits ? bits : seL4_MaxUntypedBits;
}

/* Pieces of `bytes` bytes in all, put at *end. The largest that there are first. */
static bool take_anywhere(const struct gpi_frames *f, seL4_Word bytes, ut_t **end)
{
    size_t bits = bits_within(bytes);
    while (bytes) {
        bits = bits_within(bytes) < bits ? bits_within(bytes) : bits;
        ut_t *ut = ut_alloc(bits, f->cspace);
        if (ut) {
            *end = ut;
            end = &ut->next;
            bytes -= 1ul << bits;
        } else if (bits-- == f->size_bits) {
            return false;
        }
    }
    return true;
}

/* The same from an address on. A piece is no larger than its alignment, and than what the kernel gave. */
static bool take_at(const struct gpi_frames *f, seL4_Word bytes, seL4_Word paddr, ut_t **end)
{
    while (bytes) {
        size_t bits = bits_within(bytes);
        size_t align = paddr ? (size_t)__builtin_ctzl(paddr) : bits;
        ut_t *ut = NULL;
        for (bits = align < bits ? align : bits; !ut && bits >= f->size_bits; bits--) {
            ut = ut_alloc_at(paddr, bits);
        }
        if (!ut) {
            return false;
        }
        *end = ut;
        end = &ut->next;
        bytes -= 1ul << ut->size_bits;
        paddr += 1ul << ut->size_bits;
    }
    return true;
}

static void give_back(ut_t **pieces)
{
    for (ut_t *ut = *pieces, *next; ut; ut = next) {
        next = ut->next;
        ut_free(ut, ut->size_bits);
    }
    *pieces = NULL;
}

/* Somewhere in one run. Records that are used up on the way cost memory too, and that may be of the run: then it is another one. */
static bool take_run(const struct gpi_frames *f, seL4_Word bytes, ut_t **pieces)
{
    seL4_Word paddr;
    for (unsigned i = 0; i < RUN_TRIES && ut_find_run(bytes, f->size_bits, &paddr); i++) {
        if (take_at(f, bytes, paddr, pieces)) {
            return true;
        }
        give_back(pieces);
    }
    return false;
}

seL4_Error gpi_frames_make(const struct gpi_frames *frames, size_t from, size_t count)
{
    seL4_Word type;
    size_t begin = 0, end = from + count;
    if (!frame_type(frames->size_bits, &type)) {
        return seL4_InvalidArgument;
    }
    for (const ut_t *ut = frames->pieces; ut && begin < end; ut = ut->next) {
        size_t next = begin + (1ul << (ut->size_bits - frames->size_bits)), last = next < end ? next : end;
        for (size_t at = from > begin ? from : begin, n; at < last; at += n) {
            n = last - at < seL4_UntypedRetypeMaxObjects ? last - at : seL4_UntypedRetypeMaxObjects;
            seL4_Error error =
                cspace_untyped_retype_many(frames->cspace, ut->cap, frames->first + at, type, frames->size_bits, n);
            if (error != seL4_NoError) {
                return error;
            }
        }
        begin = next;
    }
    return seL4_NoError;
}

seL4_Error gpi_frames_reserve(struct gpi_frames *frames, cspace_t *cspace, size_t count, size_t size_bits,
                              enum gpi_frames_where where, seL4_Word paddr)
{
    seL4_Word type, bytes = count << size_bits;
    *frames = (struct gpi_frames){.cspace = cspace, .count = count, .size_bits = size_bits};
    if (!frame_type(size_bits, &type) || count == 0 || bytes >> size_bits != count ||
        (where == GPI_FRAMES_AT && paddr & ((1ul << size_bits) - 1))) {
        return seL4_InvalidArgument;
    }
    frames->first = cspace_alloc_slots(cspace, count);
    bool taken = frames->first != seL4_CapNull;
    if (taken && where == GPI_FRAMES_ANYWHERE) {
        taken = take_anywhere(frames, bytes, &frames->pieces);
    } else if (taken && where == GPI_FRAMES_AT) {
        taken = take_at(frames, bytes, paddr, &frames->pieces);
    } else if (taken) {
        taken = take_run(frames, bytes, &frames->pieces);
    }
    if (!taken) {
        gpi_frames_destroy(frames);
    }
    return taken ? seL4_NoError : seL4_NotEnoughMemory;
}

seL4_Error gpi_frames_create(struct gpi_frames *frames, cspace_t *cspace, size_t count, size_t size_bits,
                             enum gpi_frames_where where, seL4_Word paddr)
{
    seL4_Error error = gpi_frames_reserve(frames, cspace, count, size_bits, where, paddr);
    if (error == seL4_NoError) {
        error = gpi_frames_make(frames, 0, count);
        if (error != seL4_NoError) {
            gpi_frames_destroy(frames);
        }
    }
    return error;
}

void gpi_frames_destroy(struct gpi_frames *frames)
{
    for (ut_t *ut = frames->pieces, *next; ut; ut = next) {
        next = ut->next;
        ut_free_revoke(ut, ut->size_bits);
    }
    cspace_free_slots(frames->cspace, frames->first, frames->count);
    *frames = (struct gpi_frames){0};
}
