/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/server_call.h>

#include "rpc.h"

int gpi_server_call(seL4_CPtr cap, seL4_Word method, const void *in, unsigned in_words, void *out, unsigned out_words)
{
    return gpi_rpc(cap, method, in, in_words, out, out_words);
}
