/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console server: a console of its own for each PD, each a port of a virtio console device and so a socket of the
 * host's. It starts before everybody whose console it is; its own words go to the kernel's debug console.
 *
 * One thread, which receives calls and signals: of the device, of clients that the server let sleep, of the root task.
 * Nobody's time is lent to it, and it waits for nobody but the root task.
 */
#include "device.h"
#include "server.h"

#include <sel4/sel4.h>
#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <stdio.h>
#include <stdlib.h>

/* What the device reads and writes. */
struct dma {
    struct vcon_memory vcon;
    unsigned char control[CONTROL_SIZE];
};
enum { DMA_PAGES = (sizeof(struct dma) + (1 << seL4_PageBits) - 1) >> seL4_PageBits };

static struct dma *dma;
static uint64_t dma_paddr;

static int take_memory(void)
{
    struct mo_info info = {0};
    mo_client_context_t mo;
    void *at = NULL;
    int error = mo_client_connect_contiguous(sel4gpi_get_rde(GPICAP_TYPE_MO), DMA_PAGES, MO_PAGE_BITS, &mo);
    error = error ? error : mo_client_get_info(&mo, &info);
    error = error ? error : resource_server_attach_mo(&server.context, mo.ep, &at);
    dma = at;
    dma_paddr = info.paddr;
    return error;
}

static int take_device(void)
{
    struct device device;
    struct pd_irq_bound bound;
    int error = device_find(&device);
    error = error ? error : take_memory();
    if (error == GPI_OK) {
        struct pd_irq_bind bind = {device.irq, server.context.notification.ep, RESOURCE_SERVER_SIGNAL_BADGE(SIGNAL_IRQ),
                                   device.edge};
        error = pd_client_irq_bind(&server.self, &bind, &bound);
    }
    if (error != GPI_OK) {
        return error;
    }
    server.irq_handler = bound.handler;
    return vcon_start(&server.vcon, device.regs, &dma->vcon, dma_paddr) ? GPI_OK : GPI_ERR_NOT_FOUND;
}

/* The name of the control port says how many others there are: when all have told their names this can begin. */
static void find_ports(void)
{
    seL4_Word badge;
    for (;;) {
        server_take_interrupt();
        vcon_control(&server.vcon);
        int control = vcon_find(&server.vcon, CONTROL_PORT);
        if (control >= 0) {
            int others = atoi(server.vcon.port[control].name + sizeof CONTROL_PORT - 1);
            if (others >= 0 && vcon_named(&server.vcon) > (unsigned)others) {
                control_begin(&server.control, &server.vcon, (unsigned)control, dma->control,
                              dma_paddr + offsetof(struct dma, control));
                return;
            }
        }
        seL4_Wait(server.context.notification.raw_endpoint, &badge);
    }
}

static void open_ports(void)
{
    for (unsigned i = 0; i < server.vcon.ports; i++) {
        server.port[i].usable = server.vcon.port[i].named && i != server.control.port;
        server.usable += server.port[i].usable;
        if (server.vcon.port[i].named) {
            vcon_open(&server.vcon, i);
        }
    }
}

int main(void)
{
    struct pd_info info = {0};
    server.self = sel4gpi_get_pd_conn();
    int error = resource_server_init(&server.context, &server_config, NULL);
    error = error ? error : resource_server_signal_cap(&server.context, SIGNAL_AGAIN, &server.again);
    error = error ? error : resource_server_create_resource(&server.context, NULL, CONTROL_ID);
    error = error ? error : pd_client_get_info(&server.self, &info);
    server.starter = info.parent;
    error = error ? error : take_device();
    if (error != GPI_OK) {
        printf("console: cannot drive a console device: %s\n", gpi_strerror(error));
        return error;
    }
    find_ports();
    open_ports();
    return resource_server_run(&server.context);
}
