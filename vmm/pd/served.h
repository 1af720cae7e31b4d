/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices of the guest that other PDs serve (gpi/proto/device.h): nodes below the guest's in the system tree, with a property `server`.
 * An exit thread calls the device's endpoint with each access; the device works on the guest's time. A server that ended and was started again is found
 * by the next access.
 */
#ifndef VMM_PD_SERVED_H
#define VMM_PD_SERVED_H

#include "vmm/dev/remote.h"
#include "vmm/lock.h"

#include <gpi/proto/device.h>
#include <sel4gpi/gpi_types.h>
#include <sel4/types.h>

#define SERVED_DEVICES 8

struct served_device {
    char name[GPI_NAME_SIZE + 1];
    uint64_t size;
    gpi_cap_t type;
    const gpi_space_id_t *where;   /* in which space it is served; changes when the server is started again */
    gpi_space_id_t space;          /* that it was opened in */
    seL4_CPtr endpoint, last;      /* now, and before that */
    seL4_CPtr signal, last_signal; /* of its interrupts: the same */
    struct lock lock;              /* of all these */
    struct served *served;
    unsigned number; /* there */
};

struct served {
    struct served_device device[SERVED_DEVICES];
    struct remote_device remote[SERVED_DEVICES];
    unsigned count;
    const gpi_space_id_t *page; /* of all of them, see gpi/proto/device.h */
    uint64_t pending;           /* interrupts that came, by the device's number */
    seL4_CPtr interrupted;      /* signalled when one did */
};

/** Says what is wrong with a device. */
typedef void (*served_error_fn)(void *cookie, const char *device, const char *why);

/** Opens all devices of the node. False if one cannot be had, or its node is wrong. Strings stay in the tree. */
bool served_open(struct served *served, const void *tree, const char *node, served_error_fn error, void *cookie);

/** Waits for the interrupts of a device (struct served_device), for ever: a thread's. */
void served_wait(void *device);

#endif
