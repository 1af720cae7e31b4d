/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a new program finds at its stack pointer: argc, argv, 0, environment, 0, auxiliary vector, AT_NULL; above them the
 * strings. 16-byte aligned.
 */
#ifndef GPI_INITIAL_STACK_H
#define GPI_INITIAL_STACK_H

#include <sel4/types.h>
#include <stddef.h>

/** Auxiliary vector: the common types, and ours. */
enum {
    GPI_AT_NULL = 0,
    GPI_AT_PHDR = 3,
    GPI_AT_PHENT = 4,
    GPI_AT_PHNUM = 5,
    GPI_AT_PAGESZ = 6,
    GPI_AT_BASE = 7,
    GPI_AT_ENTRY = 9,
    GPI_AT_EXECFN = 31,
    GPI_AT_IPC_BUFFER = 0x1001, /**< address of the IPC buffer */
    GPI_AT_OSM_DATA = 0x1002,   /**< address of the OSM page */
    GPI_AT_HEAP = 0x1003,       /**< address of the heap */
    GPI_AT_HEAP_SIZE = 0x1004,  /**< its size in bytes */
};

struct gpi_aux {
    seL4_Word type, value;
};

struct gpi_initial_stack {
    int argc;
    const char *const *argv;        /**< argc of them */
    const char *const *environment; /**< ended by null; or null */
    const struct gpi_aux *aux;      /**< without GPI_AT_NULL */
    size_t aux_count;
};

/**
 * Writes it to the upper end of `memory`, which will be seen at `vaddr`. Returns the stack pointer, or 0 if it does not
 * fit.
 */
seL4_Word gpi_initial_stack(const struct gpi_initial_stack *what, void *memory, size_t size, seL4_Word vaddr);

#endif
