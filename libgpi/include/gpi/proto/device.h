/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices of guests that are PDs of their own: resource servers of type "DEVICE". A VMM opens a device by the directory entry, and is
 * given an endpoint, on which it hands over each access that its guest makes to the device's registers.
 */
#ifndef GPI_PROTO_DEVICE_H
#define GPI_PROTO_DEVICE_H

#include <gpi/proto/server.h>

#define GPI_DEVICE_TYPE "DEVICE"

enum gpi_device_method {
    GPI_DEVICE_OPEN = GPI_SERVER_METHOD(0), /**< gpi_device_open -> gpi_device_opened */
    GPI_DEVICE_METHODS_END,
};

struct gpi_device_open {
    struct gpi_name name; /**< of the device's node */
    seL4_Word size;       /**< bytes of registers that the guest sees */
};
struct gpi_device_opened {
    seL4_CPtr endpoint; /**< for accesses: a slot of the caller's */
    seL4_CPtr signal;   /**< a notification, signalled when the device interrupts: the same */
};

/**
 * An access, as a call on that endpoint: the label is one of these and the width in bytes (1, 2, 4, 8); words: offset, and the value that
 * is written, zero-extended. The answer: label 0 and a word, the value that was read; another label: there is no such register.
 */
enum { GPI_DEVICE_READ = 0x100, GPI_DEVICE_WRITE = 0x200, GPI_DEVICE_WIDTH = 0xf };

/**
 * The variable by which a VMM is told who serves its devices: the slot of a memory object, a page to be read. It has a word for each node
 * with a server, in the order of the tree: the space in which that serves, BADGE_SPACE_ID_NULL while nobody does. init keeps it true.
 */
#define GPI_DEVICE_SERVERS "DEVICE_SERVERS"
enum { GPI_DEVICE_SERVERS_MOST = 512 };

#endif
