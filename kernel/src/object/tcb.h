/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: the object, its states, its methods. */
#ifndef OBJECT_TCB_H
#define OBJECT_TCB_H

#include "ipc/fault.h"
#include "object/pmu.h"
#include "object/slot.h"
#include "object/tcb_debug.h"
#include "syscall.h"

struct cpu;
struct endpoint;
struct notification;
struct reply;
struct sched_context;
struct vcpu;
struct vspace;

enum thread_state {
    THREAD_INACTIVE = 0,
    THREAD_RUNNING, /* runnable, with or without a budget */
    THREAD_BLOCKED_ON_RECEIVE,
    THREAD_BLOCKED_ON_SEND,
    THREAD_BLOCKED_ON_REPLY,
    THREAD_BLOCKED_ON_NOTIFICATION,
    THREAD_WFI, /* a guest waiting for an interrupt */
    THREAD_IDLE,
};

enum tcb_slot { TCB_CSPACE = 0, TCB_VSPACE, TCB_BUFFER, TCB_FAULT, TCB_TIMEOUT, TCB_NUM_SLOTS };

/** General registers in the order of the exit frame, so that a guest's may live there. */
struct regs {
    word_t x[31];
    word_t sp_el0;
};

struct fp_state {
    __extension__ unsigned __int128 v[32];
    word_t fpcr, fpsr;
};

/* What a thread is doing, also as one word: the fast paths compare and set it whole. */
union thread_mode {
    struct {
        uint8_t state;
        bool in_fault : 1;     /* blocked by a fault, which is in `fault` */
        bool in_syscall : 1;   /* `pc` is behind the SVC it is blocked in: cancelling goes back to it */
        bool exit_pending : 1; /* guest waiting for the reply to an exit: its frame is authoritative */
    };
    uint16_t word;
};
#define MODE_RUNNING   ((uint16_t)THREAD_RUNNING)
#define MODE_RECEIVING ((uint16_t)(THREAD_BLOCKED_ON_RECEIVE | 1u << 9))
#define MODE_WAITING   ((uint16_t)(THREAD_BLOCKED_ON_NOTIFICATION | 1u << 9))
#define MODE_CALLING   ((uint16_t)(THREAD_BLOCKED_ON_REPLY | 1u << 9))
#define MODE_EXITED    ((uint16_t)(THREAD_BLOCKED_ON_REPLY | 1u << 8 | 1u << 10))

/* Fields that the fast paths use together stand together. */
struct tcb {
    struct slot slots[TCB_NUM_SLOTS];
    struct regs *regs; /* &context, or the guest's exit frame */
    word_t pc, pstate;
    word_t tpidr_el0, tpidrro_el0;
    struct vspace *vspace; /* what TCB_VSPACE names, null if it is not assigned */
    word_t table_base;     /* of it: TTBR0_EL2 or VTTBR_EL2; good while cpu->asid_epoch is table_epoch */
    word_t table_epoch;
    struct sched_context *sc;
    struct reply *reply; /* while blocked on receive or on reply: the reply object used */
    struct slot
        *fast_slots;   /* CSpace of one CNode that resolves all bits: its slots, and the greatest address in it; */
    word_t fast_limit; /* else one empty slot */
    struct cpu *cpu;   /* the core it runs on */
    struct vcpu *vcpu;
    struct notification *bound;          /* bound notification */
    void *blocking_object;               /* endpoint or notification it is queued on */
    struct tcb *queue_prev, *queue_next; /* ready, release, endpoint or notification queue; null in none */
    union {
        union thread_mode mode;
        struct {
            uint8_t state;
            bool in_fault : 1, in_syscall : 1, exit_pending : 1;
        };
    };
    uint8_t priority, mcp;
    bool queued_ready, queued_release;
    bool blocking_can_grant, blocking_can_grant_reply, blocking_is_call;
    bool fpu_disabled;
    bool debugged;       /* there is something in `debug` */
    bool counted;        /* something in `counters` is on */
    bool special;        /* one of these: it takes no fast path, in either direction */
    uint8_t quick_exits; /* a guest with an exit frame, and nothing that must be stopped while it does not run */
    word_t blocking_badge;
    seL4_IPCBuffer *buffer; /* kernel address of the IPC buffer, null if none; follows TCB_BUFFER */
    word_t buffer_vaddr;
    struct tcb *wait_jump;    /* waiters.h */
    struct tcb *cancel_at;    /* endpoint.c: the sender at which a cancellation by this thread was broken off; */
    struct tcb *cancelled_by; /* the thread whose cancellation goes on here */
    word_t cancel_badge, cancel_round;
    struct sched_context *yield_to; /* whose consumption its YieldTo tells when it is chosen again */
    struct fault fault;
    char name[16];
    uint32_t number; /* no other thread since boot has it; 0: an idle one's */
    struct tcb_debug debug;
    struct pmu counters; /* of a native thread */
    struct regs context;
    struct fp_state fp __attribute__((aligned(16)));
};
_Static_assert(sizeof(struct tcb) <= 1u << seL4_TCBBits, "TCB size");

/** A `table_epoch` that no core ever has: they count in steps of MAX_CPUS from the core's number. */
#define TCB_NO_EPOCH (~0ull)

static inline bool tcb_is_runnable(const struct tcb *t)
{
    return t->state == THREAD_RUNNING;
}
static inline bool tcb_is_blocked_on_endpoint(const struct tcb *t)
{
    return t->state == THREAD_BLOCKED_ON_RECEIVE || t->state == THREAD_BLOCKED_ON_SEND;
}

/** Makes the cleared memory at `t` a thread. */
void tcb_init(struct tcb *t);
/** Takes the thread out of every queue and stops it; a call in progress is given up. */
void tcb_suspend(struct tcb *t);
/** Makes a stopped or blocked thread runnable: what it was doing is cancelled and will be retried. */
void tcb_restart(struct tcb *t);
/** Takes the thread off the endpoint, notification or reply it is blocked on, its state unchanged. */
void tcb_unblock(struct tcb *t);
/** Unblocks the thread and leaves it inactive; what it was blocked in will be retried if it is resumed. */
void tcb_cancel_ipc(struct tcb *t);
/** The system call whose SVC the PC is behind is made again. */
void tcb_retry_syscall(struct tcb *t);
/** The thread's call or fault will never be answered: it stops, ready to retry when resumed. */
void tcb_abandon(struct tcb *t);
/** PSTATE as user level may set it: checked by what the thread is, native or guest. */
void tcb_set_pstate(struct tcb *t, word_t pstate);
/** Sets the state and, where it stops being runnable, takes it out of the ready queue. */
void tcb_set_state(struct tcb *t, enum thread_state state);
void tcb_set_priority(struct tcb *t, unsigned priority);
/** Last capability gone: everything that refers to the thread is undone. Its slots are cleared by the caller. */
void tcb_finalise(struct tcb *t);
/** The thread runs on `cpu` from now on; it is in no scheduler's queue afterwards. */
void tcb_move(struct tcb *t, struct cpu *cpu);
/** Re-reads what TCB_VSPACE and TCB_CSPACE name into the fields that follow them. */
void tcb_update_vspace(struct tcb *t);
void tcb_update_cspace(struct tcb *t);
/** The CSpace, the space goes. */
void tcb_forget_cspace(struct tcb *t);
void tcb_forget_vspace(struct tcb *t);
/** `debugged` or `counted` was changed; the thread runs on no other core. */
void tcb_update_special(struct tcb *t);
/** Takes the thread out of a list. */
void tcb_queue_remove(struct tcb **head, struct tcb **tail, struct tcb *t);

/** Methods of seL4_TCB. */
int tcb_invoke(struct invocation *inv);

#endif
