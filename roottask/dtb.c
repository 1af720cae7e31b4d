/* SPDX-License-Identifier: BSD-2-Clause */
#include "dtb.h"

#include "archive.h"
#include "mo.h"
#include "pd.h"

#include <gpi/bootinfo.h>
#include <gpi/proto/mo.h>
#include <string.h>

void dtb_init(const seL4_BootInfo *bi)
{
    seL4_Word size;
    const void *tree = gpi_bootinfo_chunk(bi, SEL4_BOOTINFO_HEADER_FDT, &size);
    gpi_error_t error;
    size_t pages = tree ? (size + (1ul << seL4_PageBits) - 1) >> seL4_PageBits : 0;
    struct mo *mo = pages ? mo_new(NULL, pages, seL4_PageBits, 0, 0, &error) : NULL;
    struct vmr *window =
        mo ? vmr_map(&root_ads, 0, pages, ads_attributes(SEL4UTILS_RES_TYPE_GENERIC, seL4_PageBits, 0), mo, 0, &error)
           : NULL;
    if (window) {
        memcpy((void *)window->vaddr, tree, size);
        object_end(&window->object);
        mo->read_only = true;
        archive_add_mo(GPI_IMAGE_DTB, mo, size);
    } else if (mo) {
        object_put(&mo->object);
    }
}
