/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The multiport console device (virtio 1.2, 5.3): two queues of control messages, and two of bytes for each port. The device
 * is trusted to be what it is, not to be right: what it says is checked before it is used as an index or a length.
 */
#ifndef SERVERS_CONSOLE_VCON_H
#define SERVERS_CONSOLE_VCON_H

#include "virtio_mmio.h"
#include "virtq.h"

#include <stddef.h>

enum {
    VCON_PORTS = 32,        /**< more are not used */
    VCON_NAME_SIZE = 32,    /**< longer names are cut */
    VCON_IN_BUFFERS = 2,    /**< of each port */
    VCON_IN_SIZE = 1024,    /**< of each of them */
    VCON_CONTROL_SIZE = 64, /**< a control message with a name */
    VCON_QUEUES = 2 * (VCON_PORTS + 1),
};

/** Everything that the device reads and writes, but output: physically contiguous, zeroed. */
struct vcon_memory {
    struct virtq_memory queue[VCON_QUEUES];
    unsigned char control_in[VIRTQ_MAX][VCON_CONTROL_SIZE];
    unsigned char control_out[VIRTQ_MAX][8];
    unsigned char in[VCON_PORTS][VCON_IN_BUFFERS][VCON_IN_SIZE];
};

struct vcon_port {
    bool present;       /**< the device has it */
    bool named;         /**< and said how it is called */
    bool ready, opened; /**< these messages have still to be sent */
    char name[VCON_NAME_SIZE];
    struct virtq in, out;
    uint16_t in_buffer;        /**< that holds what has come in */
    uint32_t in_at, in_length; /**< of it: taken, there */
};

struct vcon {
    virtio_mmio_t regs;
    struct vcon_memory *memory;
    uint64_t paddr; /**< of the memory */
    unsigned ports;
    struct virtq control_in, control_out;
    struct vcon_port port[VCON_PORTS];
};

/** Starts the device. False if it is not a multiport one, or does not work. */
bool vcon_start(struct vcon *vcon, virtio_mmio_t regs, struct vcon_memory *memory, uint64_t paddr);
/** After an interrupt: reads control messages, and answers them. */
void vcon_control(struct vcon *vcon);
/** A port that has a name; the port, or -1. */
int vcon_find(const struct vcon *vcon, const char *name);
/** Ports that have names. */
unsigned vcon_named(const struct vcon *vcon);

/** The driver uses the port from now on: the device gets buffers for input, and hears that it is open. */
void vcon_open(struct vcon *vcon, unsigned port);
/** Gives the device bytes of output, which stay where they are until they come back. False if it has too many already. */
bool vcon_write(struct vcon *vcon, unsigned port, uint64_t paddr, uint32_t length);
/** Buffers of output that the device has. */
unsigned vcon_writing(const struct vcon *vcon, unsigned port);
/** Bytes of output that came back, in the order in which they were given. 0: none. */
uint32_t vcon_written(struct vcon *vcon, unsigned port);
/** Bytes that came in and were not taken; where in `*bytes`. */
uint32_t vcon_read(struct vcon *vcon, unsigned port, const unsigned char **bytes);
/** `length` of them are taken. */
void vcon_taken(struct vcon *vcon, unsigned port, uint32_t length);

#endif
