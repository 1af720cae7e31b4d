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
    GPI_COMPONENT_BATCH,
    GPI_COMPONENT_COUNT
};
#define GPI_METHOD(component, number) ((component) << 8 | (number))
#define GPI_METHOD_COMPONENT(label)   ((label) >> 8)
#define GPI_METHOD_NUMBER(label)      ((label)&0xff)

/**
 * Several calls in one message, which may be sent to any capability of the root task. For each call there is a header word
 * (method, how many words it has, the slot of the capability to call) and the method's words. Where a bit is set in the
 * header the slot (bit GPI_BATCH_REFER_SLOT) or one of the first words (bits from GPI_BATCH_REFER_WORD on) is not the
 * thing itself, but says which word of the answers of the calls before it is.
 *
 * They are made one after the other, each with the checks that it has alone, up to the first that fails; what was made
 * stays. The answer: the error of the one that failed, how many were made, and their answers, without gaps. Calls
 * whose answer may come later or is of any length are refused, and so is whatever comes after the capability that
 * the batch was sent to is gone.
 */
#define GPI_BATCH GPI_METHOD(GPI_COMPONENT_BATCH, 0)
enum {
    GPI_BATCH_METHOD_BITS = 16,
    GPI_BATCH_WORDS_BITS = 8,
    GPI_BATCH_REFER_BITS = 8,
    GPI_BATCH_SLOT_SHIFT = GPI_BATCH_METHOD_BITS + GPI_BATCH_WORDS_BITS + GPI_BATCH_REFER_BITS,
    GPI_BATCH_REFER_SLOT = 1,
    GPI_BATCH_REFER_WORD = 2,
    GPI_BATCH_REFER_WORDS = GPI_BATCH_REFER_BITS - 1, /**< only so many can refer */
};
static inline seL4_Word gpi_batch_header(seL4_Word method, seL4_Word words, seL4_Word refer, seL4_Word slot)
{
    return method | words << GPI_BATCH_METHOD_BITS | refer << (GPI_BATCH_METHOD_BITS + GPI_BATCH_WORDS_BITS) |
           slot << GPI_BATCH_SLOT_SHIFT;
}
#define GPI_BATCH_HEADER_METHOD(h) ((h)&0xffff)
#define GPI_BATCH_HEADER_WORDS(h)  ((unsigned)((h) >> GPI_BATCH_METHOD_BITS & 0xff))
#define GPI_BATCH_HEADER_REFER(h)  ((unsigned)((h) >> (GPI_BATCH_METHOD_BITS + GPI_BATCH_WORDS_BITS) & 0xff))
#define GPI_BATCH_HEADER_SLOT(h)   ((h) >> GPI_BATCH_SLOT_SHIFT)

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
