/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/cpu_clientapi.h>

#include "rpc.h"
#include "self.h"
#include "slots.h"

#include <sel4gpi/pd_utils.h>

int cpu_component_client_connect(seL4_CPtr server_ep_cap, cpu_client_context_t *ret_conn)
{
    struct gpi_slot_and_id out = {0, 0};
    int error = GPI_CALL_OUT(server_ep_cap, CPU_CREATE, &out);
    *ret_conn = (cpu_client_context_t){out.slot, out.id};
    return error;
}

int cpu_component_client_disconnect(cpu_client_context_t *conn)
{
    return gpi_free_slot(&conn->ep);
}

int cpu_client_start(cpu_client_context_t *conn)
{
    return GPI_CALL_NONE(conn->ep, CPU_RESUME);
}

int cpu_client_set_start(cpu_client_context_t *conn, const struct cpu_start *start)
{
    return GPI_CALL_IN(conn->ep, CPU_PREPARE, start);
}

int cpu_client_config_badged(cpu_client_context_t *cpu, ads_client_context_t *ads, pd_client_context_t *pd,
                             mo_client_context_t *ipc_buf_mo, seL4_CPtr fault_ep, seL4_Word fault_badge,
                             void *ipc_buf_addr, int prio)
{
    struct cpu_configure in = {.ads = ads->ep,
                               .pd = pd->ep,
                               .ipc_buffer = ipc_buf_mo ? ipc_buf_mo->ep : seL4_CapNull,
                               .ipc_vaddr = (seL4_Word)ipc_buf_addr,
                               .fault_ep = fault_ep,
                               .fault_badge = fault_badge,
                               .priority = (seL4_Word)prio};
    return GPI_CALL_IN(cpu->ep, CPU_CONFIGURE, &in);
}

int cpu_client_config(cpu_client_context_t *cpu, ads_client_context_t *ads, pd_client_context_t *pd,
                      mo_client_context_t *ipc_buf_mo, seL4_Word cnode_guard, seL4_CPtr fault_ep_position,
                      void *ipc_buf_addr, int prio)
{
    (void)cnode_guard;
    return cpu_client_config_badged(cpu, ads, pd, ipc_buf_mo, fault_ep_position, 0, ipc_buf_addr, prio);
}

/* Where this CPU has been before it goes without the root task. */
static const struct osm_ads *known(const cpu_client_context_t *conn, const ads_client_context_t *ads)
{
    if (conn->id != gpi_osm->cpu_conn.id) {
        return NULL;
    }
    for (seL4_Word i = 0; i < gpi_osm->ads_count && i < OSM_ADSES; i++) {
        if (gpi_osm->ads[i].id == ads->id) {
            return &gpi_osm->ads[i];
        }
    }
    return NULL;
}

int cpu_client_change_vspace(cpu_client_context_t *conn, ads_client_context_t *ads_conn)
{
    const struct osm_ads *ads = known(conn, ads_conn);
    int error;
    if (ads) {
        error = vesicle_TCB_SwitchVSpace(gpi_osm->switch_tcb, ads->vspace) == seL4_NoError ? GPI_OK : GPI_ERR_GONE;
    } else {
        struct cpu_change_vspace in = {ads_conn->ep};
        struct cpu_switch out;
        error = GPI_CALL(conn->ep, CPU_CHANGE_VSPACE, &in, &out);
    }
    if (error == GPI_OK && conn->id == gpi_osm->cpu_conn.id) {
        gpi_current_ads = *ads_conn; /* on the stack, which both spaces show */
    }
    return error;
}

void gpi_forget_vspace(const ads_client_context_t *ads)
{
    cpu_client_context_t cpu = sel4gpi_get_cpu_conn();
    struct cpu_forget_vspace in = {ads->ep, sel4gpi_get_ads_conn().ep};
    if (ads->ep && known(&cpu, ads) && ads->ep != in.current) {
        GPI_CALL_IN(cpu.ep, CPU_FORGET_VSPACE, &in);
    }
}

int cpu_client_elevate_privileges(cpu_client_context_t *conn)
{
    return GPI_CALL_NONE(conn->ep, CPU_ELEVATE);
}

int cpu_client_write_registers(cpu_client_context_t *cpu, seL4_UserContext *regs, size_t num_reg, bool resume)
{
    struct cpu_registers in = {resume, num_reg, *regs};
    return num_reg > GPI_WORDS(*regs) ? GPI_ERR_BAD_ARGUMENT : GPI_CALL_IN(cpu->ep, CPU_WRITE_REGISTERS, &in);
}

int cpu_client_read_registers(cpu_client_context_t *cpu, seL4_UserContext *regs)
{
    return GPI_CALL_OUT(cpu->ep, CPU_READ_REGISTERS, regs);
}

int cpu_client_read_vcpu_regs(cpu_client_context_t *cpu, vcpu_regs_t *regs)
{
    return GPI_CALL_OUT(cpu->ep, CPU_READ_VCPU, regs);
}

int cpu_client_set_tls_base(cpu_client_context_t *cpu, void *tls_base)
{
    seL4_Word in = (seL4_Word)tls_base;
    return GPI_CALL_IN(cpu->ep, CPU_SET_TLS_BASE, &in);
}

int cpu_client_suspend(cpu_client_context_t *cpu)
{
    return GPI_CALL_NONE(cpu->ep, CPU_SUSPEND);
}

int cpu_client_resume(cpu_client_context_t *cpu)
{
    return GPI_CALL_NONE(cpu->ep, CPU_RESUME);
}

int cpu_client_inject_irq(cpu_client_context_t *cpu, int virq, int prio, int group, int idx)
{
    struct cpu_inject in = {(seL4_Word)virq, (seL4_Word)prio, (seL4_Word)group, (seL4_Word)idx};
    return GPI_CALL_IN(cpu->ep, CPU_INJECT_IRQ, &in);
}

int cpu_client_ack_vppi(cpu_client_context_t *cpu, uint64_t irq)
{
    seL4_Word in = irq;
    return GPI_CALL_IN(cpu->ep, CPU_ACK_VPPI, &in);
}

int cpu_client_serve_guest(cpu_client_context_t *cpu, mo_client_context_t *exit_frame, struct cpu_guest_caps *caps)
{
    struct cpu_serve_guest in = {exit_frame->ep};
    return GPI_CALL(cpu->ep, CPU_SERVE_GUEST, &in, caps);
}

int cpu_client_set_passive(cpu_client_context_t *cpu)
{
    return GPI_CALL_NONE(cpu->ep, CPU_SET_PASSIVE);
}

int cpu_client_set_time(cpu_client_context_t *cpu, unsigned core, uint64_t budget, uint64_t period)
{
    struct cpu_time in = {core, budget, period};
    return GPI_CALL_IN(cpu->ep, CPU_SET_TIME, &in);
}

int cpu_client_set_priority(cpu_client_context_t *cpu, int prio)
{
    seL4_Word in = (seL4_Word)prio;
    return GPI_CALL_IN(cpu->ep, CPU_SET_PRIORITY, &in);
}

int cpu_client_get_info(cpu_client_context_t *cpu, struct cpu_info *info)
{
    return GPI_CALL_OUT(cpu->ep, CPU_GET_INFO, info);
}

int cpu_client_set_counter(cpu_client_context_t *cpu, unsigned counter, uint64_t event)
{
    struct cpu_counter in = {counter, event};
    return GPI_CALL_IN(cpu->ep, CPU_SET_COUNTER, &in);
}

int cpu_client_read_counter(cpu_client_context_t *cpu, unsigned counter, uint64_t *value)
{
    seL4_Word in = counter, out = 0;
    int error = GPI_CALL(cpu->ep, CPU_READ_COUNTER, &in, &out);
    *value = out;
    return error;
}

int cpu_client_bind_notification(cpu_client_context_t *cpu, ep_client_context_t *notification)
{
    seL4_Word in = notification->ep;
    return GPI_CALL_IN(cpu->ep, CPU_BIND_NOTIFICATION, &in);
}
