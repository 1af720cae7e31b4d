/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs: threads, and with a VCPU guests'. */
#ifndef GPI_PROTO_CPU_H
#define GPI_PROTO_CPU_H

#include <gpi/proto/rpc.h>

enum gpi_cpu_method {
    CPU_CREATE = GPI_METHOD(GPI_COMPONENT_CPU, 0), /**< -> gpi_slot_and_id */
    CPU_CONFIGURE,                                 /**< cpu_configure */
    CPU_PREPARE,                                   /**< cpu_start: registers of a new thread, which CPU_RESUME starts */
    CPU_RESUME,
    CPU_SUSPEND,
    CPU_WRITE_REGISTERS,   /**< cpu_registers */
    CPU_READ_REGISTERS,    /**< -> seL4_UserContext */
    CPU_SET_TLS_BASE,      /**< one word */
    CPU_CHANGE_VSPACE,     /**< cpu_change_vspace -> cpu_switch */
    CPU_ELEVATE,           /**< binds a VCPU */
    CPU_READ_VCPU,         /**< -> words, by seL4_VCPUReg */
    CPU_INJECT_IRQ,        /**< cpu_inject */
    CPU_ACK_VPPI,          /**< one word */
    CPU_SET_TIME,          /**< cpu_time */
    CPU_SET_PRIORITY,      /**< one word */
    CPU_BIND_NOTIFICATION, /**< one word: slot of a notification whose signals reach its receives */
    CPU_GET_INFO,          /**< -> cpu_info */
    CPU_FORGET_VSPACE,     /**< cpu_forget_vspace: it will not be switched there any more */
    CPU_SERVE_GUEST,       /**< cpu_serve_guest -> cpu_guest_caps: of an elevated CPU, for who serves its exits */
    CPU_SET_PASSIVE,       /**< its own time goes: from now on it runs on what comes with calls and faults */
    CPU_SET_COUNTER,       /**< cpu_counter: counts from 0 on, at EL0 */
    CPU_READ_COUNTER,      /**< one word: the counter -> one word */
};

struct cpu_configure {
    seL4_CPtr ads;
    seL4_CPtr pd;
    seL4_CPtr ipc_buffer; /**< memory object of one page; 0: the page that is at `ipc_vaddr` in the space */
    seL4_Word ipc_vaddr;  /**< 0 and no memory object: it has no IPC buffer */
    seL4_CPtr fault_ep;   /**< endpoint; 0: the root task's own handler, until somebody asks for the PD's */
    seL4_Word fault_badge;
    seL4_Word priority;
};
struct cpu_start {
    seL4_Word pc, sp, tls_base, x0;
};
struct cpu_registers {
    seL4_Word resume;
    seL4_Word count;
    seL4_UserContext regs;
};
struct cpu_change_vspace {
    seL4_CPtr ads;
};
/** Slots of the capabilities that do the same from then on, without the root task: vesicle_TCB_SwitchVSpace(tcb, vspace). */
struct cpu_switch {
    seL4_CPtr tcb;
    seL4_CPtr vspace;
};
struct cpu_forget_vspace {
    seL4_CPtr ads;
    seL4_CPtr current; /**< where it is now, which only its PD knows for sure */
};
struct cpu_serve_guest {
    seL4_CPtr exit_frame; /**< memory object of one page */
};
/** Slots of kernel capabilities: with them the guest is run and interrupted without the root task. */
struct cpu_guest_caps {
    seL4_CPtr vcpu;
    seL4_CPtr tcb;
};
struct cpu_inject {
    seL4_Word virq, priority, group, index;
};
struct cpu_time {
    seL4_Word core;
    seL4_Time budget, period; /**< microseconds */
};
struct cpu_counter {
    seL4_Word counter; /**< from 0, or VESICLE_COUNTER_CYCLES */
    seL4_Word event;   /**< of the architecture's numbers, or VESICLE_COUNTER_OFF */
};
struct cpu_info {
    seL4_Word state; /**< enum gpi_cpu_state */
    seL4_Word core, priority;
    seL4_Time consumed;
};
enum gpi_cpu_state { CPU_UNCONFIGURED, CPU_STOPPED, CPU_RUNNING, CPU_FAULTED };

#endif
