/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces and the virtual memory regions in them. */
#ifndef GPI_PROTO_ADS_H
#define GPI_PROTO_ADS_H

#include <gpi/proto/rpc.h>

enum gpi_ads_method {
    /* of the directory entry */
    ADS_CREATE = GPI_METHOD(GPI_COMPONENT_ADS, 0), /**< ads_create -> gpi_slot_and_id */
    /* of an address space */
    ADS_RESERVE, /**< ads_reserve -> ads_reserved: a region without memory yet, and its capability */
    ADS_MAP,     /**< ads_map -> ads_mapped: a region with memory, without a capability */
    ADS_MAP_NEW, /**< ads_map_new -> ads_mapped: the same with memory that is the region's own */
    ADS_MAP_SHOWN, /**< ads_map_shown -> ads_shown: the same, and part of it is shown in the caller's space, to be written */
    ADS_UNMAP,   /**< ads_at: deletes the region that begins there */
    ADS_FIND,    /**< ads_find -> ads_region: the region of a special type */
    ADS_FIND_AT, /**< ads_at -> ads_region: the region that an address is in */
    ADS_SHARE,   /**< ads_share -> ads_mapped: a region of this space in another, shared from then on */
    ADS_GROW,    /**< ads_grow -> ads_mapped: more pages at a region's end; the answer is where they are */
    /* of a region */
    ADS_ATTACH, /**< ads_attach: gives a reserved region its memory */
    ADS_DELETE, /**< deletes the region */
};

enum gpi_ads_flags {
    ADS_STAGE2 = 1,        /**< a guest's */
    ADS_SMALL_ENTRIES = 2, /**< pages of 2 MiB are mapped by 4 KiB entries (vesicle_ARM_SmallEntries) */
    ADS_FLAGS = ADS_STAGE2 | ADS_SMALL_ENTRIES
};

struct ads_create {
    seL4_Word flags;
};
/** type, page_bits and rights in one word. */
static inline seL4_Word ads_attributes(seL4_Word type, seL4_Word page_bits, seL4_Word rights)
{
    return (type & 0xff) | (page_bits & 0xff) << 8 | (rights & 0xff) << 16;
}
#define ADS_ATTR_TYPE(a)      ((a)&0xff)
#define ADS_ATTR_PAGE_BITS(a) ((a) >> 8 & 0xff)
#define ADS_ATTR_RIGHTS(a)    ((a) >> 16 & 0xff)

enum { ADS_RIGHT_READ = 1, ADS_RIGHT_WRITE = 2, ADS_RIGHT_EXECUTE = 4 };

struct ads_reserve {
    seL4_Word vaddr; /**< 0: anywhere */
    seL4_Word pages;
    seL4_Word attributes;
};
struct ads_reserved {
    seL4_CPtr slot;
    seL4_Word vaddr;
};
struct ads_map {
    seL4_Word vaddr; /**< 0: anywhere */
    seL4_Word pages; /**< 0: the rest of the memory object */
    seL4_Word attributes;
    seL4_CPtr mo;
    seL4_Word offset; /**< into the memory object, in pages */
    seL4_CPtr owner;  /**< a PD that it ends with; 0: none */
};
struct ads_map_new {
    seL4_Word vaddr; /**< 0: anywhere */
    seL4_Word pages;
    seL4_Word attributes;
    seL4_CPtr owner; /**< a PD that it ends with; 0: none */
};
struct ads_mapped {
    seL4_Word vaddr;
};
/** As ads_map_new, with a region of type GENERIC in another space. */
struct ads_map_shown {
    seL4_Word vaddr; /**< 0: anywhere */
    seL4_Word pages;
    seL4_Word attributes;
    seL4_CPtr view_ads;
    seL4_Word view_first, view_pages; /**< which of the pages are shown there */
};
struct ads_shown {
    seL4_Word vaddr;
    seL4_Word view;
};
struct ads_at {
    seL4_Word vaddr;
};
struct ads_find {
    seL4_Word type;
};
struct ads_region {
    seL4_Word vaddr;
    seL4_Word pages;
    seL4_Word attributes;
};
struct ads_share {
    seL4_CPtr target; /**< the other address space */
    seL4_Word vaddr;  /**< 0: by type */
    seL4_Word type;
    seL4_Word dest;   /**< where there; 0: at the same address */
    seL4_Word rights; /**< at most; 0: as here */
};
struct ads_grow {
    seL4_Word vaddr; /**< in the region */
    seL4_Word pages; /**< that it gets more */
};
struct ads_attach {
    seL4_CPtr mo;
    seL4_Word offset; /**< in pages of the memory object */
};

#endif
