/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control port: lines of text between the system and the host.
 *
 *     open PORT OFFSET NAME     from byte OFFSET of what port PORT sends, it is NAME's (and what is typed there is for NAME)
 *     close PORT OFFSET         up to there
 *     exit STATUS               the last one
 *     closed PORT               of the host: it has everything up to there. The port is not used again before
 *
 * So it is exact what belongs to whom, whichever socket the host reads first. Other lines are init's and the host's.
 */
#ifndef SERVERS_CONSOLE_CONTROL_H
#define SERVERS_CONSOLE_CONTROL_H

#include "vcon.h"

#include <gpi/proto/console.h>

enum { CONTROL_SIZE = 1 << 14, CONTROL_ROOM = 2 * GPI_CONSOLE_RECORD_SIZE };

struct control {
    struct vcon *vcon;
    unsigned port;
    uint64_t paddr; /**< of the data */
    struct gpi_ring_shared shared;
    struct gpi_ring writer, reader;
    uint32_t given;
    char line[GPI_CONSOLE_RECORD_SIZE + 1];
    unsigned length; /**< of it */
    bool complete;   /**< the line is; more is not read before it was taken */
};

/** `data`: CONTROL_SIZE bytes that the device can read. */
void control_begin(struct control *control, struct vcon *vcon, unsigned port, unsigned char *data, uint64_t paddr);
/** Sends a record; characters that are not printable become '?'. False if there is no room for one now. */
bool control_send(struct control *control, const char *text);
/** Whether control_send will do. */
bool control_has_room(struct control *control);
/** Moves bytes. */
void control_pump(struct control *control);
/** Whether the host has everything. */
bool control_is_idle(struct control *control);
/** A record of the host, of up to GPI_CONSOLE_RECORD_SIZE bytes; longer ones are cut. Null: there is none. */
const char *control_line(const struct control *control);
/** It was taken. */
void control_next(struct control *control);

#endif
