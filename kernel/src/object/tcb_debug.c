/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/tcb_debug.h"

#include "arch/breakpoint.h"
#include "ipc/fault.h"
#include "object/tcb_methods.h"
#include "sched/scheduler.h"

/* Arguments of the methods, as errors number them. */
enum { ARGUMENT_NUMBER = 1, ARGUMENT_VADDR, ARGUMENT_TYPE, ARGUMENT_SIZE, ARGUMENT_ACCESS };

#define USER_LIMIT        (1ull << 48)
#define INSTRUCTION_BYTES 4
#define MAX_WATCHED_BYTES 8

static bool is_watchpoint(word_t number)
{
    return number >= seL4_FirstWatchpoint;
}

static bool has_debug(const struct tcb *t)
{
    bool any = t->debug.step_count != 0;

    for (unsigned i = 0; i < seL4_NumHWBreakpoints; i++) {
        any |= t->debug.point[i].enabled;
    }
    return any;
}

/* After every change; the thread runs on no other core. */
static void update(struct tcb *t)
{
    t->debugged = has_debug(t);
    tcb_update_special(t);
    arch_breakpoint_update(t);
}

void tcb_debug_clear(struct tcb *t)
{
    if (t->debugged) {
        sched_set_aside(t);
        t->debug = (struct tcb_debug){0};
        t->pstate &= ~PSTATE_SS;
        update(t);
    }
}

void tcb_debug_step(struct tcb *t, word_t count)
{
    sched_set_aside(t);
    t->debug.step_count = t->debug.steps_left = count;
    t->pstate = (t->pstate & ~PSTATE_SS) | (count ? PSTATE_SS : 0);
    update(t);
}

static bool report(struct tcb *t, seL4_BreakpointType reason, word_t vaddr, word_t number)
{
    t->fault = (struct fault){.type = seL4_Fault_DebugException, .word = {reason, vaddr, number}};
    fault_send(t);
    return true;
}

bool tcb_debug_instruction(struct tcb *t)
{
    for (unsigned i = seL4_FirstBreakpoint; i < seL4_FirstWatchpoint; i++) {
        if (t->debug.point[i].enabled && t->debug.point[i].vaddr == t->pc) {
            return report(t, seL4_InstructionBreakpoint, t->pc, i);
        }
    }
    return false;
}

static bool watches(const struct breakpoint *p, bool write)
{
    return p->enabled && p->access != (write ? seL4_BreakOnRead : seL4_BreakOnWrite);
}

/* The address told is that of the access or of a part of it, not above what is watched: the first at or behind it. D2.10.5 */
bool tcb_debug_data(struct tcb *t, word_t vaddr, bool write)
{
    const struct breakpoint *points = t->debug.point, *found = 0;

    for (unsigned i = seL4_FirstWatchpoint; i < seL4_NumHWBreakpoints; i++) {
        const struct breakpoint *p = &points[i];
        if (watches(p, write) && p->vaddr + p->size > vaddr && (!found || p->vaddr < found->vaddr)) {
            found = p;
        }
    }
    return found && report(t, seL4_DataBreakpoint, vaddr, (word_t)(found - points));
}

bool tcb_debug_stepped(struct tcb *t)
{
    if (t->debug.step_count == 0) {
        return false;
    }
    t->pstate |= PSTATE_SS; /* when it goes on, by a reply or otherwise, it goes on stepping */
    if (--t->debug.steps_left == 0) {
        t->debug.steps_left = t->debug.step_count;
        report(t, seL4_SingleStep, t->pc, 0);
    }
    return true;
}

/* The thread may be debugged, and has a register of this number. */
static int check_number(struct invocation *inv, const struct tcb *t)
{
    word_t number = inv_word(inv, 0), first = is_watchpoint(number) ? seL4_FirstWatchpoint : seL4_FirstBreakpoint;
    word_t count = is_watchpoint(number) ? arch_watchpoints : arch_breakpoints;

    if (t->vcpu) {
        return seL4_IllegalOperation;
    }
    if (number >= seL4_NumHWBreakpoints) {
        return inv_range_error(inv, 0, seL4_NumHWBreakpoints - 1);
    }
    return number - first < count ? (int)seL4_NoError : inv_range_error(inv, first, first + count - 1);
}

static int check_instruction(struct invocation *inv, word_t size, word_t access)
{
    if (size != 0) {
        return inv_invalid_argument(inv, ARGUMENT_SIZE);
    }
    return access == seL4_BreakOnRead ? (int)seL4_NoError : inv_invalid_argument(inv, ARGUMENT_ACCESS);
}

static int check_data(struct invocation *inv, word_t size, word_t access)
{
    if (size == 0 || size > MAX_WATCHED_BYTES || size & (size - 1)) {
        return inv_invalid_argument(inv, ARGUMENT_SIZE);
    }
    return access < seL4_MaxBreakpointAccess ? (int)seL4_NoError : inv_invalid_argument(inv, ARGUMENT_ACCESS);
}

int tcb_set_breakpoint(struct invocation *inv, struct tcb *t)
{
    word_t number = inv_word(inv, 0), vaddr = inv_word(inv, 1), type = inv_word(inv, 2), size = inv_word(inv, 3),
           access = inv_word(inv, 4);

    int error = check_number(inv, t);
    if (error) {
        return error;
    }
    if (type != seL4_DataBreakpoint && type != seL4_InstructionBreakpoint) {
        return inv_invalid_argument(inv, ARGUMENT_TYPE);
    }
    bool data = type == seL4_DataBreakpoint;
    if (data != is_watchpoint(number)) {
        return inv_invalid_argument(inv, ARGUMENT_NUMBER);
    }
    error = data ? check_data(inv, size, access) : check_instruction(inv, size, access);
    if (error) {
        return error;
    }
    if (vaddr >= USER_LIMIT) {
        return inv_invalid_argument(inv, ARGUMENT_VADDR);
    }
    if (vaddr & ((data ? size : INSTRUCTION_BYTES) - 1)) {
        return seL4_AlignmentError;
    }
    sched_set_aside(t);
    t->debug.point[number] = (struct breakpoint){vaddr, (uint8_t)size, (uint8_t)access, true};
    update(t);
    return seL4_NoError;
}

int tcb_get_breakpoint(struct invocation *inv, struct tcb *t)
{
    int error = check_number(inv, t);

    if (!error) {
        const struct breakpoint *p = &t->debug.point[inv_word(inv, 0)];
        word_t type = is_watchpoint(inv_word(inv, 0)) ? seL4_DataBreakpoint : seL4_InstructionBreakpoint;
        inv_reply(inv, 0, p->vaddr);
        inv_reply(inv, 1, type);
        inv_reply(inv, 2, p->size);
        inv_reply(inv, 3, p->access);
        inv_reply(inv, 4, p->enabled);
    }
    return error;
}

int tcb_unset_breakpoint(struct invocation *inv, struct tcb *t)
{
    int error = check_number(inv, t);

    if (!error) {
        sched_set_aside(t);
        t->debug.point[inv_word(inv, 0)] = (struct breakpoint){0};
        update(t);
    }
    return error;
}

/* The hardware steps without a breakpoint register: whichever is offered is not used. */
int tcb_configure_single_stepping(struct invocation *inv, struct tcb *t)
{
    if (t->vcpu) {
        return seL4_IllegalOperation;
    }
    tcb_debug_step(t, inv_word(inv, 1));
    inv_reply(inv, 0, false);
    return seL4_NoError;
}
