/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For PDs that are devices of guests (gpi/proto/device.h). Each guest that opens the device has a port: a thread of its own, which runs on
 * the guest's time, one access after the other. So a guest whose time is over in the middle of an access holds up itself; a device that
 * several guests share should have no locks, or the others wait for it.
 *
 *     static const gpi_device_ops_t ops = {read, write};
 *     static int open(resource_server_call_t *call) { return gpi_device_open(call, &ops, device); }
 *     ... methods[] = {[GPI_METHOD_NUMBER(GPI_DEVICE_OPEN)] = GPI_DEVICE_OPEN_METHOD(open)}, .client_gone = gpi_device_client_gone
 *
 * The server needs entries for PDs, CPUs, endpoints and resource spaces, and no less priority than its guests' VMMs.
 */
#ifndef GPI_DEVICE_SERVER_H
#define GPI_DEVICE_SERVER_H

#include <gpi/proto/device.h>
#include <sel4gpi/resource_server_utils.h>

/** Accesses to a device, on the thread of a port; false: there is no such register. */
typedef struct gpi_device_ops {
    bool (*read)(void *device, seL4_Word offset, unsigned width, seL4_Word *value);
    bool (*write)(void *device, seL4_Word offset, unsigned width, seL4_Word value);
} gpi_device_ops_t;

#define GPI_DEVICE_OPEN_METHOD(run)                                                                                    \
    {                                                                                                                  \
        run, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_WRITE, GPI_WORDS(struct gpi_device_open),                               \
            GPI_WORDS(struct gpi_device_opened)                                                                        \
    }

/** Answers GPI_DEVICE_OPEN: the caller gets a port, at which `ops` serve it. A gpi_error_t. */
int gpi_device_open(resource_server_call_t *call, const gpi_device_ops_t *ops, void *device);

/** The device interrupts: an edge, for all guests who have it. Any thread of the server's, that of a port too. */
void gpi_device_interrupt(const void *device);

/** A client has ended: its ports go. */
void gpi_device_client_gone(resource_server_context_t *context, resource_server_client_t *client);

#endif
