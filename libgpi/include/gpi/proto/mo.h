/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory objects. */
#ifndef GPI_PROTO_MO_H
#define GPI_PROTO_MO_H

#include <gpi/proto/rpc.h>

enum gpi_mo_method {
    /* of the directory entry */
    MO_CREATE = GPI_METHOD(GPI_COMPONENT_MO, 0), /**< mo_create -> gpi_slot_and_id */
    MO_OPEN_IMAGE,                               /**< gpi_name -> mo_image: a file of the boot archive, to read */
    /* of a memory object */
    MO_GET_INFO, /**< -> mo_info */
};

/** The image that is the machine's device tree. For GPI_RIGHT_SYSTEM: it has seeds of random numbers. */
#define GPI_IMAGE_DTB "dtb"

enum gpi_mo_flags {
    MO_CONTIGUOUS = 1, /**< physically */
    MO_AT_PADDR = 2,   /**< at `paddr`; devices need GPI_RIGHT_SYSTEM */
};

struct mo_create {
    seL4_Word pages;
    seL4_Word page_bits;
    seL4_Word flags;
    seL4_Word paddr;
};
struct mo_image {
    seL4_CPtr slot;
    gpi_obj_id_t id;
    seL4_Word size; /**< of the file, in bytes */
};
struct mo_info {
    seL4_Word pages;
    seL4_Word page_bits;
    seL4_Word paddr;  /**< of the first page; the others follow if it is contiguous, else 0 */
    seL4_Word rights; /**< of the capability that was called */
};
#endif
