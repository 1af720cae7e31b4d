/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap.h"

#include "rpc.h"
#include "self.h"

#include <gpi/heap.h>
#include <gpi/proto/ads.h>
#include <sel4gpi/pd_utils.h>

enum { CHUNK_PAGES = 16 };

static size_t grow(void *end, size_t size)
{
    size_t pages = (size + (1ul << seL4_PageBits) - 1) >> seL4_PageBits;
    struct ads_grow in = {gpi_start_info.heap, pages};
    struct ads_mapped out;
    /* Another thread may have made room; then it is not at our end, and of no use to us. */
    return GPI_CALL(sel4gpi_get_bound_vmr_rde(), ADS_GROW, &in, &out) == GPI_OK && out.vaddr == (seL4_Word)end
               ? pages << seL4_PageBits
               : 0;
}

void gpi_pd_heap_init(void)
{
    gpi_heap_set_growing((void *)gpi_start_info.heap, gpi_start_info.heap_size, CHUNK_PAGES << seL4_PageBits, grow);
}
