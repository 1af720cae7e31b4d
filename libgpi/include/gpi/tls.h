/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread-local storage: one block a thread, AArch64 variant 1 (two reserved words, then the variables). */
#ifndef GPI_TLS_H
#define GPI_TLS_H

#include <sel4/types.h>
#include <stddef.h>

/** Bytes of a block. It must be aligned to gpi_tls_align(). */
size_t gpi_tls_size(void);
size_t gpi_tls_align(void);

/** Fills the block at `memory` from the program's template; returns the thread pointer for it. */
seL4_Word gpi_tls_init(void *memory);

/** As gpi_tls_init; also sets the IPC buffer of the thread that will use the block. */
seL4_Word gpi_tls_init_thread(void *memory, seL4_IPCBuffer *ipc_buffer);

/** Sets the thread pointer of the calling thread. */
static inline void gpi_tls_set(seL4_Word thread_pointer)
{
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(thread_pointer) : "memory");
}

static inline seL4_Word gpi_tls_get(void)
{
    seL4_Word thread_pointer;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(thread_pointer));
    return thread_pointer;
}

#endif
