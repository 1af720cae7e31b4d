/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall.h"

#include "debug.h"
#include "ipc/message.h"
#include "method.h"
#include "object/cnode.h"
#include "object/endpoint.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/smc.h"
#include "object/tcb.h"
#include "object/untyped.h"
#include "object/vcpu.h"
#include "object/vspace.h"
#include "sched/scheduler.h"
#include "trace/trace.h"
#include <sel4/invocation.h>

int inv_invalid_argument(struct invocation *inv, unsigned argument)
{
    inv_reply(inv, 0, argument);
    return seL4_InvalidArgument;
}

int inv_invalid_capability(struct invocation *inv, unsigned argument)
{
    inv_reply(inv, 0, argument);
    return seL4_InvalidCapability;
}

int inv_range_error(struct invocation *inv, word_t least, word_t greatest)
{
    inv_reply(inv, 0, least);
    inv_reply(inv, 1, greatest);
    return seL4_RangeError;
}

int inv_failed_lookup(struct invocation *inv, bool source, const struct lookup_failure *f)
{
    inv_reply(inv, 0, source);
    inv_reply(inv, 1, f->type);
    inv_reply(inv, 2, f->bits_left);
    inv_reply(inv, 3, f->type == seL4_GuardMismatch ? f->guard : f->bits_found);
    inv_reply(inv, 4, f->bits_found);
    return seL4_FailedLookup;
}

int inv_not_enough_memory(struct invocation *inv, word_t available)
{
    inv_reply(inv, 0, available);
    return seL4_NotEnoughMemory;
}

static int domain_invoke(struct invocation *inv)
{
    (void)inv;
    return seL4_IllegalOperation; /* one domain */
}

method_fn *const methods[CAP_NUM_TYPES] = {
    [CAP_UNTYPED] = untyped_invoke,
    [CAP_CNODE] = cnode_invoke,
    [CAP_TCB] = tcb_invoke,
    [CAP_SCHED_CONTEXT] = schedcontext_invoke,
    [CAP_SCHED_CONTROL] = schedcontrol_invoke,
    [CAP_IRQ_CONTROL] = irq_control_invoke,
    [CAP_IRQ_HANDLER] = irq_handler_invoke,
    [CAP_DOMAIN] = domain_invoke,
    [CAP_FRAME] = page_invoke,
    [CAP_PAGE_TABLE] = page_table_invoke,
    [CAP_VSPACE] = vspace_invoke,
    [CAP_ASID_CONTROL] = asid_control_invoke,
    [CAP_ASID_POOL] = asid_pool_invoke,
    [CAP_VCPU] = vcpu_invoke,
    [CAP_SMC] = smc_invoke,
    [CAP_TRACE] = trace_invoke,
};

struct send_kind {
    bool block, call, donate;
};

static void cap_fault(struct tcb *t, word_t cptr, const struct lookup_failure *failure, bool in_receive)
{
    t->fault =
        (struct fault){.type = seL4_Fault_CapFault, .in_receive = in_receive, .lookup = *failure, .word = {cptr}};
    fault_send(t);
}

bool method_find_caps(struct invocation *inv, seL4_MessageInfo_t info)
{
    struct lookup_failure failure;
    word_t bad;
    int count = message_extra_caps(inv->caller, info, inv->extra, &failure, &bad);

    if (count < 0) {
        inv->caller->in_syscall = true;
        cap_fault(inv->caller, bad, &failure, false);
        return false;
    }
    inv->extra_count = (unsigned)count;
    return true;
}

void method_repeat(struct tcb *caller)
{
    tcb_retry_syscall(caller);
    sched_reschedule(caller->cpu);
}

static int no_method(struct invocation *inv)
{
    return inv_invalid_capability(inv, 0);
}

/* False if the caller cannot go on: it was stopped, or must do the call again. */
static bool invoke_object(struct tcb *caller, struct slot *s, word_t cptr, seL4_MessageInfo_t info, bool call)
{
    method_fn *method = methods[cap_type(s->cap)];

    return method_call(method ? method : no_method, caller, s, cptr, info, call) && tcb_is_runnable(caller);
}

/* Sends the caller's message to what `cptr` names. False if the thread cannot go on with a receive phase. */
static bool send(struct tcb *caller, word_t cptr, struct send_kind kind)
{
    seL4_MessageInfo_t info = {{caller->regs->x[REG_INFO]}};
    struct lookup_failure failure;
    struct slot *s = cspace_lookup(caller, cptr, &failure);

    if (!s || slot_is_empty(s)) {
        if (s) {
            failure = (struct lookup_failure){.type = seL4_MissingCapability};
        }
        if (kind.block) {
            cap_fault(caller, cptr, &failure, false);
        }
        return !kind.block;
    }
    struct cap c = s->cap;
    unsigned rights = cap_info(c);
    switch (cap_type(c)) {
    case CAP_ENDPOINT:
        if (rights & CAP_RIGHT_WRITE) {
            endpoint_send(cap_object(c), caller, cap_badge(c),
                          (struct send_options){.block = kind.block,
                                                .call = kind.call,
                                                .can_grant = rights & CAP_RIGHT_GRANT,
                                                .can_grant_reply = rights & CAP_RIGHT_GRANT_REPLY,
                                                .can_donate = kind.donate});
            return true;
        }
        break;
    case CAP_NOTIFICATION:
        if (rights & CAP_RIGHT_WRITE) {
            notification_signal(cap_object(c), cap_badge(c));
            if (kind.call) {
                caller->regs->x[REG_BADGE] = 0;
                caller->regs->x[REG_INFO] = 0;
            }
            return true;
        }
        break;
    case CAP_REPLY:
        reply_send(cap_object(c), caller, rights & CAP_RIGHT_GRANT);
        return true;
    case CAP_SGI_SIGNAL:
        irq_send_sgi(c);
        if (kind.call) {
            caller->regs->x[REG_BADGE] = 0;
            caller->regs->x[REG_INFO] = 0;
        }
        return true;
    default:
        return invoke_object(caller, s, cptr, info, kind.call);
    }
    if (kind.call) {
        /* No right to send: the answer says so. */
        caller->regs->x[REG_BADGE] = 0;
        caller->regs->x[REG_INFO] = seL4_MessageInfo_new(seL4_InvalidCapability, 0, 0, 1).words[0];
        caller->regs->x[REG_MSG] = 0;
    }
    return true;
}

/* Receives from what `cptr` names; `with_reply`: x6 names a reply object to take calls with. */
static void receive(struct tcb *t, word_t cptr, bool block, bool with_reply)
{
    struct lookup_failure failure = {.type = seL4_MissingCapability};
    struct slot *s = cspace_lookup(t, cptr, &failure), *r;
    struct reply *reply = 0;

    if (!s) {
        cap_fault(t, cptr, &failure, true);
        return;
    }
    struct cap c = s->cap;
    if (cap_type(c) == CAP_ENDPOINT && cap_info(c) & CAP_RIGHT_READ) {
        if (with_reply) {
            word_t reply_cptr = t->regs->x[REG_REPLY];
            r = cspace_lookup(t, reply_cptr, &failure);
            if (!r || cap_type(r->cap) != CAP_REPLY) {
                cap_fault(t, reply_cptr, &failure, true);
                return;
            }
            reply = cap_object(r->cap);
        }
        endpoint_receive(cap_object(c), t, block, reply, cap_info(c) & CAP_RIGHT_GRANT);
    } else if (cap_type(c) == CAP_NOTIFICATION && cap_info(c) & CAP_RIGHT_READ) {
        struct notification *n = cap_object(c);
        if (n->bound && n->bound != t) {
            cap_fault(t, cptr, &failure, true);
            return;
        }
        notification_receive(n, t, block);
    } else {
        cap_fault(t, cptr, &failure, true);
    }
}

void syscall_handle(struct tcb *t)
{
    word_t *x = t->regs->x;
    word_t cptr = x[REG_BADGE], dest = x[REG_DEST];

    t->in_syscall = true;
    switch (x[REG_SYSCALL]) {
    case vesicle_SysCall:
        send(t, cptr, (struct send_kind){.block = true, .call = true, .donate = true});
        break;
    case vesicle_SysReplyRecv: {
        struct lookup_failure failure;
        struct slot *r = cspace_lookup(t, x[REG_REPLY], &failure);
        if (r && cap_type(r->cap) == CAP_REPLY) {
            reply_send(cap_object(r->cap), t, cap_info(r->cap) & CAP_RIGHT_GRANT);
        }
        receive(t, cptr, true, true);
        break;
    }
    case vesicle_SysRecv:
        receive(t, cptr, true, true);
        break;
    case vesicle_SysNBRecv:
        receive(t, cptr, false, true);
        break;
    case vesicle_SysSend:
        send(t, cptr, (struct send_kind){.block = true});
        break;
    case vesicle_SysNBSend:
        send(t, cptr, (struct send_kind){0});
        break;
    case vesicle_SysNBSendRecv:
        if (send(t, dest, (struct send_kind){.donate = true})) {
            receive(t, cptr, true, true);
        }
        break;
    case vesicle_SysNBSendWait:
        if (send(t, dest, (struct send_kind){.donate = true})) {
            receive(t, cptr, true, false);
        }
        break;
    case vesicle_SysWait:
        receive(t, cptr, true, false);
        break;
    case vesicle_SysNBWait:
        receive(t, cptr, false, false);
        break;
    case vesicle_SysYield:
        sched_give_up(t->cpu);
        break;
    default:
        if (!debug_syscall(t)) {
            t->in_syscall = false;
            t->fault = (struct fault){.type = seL4_Fault_UnknownSyscall, .word = {x[REG_SYSCALL]}};
            fault_send(t);
        }
        break;
    }
}
