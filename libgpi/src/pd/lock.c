/* SPDX-License-Identifier: BSD-2-Clause */
#include "lock.h"

#include "slots.h"

#include <gpi/lock.h>
#include <sel4gpi/ep_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <stdbool.h>

static int make(seL4_CPtr *notification)
{
    ep_client_context_t made = {0, 0};
    int error = ep_client_connect_kind(sel4gpi_get_rde(GPICAP_TYPE_EP), EP_KIND_NOTIFICATION, &made);
    gpi_free_slot(&made.ep); /* the kernel's capability holds it, too */
    *notification = made.raw_endpoint;
    return error;
}

static seL4_CPtr make_one(void)
{
    seL4_CPtr notification;
    return make(&notification) == GPI_OK ? notification : seL4_CapNull;
}

static void give_back(seL4_CPtr notification)
{
    gpi_free_slot(&notification);
}

int gpi_pd_lock_init(void)
{
    static bool made; /* by the process's only thread */
    seL4_CPtr notification = seL4_CapNull;
    /* Who cannot ask for one yields. */
    int error = made || !sel4gpi_get_rde(GPICAP_TYPE_EP) ? GPI_OK : make(&notification);
    if (error == GPI_OK && notification) {
        gpi_lock_set_notification(notification);
        gpi_lock_set_source(make_one, give_back);
        made = true;
    }
    return error;
}
