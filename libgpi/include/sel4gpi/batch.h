/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several calls of the root task in one message: each costs a fraction of what it costs alone. A call may be about what one
 * before it makes. The first that fails ends the batch; what was made is not undone.
 */
#ifndef SEL4GPI_BATCH_H
#define SEL4GPI_BATCH_H

#include <gpi/proto/rpc.h>
#include <sel4/types.h>

enum { GPI_BATCH_CALLS = 32 };

/** Calls that are yet to be made, and where their answers go. */
typedef struct gpi_batch {
    int error;     /**< of the call that failed */
    unsigned done; /**< calls that were made since gpi_batch_begin() */
    unsigned words, last, calls, answers;
    struct {
        seL4_Word *out;
        unsigned first, words;
    } call[GPI_BATCH_CALLS];
    seL4_Word word[seL4_MsgMaxLength];
} gpi_batch_t;

void gpi_batch_begin(gpi_batch_t *batch);

/**
 * Adds a call of a method (gpi/proto/...) on the capability in `*slot`; `in_words` words of `in` go, `out_words` come to `out`,
 * which may be null, and is 0 until then. If `slot` points into the `out` of a call before, what that answers is meant. If the message is full,
 * what is in it is sent. After a failure nothing is added any more.
 */
void gpi_batch_add(gpi_batch_t *batch, const seL4_CPtr *slot, seL4_Word method, const void *in, unsigned in_words,
                   void *out, unsigned out_words);
/** Word `n` of the call added last is `*word`, which points into the `out` of a call before. The first 7 words can be. */
void gpi_batch_use(gpi_batch_t *batch, unsigned n, const seL4_Word *word);
/** Makes the calls. The error of the first that failed: the answers of those before it have come, of the others not. */
int gpi_batch_run(gpi_batch_t *batch);

#define GPI_BATCH_ADD(batch, slot, method, in, out)                                                                    \
    gpi_batch_add(batch, slot, method, in, GPI_WORDS(*(in)), out, GPI_WORDS(*(out)))
#define GPI_BATCH_ADD_IN(batch, slot, method, in)   gpi_batch_add(batch, slot, method, in, GPI_WORDS(*(in)), NULL, 0)
#define GPI_BATCH_ADD_OUT(batch, slot, method, out) gpi_batch_add(batch, slot, method, NULL, 0, out, GPI_WORDS(*(out)))
#define GPI_BATCH_ADD_NONE(batch, slot, method)     gpi_batch_add(batch, slot, method, NULL, 0, NULL, 0)

#endif
