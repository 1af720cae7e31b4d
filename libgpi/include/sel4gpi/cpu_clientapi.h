/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs: execution contexts. All calls answer 0 or a gpi_error_t. */
#ifndef SEL4GPI_CPU_CLIENTAPI_H
#define SEL4GPI_CPU_CLIENTAPI_H

#include <gpi/proto/cpu.h>
#include <sel4gpi/gpi_types.h>

/** A guest's EL1 registers, by seL4_VCPUReg. */
typedef struct vcpu_regs {
    seL4_Word reg[seL4_VCPUReg_Num];
} vcpu_regs_t;

int cpu_component_client_connect(seL4_CPtr server_ep_cap, cpu_client_context_t *ret_conn);
/** Gives the capability back; a CPU that belongs to no PD ends. */
int cpu_component_client_disconnect(cpu_client_context_t *conn);
/** Lets it run, from where it stands. */
int cpu_client_start(cpu_client_context_t *conn);
/** Sets program counter, stack pointer, thread pointer and x0 of a CPU that does not run. */
int cpu_client_set_start(cpu_client_context_t *conn, const struct cpu_start *start);
/**
 * Gives it a PD, an address space, an IPC buffer (or null), and a fault endpoint: `fault_ep_position` is the capability of an
 * EP resource (0: the PD's own). `cnode_guard` is ignored: CSpaces need none. `prio` up to what the PD may have.
 */
int cpu_client_config(cpu_client_context_t *cpu, ads_client_context_t *ads, pd_client_context_t *pd,
                      mo_client_context_t *ipc_buf_mo, seL4_Word cnode_guard, seL4_CPtr fault_ep_position,
                      void *ipc_buf_addr, int prio);
/** The same, faults coming with a badge. */
int cpu_client_config_badged(cpu_client_context_t *cpu, ads_client_context_t *ads, pd_client_context_t *pd,
                             mo_client_context_t *ipc_buf_mo, seL4_CPtr fault_ep, seL4_Word fault_badge,
                             void *ipc_buf_addr, int prio);
/** Runs on in another address space. May be called for one's own CPU: then the next instruction is already there. */
int cpu_client_change_vspace(cpu_client_context_t *conn, ads_client_context_t *ads_conn);
/** Binds a VCPU: it will run a guest. Before cpu_client_config. */
int cpu_client_elevate_privileges(cpu_client_context_t *conn);
int cpu_client_write_registers(cpu_client_context_t *cpu, seL4_UserContext *regs, size_t num_reg, bool resume);
int cpu_client_read_registers(cpu_client_context_t *cpu, seL4_UserContext *regs);
int cpu_client_read_vcpu_regs(cpu_client_context_t *cpu, vcpu_regs_t *regs);
int cpu_client_set_tls_base(cpu_client_context_t *cpu, void *tls_base);
/**
 * What it takes to serve the exits of an elevated CPU, without another call of the root task: its kernel capabilities, and an exit
 * frame (`struct vesicle_exit_frame`) in a memory object of one page. They end with the CPU.
 */
int cpu_client_serve_guest(cpu_client_context_t *cpu, mo_client_context_t *exit_frame, struct cpu_guest_caps *caps);
/** Takes its own time away: it serves others' calls and faults, on theirs. When it waits for them; for good. */
int cpu_client_set_passive(cpu_client_context_t *cpu);
int cpu_client_suspend(cpu_client_context_t *cpu);
int cpu_client_resume(cpu_client_context_t *cpu);
int cpu_client_inject_irq(cpu_client_context_t *cpu, int virq, int prio, int group, int idx);
int cpu_client_ack_vppi(cpu_client_context_t *cpu, uint64_t irq);
/** The core it runs on, and its budget in each period, in microseconds. Equal: a time slice. */
int cpu_client_set_time(cpu_client_context_t *cpu, unsigned core, uint64_t budget, uint64_t period);
int cpu_client_set_priority(cpu_client_context_t *cpu, int prio);
int cpu_client_get_info(cpu_client_context_t *cpu, struct cpu_info *info);
/**
 * Has a native thread count an event of the architecture's numbers, from 0 on, while it runs at EL0; VESICLE_COUNTER_OFF ends it. `counter`
 * from 0, or VESICLE_COUNTER_CYCLES. GPI_ERR_BAD_ARGUMENT: no such counter or event; GPI_ERR_STATE: a guest's, or no PMU.
 */
int cpu_client_set_counter(cpu_client_context_t *cpu, unsigned counter, uint64_t event);
int cpu_client_read_counter(cpu_client_context_t *cpu, unsigned counter, uint64_t *value);
/** Signals of the notification (an EP resource) reach the CPU's receives. */
int cpu_client_bind_notification(cpu_client_context_t *cpu, ep_client_context_t *notification);

#endif
