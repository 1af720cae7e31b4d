/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A multiport console device in memory, behind the functions of virtio_mmio.h. "Physical" addresses are the build machine's,
 * so that a wrong one is found by the sanitizer.
 */
#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

#include "servers/console/vcon.h"

#include <stddef.h>

enum { FAKE_LOG = 1 << 20 };

/** What ports have sent, and what is to come in. */
struct fake_port {
    unsigned char *log;
    size_t length;
    const unsigned char *input;
    size_t input_length;
};
extern struct fake_port fake_port[VCON_PORTS];
extern struct vcon_memory fake_memory;

/** A device with this many ports (1 and up), of which the last is the control port. */
void fake_begin(unsigned ports);
/** Lets it work: up to `buffers` of each queue; those that it used it gives back in a random order if `shuffle`. */
void fake_work(unsigned buffers, bool shuffle);
/** Starts a driver on it, and lets them talk until all ports are there and open. */
void fake_start(struct vcon *vcon, unsigned ports);
/** A driver that gave a buffer outside of these bytes fails the case. */
void fake_allow(unsigned port, const void *begin, size_t size);

#endif
