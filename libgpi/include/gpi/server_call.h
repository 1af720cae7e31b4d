/* SPDX-License-Identifier: BSD-2-Clause */
/* For the client side of a resource server: a struct of words there, a struct of words back. */
#ifndef GPI_SERVER_CALL_H
#define GPI_SERVER_CALL_H

#include <gpi/proto/server.h>

/**
 * Calls a server's directory entry or resource. Answers a gpi_error_t; `out` is written only if that is GPI_OK. Pointers without
 * words may be null.
 */
int gpi_server_call(seL4_CPtr cap, seL4_Word method, const void *in, unsigned in_words, void *out, unsigned out_words);

#endif
