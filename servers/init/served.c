/* SPDX-License-Identifier: BSD-2-Clause */
#include "served.h"

#include <gpi/proto/device.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>
#include <stdio.h>
#include <string.h>

static gpi_cap_t device_type(void)
{
    return sel4gpi_get_resource_type_code((char *)(uintptr_t)GPI_DEVICE_TYPE);
}

/* An entry for each server, and where it serves. */
static int give_entries(struct program *guest, pd_config_t *cfg)
{
    int device = -1, error = GPI_OK;
    unsigned n = 0;
    const char *name;
    while (error == GPI_OK && (name = tree_next_served(&guest->config, &device)) != NULL) {
        const struct program *server = program_find(name);
        if (!server || !server->config.server || server->state != INIT_RUNNING ||
            !sel4gpi_get_rde_by_space_id(server->space, device_type())) {
            program_note(guest, "%s: server: \"%s\": is no device that runs", tree_name(guest->config.tree, device),
                         name);
            return GPI_ERR_STATE;
        }
        if (n == GPI_DEVICE_SERVERS_MOST) {
            return GPI_ERR_BAD_ARGUMENT;
        }
        guest->served[n++] = server->space;
        error = programs_add_entry(cfg, device_type(), server->space, GPI_RIGHTS_ALL);
    }
    return error;
}

int served_give(struct program *guest, pd_config_t *cfg, char *variable, size_t size)
{
    int device = -1;
    seL4_CPtr slot;
    mo_client_context_t mo;
    variable[0] = '\0';
    if (tree_next_served(&guest->config, &device) == NULL) {
        return GPI_OK;
    }
    guest->served =
        sel4gpi_get_vmr(sel4gpi_get_bound_vmr_rde(), 1, NULL, SEL4UTILS_RES_TYPE_GENERIC, MO_PAGE_BITS, &mo);
    if (!guest->served) {
        return GPI_ERR_NO_MEMORY;
    }
    int error = give_entries(guest, cfg);
    error = error ? error : pd_client_send_cap_rights(&guest->runnable.pd, mo.ep, GPI_RIGHT_READ, &slot);
    mo_component_client_disconnect(&mo); /* it stays in view */
    if (error == GPI_OK) {
        snprintf(variable, size, GPI_DEVICE_SERVERS "=%lu", (unsigned long)slot);
    }
    return error;
}

void served_forget(struct program *guest)
{
    if (guest->served) {
        vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), guest->served);
        guest->served = NULL;
    }
}

/* The entry first: who sees the space finds it. */
static void tell(struct program *guest, unsigned n, gpi_space_id_t space)
{
    if (space != BADGE_SPACE_ID_NULL) {
        pd_client_share_rde_rights(&guest->runnable.pd, device_type(), space, GPI_RIGHTS_ALL);
    }
    __atomic_store_n(&guest->served[n], space, __ATOMIC_RELEASE);
}

void served_changed(const struct program *server)
{
    for (struct program *guest = programs.first; guest; guest = guest->next) {
        int device = -1;
        const char *name;
        for (unsigned n = 0; guest->served && (name = tree_next_served(&guest->config, &device)) != NULL; n++) {
            if (strcmp(name, server->config.name) == 0) {
                tell(guest, n, server->space);
            }
        }
    }
}
