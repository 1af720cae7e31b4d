/* SPDX-License-Identifier: BSD-2-Clause */
/* A call to the root task: a struct of words there, a struct of words back. */
#ifndef GPI_PD_RPC_H
#define GPI_PD_RPC_H

#include <gpi/proto/rpc.h>
#include <sel4/sel4.h>

/** Answers a gpi_error_t; `out` is written only if that is GPI_OK. Both may be null if they have no words. */
static inline int gpi_rpc(seL4_CPtr ep, seL4_Word method, const void *in, unsigned in_words, void *out,
                          unsigned out_words)
{
    const seL4_Word *from = in;
    seL4_Word mr[4] = {0, 0, 0, 0}, *to = out;
    for (unsigned i = 0; i < in_words; i++) {
        if (i < 4) {
            mr[i] = from[i];
        } else {
            seL4_SetMR((int)i, from[i]);
        }
    }
    seL4_MessageInfo_t info =
        seL4_CallWithMRs(ep, seL4_MessageInfo_new(method, 0, 0, in_words), &mr[0], &mr[1], &mr[2], &mr[3]);
    int error = (int)seL4_MessageInfo_get_label(info);
    for (unsigned i = 0; error == GPI_OK && i < out_words; i++) {
        to[i] = i < 4 ? mr[i] : seL4_GetMR((int)i);
    }
    return error;
}

#define GPI_CALL(ep, method, in, out) gpi_rpc(ep, method, in, GPI_WORDS(*(in)), out, GPI_WORDS(*(out)))
#define GPI_CALL_IN(ep, method, in)   gpi_rpc(ep, method, in, GPI_WORDS(*(in)), NULL, 0)
#define GPI_CALL_OUT(ep, method, out) gpi_rpc(ep, method, NULL, 0, out, GPI_WORDS(*(out)))
#define GPI_CALL_NONE(ep, method)     gpi_rpc(ep, method, NULL, 0, NULL, 0)

#endif
