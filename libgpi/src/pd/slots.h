/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving capabilities of one's own back. */
#ifndef GPI_PD_SLOTS_H
#define GPI_PD_SLOTS_H

#include "rpc.h"
#include "self.h"

#include <gpi/proto/pd.h>

/** Deletes the capability in a slot, if there is one, and forgets the slot. */
static inline int gpi_free_slot(seL4_CPtr *slot)
{
    seL4_Word word = *slot;
    *slot = seL4_CapNull;
    return word ? GPI_CALL_IN(gpi_osm->pd_conn.ep, PD_FREE_SLOT, &word) : GPI_OK;
}

#endif
