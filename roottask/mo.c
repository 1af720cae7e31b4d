/* SPDX-License-Identifier: BSD-2-Clause */
#include "mo.h"

#include "archive.h"
#include "call.h"

#include <gpi/proto/mo.h>
#include <sel4/sel4.h>
#include <string.h>

static seL4_Word frame_type(size_t page_bits)
{
    return page_bits == MO_PAGE_BITS         ? seL4_ARM_SmallPageObject
           : page_bits == MO_LARGE_PAGE_BITS ? seL4_ARM_LargePageObject
                                             : seL4_ARM_HugePageObject;
}

static void free_piece(struct mo_piece *piece)
{
    ut_free_revoke(piece->ut, piece->ut->size_bits);
    cspace_free_slots(&root_cspace, piece->first, piece->pages);
}

/* Makes frames of a piece of untyped memory. */
static bool make_frames(struct mo_piece *piece, size_t page_bits)
{
    piece->pages = 1ul << (piece->ut->size_bits - page_bits);
    piece->first = cspace_alloc_slots(&root_cspace, piece->pages);
    if (!piece->first) {
        return false;
    }
    for (size_t done = 0; done < piece->pages;) {
        size_t left = piece->pages - done;
        size_t count = left < seL4_UntypedRetypeMaxObjects ? left : seL4_UntypedRetypeMaxObjects;
        if (cspace_untyped_retype_many(&root_cspace, piece->ut->cap, piece->first + done, frame_type(page_bits),
                                       page_bits, count) != seL4_NoError) {
            ut_revoke(piece->ut);
            cspace_free_slots(&root_cspace, piece->first, piece->pages);
            return false;
        }
        done += count;
    }
    return true;
}

static gpi_error_t add_piece(struct mo *mo, ut_t *ut)
{
    struct mo_piece *grown =
        memory_grow(mo->pieces, mo->piece_count * sizeof *grown, (mo->piece_count + 1) * sizeof *grown);
    if (grown) {
        mo->pieces = grown;
        struct mo_piece *piece = &grown[mo->piece_count];
        piece->ut = ut;
        if (make_frames(piece, mo->page_bits)) {
            mo->piece_count++;
            return GPI_OK;
        }
    }
    ut_free(ut, ut->size_bits);
    return GPI_ERR_NO_MEMORY;
}

/* The largest power of two that is not above `pages`, and of which a frame's capabilities fit side by side. */
static size_t piece_bits(size_t pages)
{
    size_t bits = 63 - (size_t)__builtin_clzl(pages);
    return bits < 8 ? bits : 8;
}

/* Adds pages until there are `pages`. */
static gpi_error_t fill(struct mo *mo, size_t pages, seL4_Word flags, seL4_Word paddr)
{
    for (size_t done = mo->pages; done < pages;) {
        size_t bits = flags & MO_CONTIGUOUS ? (pages == 1 ? 0 : 64 - (size_t)__builtin_clzl(pages - 1))
                                            : piece_bits(pages - done);
        if (flags & MO_AT_PADDR) {
            /* No piece may begin where it is not aligned. */
            seL4_Word page = (paddr >> mo->page_bits) + done;
            bits = page && (size_t)__builtin_ctzl(page) < bits ? (size_t)__builtin_ctzl(page) : bits;
        }
        ut_t *ut = memory_must_fail()    ? NULL
                   : flags & MO_AT_PADDR ? ut_alloc_at(paddr + (done << mo->page_bits), bits + mo->page_bits)
                                         : ut_alloc(bits + mo->page_bits, &root_cspace);
        while (!ut && bits > 0 && !(flags & (MO_AT_PADDR | MO_CONTIGUOUS))) {
            bits--;
            ut = ut_alloc(bits + mo->page_bits, &root_cspace);
        }
        gpi_error_t error = ut ? add_piece(mo, ut) : GPI_ERR_NO_MEMORY;
        if (error != GPI_OK) {
            return error;
        }
        done += mo->pieces[mo->piece_count - 1].pages;
        mo->pages = done < pages ? done : pages;
    }
    return GPI_OK;
}

static uint64_t bytes_of(const struct mo *mo)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < mo->piece_count; i++) {
        bytes += mo->pieces[i].ut->device ? 0 : 1ul << mo->pieces[i].ut->size_bits;
    }
    return bytes;
}

static void release_pieces(struct mo *mo)
{
    for (size_t i = 0; i < mo->piece_count; i++) {
        free_piece(&mo->pieces[i]);
    }
    memory_free(mo->pieces);
    mo->pieces = NULL;
    mo->piece_count = 0;
}

static void end(struct object *object)
{
    struct mo *mo = object_of(object, mo);
    if (!mo->read_only) {
        account_refund(object->account, bytes_of(mo));
    }
    release_pieces(mo);
}

void mo_init(void)
{
    object_register(GPICAP_TYPE_MO, end);
}

static bool size_is_sound(size_t pages, size_t page_bits)
{
    return pages > 0 && pages <= 1ul << (seL4_MaxUntypedBits - seL4_PageBits) &&
           (page_bits == MO_PAGE_BITS || page_bits == MO_LARGE_PAGE_BITS || page_bits == MO_HUGE_PAGE_BITS) &&
           pages <= 1ul << (seL4_MaxUntypedBits - page_bits);
}

struct mo *mo_new(struct account *account, size_t pages, size_t page_bits, seL4_Word flags, seL4_Word paddr,
                  gpi_error_t *error)
{
    *error = GPI_ERR_BAD_ARGUMENT;
    if (!size_is_sound(pages, page_bits) || (flags & MO_AT_PADDR && paddr & ((1ul << page_bits) - 1))) {
        return NULL;
    }
    *error = GPI_ERR_NO_MEMORY;
    struct mo *mo = memory_new(sizeof *mo);
    if (!mo) {
        return NULL;
    }
    mo->page_bits = (uint8_t)page_bits;
    /* At least this much; what rounding adds is known afterwards. */
    uint64_t bytes = flags & MO_AT_PADDR ? 0 : pages << page_bits;
    if (account_charge(account, bytes)) {
        *error = fill(mo, pages, flags, paddr);
        uint64_t made = bytes_of(mo);
        account_refund(account, bytes);
        if (*error == GPI_OK && account_charge(account, made)) {
            object_init(&mo->object, GPICAP_TYPE_MO, account);
            return mo;
        }
        *error = *error == GPI_OK ? GPI_ERR_NO_MEMORY : *error;
        release_pieces(mo);
    }
    memory_free(mo);
    return NULL;
}

struct mo *mo_open_image(const char *name, size_t length, bool system, size_t *size, gpi_error_t *error)
{
    struct archive_file *file = archive_find(name, length);
    *error = GPI_ERR_NOT_FOUND;
    if (!file) {
        return NULL;
    }
    if (file->system && !system) {
        *error = GPI_ERR_RIGHTS;
        return NULL;
    }
    *size = file->size;
    if (!file->mo) {
        /* Its pages are device memory to the kernel, and nobody's quota pays for them: they are there anyway. */
        size_t pages = (file->size + (1ul << seL4_PageBits) - 1) >> seL4_PageBits;
        file->mo = mo_new(NULL, pages ? pages : 1, MO_PAGE_BITS, MO_AT_PADDR, file->paddr, error);
        if (!file->mo) {
            return NULL;
        }
        file->mo->read_only = true;
    }
    *error = GPI_OK;
    return object_of(object_get(&file->mo->object), mo);
}

static bool is_whole(const struct mo *mo)
{
    size_t pages = 0;
    for (size_t i = 0; i < mo->piece_count; i++) {
        pages += mo->pieces[i].pages;
    }
    return pages == mo->pages;
}

void mo_shrink(struct mo *mo, size_t pages)
{
    while (mo->pages > pages) {
        struct mo_piece *piece = &mo->pieces[--mo->piece_count];
        mo->pages -= piece->pages;
        account_refund(mo->object.account, 1ul << piece->ut->size_bits);
        free_piece(piece);
    }
}

gpi_error_t mo_pay(struct mo *mo, struct account *account)
{
    uint64_t bytes = bytes_of(mo);
    if (mo->object.account == account || mo->object.handles || mo->read_only) {
        return GPI_OK;
    }
    account_refund(mo->object.account, bytes);
    if (!account_charge(account, bytes)) {
        account_charge(mo->object.account, bytes);
        return GPI_ERR_NO_MEMORY;
    }
    account_get(account);
    account_put(mo->object.account);
    mo->object.account = account;
    return GPI_OK;
}

gpi_error_t mo_grow(struct mo *mo, size_t more)
{
    size_t old = mo->pages, made = mo->piece_count;
    if (mo->read_only || !is_whole(mo) || (mo->pieces && mo->pieces[0].ut->device)) {
        return GPI_ERR_STATE;
    }
    if (!size_is_sound(old + more, mo->page_bits) || !account_charge(mo->object.account, more << mo->page_bits)) {
        return GPI_ERR_NO_MEMORY;
    }
    gpi_error_t error = fill(mo, old + more, 0, 0);
    if (error != GPI_OK) {
        /* What was made is refunded piece by piece, the rest at once. */
        uint64_t bytes = 0;
        for (size_t i = made; i < mo->piece_count; i++) {
            bytes += 1ul << mo->pieces[i].ut->size_bits;
        }
        account_refund(mo->object.account, (more << mo->page_bits) - bytes);
        mo_shrink(mo, old);
    }
    return error;
}

seL4_Word mo_paddr(const struct mo *mo, size_t page)
{
    const struct mo_piece *piece = mo->pieces;
    for (; page >= piece->pages; piece++) {
        page -= piece->pages;
    }
    return piece->ut->paddr + (page << mo->page_bits);
}

static gpi_error_t create(struct call *call)
{
    const struct mo_create *in = CALL_IN(call, mo_create);
    gpi_error_t error = GPI_ERR_BAD_ARGUMENT;
    if (in->flags & ~(seL4_Word)(MO_CONTIGUOUS | MO_AT_PADDR)) {
        return error;
    }
    if (in->flags & MO_AT_PADDR && !(call->handle->rights & GPI_RIGHT_SYSTEM)) {
        return GPI_ERR_RIGHTS;
    }
    struct mo *mo = mo_new(call->space->account, in->pages, in->page_bits, in->flags, in->paddr, &error);
    return mo ? call_return_object(call, &mo->object) : error;
}

static gpi_error_t open_image(struct call *call)
{
    const struct gpi_name *name = CALL_IN(call, gpi_name);
    size_t size;
    gpi_error_t error;
    bool system = call->handle->rights & GPI_RIGHT_SYSTEM;
    struct mo *mo = mo_open_image(name->text, strnlen(name->text, GPI_NAME_SIZE), system, &size, &error);
    if (mo) {
        error = call_return_object(call, &mo->object);
        CALL_OUT(call, mo_image)->size = size;
        if (error == GPI_OK) {
            pdspace_handle(call->space, CALL_OUT(call, mo_image)->slot)->rights &= (uint8_t)~GPI_RIGHT_WRITE;
        }
    }
    return error;
}

static gpi_error_t get_info(struct call *call)
{
    const struct mo *mo = object_of(call->handle->object, mo);
    bool contiguous = mo->piece_count == 1;
    *CALL_OUT(call, mo_info) =
        (struct mo_info){mo->pages, mo->page_bits, contiguous ? mo_paddr(mo, 0) : 0, call->handle->rights};
    return GPI_OK;
}

static const struct method methods[] = {
    [GPI_METHOD_NUMBER(MO_CREATE)] = {create, CALL_ON_RDE, GPICAP_TYPE_MO, 0, GPI_WORDS(struct mo_create),
                                      GPI_WORDS(struct gpi_slot_and_id)},
    [GPI_METHOD_NUMBER(MO_OPEN_IMAGE)] = {open_image, CALL_ON_RDE, GPICAP_TYPE_MO, 0, GPI_WORDS(struct gpi_name),
                                          GPI_WORDS(struct mo_image)},
    [GPI_METHOD_NUMBER(MO_GET_INFO)] = {get_info, CALL_ON_OBJECT, GPICAP_TYPE_MO, 0, 0, GPI_WORDS(struct mo_info)},
};
const struct component mo_component = {methods, sizeof methods / sizeof methods[0]};
