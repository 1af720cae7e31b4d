/* SPDX-License-Identifier: BSD-2-Clause */
#include "rings.h"

#include "out.h"

#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/trace_clientapi.h>
#include <sel4gpi/vmr_clientapi.h>

enum { RING_BITS = 21 /* 65,534 records */, BATCH = 256, BATCHES = 512 /* more than a ring holds */, MANY = 64 };

struct ring {
    mo_client_context_t mo;
    const struct vesicle_trace_ring *at;
    seL4_Word next, lost;
};

static struct {
    seL4_CPtr rde;
    unsigned count;
    struct ring ring[RINGS];
} rings;

void rings_init(seL4_CPtr rde)
{
    rings.rde = rde;
    while (rings.count < RINGS && trace_client_set_events(rde, rings.count, 0) == GPI_OK) {
        trace_client_set_buffer(rde, rings.count, NULL);
        rings.count++;
    }
}

unsigned rings_count(void)
{
    return rings.count;
}

static int open_ring(unsigned core)
{
    struct ring *ring = &rings.ring[core];
    void *at = NULL;
    *ring = (struct ring){.at = NULL};
    int error = mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, RING_BITS, &ring->mo);
    if (error != GPI_OK) {
        return error;
    }
    error = vmr_client_attach_no_reserve(sel4gpi_get_bound_vmr_rde(), NULL, &ring->mo, SEL4UTILS_RES_TYPE_GENERIC, &at);
    ring->at = at;
    return error ? error : trace_client_set_buffer(rings.rde, core, &ring->mo);
}

int rings_open(void)
{
    int error = GPI_OK;
    for (unsigned core = 0; core < rings.count && error == GPI_OK; core++) {
        error = open_ring(core);
    }
    if (error != GPI_OK) {
        rings_close();
    }
    return error;
}

void rings_close(void)
{
    for (unsigned core = 0; core < rings.count; core++) {
        struct ring *ring = &rings.ring[core];
        trace_client_set_buffer(rings.rde, core, NULL);
        if (ring->at) {
            vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), (void *)(uintptr_t)ring->at);
        }
        if (ring->mo.ep) {
            mo_component_client_disconnect(&ring->mo);
        }
        *ring = (struct ring){.at = NULL};
    }
}

int rings_set_events(seL4_Word events)
{
    int error = GPI_OK;
    for (unsigned core = 0; core < rings.count && error == GPI_OK; core++) {
        error = trace_client_set_events(rings.rde, core, events);
    }
    return error;
}

/* Takes up to BATCH records. One that comes behind lost ones begins the next batch: a batch has none in the middle. */
static unsigned take_batch(struct ring *ring, struct vesicle_trace_record *batch)
{
    unsigned count = 0;
    ring->lost = 0;
    while (count < BATCH) {
        struct ring before = *ring;
        if (!vesicle_trace_read(ring->at, &ring->next, &ring->lost, &batch[count])) {
            break;
        }
        if (count > 0 && ring->lost != before.lost) {
            *ring = before;
            break;
        }
        count++;
    }
    return count;
}

bool rings_send(unsigned core, void (*seen)(const struct vesicle_trace_record *record))
{
    static struct vesicle_trace_record batch[BATCH];
    struct ring *ring = &rings.ring[core];
    unsigned count, i;
    for (i = 0; i < BATCHES && (count = take_batch(ring, batch)) > 0; i++) {
        for (unsigned j = 0; j < count; j++) {
            seen(&batch[j]);
        }
        out_frame(STREAM_RECORDS, core, ring->lost, batch, count * sizeof batch[0]);
    }
    return i > MANY;
}
