/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Consoles: what a PD and the console server share. A console is two rings in one memory object, which the server makes;
 * the PD calls it only to be given one, and to sleep. The other methods are of the control port, over which the system and
 * the host talk in lines of text (records).
 */
#ifndef GPI_PROTO_CONSOLE_H
#define GPI_PROTO_CONSOLE_H

#include <gpi/proto/server.h>
#include <gpi/ring.h>

enum gpi_console_method {
    /* of the directory entry */
    CONSOLE_OPEN = GPI_SERVER_METHOD(0), /**< gpi_name -> console_opened */
    CONSOLE_CONTROL,                     /**< -> console_control_port: for who started the server */
    /* of a console */
    CONSOLE_WAIT_ROOM, /**< answered when something can be written */
    CONSOLE_WAIT_DATA, /**< answered when something can be read */
    /* of the control port */
    CONSOLE_EXIT,        /**< one word: the system's status. Answered when the host has everything; the last record */
    CONSOLE_RECORD,      /**< text: a record for the host, answered when it is under way */
    CONSOLE_NEXT_RECORD, /**< -> text: the next record of the host, answered when there is one */
    CONSOLE_RECENT,      /**< console_ask_recent -> console_recent: what a PD printed last, also one that has ended */
    CONSOLE_METHODS_END,
};

struct console_control_port {
    seL4_CPtr control;
    seL4_Word consoles; /**< how many there can be at a time */
};

/** Slots in the PD's CSpace. */
struct console_opened {
    seL4_CPtr console; /**< the resource, for CONSOLE_WAIT_* */
    seL4_CPtr mo;      /**< struct gpi_console_memory */
    seL4_CPtr signal;  /**< to be signalled when the server waits for this PD: a notification's capability */
    seL4_CPtr lock;    /**< a notification for the PD's own use: its threads wait for each other with it */
};

enum {
    GPI_CONSOLE_IN_SIZE = 1 << 12,
    GPI_CONSOLE_OUT_SIZE = 1 << 15,
    GPI_CONSOLE_RECORD_SIZE = 256, /**< longest record */
};

struct console_ask_recent {
    struct gpi_name name; /**< of the console */
    seL4_Word offset;     /**< from this byte on of what is kept */
};
struct console_recent {
    seL4_Word length; /**< 0: no more */
    char text[512];
};

/** What the memory object holds. */
struct gpi_console_memory {
    struct gpi_ring_shared out, in; /**< out: the PD writes */
    _Alignas(1 << seL4_PageBits) unsigned char in_data[GPI_CONSOLE_IN_SIZE];
    unsigned char out_data[GPI_CONSOLE_OUT_SIZE];
};
enum { GPI_CONSOLE_PAGES = sizeof(struct gpi_console_memory) >> seL4_PageBits };

#endif
