/* SPDX-License-Identifier: BSD-2-Clause */
#include "mo.h"

#include "archive.h"
#include "call.h"

#include <gpi/proto/mo.h>
#include <sel4/sel4.h>
#include <string.h>

/* Adds pages at the end. */
static bool add_part(struct mo *mo, size_t pages, seL4_Word flags, seL4_Word paddr)
{
    enum gpi_frames_where where = flags & MO_AT_PADDR     ? GPI_FRAMES_AT
                                  : flags & MO_CONTIGUOUS ? GPI_FRAMES_CONTIGUOUS
                                                          : GPI_FRAMES_ANYWHERE;
    struct gpi_frames *grown =
        memory_grow(mo->parts, mo->part_count * sizeof *grown, (mo->part_count + 1) * sizeof *grown);
    if (!grown) {
        return false;
    }
    mo->parts = grown;
    struct gpi_frames *part = &grown[mo->part_count];
    if (memory_must_fail() ||
        gpi_frames_reserve(part, &root_cspace, pages, mo->page_bits, where, paddr) != seL4_NoError) {
        return false;
    }
    bool later = flags & (MO_LATER | MO_LATER_FROM_END);
    size_t first = flags & MO_LATER_FROM_END ? pages - 1 : 0;
    if (gpi_frames_make(part, first, later ? 1 : pages) != seL4_NoError) {
        gpi_frames_destroy(part);
        return false;
    }
    if (later) {
        mo->made = first;
        mo->later = (uint32_t)((1ul << ((pages - 1) / MO_LATER_BLOCK + 1)) - 1);
    }
    for (const ut_t *ut = part->pieces; ut && flags & MO_AT_PADDR; ut = ut->next) {
        mo->device = mo->device || ut->device;
    }
    mo->part_count++;
    mo->pages += pages;
    return true;
}

bool mo_make(struct mo *mo, size_t page, size_t *from, size_t *count)
{
    size_t block = page / MO_LATER_BLOCK, begin = block * MO_LATER_BLOCK, end = begin + MO_LATER_BLOCK;
    end = end < mo->pages ? end : mo->pages;
    begin += mo->made == begin;
    end -= mo->made == end - 1 && end > begin;
    bool now = mo->later >> block & 1;
    mo->later &= ~(1u << block);
    *from = begin;
    *count = now ? end - begin : 0;
    return *count == 0 || gpi_frames_make(&mo->parts[0], begin, *count) == seL4_NoError;
}

/* A file is shown as a whole, and in parts to each program: so many are kept of each page. */
enum { MOST_COPIES = 2 };
static size_t copies_kept;

static void delete_copies(seL4_CPtr first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cspace_delete(&root_cspace, first + i); /* unmaps it, too */
        cspace_free_slot(&root_cspace, first + i);
    }
}

/* Where copies of these pages are in the list; its end if they are not. */
static struct mo_copies **find_copies(struct mo *mo, size_t page, size_t count)
{
    struct mo_copies **link = &mo->copies;
    while (*link && ((*link)->page != page || (*link)->count != count)) {
        link = &(*link)->next;
    }
    return link;
}

/* Takes them out of the list. */
static seL4_CPtr unlink_copies(struct mo *mo, struct mo_copies **link)
{
    struct mo_copies *copies = *link;
    seL4_CPtr first = copies->first;
    *link = copies->next;
    mo->copies_kept -= copies->count;
    copies_kept -= copies->count;
    memory_free(copies);
    return first;
}

seL4_CPtr mo_take_copies(struct mo *mo, size_t page, size_t count)
{
    struct mo_copies **link = find_copies(mo, page, count);
    if (*link) {
        return unlink_copies(mo, link);
    }
    seL4_CPtr frames = mo_frame(mo, page), first = memory_must_fail() ? 0 : cspace_alloc_slots(&root_cspace, count);
    for (size_t i = 0; first && i < count; i++) {
        cspace_copy(&root_cspace, first + i, &root_cspace, frames + i, seL4_AllRights);
    }
    return first;
}

void mo_give_copies(struct mo *mo, seL4_CPtr first, size_t page, size_t count, bool again)
{
    bool room = again && mo->copies_kept + count <= MOST_COPIES * mo->pages && !*find_copies(mo, page, count);
    struct mo_copies *copies = room ? memory_new(sizeof *copies) : NULL;
    if (!copies) {
        delete_copies(first, count);
        return;
    }
    *copies = (struct mo_copies){first, page, count, mo->copies};
    mo->copies = copies;
    mo->copies_kept += count;
    copies_kept += count;
}

size_t mo_copies_kept(void)
{
    return copies_kept;
}

static void drop_copies(struct mo *mo)
{
    while (mo->copies) {
        size_t count = mo->copies->count;
        delete_copies(unlink_copies(mo, &mo->copies), count);
    }
}

static void drop_part(struct mo *mo)
{
    struct gpi_frames *part = &mo->parts[--mo->part_count];
    mo->pages -= part->count;
    gpi_frames_destroy(part);
}

/* What is paid for: devices are there anyway. */
static uint64_t bytes_of(const struct mo *mo)
{
    return mo->device ? 0 : mo->pages << mo->page_bits;
}

static void end(struct object *object)
{
    struct mo *mo = object_of(object, mo);
    account_refund(object->account, bytes_of(mo));
    drop_copies(mo);
    while (mo->part_count > 0) {
        drop_part(mo);
    }
    memory_free(mo->parts);
    mo->parts = NULL;
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
    /* Whether it is a device's is known afterwards. */
    uint64_t bytes = flags & MO_AT_PADDR ? 0 : pages << page_bits;
    if (account_charge(account, bytes)) {
        bool made = add_part(mo, pages, flags, paddr);
        if (made && account_charge(account, bytes_of(mo) - bytes)) {
            object_init(&mo->object, GPICAP_TYPE_MO, account);
            *error = GPI_OK;
            return mo;
        }
        if (made) {
            drop_part(mo);
        }
        account_refund(account, bytes);
    }
    memory_free(mo->parts);
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

seL4_CPtr mo_frame(const struct mo *mo, size_t page)
{
    const struct gpi_frames *part = mo->parts;
    for (; page >= part->count; part++) {
        page -= part->count;
    }
    return part->first + page;
}

void mo_shrink(struct mo *mo, size_t pages)
{
    uint64_t bytes = bytes_of(mo);
    drop_copies(mo);
    while (mo->pages > pages) {
        drop_part(mo);
    }
    account_refund(mo->object.account, bytes - bytes_of(mo));
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
    uint64_t bytes = more << mo->page_bits;
    if (mo->read_only || mo->device) {
        return GPI_ERR_STATE;
    }
    if (!size_is_sound(mo->pages + more, mo->page_bits) || !account_charge(mo->object.account, bytes)) {
        return GPI_ERR_NO_MEMORY;
    }
    if (!add_part(mo, more, 0, 0)) {
        account_refund(mo->object.account, bytes);
        return GPI_ERR_NO_MEMORY;
    }
    return GPI_OK;
}

/* Of its first page, if the others follow that; else 0. */
static seL4_Word paddr_of(const struct mo *mo)
{
    seL4_Word first = mo->parts[0].pieces->paddr, next = first;
    for (size_t i = 0; i < mo->part_count; i++) {
        for (const ut_t *ut = mo->parts[i].pieces; ut; ut = ut->next) {
            if (ut->paddr != next) {
                return 0;
            }
            next += 1ul << ut->size_bits;
        }
    }
    return first;
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
    *CALL_OUT(call, mo_info) = (struct mo_info){mo->pages, mo->page_bits, paddr_of(mo), call->handle->rights};
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
