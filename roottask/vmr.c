/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmr.h"

#include "pd.h"

#include <sel4/sel4.h>

/* Where a region goes whose place does not matter: above what programs are linked to and ask for. */
#define ANYWHERE 0x1000000000ul

static seL4_Word end_of(const struct vmr *vmr)
{
    return vmr->vaddr + (vmr->pages << vmr->page_bits);
}

/* A stack's region includes the page below it, which stays free: whoever overruns it faults. */
static seL4_Word begin_of(const struct vmr *vmr)
{
    return vmr->vaddr - (vmr->type == SEL4UTILS_RES_TYPE_STACK ? 1ul << seL4_PageBits : 0);
}

struct vmr *vmr_at(const struct ads *ads, seL4_Word vaddr)
{
    struct vmr *vmr = ads->vmrs;
    while (vmr && end_of(vmr) <= vaddr) {
        vmr = vmr->next;
    }
    return vmr && vmr->vaddr <= vaddr ? vmr : NULL;
}

/* The last region that begins below `vaddr`; null if there is none. */
static struct vmr *before(const struct ads *ads, seL4_Word vaddr)
{
    struct vmr *found = NULL;
    for (struct vmr *vmr = ads->vmrs; vmr && vmr->vaddr < vaddr; vmr = vmr->next) {
        found = vmr;
    }
    return found;
}

/*
 * A gap of `size` bytes, and the region before it; 0 if there is none. Between two regions a page stays free, so that overruns
 * are found.
 */
static seL4_Word find_gap(const struct ads *ads, size_t size, size_t page_bits, struct vmr **low)
{
    seL4_Word mask = (1ul << page_bits) - 1;
    seL4_Word at = (ANYWHERE < ads_limit(ads) ? ANYWHERE : ADS_START) + mask;
    at &= ~mask;
    *low = NULL;
    for (struct vmr *vmr = ads->vmrs; vmr; *low = vmr, vmr = vmr->next) {
        if (end_of(vmr) + (1ul << seL4_PageBits) <= at) {
            continue;
        }
        if (begin_of(vmr) >= at && begin_of(vmr) - at >= size + (1ul << seL4_PageBits)) {
            break;
        }
        at = (end_of(vmr) + (1ul << seL4_PageBits) + mask) & ~mask;
    }
    return at < ads_limit(ads) && size <= ads_limit(ads) - at ? at : 0;
}

/* Whether nothing is there, `low` being the last region that begins below. */
static bool is_free(const struct ads *ads, const struct vmr *low, seL4_Word vaddr, size_t size)
{
    const struct vmr *high = low ? low->next : ads->vmrs;
    return (!low || end_of(low) <= vaddr) && (!high || begin_of(high) - vaddr >= size);
}

/* Mappings. */

/* Maps frames from page `at` of the region on. */
static gpi_error_t map_frames(struct vmr *vmr, seL4_CPtr first, size_t count, size_t at, bool device)
{
    bool write = (vmr->rights & ADS_RIGHT_WRITE) != 0;
    seL4_ARM_VMAttributes attributes =
        (seL4_ARM_VMAttributes)((device ? 0 : seL4_ARM_Default_VMAttributes) |
                                (vmr->rights & ADS_RIGHT_EXECUTE ? 0 : seL4_ARM_ExecuteNever));
    return ads_map_frames(vmr->ads, first, count, vmr->vaddr + (at << vmr->page_bits), vmr->page_bits,
                          write ? seL4_ReadWrite : seL4_CanRead, attributes);
}

/* The page, and others around it, if they are not there yet. */
static gpi_error_t make_page(struct vmr *vmr, size_t page)
{
    size_t from, count;
    if (!mo_make(vmr->mo, page, &from, &count)) {
        return GPI_ERR_KERNEL;
    }
    return count > 0 ? map_frames(vmr, vmr->runs[0].first + from, count, from, false) : GPI_OK;
}

gpi_error_t vmr_make_all(struct vmr *vmr)
{
    gpi_error_t error = GPI_OK;
    for (size_t page = 0; page < vmr->later && vmr->mo->later && error == GPI_OK; page += MO_LATER_BLOCK) {
        error = make_page(vmr, page);
    }
    return error;
}

static void drop_run(struct vmr *vmr, struct vmr_run *run)
{
    if (vmr->lent) {
        /* What goes with its memory, and is in a space that ended or is little, need not be unmapped before. */
        bool partly = vmr->later && vmr->mo->later, alone = vmr->mo->object.refs == 1;
        if (vmr->ads->object.ended ? !alone && !partly : !alone || !(partly || run->pages == 1)) {
            vmr_make_all(vmr); /* where some are missing none can be unmapped */
            ads_unmap_frames(run->first, run->pages);
        }
        return;
    }
    /* Others will want the same of a file, or of what is shared. */
    bool again = vmr->mo->read_only || (vmr->source && vmr->mo->object.refs > 1);
    if (again) {
        ads_unmap_frames(run->first, run->pages);
    }
    mo_give_copies(vmr->mo, run->first, run->page, run->pages, again);
}

static gpi_error_t add_run(struct vmr *vmr, seL4_CPtr frames, size_t count, size_t at, bool device)
{
    struct vmr_run *grown =
        memory_grow(vmr->runs, vmr->run_count * sizeof *grown, (vmr->run_count + 1) * sizeof *grown);
    if (!grown) {
        return GPI_ERR_NO_MEMORY;
    }
    vmr->runs = grown;
    struct vmr_run *run = &grown[vmr->run_count];
    *run = (struct vmr_run){frames, count, vmr->offset + at};
    if (!vmr->lent) {
        run->first = mo_take_copies(vmr->mo, run->page, count);
        if (!run->first) {
            return GPI_ERR_NO_MEMORY;
        }
    }
    bool later = vmr->later && vmr->mo->later;
    size_t made = later ? vmr->mo->made : 0;
    gpi_error_t error = map_frames(vmr, run->first + made, later ? 1 : count, at + made, device);
    if (error == GPI_OK) {
        vmr->run_count++;
    } else if (!vmr->lent) {
        drop_run(vmr, run);
    }
    return error;
}

/* Maps pages [from, vmr->pages). */
static gpi_error_t map_pages(struct vmr *vmr, size_t from)
{
    size_t kept = vmr->run_count, at = from, skip = vmr->offset + from;
    const struct gpi_frames *part = vmr->mo->parts;
    for (; at < vmr->pages; part++) {
        if (skip >= part->count) {
            skip -= part->count;
            continue;
        }
        size_t count = part->count - skip < vmr->pages - at ? part->count - skip : vmr->pages - at;
        gpi_error_t error = add_run(vmr, part->first + skip, count, at, vmr->mo->device && !vmr->mo->read_only);
        if (error != GPI_OK) {
            while (vmr->run_count > kept) {
                drop_run(vmr, &vmr->runs[--vmr->run_count]);
            }
            return error;
        }
        at += count;
        skip = 0;
    }
    return GPI_OK;
}

gpi_error_t vmr_make_all_at_once(struct ads *ads)
{
    gpi_error_t error = GPI_OK;
    for (struct vmr *vmr = ads->vmrs; vmr && error == GPI_OK; vmr = vmr->next) {
        error = vmr_make_all(vmr);
    }
    ads->at_once = true;
    return error;
}

bool vmr_touched(struct ads *ads, seL4_Word vaddr)
{
    struct vmr *vmr = vmr_at(ads, vaddr);
    size_t page = vmr ? (vaddr - vmr->vaddr) >> vmr->page_bits : 0;
    /* Another thread may have touched it, too: then there is nothing left to do. */
    return vmr && page < vmr->later && make_page(vmr, page) == GPI_OK;
}

static void unmap(struct vmr *vmr)
{
    while (vmr->run_count > 0) {
        drop_run(vmr, &vmr->runs[--vmr->run_count]);
    }
    memory_free(vmr->runs);
    vmr->runs = NULL;
    if (vmr->mo) {
        if (vmr->lent) {
            vmr->mo->lent = false;
        }
        object_put(&vmr->mo->object);
    }
    vmr->mo = NULL;
    vmr->lent = false;
    vmr->later = 0;
}

/* A longer file is a guest's, and has one reader. */
enum { MOST_PROGRAM_PAGES = 1024 };

static gpi_error_t attach_one(struct vmr *vmr, struct mo *mo, size_t offset)
{
    vmr->mo = object_of(object_get(&mo->object), mo);
    vmr->offset = offset;
    /* Of a program it is not who looks at its file for good that borrows the frames, but one process after the other. */
    vmr->lent = !mo->lent && (!mo->read_only || vmr->type == SEL4UTILS_RES_TYPE_CODE || mo->pages > MOST_PROGRAM_PAGES);
    mo->lent = mo->lent || vmr->lent;
    gpi_error_t error = map_pages(vmr, 0);
    if (error != GPI_OK) {
        unmap(vmr);
    }
    return error;
}

gpi_error_t vmr_attach(struct vmr *vmr, struct mo *mo, size_t offset)
{
    if (vmr->mo || vmr->source) {
        return GPI_ERR_STATE;
    }
    if (mo->page_bits != vmr->page_bits || offset > mo->pages || vmr->pages > mo->pages - offset ||
        (mo->read_only && vmr->rights & ADS_RIGHT_WRITE)) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    gpi_error_t error = attach_one(vmr, mo, offset);
    for (struct vmr *f = vmr->followers; f && error == GPI_OK; f = f->next_follower) {
        error = attach_one(f, mo, offset);
    }
    if (error != GPI_OK) {
        unmap(vmr);
        for (struct vmr *f = vmr->followers; f; f = f->next_follower) {
            unmap(f);
        }
    }
    return error;
}

/* Its space goes, but what others have of it is theirs: one of them is what they follow from now on. */
static void hand_over(struct vmr *vmr)
{
    struct vmr *heir = vmr->followers;
    heir->source = NULL;
    heir->followers = heir->next_follower;
    heir->next_follower = NULL;
    for (struct vmr *f = heir->followers; f; f = f->next_follower) {
        f->source = heir;
    }
    vmr->followers = NULL;
}

static void end(struct object *object)
{
    struct vmr *vmr = object_of(object, vmr);
    if (vmr->followers && vmr->ads->object.ended) {
        hand_over(vmr);
    }
    while (vmr->followers) {
        object_end(&vmr->followers->object);
    }
    if (vmr->source) {
        struct vmr **link = &vmr->source->followers;
        while (*link != vmr) {
            link = &(*link)->next_follower;
        }
        *link = vmr->next_follower;
    }
    if (vmr->owner) {
        pd_disown_region(vmr->owner, vmr);
    }
    unmap(vmr);
    struct vmr *low = before(vmr->ads, vmr->vaddr);
    *(low ? &low->next : &vmr->ads->vmrs) = vmr->next;
    if (vmr->ads->special[vmr->type] == vmr) {
        vmr->ads->special[vmr->type] = NULL;
    }
    handle_free_all(object);
    object_put(object); /* the space's reference */
}

void vmr_init(void)
{
    object_register(GPICAP_TYPE_VMR, end);
}

static bool is_sound(const struct ads *ads, seL4_Word vaddr, size_t pages, seL4_Word attributes)
{
    size_t bits = ADS_ATTR_PAGE_BITS(attributes), type = ADS_ATTR_TYPE(attributes);
    return (bits == MO_PAGE_BITS || bits == MO_LARGE_PAGE_BITS || bits == MO_HUGE_PAGE_BITS) && pages > 0 &&
           pages <= ads_limit(ads) >> bits && (vaddr & ((1ul << bits) - 1)) == 0 &&
           (vaddr == 0 || (vaddr >= (ads->stage2 ? 0 : ADS_START) && vaddr <= ads_limit(ads) - (pages << bits))) &&
           type != SEL4UTILS_RES_TYPE_NONE && type < SEL4UTILS_RES_TYPE_COUNT;
}

/* What may be done in a region, if nothing is said: what its type is for; in a guest everything. */
static seL4_Word rights_of(const struct ads *ads, seL4_Word attributes)
{
    seL4_Word type = ADS_ATTR_TYPE(attributes);
    return ADS_ATTR_RIGHTS(attributes)         ? ADS_ATTR_RIGHTS(attributes)
           : type == SEL4UTILS_RES_TYPE_DEVICE ? ADS_RIGHT_READ | ADS_RIGHT_WRITE
           : ads->stage2                       ? ADS_RIGHT_READ | ADS_RIGHT_WRITE | ADS_RIGHT_EXECUTE
           : type == SEL4UTILS_RES_TYPE_CODE   ? ADS_RIGHT_READ | ADS_RIGHT_EXECUTE
                                               : ADS_RIGHT_READ | ADS_RIGHT_WRITE;
}

struct vmr *vmr_new(struct ads *ads, seL4_Word vaddr, size_t pages, seL4_Word attributes, gpi_error_t *error)
{
    size_t bits = ADS_ATTR_PAGE_BITS(attributes), type = ADS_ATTR_TYPE(attributes);
    *error = GPI_ERR_BAD_ARGUMENT;
    if (!is_sound(ads, vaddr, pages, attributes)) {
        return NULL;
    }
    *error = GPI_ERR_EXISTS;
    struct vmr *low;
    if (vaddr) {
        low = before(ads, vaddr + 1);
    } else {
        vaddr = find_gap(ads, (pages << bits) + (1ul << bits), bits, &low);
        vaddr += vaddr && type == SEL4UTILS_RES_TYPE_STACK ? 1ul << bits : 0;
        *error = vaddr ? GPI_ERR_EXISTS : GPI_ERR_NO_MEMORY;
    }
    size_t guard = type == SEL4UTILS_RES_TYPE_STACK ? 1ul << seL4_PageBits : 0;
    if (vaddr <= guard || !is_free(ads, low, vaddr - guard, (pages << bits) + guard)) {
        return NULL;
    }
    *error = GPI_ERR_NO_MEMORY;
    struct vmr *vmr = memory_new(sizeof *vmr);
    if (!vmr) {
        return NULL;
    }
    object_init(&vmr->object, GPICAP_TYPE_VMR, ads->object.account);
    vmr->ads = ads;
    vmr->vaddr = vaddr;
    vmr->pages = pages;
    vmr->page_bits = (uint8_t)bits;
    vmr->type = (uint8_t)type;
    vmr->rights = (uint8_t)rights_of(ads, attributes);
    struct vmr **link = low ? &low->next : &ads->vmrs;
    vmr->next = *link;
    *link = vmr;
    if (gpi_vmr_type_is_special((sel4utils_reservation_type_t)type) && !ads->special[type]) {
        ads->special[type] = vmr;
    }
    *error = GPI_OK;
    return vmr;
}

struct vmr *vmr_map(struct ads *ads, seL4_Word vaddr, size_t pages, seL4_Word attributes, struct mo *mo, size_t offset,
                    gpi_error_t *error)
{
    struct vmr *vmr = vmr_new(ads, vaddr, pages, attributes, error);
    if (vmr) {
        *error = vmr_attach(vmr, mo, offset);
        if (*error != GPI_OK) {
            object_end(&vmr->object);
            return NULL;
        }
    }
    return vmr;
}

/* Methods. */

static struct ads *ads_of(const struct call *call)
{
    return object_of(call->handle->object, ads);
}

static gpi_error_t answer_region(struct call *call, const struct vmr *vmr)
{
    if (!vmr) {
        return GPI_ERR_NOT_FOUND;
    }
    *CALL_OUT(call, ads_region) =
        (struct ads_region){vmr->vaddr, vmr->pages, ads_attributes(vmr->type, vmr->page_bits, vmr->rights)};
    return GPI_OK;
}

gpi_error_t vmr_call_reserve(struct call *call)
{
    const struct ads_reserve *in = CALL_IN(call, ads_reserve);
    gpi_error_t error;
    struct vmr *vmr = vmr_new(ads_of(call), in->vaddr, in->pages, in->attributes, &error);
    if (!vmr) {
        return error;
    }
    struct handle *handle = handle_new(call->space, &vmr->object, HANDLE_OBJECT, GPI_RIGHTS_ALL);
    if (!handle) {
        object_end(&vmr->object);
        return GPI_ERR_NO_MEMORY;
    }
    *CALL_OUT(call, ads_reserved) = (struct ads_reserved){handle->slot, vmr->vaddr};
    return GPI_OK;
}

/* The memory object that a slot of the caller names, if it may be shown with these rights. */
static struct mo *mo_argument(const struct call *call, seL4_CPtr slot, seL4_Word rights, gpi_error_t *error)
{
    struct object *object = call_argument(call, slot, GPICAP_TYPE_MO, GPI_RIGHT_READ);
    *error = object ? GPI_OK : GPI_ERR_BAD_CAP;
    if (object && rights & ADS_RIGHT_WRITE && !(pdspace_handle(call->space, slot)->rights & GPI_RIGHT_WRITE)) {
        *error = GPI_ERR_RIGHTS;
        object = NULL;
    }
    return object ? object_of(object, mo) : NULL;
}

/* The PD that a new region is to end with, if there is to be one. */
static gpi_error_t find_owner(const struct call *call, seL4_CPtr slot, struct pd **owner)
{
    struct object *object = slot ? call_argument(call, slot, GPICAP_TYPE_PD, GPI_RIGHT_MANAGE) : NULL;
    *owner = object ? object_of(object, pd) : NULL;
    return slot && !object ? GPI_ERR_BAD_CAP : object && (*owner)->state == PD_ENDED ? GPI_ERR_STATE : GPI_OK;
}

static void answer_mapped(struct call *call, struct vmr *vmr, struct pd *owner)
{
    if (owner) {
        pd_own_region(owner, vmr);
    }
    CALL_OUT(call, ads_mapped)->vaddr = vmr->vaddr;
}

gpi_error_t vmr_call_map(struct call *call)
{
    const struct ads_map *in = CALL_IN(call, ads_map);
    struct pd *owner;
    gpi_error_t error = find_owner(call, in->owner, &owner);
    struct mo *mo = error == GPI_OK ? mo_argument(call, in->mo, rights_of(ads_of(call), in->attributes), &error) : NULL;
    if (!mo) {
        return error;
    }
    seL4_Word attributes = in->attributes;
    if (ADS_ATTR_PAGE_BITS(attributes) == 0) {
        attributes |= (seL4_Word)mo->page_bits << 8;
    }
    size_t pages = in->pages ? in->pages : in->offset < mo->pages ? mo->pages - in->offset : 0;
    struct vmr *vmr = vmr_map(ads_of(call), in->vaddr, pages, attributes, mo, in->offset, &error);
    if (vmr) {
        answer_mapped(call, vmr, owner);
    }
    return error;
}

/*
 * Of heaps and stacks much is never used: their pages are made when they are touched. Memory is there for all of them, and under the
 * one table that the first page needs, so nothing can fail then. Flags for mo_new().
 */
static seL4_Word made_later(const struct vmr *vmr, size_t shown)
{
    size_t table_bits = seL4_PageBits + seL4_PageTableIndexBits;
    bool may = vmr->page_bits == seL4_PageBits && !vmr->ads->stage2 && !vmr->ads->at_once && vmr->pages > 1 &&
               vmr->pages <= MO_LATER_PAGES && vmr->vaddr >> table_bits == (end_of(vmr) - 1) >> table_bits;
    if (vmr->type == SEL4UTILS_RES_TYPE_STACK) {
        return may && shown <= 1 ? MO_LATER_FROM_END : 0;
    }
    return may && shown == 0 && vmr->type == SEL4UTILS_RES_TYPE_HEAP ? MO_LATER : 0;
}

/* A region with memory of its own; its last `shown` pages are there at once. */
static struct vmr *map_new(const struct call *call, seL4_Word vaddr, size_t pages, seL4_Word attributes, size_t shown,
                           gpi_error_t *error)
{
    struct vmr *vmr = vmr_new(ads_of(call), vaddr, pages, attributes, error);
    if (!vmr) {
        return NULL;
    }
    seL4_Word flags = made_later(vmr, shown);
    struct mo *mo = mo_new(call->space->account, pages, vmr->page_bits, flags, 0, error);
    if (mo) {
        vmr->later = flags ? pages : 0;
        *error = vmr_attach(vmr, mo, 0);
        object_put(&mo->object);
    }
    if (*error != GPI_OK) {
        object_end(&vmr->object);
        return NULL;
    }
    return vmr;
}

gpi_error_t vmr_call_map_new(struct call *call)
{
    const struct ads_map_new *in = CALL_IN(call, ads_map_new);
    struct pd *owner;
    gpi_error_t error = find_owner(call, in->owner, &owner);
    struct vmr *vmr = error == GPI_OK ? map_new(call, in->vaddr, in->pages, in->attributes, 0, &error) : NULL;
    if (vmr) {
        answer_mapped(call, vmr, owner);
    }
    return error;
}

gpi_error_t vmr_call_map_shown(struct call *call)
{
    const struct ads_map_shown *in = CALL_IN(call, ads_map_shown);
    struct object *other = call_argument(call, in->view_ads, GPICAP_TYPE_ADS, GPI_RIGHT_WRITE);
    if (!other) {
        return GPI_ERR_BAD_CAP;
    }
    gpi_error_t error;
    size_t shown = in->view_first < in->pages ? in->pages - in->view_first : in->pages;
    struct vmr *vmr = map_new(call, in->vaddr, in->pages, in->attributes, shown, &error);
    if (!vmr) {
        return error;
    }
    const struct vmr *view =
        vmr_map(object_of(other, ads), 0, in->view_pages,
                ads_attributes(SEL4UTILS_RES_TYPE_GENERIC, vmr->page_bits, ADS_RIGHT_READ | ADS_RIGHT_WRITE), vmr->mo,
                in->view_first, &error);
    if (!view) {
        object_end(&vmr->object);
        return error;
    }
    *CALL_OUT(call, ads_shown) = (struct ads_shown){vmr->vaddr, view->vaddr};
    return GPI_OK;
}

gpi_error_t vmr_call_unmap(struct call *call)
{
    struct vmr *vmr = vmr_at(ads_of(call), CALL_IN(call, ads_at)->vaddr);
    if (!vmr || vmr->vaddr != CALL_IN(call, ads_at)->vaddr) {
        return GPI_ERR_NOT_FOUND;
    }
    object_end(&vmr->object);
    return GPI_OK;
}

gpi_error_t vmr_call_find(struct call *call)
{
    seL4_Word type = CALL_IN(call, ads_find)->type;
    return type < SEL4UTILS_RES_TYPE_COUNT ? answer_region(call, ads_of(call)->special[type]) : GPI_ERR_BAD_ARGUMENT;
}

gpi_error_t vmr_call_find_at(struct call *call)
{
    return answer_region(call, vmr_at(ads_of(call), CALL_IN(call, ads_at)->vaddr));
}

gpi_error_t vmr_call_share(struct call *call)
{
    const struct ads_share *in = CALL_IN(call, ads_share);
    struct ads *ads = ads_of(call);
    struct object *target = call_argument(call, in->target, GPICAP_TYPE_ADS, GPI_RIGHT_WRITE);
    if (!target || target == &ads->object) {
        return GPI_ERR_BAD_CAP;
    }
    struct vmr *source = in->vaddr                             ? vmr_at(ads, in->vaddr)
                         : in->type < SEL4UTILS_RES_TYPE_COUNT ? ads->special[in->type]
                                                               : NULL;
    if (!source || (in->vaddr && source->vaddr != in->vaddr)) {
        return GPI_ERR_NOT_FOUND;
    }
    /* Who may only look at a space cannot share what can be written. */
    seL4_Word rights = in->rights ? in->rights & source->rights : source->rights;
    if (rights & ADS_RIGHT_WRITE && !(call->handle->rights & GPI_RIGHT_WRITE)) {
        return GPI_ERR_RIGHTS;
    }
    while (source->source) {
        source = source->source;
    }
    gpi_error_t error = vmr_make_all(source);
    if (error != GPI_OK) {
        return error;
    }
    struct vmr *vmr = vmr_new(object_of(target, ads), in->dest ? in->dest : source->vaddr, source->pages,
                              ads_attributes(source->type, source->page_bits, rights), &error);
    if (!vmr) {
        return error;
    }
    if (source->mo) {
        error = attach_one(vmr, source->mo, source->offset);
        if (error != GPI_OK) {
            object_end(&vmr->object);
            return error;
        }
    }
    vmr->source = source;
    vmr->next_follower = source->followers;
    source->followers = vmr;
    CALL_OUT(call, ads_mapped)->vaddr = vmr->vaddr;
    return GPI_OK;
}

/* Makes a region and its memory longer. */
static bool has_room(const struct vmr *vmr, size_t more)
{
    size_t size = more << vmr->page_bits;
    return end_of(vmr) <= ads_limit(vmr->ads) - size && (!vmr->next || begin_of(vmr->next) - end_of(vmr) >= size);
}

static void shrink(struct vmr *vmr, size_t pages)
{
    size_t covered = vmr->pages;
    while (vmr->run_count > 0 && covered > pages) {
        struct vmr_run *run = &vmr->runs[--vmr->run_count];
        covered -= run->pages;
        drop_run(vmr, run);
    }
    vmr->pages = pages;
}

gpi_error_t vmr_call_grow(struct call *call)
{
    const struct ads_grow *in = CALL_IN(call, ads_grow);
    struct vmr *vmr = vmr_at(ads_of(call), in->vaddr);
    if (!vmr) {
        return GPI_ERR_NOT_FOUND;
    }
    while (vmr->source) {
        vmr = vmr->source;
    }
    size_t old = vmr->pages;
    if (in->pages == 0 || in->pages > ads_limit(vmr->ads) >> vmr->page_bits || !has_room(vmr, in->pages)) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    for (struct vmr *f = vmr->followers; f; f = f->next_follower) {
        if (!has_room(f, in->pages)) {
            return GPI_ERR_EXISTS;
        }
    }
    if (!vmr->mo || vmr->offset + old != vmr->mo->pages) {
        return GPI_ERR_STATE;
    }
    gpi_error_t error = vmr_make_all(vmr);
    error = error ? error : mo_pay(vmr->mo, call->space->account);
    error = error ? error : mo_grow(vmr->mo, in->pages);
    if (error != GPI_OK) {
        return error;
    }
    vmr->pages += in->pages;
    error = map_pages(vmr, old);
    for (struct vmr *f = vmr->followers; f && error == GPI_OK; f = f->next_follower) {
        f->pages += in->pages;
        error = map_pages(f, old);
    }
    if (error != GPI_OK) {
        for (struct vmr *f = vmr->followers; f; f = f->next_follower) {
            shrink(f, old);
        }
        shrink(vmr, old);
        mo_shrink(vmr->mo, vmr->offset + old);
        return error;
    }
    CALL_OUT(call, ads_mapped)->vaddr = vmr->vaddr + (old << vmr->page_bits);
    return GPI_OK;
}

gpi_error_t vmr_call_attach(struct call *call)
{
    const struct ads_attach *in = CALL_IN(call, ads_attach);
    struct vmr *vmr = object_of(call->handle->object, vmr);
    gpi_error_t error;
    struct mo *mo = mo_argument(call, in->mo, vmr->rights, &error);
    return mo ? vmr_attach(vmr, mo, in->offset) : error;
}

gpi_error_t vmr_call_delete(struct call *call)
{
    object_end(call->handle->object);
    return GPI_OK;
}
