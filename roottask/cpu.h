/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs: a TCB and its scheduling context, and a VCPU if it is elevated. */
#ifndef ROOTTASK_CPU_H
#define ROOTTASK_CPU_H

#include "ads.h"
#include "ep.h"
#include "mo.h"

#include <gpi/proto/cpu.h>

struct handle;
struct pd;

struct cpu {
    struct object object;
    struct kobject tcb, sc, vcpu;
    struct ads *ads;    /**< where it runs, as far as the root task knows: it can switch by itself */
    struct ads **bound; /**< all that it can switch to; holds references */
    size_t bound_count;
    struct pd *pd; /**< whose it is; the PD holds a reference, not the CPU */
    struct cpu *next_of_pd;
    struct mo *ipc_buffer;
    struct mo *exit_frame; /**< a guest's */
    seL4_Word ipc_vaddr;
    struct ep *fault_ep; /**< where its faults go; null: to the root task */
    seL4_Word fault_badge;
    struct handle *fault_handle;
    seL4_CPtr fault_slot; /**< what the TCB was given */
    bool used;            /**< its registers are not all 0 any more */
    bool held;            /**< its scheduling context was taken from it for a moment */
    uint8_t state;        /**< enum gpi_cpu_state */
    uint8_t priority;
    seL4_Word core;
    seL4_Time consumed;     /**< until it was asked for last, see cpu_consumed() */
    seL4_Time counted_from; /**< consumed before its PD counted */
};

void cpu_init(const seL4_BootInfo *bi);
/** A stopped thread on core 0; null if there is no memory. */
struct cpu *cpu_new(struct account *account);
/** What a CPU gets from its PD, in struct cpu_configure; capabilities already looked up. */
struct cpu_setup {
    struct pd *pd;
    struct ads *ads;
    struct mo *ipc_buffer;
    size_t ipc_page; /**< which one of it */
    seL4_Word ipc_vaddr;
    struct ep *fault_ep;
    seL4_Word fault_badge;
    seL4_Word priority;
};
gpi_error_t cpu_configure(struct cpu *cpu, const struct cpu_setup *setup);
/** Faults go elsewhere from now on; null: to the root task. */
gpi_error_t cpu_set_fault_ep(struct cpu *cpu, struct ep *ep, seL4_Word badge);
/** Sets where it will begin. */
gpi_error_t cpu_prepare(struct cpu *cpu, const struct cpu_start *start);
gpi_error_t cpu_resume(struct cpu *cpu);
/** The CSpace of its PD has another CNode, whose capability is in this slot. False: it stays as it is. */
bool cpu_set_cspace(struct cpu *cpu, seL4_CPtr root);
/** It does not run until cpu_release(); what it waits for comes nevertheless. */
void cpu_hold(struct cpu *cpu);
void cpu_release(struct cpu *cpu);
/** Microseconds that it used since it was made. */
seL4_Time cpu_consumed(struct cpu *cpu);
/** As the kernel's calls; GPI_ERR_STATE: there are no counters for it. */
gpi_error_t cpu_set_counter(struct cpu *cpu, seL4_Word counter, seL4_Word event);
gpi_error_t cpu_read_counter(struct cpu *cpu, seL4_Word counter, seL4_Word *value);

#endif
