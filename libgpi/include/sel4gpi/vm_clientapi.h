/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests under control, by the directory entry for their VMM. All calls answer 0 or a gpi_error_t. */
#ifndef SEL4GPI_VM_CLIENTAPI_H
#define SEL4GPI_VM_CLIENTAPI_H

#include <gpi/proto/vm.h>
#include <sel4gpi/gpi_types.h>

/** The entry for the VMM that serves this space; 0 if the directory has none. */
seL4_CPtr vm_client_find(gpi_space_id_t space);

int vm_client_stat(seL4_CPtr rde, struct gpi_vm_stat *stat);
/** GPI_ERR_STATE if it is paused already. */
int vm_client_pause(seL4_CPtr rde);
/** GPI_ERR_STATE if it runs. */
int vm_client_resume(seL4_CPtr rde);
/** It begins anew, paused or not. GPI_ERR_GONE: it could not. */
int vm_client_reset(seL4_CPtr rde);
/** It ends as by its power switch. The VMM's PD ends soon after. */
int vm_client_stop(seL4_CPtr rde);
/** Registers, last exits, backtraces, as text from byte `offset` on; how much in `*length`, 0: no more. It runs on meanwhile. */
int vm_client_dump(seL4_CPtr rde, size_t offset, char *text, size_t size, size_t *length);

/** For people: what a VMM's exit code says, and an exception class. */
const char *vm_client_exit_words(seL4_Word code);
const char *vm_client_class_words(seL4_Word ec);

#endif
