/* SPDX-License-Identifier: BSD-2-Clause */
#include "ads.h"

#include "asid.h"
#include "call.h"
#include "vmr.h"

#include <sel4/sel4.h>

enum { STAGE2_BITS = 40, STAGE1_BITS = 47, TABLE_LEVELS = 3, WITH_TABLES_BITS = 14 };
_Static_assert(1 << WITH_TABLES_BITS == (1 << seL4_VSpaceBits) + (TABLE_LEVELS << seL4_PageTableBits), "they fill it");

seL4_Word ads_limit(const struct ads *ads)
{
    return 1ul << (ads->stage2 ? STAGE2_BITS : STAGE1_BITS);
}

/* With a table of each level: without them nothing can be mapped. */
static gpi_error_t make_vspace(struct ads *ads, struct account *account)
{
    if (ads->stage2) {
        return kobject_new(&ads->vspace, account, vesicle_Stage2VSpaceObject, vesicle_Stage2VSpaceBits, 0);
    }
    gpi_error_t error = kobject_new(&ads->vspace, account, seL4_ARM_VSpaceObject, WITH_TABLES_BITS, 0);
    if (error == GPI_OK) {
        ads->first_tables = memory_must_fail() ? 0 : cspace_alloc_slots(&root_cspace, TABLE_LEVELS);
        if (!ads->first_tables ||
            cspace_untyped_retype_many(&root_cspace, ads->vspace.ut->cap, ads->first_tables, seL4_ARM_PageTableObject,
                                       0, TABLE_LEVELS) != seL4_NoError) {
            error = GPI_ERR_NO_MEMORY;
        }
    }
    return error;
}

static void free_vspace(struct ads *ads, struct account *account)
{
    kobject_free(&ads->vspace, account); /* with all that was made of its memory */
    if (ads->first_tables) {
        cspace_free_slots(&root_cspace, ads->first_tables, TABLE_LEVELS);
        ads->first_tables = 0;
    }
}

static void end(struct object *object)
{
    struct ads *ads = object_of(object, ads);
    /* Without the table nothing is mapped any more: the rest is less work then. */
    free_vspace(ads, object->account);
    asid_release(ads->pool);
    while (ads->vmrs) {
        object_end(&ads->vmrs->object);
    }
    for (size_t i = 0; i < ads->table_count; i++) {
        kobject_free(&ads->tables[i], object->account);
    }
    memory_free(ads->tables);
}

void ads_init(void)
{
    object_register(GPICAP_TYPE_ADS, end);
}

struct ads *ads_new(struct account *account, seL4_Word flags)
{
    struct ads *ads = memory_new(sizeof *ads);
    if (!ads) {
        return NULL;
    }
    ads->stage2 = flags & ADS_STAGE2;
    ads->small_entries = flags & ADS_SMALL_ENTRIES;
    if (make_vspace(ads, account) == GPI_OK) {
        ads->pool = asid_assign(ads->vspace.cap);
        if (ads->pool) {
            object_init(&ads->object, GPICAP_TYPE_ADS, account);
            return ads;
        }
    }
    free_vspace(ads, account);
    memory_free(ads);
    return NULL;
}

static seL4_Error map_table(const struct ads *ads, seL4_CPtr table, seL4_Word vaddr)
{
    return (seL4_Error)seL4_ARM_PageTable_Map(table, ads->vspace.cap, vaddr, seL4_ARM_Default_VMAttributes);
}

static gpi_error_t add_table(struct ads *ads, seL4_Word vaddr)
{
    if (ads->first_tables && ads->first_used < TABLE_LEVELS) {
        bool mapped = map_table(ads, ads->first_tables + ads->first_used, vaddr) == seL4_NoError;
        ads->first_used += mapped;
        return mapped ? GPI_OK : GPI_ERR_KERNEL;
    }
    struct kobject *room = memory_make_room(ads->tables, &ads->table_places, ads->table_count + 1, sizeof *room);
    if (!room) {
        return GPI_ERR_NO_MEMORY;
    }
    ads->tables = room;
    struct kobject *table = &ads->tables[ads->table_count];
    gpi_error_t error =
        kobject_new(table, ads->object.account, seL4_ARM_PageTableObject, seL4_PageTableBits, seL4_PageTableBits);
    if (error == GPI_OK && map_table(ads, table->cap, vaddr) != seL4_NoError) {
        kobject_free(table, ads->object.account);
        error = GPI_ERR_KERNEL;
    }
    ads->table_count += error == GPI_OK;
    return error;
}

static int map_now(const struct ads *ads, seL4_CPtr first, size_t count, seL4_Word vaddr, seL4_CapRights_t rights,
                   seL4_ARM_VMAttributes attributes)
{
    return attributes & vesicle_ARM_SmallEntries
               ? (int)seL4_ARM_Page_Map(first, ads->vspace.cap, vaddr, rights, attributes)
               : vesicle_Page_MapRange(first, ads->vspace.cap, vaddr, rights, attributes, count).error;
}

/* Frames that lie under one table of the last level; one, if it fills that. */
static gpi_error_t map_block(struct ads *ads, seL4_CPtr first, size_t count, seL4_Word vaddr, seL4_CapRights_t rights,
                             seL4_ARM_VMAttributes attributes)
{
    for (unsigned tables = 0;; tables++) {
        int error = map_now(ads, first, count, vaddr, rights, attributes);
        if (error == seL4_NoError) {
            return GPI_OK;
        }
        if (error != seL4_FailedLookup || tables == TABLE_LEVELS) {
            return error == seL4_DeleteFirst ? GPI_ERR_EXISTS : GPI_ERR_KERNEL;
        }
        gpi_error_t failed = add_table(ads, vaddr);
        if (failed != GPI_OK) {
            return failed;
        }
    }
}

/* Tables on the way to a page. */
static size_t levels_to(size_t page_bits)
{
    return page_bits == MO_PAGE_BITS ? TABLE_LEVELS : page_bits == MO_LARGE_PAGE_BITS ? TABLE_LEVELS - 1 : 1;
}

gpi_error_t ads_map_frames(struct ads *ads, seL4_CPtr first, size_t count, seL4_Word vaddr, size_t page_bits,
                           seL4_CapRights_t rights, seL4_ARM_VMAttributes attributes)
{
    bool small_entries = ads->small_entries && page_bits == MO_LARGE_PAGE_BITS;
    size_t table_pages = small_entries ? 1 : 1ul << seL4_PageTableIndexBits;
    attributes = small_entries ? attributes | vesicle_ARM_SmallEntries : attributes;
    /* Where nothing is yet all levels are missing: that need not be tried. */
    while (ads->first_tables && ads->first_used < levels_to(page_bits)) {
        gpi_error_t error = add_table(ads, vaddr);
        if (error != GPI_OK) {
            return error;
        }
    }
    for (size_t done = 0; done < count;) {
        seL4_Word at = vaddr + (done << page_bits);
        size_t room = table_pages - ((at >> page_bits) & (table_pages - 1));
        size_t n = count - done < room ? count - done : room;
        gpi_error_t error = map_block(ads, first + done, n, at, rights, attributes);
        if (error != GPI_OK) {
            ads_unmap_frames(first, done);
            return error;
        }
        done += n;
    }
    return GPI_OK;
}

void ads_unmap_frames(seL4_CPtr first, size_t count)
{
    for (size_t done = 0; done < count;) {
        size_t n = count - done < VESICLE_PAGE_RANGE_MAX ? count - done : VESICLE_PAGE_RANGE_MAX;
        vesicle_Page_UnmapRange(first + done, n);
        done += n;
    }
}

static gpi_error_t create(struct call *call)
{
    seL4_Word flags = CALL_IN(call, ads_create)->flags;
    if (flags & ~(seL4_Word)ADS_FLAGS) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    struct ads *ads = ads_new(call->space->account, flags);
    if (!ads) {
        return GPI_ERR_NO_MEMORY;
    }
    gpi_error_t error = call_return_object(call, &ads->object);
    if (error == GPI_OK) {
        /* The entry by which its regions are asked for is the space's own capability. */
        struct handle *handle = pdspace_handle(call->space, CALL_OUT(call, gpi_slot_and_id)->slot);
        error = pdspace_add_rde(call->space, GPICAP_TYPE_VMR, handle->object->id, handle);
        if (error != GPI_OK) {
            handle_free(handle);
        }
    }
    return error;
}

#define ON_ADS(rights, in, out, run)                                                                                   \
    {                                                                                                                  \
        run, CALL_ON_OBJECT, GPICAP_TYPE_ADS, rights, in, out                                                          \
    }
#define ON_VMR(rights, in, out, run)                                                                                   \
    {                                                                                                                  \
        run, CALL_ON_OBJECT, GPICAP_TYPE_VMR, rights, in, out                                                          \
    }
#define N(name) GPI_METHOD_NUMBER(name)
#define W(kind) GPI_WORDS(struct kind)

static const struct method methods[] = {
    [N(ADS_CREATE)] = {create, CALL_ON_RDE, GPICAP_TYPE_ADS, 0, W(ads_create), W(gpi_slot_and_id)},
    [N(ADS_RESERVE)] = ON_ADS(GPI_RIGHT_WRITE, W(ads_reserve), W(ads_reserved), vmr_call_reserve),
    [N(ADS_MAP)] = ON_ADS(GPI_RIGHT_WRITE, W(ads_map), W(ads_mapped), vmr_call_map),
    [N(ADS_MAP_NEW)] = ON_ADS(GPI_RIGHT_WRITE, W(ads_map_new), W(ads_mapped), vmr_call_map_new),
    [N(ADS_MAP_SHOWN)] = ON_ADS(GPI_RIGHT_WRITE, W(ads_map_shown), W(ads_shown), vmr_call_map_shown),
    [N(ADS_UNMAP)] = ON_ADS(GPI_RIGHT_WRITE, W(ads_at), 0, vmr_call_unmap),
    [N(ADS_FIND)] = ON_ADS(GPI_RIGHT_READ, W(ads_find), W(ads_region), vmr_call_find),
    [N(ADS_FIND_AT)] = ON_ADS(GPI_RIGHT_READ, W(ads_at), W(ads_region), vmr_call_find_at),
    [N(ADS_SHARE)] = ON_ADS(GPI_RIGHT_READ, W(ads_share), W(ads_mapped), vmr_call_share),
    [N(ADS_GROW)] = ON_ADS(GPI_RIGHT_WRITE, W(ads_grow), W(ads_mapped), vmr_call_grow),
    [N(ADS_ATTACH)] = ON_VMR(GPI_RIGHT_WRITE, W(ads_attach), 0, vmr_call_attach),
    [N(ADS_DELETE)] = ON_VMR(GPI_RIGHT_WRITE, 0, 0, vmr_call_delete),
};
const struct component ads_component = {methods, sizeof methods / sizeof methods[0]};
