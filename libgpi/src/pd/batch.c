/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/batch.h>

#include "rpc.h"
#include "self.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MOST_ANSWERS = seL4_MsgMaxLength - 1 /* how many were made comes with them */ };

static void empty(gpi_batch_t *batch)
{
    batch->words = 0;
    batch->calls = 0;
    batch->answers = 0;
}

void gpi_batch_begin(gpi_batch_t *batch)
{
    batch->error = GPI_OK;
    batch->done = 0;
    empty(batch);
}

/* Whether the word will be in an answer, and in which. Until then it is 0. */
static bool is_pending(const gpi_batch_t *batch, const seL4_Word *word, seL4_Word *answer)
{
    if (*word != 0) {
        return false;
    }
    for (unsigned i = batch->calls; i-- > 0;) {
        size_t at = ((uintptr_t)word - (uintptr_t)batch->call[i].out) / sizeof *word;
        if (batch->call[i].out && at < batch->call[i].words) {
            *answer = batch->call[i].first + at;
            return true;
        }
    }
    return false;
}

void gpi_batch_add(gpi_batch_t *batch, const seL4_CPtr *slot, seL4_Word method, const void *in, unsigned in_words,
                   void *out, unsigned out_words)
{
    const seL4_Word *from = in;
    if (batch->words + 1 + in_words > seL4_MsgMaxLength || batch->answers + out_words > MOST_ANSWERS ||
        batch->calls == GPI_BATCH_CALLS) {
        gpi_batch_run(batch);
    }
    if (batch->error != GPI_OK) {
        return;
    }
    seL4_Word answer = 0;
    bool pending = is_pending(batch, slot, &answer);
    batch->word[batch->words] =
        gpi_batch_header(method, in_words, pending ? GPI_BATCH_REFER_SLOT : 0, pending ? answer : *slot);
    for (unsigned i = 0; i < in_words; i++) {
        batch->word[batch->words + 1 + i] = from[i];
    }
    batch->last = batch->words;
    batch->words += 1 + in_words;
    batch->call[batch->calls].out = out;
    batch->call[batch->calls].first = batch->answers;
    batch->call[batch->calls].words = out_words;
    batch->calls++;
    batch->answers += out_words;
    for (unsigned i = 0; out && i < out_words; i++) {
        ((seL4_Word *)out)[i] = 0;
    }
}

void gpi_batch_use(gpi_batch_t *batch, unsigned n, const seL4_Word *word)
{
    if (batch->error != GPI_OK) {
        return;
    }
    seL4_Word *header = &batch->word[batch->last], answer;
    if (is_pending(batch, word, &answer)) {
        *header |= gpi_batch_header(0, 0, (seL4_Word)GPI_BATCH_REFER_WORD << n, 0);
        header[1 + n] = answer;
    } else {
        header[1 + n] = *word;
    }
}

/* The answers of the first `calls` calls. */
static void take_answers(const gpi_batch_t *batch, seL4_Word calls)
{
    unsigned at = 1;
    for (seL4_Word i = 0; i < calls; i++) {
        for (unsigned k = 0; k < batch->call[i].words; k++, at++) {
            if (batch->call[i].out) {
                batch->call[i].out[k] = seL4_GetMR((int)at);
            }
        }
    }
}

/* A message, whose first words come and go in registers. */
static void call_all(gpi_batch_t *batch)
{
    seL4_Word mr[4] = {0, 0, 0, 0};
    for (unsigned i = 0; i < batch->words; i++) {
        if (i < 4) {
            mr[i] = batch->word[i];
        } else {
            seL4_SetMR((int)i, batch->word[i]);
        }
    }
    seL4_MessageInfo_t info = seL4_CallWithMRs(gpi_osm->pd_conn.ep, seL4_MessageInfo_new(GPI_BATCH, 0, 0, batch->words),
                                               &mr[0], &mr[1], &mr[2], &mr[3]);
    for (unsigned i = 0; i < 4; i++) {
        seL4_SetMR((int)i, mr[i]);
    }
    /* Without words it was the batch as a whole that was refused. */
    seL4_Word done = seL4_MessageInfo_get_length(info) > 0 ? mr[0] : 0;
    take_answers(batch, done < batch->calls ? done : batch->calls);
    batch->error = (int)seL4_MessageInfo_get_label(info);
    batch->done += (unsigned)done;
}

/* One alone travels as it always does. */
static void call_one(gpi_batch_t *batch)
{
    seL4_Word header = batch->word[0];
    batch->error = gpi_rpc(GPI_BATCH_HEADER_SLOT(header), GPI_BATCH_HEADER_METHOD(header), &batch->word[1],
                           GPI_BATCH_HEADER_WORDS(header), batch->call[0].out, batch->call[0].words);
    batch->done += batch->error == GPI_OK;
}

int gpi_batch_run(gpi_batch_t *batch)
{
    if (batch->error == GPI_OK && batch->calls > 0) {
        if (batch->calls == 1 && (batch->call[0].out || batch->call[0].words == 0)) {
            call_one(batch);
        } else {
            call_all(batch);
        }
        empty(batch);
    }
    return batch->error;
}
