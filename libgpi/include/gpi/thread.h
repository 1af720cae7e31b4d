/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads: TCB, scheduling context, stack, IPC buffer, TLS, put together. The caller brings mapped memory for the stack,
 * at whose top the TLS block lies, and a frame for the IPC buffer.
 */
#ifndef GPI_THREAD_H
#define GPI_THREAD_H

#include <gpi/cspace.h>
#include <gpi/ut.h>
#include <sel4/types.h>

/** What a new thread runs. It must not return. */
typedef void (*gpi_thread_fn)(void *argument);

/** How to make a thread. */
struct gpi_thread_config {
    gpi_thread_fn entry;
    void *argument;
    seL4_CPtr authority; /**< TCB whose maximum controlled priority counts */
    seL4_Word priority;
    seL4_Word mcp;              /**< maximum controlled priority */
    seL4_CPtr sched_control;    /**< of the core to run on; 0: passive, without a scheduling context */
    seL4_Time budget, period;   /**< in microseconds */
    seL4_CPtr cspace_root;      /**< CNode */
    seL4_Word cspace_data;      /**< guard data, 0: as the capability has it */
    seL4_CPtr vspace_root;      /**< the space it runs in */
    seL4_CPtr fault_ep;         /**< 0: none */
    void *stack;                /**< lowest address, in the thread's space and (for TLS) in the caller's */
    size_t stack_size;          /**< whole pages */
    seL4_IPCBuffer *ipc_buffer; /**< in the thread's space; null: none */
    seL4_CPtr ipc_buffer_frame; /**< the frame mapped there */
};

/** A thread made here. */
struct gpi_thread {
    cspace_t *cspace; /**< where these slots are */
    seL4_CPtr tcb;
    seL4_CPtr sc; /**< 0: passive */
    ut_t *tcb_ut, *sc_ut;
};

/** Makes a thread, stopped. Its objects' capabilities go to `cspace`. A seL4_Error; on an error nothing is left. */
seL4_Error gpi_thread_create(struct gpi_thread *thread, cspace_t *cspace, const struct gpi_thread_config *config);
/** Lets it run. */
seL4_Error gpi_thread_start(const struct gpi_thread *thread);
/** Ends it and gives back what create took. The stack and the IPC buffer stay the caller's. */
void gpi_thread_destroy(struct gpi_thread *thread);

#endif
