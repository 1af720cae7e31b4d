/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of seL4_TCB: what a thread is made of. Registers are in tcb_registers.c, breakpoints in tcb_debug.c. */
#include "object/tcb_methods.h"

#include "arch/context.h"
#include "object/notification.h"
#include "object/schedcontext.h"
#include "sched/scheduler.h"
#include <sel4/invocation.h>

/* A capability to install into one of the thread's slots. */
struct installation {
    struct cap cap; /* null: the slot is left empty */
    struct slot *src;
};

static int install(struct invocation *inv, struct tcb *t, enum tcb_slot which, struct installation new)
{
    struct slot *s = &t->slots[which];

    if (!slot_delete(s)) {
        return INVOKE_PREEMPTED;
    }
    /* Deleting the old one may have taken the thread or the source with it. */
    if (cap_type(inv->slot->cap) != CAP_TCB || cap_object(inv->slot->cap) != t) {
        return inv_invalid_capability(inv, 0);
    }
    if (cap_type(new.cap) != CAP_NULL && cap_type(new.src->cap) == cap_type(new.cap)) {
        slot_insert_derived(new.cap, new.src, s);
    }
    return seL4_NoError;
}

static int check_cspace(struct invocation *inv, unsigned extra, word_t data, struct installation *out)
{
    struct cap c = inv_extra(inv, extra);

    if (cap_type(c) != CAP_CNODE) {
        return seL4_IllegalOperation;
    }
    c = data ? cap_set_data(c, data) : c;
    if (cap_type(c) == CAP_NULL) {
        return seL4_IllegalOperation;
    }
    int error = (int)slot_derive(inv->extra[extra], c, &c);
    *out = (struct installation){cap_with_info(c, cap_info(c) | CNODE_IN_TCB), inv->extra[extra]};
    return error;
}

static int check_vspace(struct invocation *inv, unsigned extra, unsigned argument, struct installation *out)
{
    struct cap c = inv_extra(inv, extra);
    const struct tcb *t = cap_object(inv->cap);

    if (cap_type(c) != CAP_VSPACE || cap_vspace_asid(c) == 0) {
        return seL4_IllegalOperation;
    }
    if (cap_vspace_is_stage2(c) != (t->vcpu != 0)) {
        return inv_invalid_capability(inv, argument);
    }
    *out = (struct installation){cap_with_info(c, cap_info(c) | VSPACE_IN_TCB), inv->extra[extra]};
    return seL4_NoError;
}

static int check_buffer(struct invocation *inv, word_t address, unsigned extra, struct installation *out)
{
    struct cap c = inv_extra(inv, extra);

    *out = (struct installation){cap_null(), 0};
    if (address == 0) {
        return seL4_NoError;
    }
    if (!cap_is_shareable(c)) {
        return seL4_IllegalOperation;
    }
    if (address & ((1ull << seL4_IPCBufferSizeBits) - 1)) {
        return seL4_AlignmentError;
    }
    int error = (int)slot_derive(inv->extra[extra], c, &c);
    *out = (struct installation){cap_with_info(c, cap_info(c) | FRAME_IPC_BUFFER), inv->extra[extra]};
    return error;
}

/* An endpoint that faults are sent to, or nothing. */
static int check_handler(struct invocation *inv, unsigned extra, unsigned argument, struct installation *out)
{
    struct cap c = inv_extra(inv, extra);

    *out = (struct installation){c, inv->extra[extra]};
    if (cap_type(c) == CAP_NULL) {
        return seL4_NoError;
    }
    if (cap_type(c) != CAP_ENDPOINT || !(cap_info(c) & CAP_RIGHT_WRITE) ||
        !(cap_info(c) & (CAP_RIGHT_GRANT | CAP_RIGHT_GRANT_REPLY))) {
        return inv_invalid_capability(inv, argument);
    }
    return seL4_NoError;
}

static int install_space(struct invocation *inv, struct tcb *t, struct installation cspace, struct installation vspace)
{
    int error = install(inv, t, TCB_CSPACE, cspace);
    tcb_update_cspace(t);
    if (!error) {
        error = install(inv, t, TCB_VSPACE, vspace);
        tcb_update_vspace(t);
    }
    return error;
}

static int install_buffer(struct invocation *inv, struct tcb *t, struct installation buffer, word_t address)
{
    int error = install(inv, t, TCB_BUFFER, buffer);
    if (error) {
        return error;
    }
    struct cap c = t->slots[TCB_BUFFER].cap;
    t->buffer_vaddr = address;
    t->buffer = cap_type(c) == CAP_FRAME
                    ? (seL4_IPCBuffer *)((char *)cap_object(c) + (address & ((1ull << cap_frame_bits(c)) - 1)))
                    : 0;
    return seL4_NoError;
}

static int configure(struct invocation *inv, struct tcb *t)
{
    struct installation cspace, vspace, buffer;
    word_t address = inv_word(inv, 2);

    int error = check_cspace(inv, 0, inv_word(inv, 0), &cspace);
    error = error ? error : check_vspace(inv, 1, 3, &vspace);
    error = error ? error : check_buffer(inv, address, 2, &buffer);
    error = error ? error : install_space(inv, t, cspace, vspace);
    return error ? error : install_buffer(inv, t, buffer, address);
}

static int set_space(struct invocation *inv, struct tcb *t)
{
    struct installation handler, cspace, vspace;

    int error = check_handler(inv, 0, 1, &handler);
    error = error ? error : check_cspace(inv, 1, inv_word(inv, 0), &cspace);
    error = error ? error : check_vspace(inv, 2, 4, &vspace);
    error = error ? error : install(inv, t, TCB_FAULT, handler);
    return error ? error : install_space(inv, t, cspace, vspace);
}

/* Another space for a thread, or for the caller itself: all that a capability with TCB_SWITCH_ONLY is good for. */
static int switch_vspace(struct invocation *inv, struct tcb *t)
{
    struct slot *s = &t->slots[TCB_VSPACE];
    struct installation vspace;

    int error = check_vspace(inv, 0, 1, &vspace);
    if (error) {
        return error;
    }
    if (cap_type(s->cap) == CAP_VSPACE && !slot_is_final(s)) {
        /* Nothing ends with the old one. */
        slot_clear(s);
        slot_insert_derived(vspace.cap, vspace.src, s);
    } else {
        error = install(inv, t, TCB_VSPACE, vspace);
    }
    tcb_update_vspace(t);
    return error;
}

static int set_ipc_buffer(struct invocation *inv, struct tcb *t)
{
    struct installation buffer;

    int error = check_buffer(inv, inv_word(inv, 0), 0, &buffer);
    return error ? error : install_buffer(inv, t, buffer, inv_word(inv, 0));
}

static int set_timeout_endpoint(struct invocation *inv, struct tcb *t)
{
    struct installation handler;

    int error = check_handler(inv, 0, 1, &handler);
    return error ? error : install(inv, t, TCB_TIMEOUT, handler);
}

/* A priority may be set up to the authority's maximum controlled priority. */
static int check_priority(struct invocation *inv, word_t priority)
{
    struct cap authority = inv_extra(inv, 0);

    if (!cap_is_full_tcb(authority)) {
        return inv_invalid_capability(inv, 1);
    }
    word_t mcp = ((struct tcb *)cap_object(authority))->mcp;
    return priority > mcp ? inv_range_error(inv, seL4_MinPrio, mcp) : (int)seL4_NoError;
}

static int set_priority(struct invocation *inv, struct tcb *t)
{
    int error = check_priority(inv, inv_word(inv, 0));
    if (!error) {
        tcb_set_priority(t, (unsigned)inv_word(inv, 0));
    }
    return error;
}

static int set_mc_priority(struct invocation *inv, struct tcb *t)
{
    int error = check_priority(inv, inv_word(inv, 0));
    if (!error) {
        t->mcp = (uint8_t)inv_word(inv, 0);
    }
    return error;
}

static int set_sched_params(struct invocation *inv, struct tcb *t)
{
    struct cap sc_cap = inv_extra(inv, 1);
    struct installation handler;

    int error = check_priority(inv, inv_word(inv, 0));
    error = error ? error : check_priority(inv, inv_word(inv, 1));
    error = error ? error : check_handler(inv, 2, 5, &handler);
    if (error) {
        return error;
    }
    struct sched_context *sc = cap_type(sc_cap) == CAP_NULL ? 0 : cap_object(sc_cap);
    if (sc) {
        if (cap_type(sc_cap) != CAP_SCHED_CONTEXT) {
            return inv_invalid_capability(inv, 4);
        }
        if (sc != t->sc && (t->sc || sc->tcb || sc->notification || sc_is_lent_by(t))) {
            return seL4_IllegalOperation;
        }
    } else if (t == inv->caller) {
        return seL4_IllegalOperation;
    }
    error = install(inv, t, TCB_FAULT, handler);
    if (error) {
        return error;
    }
    t->mcp = (uint8_t)inv_word(inv, 0);
    tcb_set_priority(t, (unsigned)inv_word(inv, 1));
    if (sc && sc != t->sc) {
        sc_bind_tcb(sc, t);
    } else if (!sc && t->sc) {
        sc_unbind_tcb(t->sc);
    }
    return seL4_NoError;
}

static int suspend(struct invocation *inv, struct tcb *t)
{
    (void)inv;
    tcb_suspend(t);
    return seL4_NoError;
}

static int resume(struct invocation *inv, struct tcb *t)
{
    (void)inv;
    tcb_restart(t);
    return seL4_NoError;
}

static int bind_notification(struct invocation *inv, struct tcb *t)
{
    struct cap c = inv_extra(inv, 0);

    if (cap_type(c) != CAP_NOTIFICATION || !(cap_info(c) & CAP_RIGHT_READ)) {
        return inv_invalid_capability(inv, 1);
    }
    struct notification *n = cap_object(c);
    if (t->bound || n->bound || n->head) {
        return seL4_IllegalOperation;
    }
    notification_bind(n, t);
    return seL4_NoError;
}

static int unbind_notification(struct invocation *inv, struct tcb *t)
{
    (void)inv;
    if (!t->bound) {
        return seL4_IllegalOperation;
    }
    notification_unbind(t->bound);
    return seL4_NoError;
}

static int set_tls_base(struct invocation *inv, struct tcb *t)
{
    sched_set_aside(t);
    t->tpidr_el0 = inv_word(inv, 0);
    context_update_tls(t);
    return seL4_NoError;
}

static int set_flags(struct invocation *inv, struct tcb *t)
{
    word_t flags = t->fpu_disabled ? seL4_TCBFlag_fpuDisabled : seL4_TCBFlag_NoFlag;

    flags = (flags & ~inv_word(inv, 0)) | (inv_word(inv, 1) & seL4_TCBFlag_fpuDisabled);
    t->fpu_disabled = flags & seL4_TCBFlag_fpuDisabled;
    if (t->fpu_disabled) {
        context_forget_fp(t);
    }
    inv_reply(inv, 0, flags);
    return seL4_NoError;
}

int tcb_invoke(struct invocation *inv)
{
    static const struct {
        int (*method)(struct invocation *, struct tcb *);
        uint8_t words, caps;
    } methods[] = {
        [vesicle_TCBReadRegisters] = {tcb_read_registers, 2, 0},
        [vesicle_TCBWriteRegisters] = {tcb_write_registers, 2, 0},
        [vesicle_TCBCopyRegisters] = {tcb_copy_registers, 1, 1},
        [vesicle_TCBConfigure] = {configure, 3, 3},
        [vesicle_TCBSetPriority] = {set_priority, 1, 1},
        [vesicle_TCBSetMCPriority] = {set_mc_priority, 1, 1},
        [vesicle_TCBSetSchedParams] = {set_sched_params, 2, 3},
        [vesicle_TCBSetTimeoutEndpoint] = {set_timeout_endpoint, 0, 1},
        [vesicle_TCBSetIPCBuffer] = {set_ipc_buffer, 1, 1},
        [vesicle_TCBSetSpace] = {set_space, 2, 3},
        [vesicle_TCBSuspend] = {suspend, 0, 0},
        [vesicle_TCBResume] = {resume, 0, 0},
        [vesicle_TCBBindNotification] = {bind_notification, 0, 1},
        [vesicle_TCBUnbindNotification] = {unbind_notification, 0, 0},
        [vesicle_TCBSetBreakpoint] = {tcb_set_breakpoint, 5, 0},
        [vesicle_TCBGetBreakpoint] = {tcb_get_breakpoint, 1, 0},
        [vesicle_TCBUnsetBreakpoint] = {tcb_unset_breakpoint, 1, 0},
        [vesicle_TCBConfigureSingleStepping] = {tcb_configure_single_stepping, 2, 0},
        [vesicle_TCBSetTLSBase] = {set_tls_base, 1, 0},
        [vesicle_TCBSetFlags] = {set_flags, 2, 0},
        [vesicle_TCBSwitchVSpace] = {switch_vspace, 0, 1},
        [vesicle_TCBSetCounter] = {tcb_set_counter, 2, 0},
        [vesicle_TCBReadCounter] = {tcb_read_counter, 1, 0},
    };

    if (inv->label >= sizeof methods / sizeof *methods || !methods[inv->label].method) {
        return seL4_IllegalOperation;
    }
    if (cap_info(inv->cap) & TCB_SWITCH_ONLY && inv->label != vesicle_TCBSwitchVSpace) {
        return seL4_IllegalOperation;
    }
    if (inv->length < methods[inv->label].words || inv->extra_count < methods[inv->label].caps) {
        return seL4_TruncatedMessage;
    }
    return methods[inv->label].method(inv, cap_object(inv->cap));
}
