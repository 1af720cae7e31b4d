/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpu.h"

#include "call.h"
#include "pd.h"

#include <sel4/sel4.h>
#include <stddef.h>

enum { TIME_SLICE_US = 5000, SC_BITS = 8, PRIORITY_LIMIT = 254 };

enum { PSTATE_EL1H = 5, PSTATE_DAIF = 0xf << 6 };

static seL4_SlotRegion sched_control;

static void drop_fault_slot(struct cpu *cpu)
{
    if (cpu->fault_handle) {
        handle_free(cpu->fault_handle);
        cpu->fault_handle = NULL;
    } else if (cpu->fault_slot) {
        cspace_delete(&root_cspace, cpu->fault_slot);
        cspace_free_slot(&root_cspace, cpu->fault_slot);
    }
    cpu->fault_slot = 0;
    if (cpu->fault_ep) {
        object_put(&cpu->fault_ep->object);
        cpu->fault_ep = NULL;
    }
}

static void end(struct object *object)
{
    struct cpu *cpu = object_of(object, cpu);
    if (cpu->pd) {
        pd_drop_cpu(cpu->pd, cpu);
    }
    kobject_free_pair(&cpu->tcb, &cpu->sc, object->account);
    kobject_free(&cpu->vcpu, object->account);
    if (cpu->fault_handle) {
        handle_keep_fault(cpu->fault_handle);
        cpu->fault_handle = NULL;
        cpu->fault_slot = 0;
    }
    drop_fault_slot(cpu);
    if (cpu->ads) {
        object_put(&cpu->ads->object);
    }
    for (size_t i = 0; i < cpu->bound_count; i++) {
        object_put(&cpu->bound[i]->object);
    }
    memory_free(cpu->bound);
    cpu->bound = NULL;
    cpu->bound_count = 0;
    if (cpu->ipc_buffer) {
        object_put(&cpu->ipc_buffer->object);
    }
    if (cpu->exit_frame) {
        object_put(&cpu->exit_frame->object);
    }
    cpu->state = CPU_UNCONFIGURED;
}

void cpu_init(const seL4_BootInfo *bi)
{
    sched_control = bi->schedcontrol;
    object_register(GPICAP_TYPE_CPU, end);
}

static seL4_Error set_time(struct cpu *cpu, seL4_Word core, seL4_Time budget, seL4_Time period)
{
    return seL4_SchedControl_Configure(sched_control.start + core, cpu->sc.cap, budget, period,
                                       budget == period ? 0 : seL4_MaxExtraRefills(SC_BITS), 0);
}

struct cpu *cpu_new(struct account *account)
{
    struct cpu *cpu = memory_new(sizeof *cpu);
    if (!cpu) {
        return NULL;
    }
    if (kobject_new_pair(&cpu->tcb, seL4_TCBObject, &cpu->sc, seL4_SchedContextObject, seL4_TCBBits, SC_BITS,
                         account) == GPI_OK &&
        set_time(cpu, 0, TIME_SLICE_US, TIME_SLICE_US) == seL4_NoError) {
        object_init(&cpu->object, GPICAP_TYPE_CPU, account);
        return cpu;
    }
    kobject_free_pair(&cpu->tcb, &cpu->sc, account);
    memory_free(cpu);
    return NULL;
}

/* A capability for faults, in a slot of the root task. */
static gpi_error_t make_fault_slot(struct cpu *cpu, struct ep *ep, seL4_Word badge, struct handle **handle,
                                   seL4_CPtr *slot)
{
    *handle = NULL;
    if (!ep) {
        *handle = handle_new_fault(&cpu->object, slot);
        return *handle ? GPI_OK : GPI_ERR_NO_MEMORY;
    }
    *slot = memory_must_fail() ? 0 : cspace_alloc_slot(&root_cspace);
    if (!*slot) {
        return GPI_ERR_NO_MEMORY;
    }
    seL4_CapRights_t rights = seL4_CapRights_new(1, 1, 0, 1);
    cspace_mint(&root_cspace, *slot, &root_cspace, ep->kernel.cap, rights, badge);
    return GPI_OK;
}

gpi_error_t cpu_set_fault_ep(struct cpu *cpu, struct ep *ep, seL4_Word badge)
{
    struct handle *handle;
    seL4_CPtr slot;
    gpi_error_t error = ep && cpu->ads ? vmr_make_all_at_once(cpu->ads) : GPI_OK;
    error = error ? error : make_fault_slot(cpu, ep, badge, &handle, &slot);
    if (error != GPI_OK) {
        return error;
    }
    seL4_Word mcp = cpu->pd ? cpu->pd->priority_limit : cpu->priority;
    seL4_Error failed =
        seL4_TCB_SetSchedParams(cpu->tcb.cap, seL4_CapInitThreadTCB, mcp, cpu->priority, cpu->sc.cap, slot);
    struct cpu undo = *cpu;
    if (failed == seL4_NoError) {
        cpu->fault_ep = ep ? object_of(object_get(&ep->object), ep) : NULL;
        cpu->fault_badge = badge;
        cpu->fault_handle = handle;
        cpu->fault_slot = slot;
    } else {
        undo.fault_ep = NULL;
        undo.fault_handle = handle;
        undo.fault_slot = slot;
    }
    drop_fault_slot(&undo);
    return failed == seL4_NoError ? GPI_OK : GPI_ERR_KERNEL;
}

gpi_error_t cpu_configure(struct cpu *cpu, const struct cpu_setup *setup)
{
    struct pdspace *space = pd_space(setup->pd);
    if (!space) {
        return GPI_ERR_NO_MEMORY;
    }
    if (cpu->state == CPU_RUNNING || (cpu->pd && cpu->pd != setup->pd)) {
        return GPI_ERR_STATE;
    }
    if ((cpu->vcpu.ut != NULL) != setup->ads->stage2 || setup->priority > setup->pd->priority_limit ||
        (setup->ipc_buffer && setup->ipc_vaddr & ((1ul << seL4_IPCBufferSizeBits) - 1))) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    seL4_CPtr frame = setup->ipc_buffer ? mo_frame(setup->ipc_buffer, setup->ipc_page) : seL4_CapNull;
    if (seL4_TCB_Configure(cpu->tcb.cap, space->cspace.root_cnode, seL4_NilData, setup->ads->vspace.cap, seL4_NilData,
                           frame ? setup->ipc_vaddr : 0, frame) != seL4_NoError) {
        return GPI_ERR_KERNEL;
    }
    uint8_t old_priority = cpu->priority;
    struct pd *old_pd = cpu->pd;
    cpu->priority = (uint8_t)setup->priority;
    cpu->pd = setup->pd;
    gpi_error_t error = setup->fault_ep ? vmr_make_all_at_once(setup->ads) : GPI_OK;
    error = error ? error : cpu_set_fault_ep(cpu, setup->fault_ep, setup->fault_badge);
    cpu->pd = old_pd;
    if (error == GPI_OK) {
        error = pd_add_cpu(setup->pd, cpu, setup->ads);
    }
    if (error != GPI_OK) {
        cpu->priority = old_priority;
        return error;
    }
    object_get(&setup->ads->object);
    if (cpu->ads) {
        object_put(&cpu->ads->object);
    }
    cpu->ads = setup->ads;
    if (setup->ipc_buffer) {
        object_get(&setup->ipc_buffer->object);
    }
    if (cpu->ipc_buffer) {
        object_put(&cpu->ipc_buffer->object);
    }
    cpu->ipc_buffer = setup->ipc_buffer;
    cpu->ipc_vaddr = setup->ipc_vaddr;
    cpu->state = CPU_STOPPED;
    return GPI_OK;
}

bool cpu_set_cspace(struct cpu *cpu, seL4_CPtr root)
{
    return !cpu->ads || seL4_TCB_SetSpace(cpu->tcb.cap, cpu->fault_slot, root, seL4_NilData, cpu->ads->vspace.cap,
                                          seL4_NilData) == seL4_NoError;
}

void cpu_hold(struct cpu *cpu)
{
    /* If the context is away with a call, so is the thread, and this fails. */
    cpu->held = seL4_SchedContext_UnbindObject(cpu->sc.cap, cpu->tcb.cap) == seL4_NoError;
}

void cpu_release(struct cpu *cpu)
{
    if (cpu->held) {
        seL4_SchedContext_Bind(cpu->sc.cap, cpu->tcb.cap);
        cpu->held = false;
    }
}

gpi_error_t cpu_prepare(struct cpu *cpu, const struct cpu_start *start)
{
    if (cpu->state == CPU_UNCONFIGURED || cpu->state == CPU_RUNNING) {
        return GPI_ERR_STATE;
    }
    /* A guest begins where a kernel does: EL1, interrupts masked. */
    seL4_Word state = cpu->vcpu.ut ? PSTATE_EL1H | PSTATE_DAIF : 0;
    seL4_UserContext regs = {
        .spsr = state, .pc = start->pc, .sp = start->sp, .tpidr_el0 = start->tls_base, .x0 = start->x0};
    seL4_Word count = GPI_WORDS(regs);
    if (!cpu->used) {
        /* The others are 0 in a new thread. */
        count = offsetof(seL4_UserContext, x1) / sizeof(seL4_Word);
        if (start->tls_base && seL4_TCB_SetTLSBase(cpu->tcb.cap, start->tls_base) != seL4_NoError) {
            return GPI_ERR_KERNEL;
        }
    }
    cpu->used = true;
    return seL4_TCB_WriteRegisters(cpu->tcb.cap, 0, 0, count, &regs) == seL4_NoError ? GPI_OK : GPI_ERR_KERNEL;
}

gpi_error_t cpu_resume(struct cpu *cpu)
{
    if (cpu->state == CPU_UNCONFIGURED || seL4_TCB_Resume(cpu->tcb.cap) != seL4_NoError) {
        return GPI_ERR_STATE;
    }
    cpu->used = true;
    cpu->state = CPU_RUNNING;
    return GPI_OK;
}

seL4_Time cpu_consumed(struct cpu *cpu)
{
    if (cpu->sc.cap) {
        cpu->consumed += seL4_SchedContext_Consumed(cpu->sc.cap).consumed; /* the kernel begins at 0 each time */
    }
    return cpu->consumed;
}

gpi_error_t cpu_set_counter(struct cpu *cpu, seL4_Word counter, seL4_Word event)
{
    seL4_Error failed = vesicle_TCB_SetCounter(cpu->tcb.cap, counter, event);
    return failed == seL4_NoError ? GPI_OK : failed == seL4_IllegalOperation ? GPI_ERR_STATE : GPI_ERR_BAD_ARGUMENT;
}

gpi_error_t cpu_read_counter(struct cpu *cpu, seL4_Word counter, seL4_Word *value)
{
    vesicle_TCB_ReadCounter_t read = vesicle_TCB_ReadCounter(cpu->tcb.cap, counter);
    *value = read.error ? 0 : read.value;
    return !read.error ? GPI_OK : read.error == seL4_IllegalOperation ? GPI_ERR_STATE : GPI_ERR_BAD_ARGUMENT;
}

static struct cpu *cpu_of(const struct call *call)
{
    return object_of(call->handle->object, cpu);
}

static gpi_error_t create(struct call *call)
{
    struct cpu *cpu = cpu_new(call->space->account);
    return cpu ? call_return_object(call, &cpu->object) : GPI_ERR_NO_MEMORY;
}

/* The page that is at the IPC buffer's address: one that the thread can write anyway. */
static gpi_error_t find_ipc_buffer(struct cpu_setup *setup)
{
    struct vmr *vmr = vmr_at(setup->ads, setup->ipc_vaddr);
    if (!vmr || !vmr->mo || vmr->page_bits != seL4_PageBits || vmr->mo->device || !(vmr->rights & ADS_RIGHT_WRITE)) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    setup->ipc_buffer = vmr->mo;
    setup->ipc_page = vmr->offset + ((setup->ipc_vaddr - vmr->vaddr) >> seL4_PageBits);
    return vmr_make_all(vmr);
}

static gpi_error_t configure(struct call *call)
{
    const struct cpu_configure *in = CALL_IN(call, cpu_configure);
    struct object *ads = call_argument(call, in->ads, GPICAP_TYPE_ADS, GPI_RIGHT_WRITE);
    struct object *pd = call_argument(call, in->pd, GPICAP_TYPE_PD, GPI_RIGHT_MANAGE);
    struct object *ipc = call_argument(call, in->ipc_buffer, GPICAP_TYPE_MO, GPI_RIGHT_WRITE);
    struct object *ep = call_argument(call, in->fault_ep, GPICAP_TYPE_EP, GPI_RIGHT_SEND);
    if (!ads || !pd || (in->ipc_buffer && !ipc) || (in->fault_ep && !ep)) {
        return GPI_ERR_BAD_CAP;
    }
    if ((ep && object_of(ep, ep)->kind != EP_KIND_ENDPOINT) || in->priority > PRIORITY_LIMIT ||
        (ipc && object_of(ipc, mo)->page_bits != seL4_PageBits)) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    struct cpu_setup setup = {
        .pd = object_of(pd, pd),
        .ads = object_of(ads, ads),
        .ipc_buffer = ipc ? object_of(ipc, mo) : NULL,
        .ipc_vaddr = in->ipc_vaddr,
        .fault_ep = ep ? object_of(ep, ep) : object_of(pd, pd)->fault_ep,
        .fault_badge = ep ? in->fault_badge : object_of(pd, pd)->fault_badge,
        .priority = in->priority,
    };
    gpi_error_t error = !ipc && in->ipc_vaddr ? find_ipc_buffer(&setup) : GPI_OK;
    return error == GPI_OK ? cpu_configure(cpu_of(call), &setup) : error;
}

static gpi_error_t prepare(struct call *call)
{
    return cpu_prepare(cpu_of(call), CALL_IN(call, cpu_start));
}

static gpi_error_t resume(struct call *call)
{
    return cpu_resume(cpu_of(call));
}

static gpi_error_t suspend(struct call *call)
{
    struct cpu *cpu = cpu_of(call);
    if (cpu->state == CPU_UNCONFIGURED || seL4_TCB_Suspend(cpu->tcb.cap) != seL4_NoError) {
        return GPI_ERR_STATE;
    }
    /* If it was suspended while its exit was served, its time is with who served it, and comes back with no answer. */
    if (cpu->vcpu.ut) {
        seL4_SchedContext_Unbind(cpu->sc.cap);
        seL4_SchedContext_Bind(cpu->sc.cap, cpu->tcb.cap);
    }
    cpu->state = CPU_STOPPED;
    return GPI_OK;
}

static gpi_error_t write_registers(struct call *call)
{
    const struct cpu_registers *in = CALL_IN(call, cpu_registers);
    struct cpu *cpu = cpu_of(call);
    if (cpu->state == CPU_UNCONFIGURED) {
        return GPI_ERR_STATE;
    }
    if (seL4_TCB_WriteRegisters(cpu->tcb.cap, in->resume != 0, 0, in->count, &in->regs) != seL4_NoError) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    cpu->used = true;
    cpu->state = in->resume ? CPU_RUNNING : cpu->state;
    return GPI_OK;
}

static gpi_error_t read_registers(struct call *call)
{
    return seL4_TCB_ReadRegisters(cpu_of(call)->tcb.cap, 0, 0, GPI_WORDS(seL4_UserContext), call->out) == seL4_NoError
               ? GPI_OK
               : GPI_ERR_STATE;
}

static gpi_error_t set_tls_base(struct call *call)
{
    cpu_of(call)->used = true;
    return seL4_TCB_SetTLSBase(cpu_of(call)->tcb.cap, call_word(call)) == seL4_NoError ? GPI_OK : GPI_ERR_KERNEL;
}

static size_t find_bound(const struct cpu *cpu, const struct ads *ads)
{
    size_t i = 0;
    while (i < cpu->bound_count && cpu->bound[i] != ads) {
        i++;
    }
    return i;
}

/* The CPU holds every space that its PD can switch it to. */
static gpi_error_t add_bound(struct cpu *cpu, struct ads *ads)
{
    if (find_bound(cpu, ads) < cpu->bound_count) {
        return GPI_OK;
    }
    size_t size = cpu->bound_count * sizeof *cpu->bound;
    struct ads **grown = memory_grow(cpu->bound, size, size + sizeof *cpu->bound);
    if (!grown) {
        return GPI_ERR_NO_MEMORY;
    }
    cpu->bound = grown;
    grown[cpu->bound_count++] = object_of(object_get(&ads->object), ads);
    return GPI_OK;
}

/* A copy of a capability that is good for switching only, in the PD's CSpace; made if there is none. */
static seL4_CPtr switch_slot(struct pd *pd, struct object *object, seL4_CPtr cap)
{
    struct handle *handle = handle_find(pd->space, object, HANDLE_RAW);
    if (!handle) {
        handle = handle_new_for(pd->space, object, HANDLE_RAW, 0, cap, seL4_CanRead, false);
    }
    return handle ? handle->slot : seL4_CapNull;
}

/* What the PD needs to switch its CPU between where it is and `ads` by itself. */
static gpi_error_t leave_switch(struct cpu *cpu, struct ads *ads, struct cpu_switch *out)
{
    *out = (struct cpu_switch){switch_slot(cpu->pd, &cpu->object, cpu->tcb.cap),
                               switch_slot(cpu->pd, &ads->object, ads->vspace.cap)};
    seL4_CPtr back = switch_slot(cpu->pd, &cpu->ads->object, cpu->ads->vspace.cap);
    if (!out->tcb || !out->vspace || !back) {
        return GPI_ERR_NO_MEMORY;
    }
    pd_publish_switch(cpu->pd, out->tcb, cpu->ads, back);
    pd_publish_switch(cpu->pd, out->tcb, ads, out->vspace);
    return GPI_OK;
}

static gpi_error_t change_vspace(struct call *call)
{
    struct cpu *cpu = cpu_of(call);
    struct object *object =
        call_argument(call, CALL_IN(call, cpu_change_vspace)->ads, GPICAP_TYPE_ADS, GPI_RIGHT_WRITE);
    if (!object) {
        return GPI_ERR_BAD_CAP;
    }
    struct ads *ads = object_of(object, ads);
    if (cpu->state == CPU_UNCONFIGURED || ads->stage2 || cpu->ads->stage2) {
        return GPI_ERR_STATE;
    }
    /* From now on only its PD knows in which it is. */
    gpi_error_t error = vmr_make_all_at_once(cpu->ads);
    error = error ? error : vmr_make_all_at_once(ads);
    error = error ? error : pd_bind_ads(cpu->pd, ads);
    error = error ? error : add_bound(cpu, cpu->ads);
    error = error ? error : add_bound(cpu, ads);
    error = error ? error : leave_switch(cpu, ads, CALL_OUT(call, cpu_switch));
    if (error != GPI_OK) {
        return error;
    }
    if (vesicle_TCB_SwitchVSpace(cpu->tcb.cap, ads->vspace.cap) != seL4_NoError) {
        return GPI_ERR_KERNEL;
    }
    object_get(object);
    object_put(&cpu->ads->object);
    cpu->ads = ads;
    return GPI_OK;
}

/* The capability for switching is of all that share the CSpace. */
static bool others_switch_to(const struct cpu *cpu, const struct ads *ads)
{
    for (const struct pd *pd = cpu->pd->space->pds; pd; pd = pd->next_in_space) {
        for (const struct cpu *other = pd->cpus; other; other = other->next_of_pd) {
            if (other != cpu && find_bound(other, ads) < other->bound_count) {
                return true;
            }
        }
    }
    return false;
}

static gpi_error_t forget_vspace(struct call *call)
{
    const struct cpu_forget_vspace *in = CALL_IN(call, cpu_forget_vspace);
    struct cpu *cpu = cpu_of(call);
    struct object *object = call_argument(call, in->ads, GPICAP_TYPE_ADS, 0);
    struct object *current = call_argument(call, in->current, GPICAP_TYPE_ADS, GPI_RIGHT_WRITE);
    if (!object || !current || object == current) {
        return GPI_ERR_BAD_CAP;
    }
    struct ads *ads = object_of(object, ads);
    size_t place = find_bound(cpu, ads);
    if (!cpu->pd || place == cpu->bound_count || find_bound(cpu, object_of(current, ads)) == cpu->bound_count) {
        return GPI_ERR_NOT_FOUND;
    }
    if (cpu->ads == ads) {
        object_get(current);
        object_put(object);
        cpu->ads = object_of(current, ads);
        pd_bind_ads(cpu->pd, cpu->ads); /* it has been before: nothing is made */
    }
    pd_unpublish_switch(cpu->pd, ads);
    cpu->bound[place] = cpu->bound[--cpu->bound_count];
    struct handle *handle = handle_find(cpu->pd->space, object, HANDLE_RAW);
    if (handle && !others_switch_to(cpu, ads)) {
        handle_free(handle);
    }
    object_put(object);
    return GPI_OK;
}

static gpi_error_t elevate(struct call *call)
{
    struct cpu *cpu = cpu_of(call);
    if (cpu->vcpu.ut) {
        return GPI_OK;
    }
    if (cpu->state != CPU_UNCONFIGURED) {
        return GPI_ERR_STATE;
    }
    gpi_error_t error = kobject_new(&cpu->vcpu, cpu->object.account, seL4_ARM_VCPUObject, seL4_VCPUBits, 0);
    if (error == GPI_OK && seL4_ARM_VCPU_SetTCB(cpu->vcpu.cap, cpu->tcb.cap) != seL4_NoError) {
        kobject_free(&cpu->vcpu, cpu->object.account);
        error = GPI_ERR_KERNEL;
    }
    return error;
}

/* A kernel capability of the CPU's, for who serves it. */
static struct handle *give_raw(const struct call *call, seL4_CPtr cap)
{
    return handle_new_for(call->space, &cpu_of(call)->object, HANDLE_RAW, GPI_RIGHTS_ALL, cap, seL4_AllRights, false);
}

static gpi_error_t serve_guest(struct call *call)
{
    struct cpu *cpu = cpu_of(call);
    struct object *object =
        call_argument(call, CALL_IN(call, cpu_serve_guest)->exit_frame, GPICAP_TYPE_MO, GPI_RIGHT_WRITE);
    if (!object) {
        return GPI_ERR_BAD_CAP;
    }
    struct mo *frame = object_of(object, mo);
    if (!cpu->vcpu.ut) {
        return GPI_ERR_STATE;
    }
    if (frame->page_bits != seL4_PageBits || frame->device) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    struct handle *vcpu = give_raw(call, cpu->vcpu.cap), *tcb = vcpu ? give_raw(call, cpu->tcb.cap) : NULL;
    gpi_error_t error = tcb ? GPI_OK : GPI_ERR_NO_MEMORY;
    if (error == GPI_OK && vesicle_VCPU_SetExitFrame(cpu->vcpu.cap, frame->parts[0].first) != seL4_NoError) {
        error = GPI_ERR_KERNEL;
    }
    if (error != GPI_OK) {
        if (tcb) {
            handle_free(tcb);
        }
        if (vcpu) {
            handle_free(vcpu);
        }
        return error;
    }
    object_get(object);
    if (cpu->exit_frame) {
        object_put(&cpu->exit_frame->object);
    }
    cpu->exit_frame = frame;
    *CALL_OUT(call, cpu_guest_caps) = (struct cpu_guest_caps){vcpu->slot, tcb->slot};
    return GPI_OK;
}

/* Nothing comes to who has no time: it must wait where others bring some. */
static gpi_error_t set_passive(struct call *call)
{
    struct cpu *cpu = cpu_of(call);
    return seL4_SchedContext_UnbindObject(cpu->sc.cap, cpu->tcb.cap) == seL4_NoError ? GPI_OK : GPI_ERR_STATE;
}

static gpi_error_t read_vcpu(struct call *call)
{
    struct cpu *cpu = cpu_of(call);
    if (!cpu->vcpu.ut) {
        return GPI_ERR_STATE;
    }
    for (unsigned i = 0; i < seL4_VCPUReg_Num; i++) {
        ((seL4_Word *)call->out)[i] = seL4_ARM_VCPU_ReadRegs(cpu->vcpu.cap, i).value;
    }
    return GPI_OK;
}

static gpi_error_t inject_irq(struct call *call)
{
    const struct cpu_inject *in = CALL_IN(call, cpu_inject);
    struct cpu *cpu = cpu_of(call);
    if (!cpu->vcpu.ut) {
        return GPI_ERR_STATE;
    }
    return seL4_ARM_VCPU_InjectIRQ(cpu->vcpu.cap, (seL4_Uint16)in->virq, (seL4_Uint8)in->priority,
                                   (seL4_Uint8)in->group, (seL4_Uint8)in->index) == seL4_NoError
               ? GPI_OK
               : GPI_ERR_BAD_ARGUMENT;
}

static gpi_error_t ack_vppi(struct call *call)
{
    struct cpu *cpu = cpu_of(call);
    if (!cpu->vcpu.ut) {
        return GPI_ERR_STATE;
    }
    return seL4_ARM_VCPU_AckVPPI(cpu->vcpu.cap, call_word(call)) == seL4_NoError ? GPI_OK : GPI_ERR_BAD_ARGUMENT;
}

static gpi_error_t set_time_call(struct call *call)
{
    const struct cpu_time *in = CALL_IN(call, cpu_time);
    struct cpu *cpu = cpu_of(call);
    if (in->core >= sched_control.end - sched_control.start ||
        set_time(cpu, in->core, in->budget, in->period) != seL4_NoError) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    cpu->core = in->core;
    return GPI_OK;
}

static gpi_error_t set_priority(struct call *call)
{
    struct cpu *cpu = cpu_of(call);
    if (!cpu->pd || call_word(call) > cpu->pd->priority_limit) {
        return cpu->pd ? GPI_ERR_BAD_ARGUMENT : GPI_ERR_STATE;
    }
    cpu->priority = (uint8_t)call_word(call);
    return seL4_TCB_SetPriority(cpu->tcb.cap, seL4_CapInitThreadTCB, cpu->priority) == seL4_NoError ? GPI_OK
                                                                                                    : GPI_ERR_KERNEL;
}

static gpi_error_t bind_notification(struct call *call)
{
    struct object *ep = call_argument(call, call_word(call), GPICAP_TYPE_EP, GPI_RIGHT_READ);
    if (!ep || object_of(ep, ep)->kind != EP_KIND_NOTIFICATION) {
        return GPI_ERR_BAD_CAP;
    }
    seL4_CPtr tcb = cpu_of(call)->tcb.cap;
    return seL4_TCB_BindNotification(tcb, object_of(ep, ep)->kernel.cap) == seL4_NoError ? GPI_OK : GPI_ERR_STATE;
}

static gpi_error_t set_counter(struct call *call)
{
    const struct cpu_counter *in = CALL_IN(call, cpu_counter);
    return cpu_set_counter(cpu_of(call), in->counter, in->event);
}

static gpi_error_t read_counter(struct call *call)
{
    return cpu_read_counter(cpu_of(call), call_word(call), call->out);
}

static gpi_error_t get_info(struct call *call)
{
    struct cpu *cpu = cpu_of(call);
    seL4_Time consumed = cpu_consumed(cpu);
    *CALL_OUT(call, cpu_info) = (struct cpu_info){cpu->state, cpu->core, cpu->priority, consumed};
    return GPI_OK;
}

#define N(name) GPI_METHOD_NUMBER(name)
#define W(kind) GPI_WORDS(struct kind)
#define MANAGE(run, in, out)                                                                                           \
    {                                                                                                                  \
        run, CALL_ON_OBJECT, GPICAP_TYPE_CPU, GPI_RIGHT_MANAGE, in, out                                                \
    }
#define LOOK(run, out)                                                                                                 \
    {                                                                                                                  \
        run, CALL_ON_OBJECT, GPICAP_TYPE_CPU, GPI_RIGHT_READ, 0, out                                                   \
    }

static const struct method methods[] = {
    [N(CPU_CREATE)] = {create, CALL_ON_RDE, GPICAP_TYPE_CPU, 0, 0, W(gpi_slot_and_id)},
    [N(CPU_CONFIGURE)] = MANAGE(configure, W(cpu_configure), 0),
    [N(CPU_PREPARE)] = MANAGE(prepare, W(cpu_start), 0),
    [N(CPU_RESUME)] = MANAGE(resume, 0, 0),
    [N(CPU_SUSPEND)] = MANAGE(suspend, 0, 0),
    [N(CPU_WRITE_REGISTERS)] = MANAGE(write_registers, W(cpu_registers), 0),
    [N(CPU_READ_REGISTERS)] = LOOK(read_registers, GPI_WORDS(seL4_UserContext)),
    [N(CPU_SET_TLS_BASE)] = MANAGE(set_tls_base, 1, 0),
    [N(CPU_CHANGE_VSPACE)] = MANAGE(change_vspace, W(cpu_change_vspace), W(cpu_switch)),
    [N(CPU_ELEVATE)] = MANAGE(elevate, 0, 0),
    [N(CPU_READ_VCPU)] = LOOK(read_vcpu, seL4_VCPUReg_Num),
    [N(CPU_INJECT_IRQ)] = MANAGE(inject_irq, W(cpu_inject), 0),
    [N(CPU_ACK_VPPI)] = MANAGE(ack_vppi, 1, 0),
    [N(CPU_SET_TIME)] = MANAGE(set_time_call, W(cpu_time), 0),
    [N(CPU_SET_PRIORITY)] = MANAGE(set_priority, 1, 0),
    [N(CPU_BIND_NOTIFICATION)] = MANAGE(bind_notification, 1, 0),
    [N(CPU_FORGET_VSPACE)] = MANAGE(forget_vspace, W(cpu_forget_vspace), 0),
    [N(CPU_SERVE_GUEST)] = MANAGE(serve_guest, W(cpu_serve_guest), W(cpu_guest_caps)),
    [N(CPU_SET_PASSIVE)] = MANAGE(set_passive, 0, 0),
    [N(CPU_SET_COUNTER)] = MANAGE(set_counter, W(cpu_counter), 0),
    [N(CPU_READ_COUNTER)] = {read_counter, CALL_ON_OBJECT, GPICAP_TYPE_CPU, GPI_RIGHT_MANAGE, 1, 1},
    [N(CPU_GET_INFO)] = LOOK(get_info, W(cpu_info)),
};
const struct component cpu_component = {methods, sizeof methods / sizeof methods[0]};
