/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls to resource servers: like those to the root task, but that methods are numbered by each type of resource for itself.
 * Call a directory entry or a resource; a server that is no more answers GPI_ERR_GONE.
 */
#ifndef GPI_PROTO_SERVER_H
#define GPI_PROTO_SERVER_H

#include <gpi/proto/rpc.h>

/** The label of a server's n-th method, 0 to 255. */
enum { GPI_COMPONENT_SERVER = 0x100 };
#define GPI_SERVER_METHOD(n) GPI_METHOD(GPI_COMPONENT_SERVER, n)

#endif
