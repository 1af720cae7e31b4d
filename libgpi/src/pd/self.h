/* SPDX-License-Identifier: BSD-2-Clause */
/* What a thread knows of its PD. */
#ifndef GPI_PD_SELF_H
#define GPI_PD_SELF_H

#include <gpi/osm.h>
#include <gpi/tls.h>
#include <sel4gpi/gpi_types.h>
#include <sel4/types.h>

/** The OSM page of this thread's PD. */
extern __thread osm_pd_shared_data_t *gpi_osm;

/** The address space this thread switched to by itself; ep 0: it is where it began. */
extern __thread ads_client_context_t gpi_current_ads;

/** This thread's CPU will not be switched to an address space any more, which is about to be given back. */
void gpi_forget_vspace(const ads_client_context_t *ads);

/** Where the image of this program ends, the heap begins, and what it was started with. */
struct gpi_start_info {
    seL4_Word heap, heap_size;
    seL4_Word entry, phdr, phnum;
};
extern struct gpi_start_info gpi_start_info;

#endif
