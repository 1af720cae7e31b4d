/* SPDX-License-Identifier: BSD-2-Clause */
/* Several calls in one message, see GPI_BATCH in gpi/proto/rpc.h. */
#include "call.h"

/* What the caller has in a slot, if it can be called. */
static struct handle *callable(const struct pdspace *space, seL4_CPtr slot, gpi_error_t *error)
{
    struct handle *handle = pdspace_handle(space, slot);
    *error = !handle ? GPI_ERR_BAD_CAP : handle->object->ended ? GPI_ERR_GONE : GPI_OK;
    return handle;
}

/* A word that stands for one of the answers becomes that. */
static bool resolve(seL4_Word *word, const seL4_Word *answers, unsigned count)
{
    bool known = *word < count;
    *word = known ? answers[*word] : *word;
    return known;
}

static bool resolve_all(unsigned refer, seL4_CPtr *slot, seL4_Word *words, unsigned count, const seL4_Word *answers,
                        unsigned answered)
{
    if (refer & GPI_BATCH_REFER_SLOT && !resolve(slot, answers, answered)) {
        return false;
    }
    refer /= GPI_BATCH_REFER_WORD;
    for (unsigned i = 0; refer >> i != 0; i++) {
        if (refer >> i & 1 && (i >= count || !resolve(&words[i], answers, answered))) {
            return false;
        }
    }
    return true;
}

/* One call, whose header is `header`; the answers of those before it are in `answers`. */
static gpi_error_t run_one(struct call *one, seL4_Word header, const seL4_Word *answers, unsigned answered)
{
    seL4_CPtr slot = GPI_BATCH_HEADER_SLOT(header);
    const struct method *method = call_method(GPI_BATCH_HEADER_METHOD(header));
    gpi_error_t error;
    if (!method || method->target == CALL_ALONE || 1 + answered + method->out_words > seL4_MsgMaxLength ||
        (GPI_BATCH_HEADER_REFER(header) &&
         !resolve_all(GPI_BATCH_HEADER_REFER(header), &slot, one->in, one->in_words, answers, answered))) {
        return GPI_ERR_BAD_MESSAGE;
    }
    struct handle *handle = callable(one->space, slot, &error);
    return error == GPI_OK ? call_run(one, method, handle) : error;
}

gpi_error_t batch_run(struct call *call)
{
    const struct handle *carrier = call->handle;
    seL4_Word badge = carrier->badge, *done = call->out, *answers = done + 1;
    gpi_error_t error = GPI_OK;
    unsigned at = 0, answered = 0;
    *done = 0;
    while (at < call->in_words) {
        seL4_Word header = call->in[at++];
        struct call one = {.space = call->space,
                           .in = &call->in[at],
                           .in_words = GPI_BATCH_HEADER_WORDS(header),
                           .out = &answers[answered]};
        error = one.in_words <= call->in_words - at ? run_one(&one, header, answers, answered) : GPI_ERR_BAD_MESSAGE;
        if (error != GPI_OK) {
            break;
        }
        at += one.in_words;
        answered += one.out_words;
        ++*done;
        /* Without it nobody knows whether the caller's CSpace is still there. Its place in the table is, with another number. */
        if (carrier->badge != badge) {
            error = at < call->in_words ? GPI_ERR_GONE : GPI_OK;
            break;
        }
    }
    call->out_words = 1 + answered;
    return error;
}
