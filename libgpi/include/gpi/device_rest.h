/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bringing a device of the machine to rest that somebody left in the middle of something: it makes no interrupt and reads and writes no
 * memory any more. Only for kinds of devices whose registers are known here; there is no way for all of them.
 */
#ifndef GPI_DEVICE_REST_H
#define GPI_DEVICE_REST_H

#include <sel4gpi/gpi_types.h>
#include <stdbool.h>
#include <stddef.h>

/** The `compatible` of devices of the n-th kind; null: there are no more kinds. */
const char *gpi_device_rest_compatible(unsigned kind);
/** Bytes of registers that such a device has at least. */
size_t gpi_device_rest_size(unsigned kind);
/** Does it to the device with these registers. False: it is not at rest. Makes no call. */
bool gpi_device_rest(unsigned kind, volatile void *registers);
/** The same to the one whose registers are at `offset` of a memory object. A gpi_error_t; GPI_ERR_STATE: it is not at rest. */
int gpi_device_rest_mo(unsigned kind, mo_client_context_t *mo, size_t offset);

#endif
