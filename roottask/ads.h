/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: a table of pages and the regions in it. */
#ifndef ROOTTASK_ADS_H
#define ROOTTASK_ADS_H

#include "object.h"

#include <gpi/proto/ads.h>

struct vmr;

struct ads {
    struct object object;
    struct kobject vspace;
    bool stage2;        /**< a guest's */
    bool small_entries; /**< pages of 2 MiB are mapped by 4 KiB entries */
    bool at_once;       /**< nothing in it is made later: not all faults in it come to the root task */
    struct asid_pool *pool;
    struct vmr *vmrs; /**< by address */
    struct vmr *special[SEL4UTILS_RES_TYPE_COUNT];
    seL4_CPtr first_tables; /**< the page tables that every space needs, one of each level, made with it; 0: none */
    size_t first_used;
    struct kobject *tables; /**< the others */
    size_t table_count, table_places;
};

void ads_init(void);
/** A space without regions; null if there is no memory. `flags`: ADS_STAGE2, ADS_SMALL_ENTRIES. */
struct ads *ads_new(struct account *account, seL4_Word flags);

/** Maps `count` frames whose capabilities lie side by side, with the page tables that it takes. All or nothing. */
gpi_error_t ads_map_frames(struct ads *ads, seL4_CPtr first, size_t count, seL4_Word vaddr, size_t page_bits,
                           seL4_CapRights_t rights, seL4_ARM_VMAttributes attributes);
void ads_unmap_frames(seL4_CPtr first, size_t count);

/** Addresses of the space: [ADS_START, limit). */
#define ADS_START 0x1000ul
seL4_Word ads_limit(const struct ads *ads);

#endif
