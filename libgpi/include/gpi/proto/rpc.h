/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How calls to the root task travel. The label is the method (its component in bits 8 and up); the words are a struct of
 * the component's header, at most four of them in registers. Capabilities are named by their slots in the caller's CSpace:
 * the root task put them there and knows them, so none is ever sent. The answer's label is a gpi_error_t.
 */
#ifndef GPI_PROTO_RPC_H
#define GPI_PROTO_RPC_H

#include <gpi/error.h>
#include <gpi/ids.h>
#include <sel4/types.h>

enum gpi_component {
    GPI_COMPONENT_PD = 1,
    GPI_COMPONENT_ADS,
    GPI_COMPONENT_MO,
    GPI_COMPONENT_CPU,
    GPI_COMPONENT_EP,
    GPI_COMPONENT_RESSPC,
    GPI_COMPONENT_COUNT
};
#define GPI_METHOD(component, number) ((component) << 8 | (number))
#define GPI_METHOD_COMPONENT(label)   ((label) >> 8)
#define GPI_METHOD_NUMBER(label)      ((label)&0xff)

/** Words of a message struct. */
#define GPI_WORDS(type) ((unsigned)(sizeof(type) / sizeof(seL4_Word)))

/** What most calls answer: a capability's slot in the caller's CSpace, and the id of what it means. */
struct gpi_slot_and_id {
    seL4_CPtr slot;
    gpi_obj_id_t id;
};

/** Text in a message: a name, of any length up to this. Not ended by 0 if it fills the place. */
enum {
    GPI_NAME_WORDS = 8,
    GPI_NAME_SIZE = GPI_NAME_WORDS * 8,
    GPI_TEXT_WORDS = 100,
    GPI_TEXT_SIZE = GPI_TEXT_WORDS * 8
};
struct gpi_name {
    char text[GPI_NAME_SIZE];
};

#endif
