/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that clients, root task and resource servers share: resource types, ids, rights, kinds of memory region. */
#ifndef GPI_IDS_H
#define GPI_IDS_H

#include <sel4/types.h>

/** Type of a resource. Those below GPICAP_TYPE_CORE_END are the root task's; more are made at run time. */
typedef seL4_Word gpi_cap_t;
enum {
    GPICAP_TYPE_NONE = 0,
    GPICAP_TYPE_ADS,
    GPICAP_TYPE_VMR,
    GPICAP_TYPE_MO,
    GPICAP_TYPE_CPU,
    GPICAP_TYPE_PD,
    GPICAP_TYPE_EP,
    GPICAP_TYPE_RESSPC,
    GPICAP_TYPE_CORE_END,
    GPICAP_TYPE_CONSOLE = GPICAP_TYPE_CORE_END, /**< "CONSOLE": what C start-up looks for without asking */
};

/** Id of a resource space. */
typedef seL4_Word gpi_space_id_t;
/** Id of a resource in its space. Ids are never used again. */
typedef seL4_Word gpi_obj_id_t;

/** Instead of a space: the first that the PD got of the type. */
#define BADGE_SPACE_ID_NULL 0ul
/** No object. */
#define BADGE_OBJ_ID_NULL 0ul

/** A resource in one word, for calls that have no room for its space. Needs both ids below 2^32. */
static inline gpi_obj_id_t gpi_resource_name(gpi_space_id_t space, gpi_obj_id_t id)
{
    return space << 32 | (id & 0xffffffff);
}

/** What a memory region is for. */
typedef enum {
    SEL4UTILS_RES_TYPE_NONE = 0,
    SEL4UTILS_RES_TYPE_CODE,
    SEL4UTILS_RES_TYPE_DATA,
    SEL4UTILS_RES_TYPE_STACK,
    SEL4UTILS_RES_TYPE_HEAP,
    SEL4UTILS_RES_TYPE_IPC_BUF,
    SEL4UTILS_RES_TYPE_OSM_DATA,
    SEL4UTILS_RES_TYPE_SHARED_FRAMES,
    SEL4UTILS_RES_TYPE_DEVICE,
    SEL4UTILS_RES_TYPE_GENERIC,
    SEL4UTILS_RES_TYPE_COUNT
} sel4utils_reservation_type_t;

/** Whether an address space has one region of this type at most, which can so be found by type alone. */
static inline int gpi_vmr_type_is_special(sel4utils_reservation_type_t type)
{
    return type >= SEL4UTILS_RES_TYPE_CODE && type <= SEL4UTILS_RES_TYPE_OSM_DATA;
}

/** log2 of page sizes. */
enum { MO_PAGE_BITS = seL4_PageBits, MO_LARGE_PAGE_BITS = seL4_LargePageBits, MO_HUGE_PAGE_BITS = seL4_HugePageBits };

/** What the holder of a capability may do with the resource. */
typedef enum {
    GPI_RIGHT_READ = 1,    /**< look at it, map it for reading */
    GPI_RIGHT_WRITE = 2,   /**< change its contents, map it for writing */
    GPI_RIGHT_MANAGE = 4,  /**< configure, start, stop, end it */
    GPI_RIGHT_SEND = 8,    /**< give it to others */
    GPI_RIGHT_SYSTEM = 16, /**< of a PD: see and end all others, take memory and interrupts of devices */
    GPI_RIGHTS_ALL = 15,
} gpi_rights_t;

#endif
