/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls. The plain forms take the message from the IPC buffer and leave what arrives there; the
 * WithMRs forms keep message words 0..3 in registers (a null pointer: the word is not wanted). Words from 4
 * on are always in the buffer.
 */
#ifndef SEL4_SYSCALLS_H
#define SEL4_SYSCALLS_H

#include <sel4/ipc.h>
#include <sel4/trap.h>
#include <sel4/types.h>

/* Building blocks: fill a trap from, and put its message into, the buffer or a caller's variables. */

VESICLE_INLINE struct vesicle_trap vesicle_trap_empty(seL4_CPtr cap, seL4_Word info)
{
    struct vesicle_trap t = {cap, info, {vesicle_any(), vesicle_any(), vesicle_any(), vesicle_any()}};
    return t;
}

VESICLE_INLINE struct vesicle_trap vesicle_trap_buffer(seL4_CPtr cap, seL4_Word info)
{
    struct vesicle_trap t = {cap, info, {seL4_GetMR(0), seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3)}};
    return t;
}

VESICLE_INLINE struct vesicle_trap vesicle_trap_words(seL4_CPtr cap, seL4_Word info, const seL4_Word *mr0,
                                                      const seL4_Word *mr1, const seL4_Word *mr2, const seL4_Word *mr3)
{
    struct vesicle_trap t = {cap,
                             info,
                             {mr0 ? *mr0 : vesicle_any(), mr1 ? *mr1 : vesicle_any(), mr2 ? *mr2 : vesicle_any(),
                              mr3 ? *mr3 : vesicle_any()}};
    return t;
}

VESICLE_INLINE seL4_MessageInfo_t vesicle_trap_badge(const struct vesicle_trap *t, seL4_Word *badge)
{
    seL4_MessageInfo_t info = {{t->info}};
    if (badge) {
        *badge = t->cap;
    }
    return info;
}

VESICLE_INLINE seL4_MessageInfo_t vesicle_trap_to_buffer(const struct vesicle_trap *t, seL4_Word *badge)
{
    seL4_SetMR(0, t->mr[0]);
    seL4_SetMR(1, t->mr[1]);
    seL4_SetMR(2, t->mr[2]);
    seL4_SetMR(3, t->mr[3]);
    return vesicle_trap_badge(t, badge);
}

VESICLE_INLINE seL4_MessageInfo_t vesicle_trap_to_words(const struct vesicle_trap *t, seL4_Word *badge, seL4_Word *mr0,
                                                        seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    if (mr0) {
        *mr0 = t->mr[0];
    }
    if (mr1) {
        *mr1 = t->mr[1];
    }
    if (mr2) {
        *mr2 = t->mr[2];
    }
    if (mr3) {
        *mr3 = t->mr[3];
    }
    return vesicle_trap_badge(t, badge);
}

/** Gives up the rest of the current budget. */
static inline void seL4_Yield(void)
{
    struct vesicle_trap t = vesicle_trap_empty(0, 0);
    vesicle_trap(&t, vesicle_SysYield, vesicle_any(), vesicle_any());
}

/** Sends; waits until somebody receives. */
static inline void seL4_Send(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct vesicle_trap t = vesicle_trap_buffer(dest, info.words[0]);
    vesicle_trap(&t, vesicle_SysSend, vesicle_any(), vesicle_any());
}

static inline void seL4_SendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_Word *mr0, seL4_Word *mr1,
                                    seL4_Word *mr2, seL4_Word *mr3)
{
    struct vesicle_trap t = vesicle_trap_words(dest, info.words[0], mr0, mr1, mr2, mr3);
    vesicle_trap(&t, vesicle_SysSend, vesicle_any(), vesicle_any());
}

/** Sends if somebody waits, else does nothing. */
static inline void seL4_NBSend(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct vesicle_trap t = vesicle_trap_buffer(dest, info.words[0]);
    vesicle_trap(&t, vesicle_SysNBSend, vesicle_any(), vesicle_any());
}

static inline void seL4_NBSendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_Word *mr0, seL4_Word *mr1,
                                      seL4_Word *mr2, seL4_Word *mr3)
{
    struct vesicle_trap t = vesicle_trap_words(dest, info.words[0], mr0, mr1, mr2, mr3);
    vesicle_trap(&t, vesicle_SysNBSend, vesicle_any(), vesicle_any());
}

/** Sends and waits for the reply. */
static inline seL4_MessageInfo_t seL4_Call(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct vesicle_trap t = vesicle_trap_buffer(dest, info.words[0]);
    vesicle_trap(&t, vesicle_SysCall, vesicle_any(), vesicle_any());
    return vesicle_trap_to_buffer(&t, 0);
}

static inline seL4_MessageInfo_t seL4_CallWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_Word *mr0,
                                                  seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    struct vesicle_trap t = vesicle_trap_words(dest, info.words[0], mr0, mr1, mr2, mr3);
    vesicle_trap(&t, vesicle_SysCall, vesicle_any(), vesicle_any());
    return vesicle_trap_to_words(&t, 0, mr0, mr1, mr2, mr3);
}

/** Receives from an endpoint or a notification; a caller waits on the reply object `reply`. */
static inline seL4_MessageInfo_t seL4_Recv(seL4_CPtr src, seL4_Word *badge, seL4_CPtr reply)
{
    struct vesicle_trap t = vesicle_trap_empty(src, 0);
    vesicle_trap(&t, vesicle_SysRecv, reply, vesicle_any());
    return vesicle_trap_to_buffer(&t, badge);
}

static inline seL4_MessageInfo_t seL4_RecvWithMRs(seL4_CPtr src, seL4_Word *badge, seL4_Word *mr0, seL4_Word *mr1,
                                                  seL4_Word *mr2, seL4_Word *mr3, seL4_CPtr reply)
{
    struct vesicle_trap t = vesicle_trap_empty(src, 0);
    vesicle_trap(&t, vesicle_SysRecv, reply, vesicle_any());
    return vesicle_trap_to_words(&t, badge, mr0, mr1, mr2, mr3);
}

/** Receives if somebody waits, else returns badge 0. */
static inline seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr src, seL4_Word *badge, seL4_CPtr reply)
{
    struct vesicle_trap t = vesicle_trap_empty(src, 0);
    vesicle_trap(&t, vesicle_SysNBRecv, reply, vesicle_any());
    return vesicle_trap_to_buffer(&t, badge);
}

static inline seL4_MessageInfo_t seL4_NBRecvWithMRs(seL4_CPtr src, seL4_Word *badge, seL4_Word *mr0, seL4_Word *mr1,
                                                    seL4_Word *mr2, seL4_Word *mr3, seL4_CPtr reply)
{
    struct vesicle_trap t = vesicle_trap_empty(src, 0);
    vesicle_trap(&t, vesicle_SysNBRecv, reply, vesicle_any());
    return vesicle_trap_to_words(&t, badge, mr0, mr1, mr2, mr3);
}

/** Answers whoever waits on `reply`, then receives. */
static inline seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr src, seL4_MessageInfo_t info, seL4_Word *badge,
                                                seL4_CPtr reply)
{
    struct vesicle_trap t = vesicle_trap_buffer(src, info.words[0]);
    vesicle_trap(&t, vesicle_SysReplyRecv, reply, vesicle_any());
    return vesicle_trap_to_buffer(&t, badge);
}

static inline seL4_MessageInfo_t seL4_ReplyRecvWithMRs(seL4_CPtr src, seL4_MessageInfo_t info, seL4_Word *badge,
                                                       seL4_Word *mr0, seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3,
                                                       seL4_CPtr reply)
{
    struct vesicle_trap t = vesicle_trap_words(src, info.words[0], mr0, mr1, mr2, mr3);
    vesicle_trap(&t, vesicle_SysReplyRecv, reply, vesicle_any());
    return vesicle_trap_to_words(&t, badge, mr0, mr1, mr2, mr3);
}

/** Sends to `dest` if somebody waits there, then receives from `src`. */
static inline seL4_MessageInfo_t seL4_NBSendRecv(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_CPtr src,
                                                 seL4_Word *badge, seL4_CPtr reply)
{
    struct vesicle_trap t = vesicle_trap_buffer(src, info.words[0]);
    vesicle_trap(&t, vesicle_SysNBSendRecv, reply, dest);
    return vesicle_trap_to_buffer(&t, badge);
}

static inline seL4_MessageInfo_t seL4_NBSendRecvWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_CPtr src,
                                                        seL4_Word *badge, seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3, seL4_CPtr reply)
{
    struct vesicle_trap t = vesicle_trap_words(src, info.words[0], mr0, mr1, mr2, mr3);
    vesicle_trap(&t, vesicle_SysNBSendRecv, reply, dest);
    return vesicle_trap_to_words(&t, badge, mr0, mr1, mr2, mr3);
}

/** As seL4_NBSendRecv, for what needs no reply object. */
static inline seL4_MessageInfo_t seL4_NBSendWait(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_CPtr src,
                                                 seL4_Word *badge)
{
    struct vesicle_trap t = vesicle_trap_buffer(src, info.words[0]);
    vesicle_trap(&t, vesicle_SysNBSendWait, vesicle_any(), dest);
    return vesicle_trap_to_buffer(&t, badge);
}

static inline seL4_MessageInfo_t seL4_NBSendWaitWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_CPtr src,
                                                        seL4_Word *badge, seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3)
{
    struct vesicle_trap t = vesicle_trap_words(src, info.words[0], mr0, mr1, mr2, mr3);
    vesicle_trap(&t, vesicle_SysNBSendWait, vesicle_any(), dest);
    return vesicle_trap_to_words(&t, badge, mr0, mr1, mr2, mr3);
}

/** Waits for a signal, or for a message that is not a call. */
static inline seL4_MessageInfo_t seL4_Wait(seL4_CPtr src, seL4_Word *badge)
{
    struct vesicle_trap t = vesicle_trap_empty(src, 0);
    vesicle_trap(&t, vesicle_SysWait, vesicle_any(), vesicle_any());
    return vesicle_trap_to_buffer(&t, badge);
}

static inline seL4_MessageInfo_t seL4_WaitWithMRs(seL4_CPtr src, seL4_Word *badge, seL4_Word *mr0, seL4_Word *mr1,
                                                  seL4_Word *mr2, seL4_Word *mr3)
{
    struct vesicle_trap t = vesicle_trap_empty(src, 0);
    vesicle_trap(&t, vesicle_SysWait, vesicle_any(), vesicle_any());
    return vesicle_trap_to_words(&t, badge, mr0, mr1, mr2, mr3);
}

/** As seL4_Wait; returns badge 0 at once if nothing is there. */
static inline seL4_MessageInfo_t seL4_NBWait(seL4_CPtr src, seL4_Word *badge)
{
    struct vesicle_trap t = vesicle_trap_empty(src, 0);
    vesicle_trap(&t, vesicle_SysNBWait, vesicle_any(), vesicle_any());
    return vesicle_trap_to_buffer(&t, badge);
}

static inline seL4_MessageInfo_t seL4_NBWaitWithMRs(seL4_CPtr src, seL4_Word *badge, seL4_Word *mr0, seL4_Word *mr1,
                                                    seL4_Word *mr2, seL4_Word *mr3)
{
    struct vesicle_trap t = vesicle_trap_empty(src, 0);
    vesicle_trap(&t, vesicle_SysNBWait, vesicle_any(), vesicle_any());
    return vesicle_trap_to_words(&t, badge, mr0, mr1, mr2, mr3);
}

/** Signals a notification: an empty message. */
static inline void seL4_Signal(seL4_CPtr ntfn)
{
    struct vesicle_trap t = vesicle_trap_empty(ntfn, 0);
    vesicle_trap(&t, vesicle_SysSend, vesicle_any(), vesicle_any());
}

/** Reads and clears a notification without waiting. */
static inline seL4_MessageInfo_t seL4_Poll(seL4_CPtr ntfn, seL4_Word *badge)
{
    return seL4_NBWait(ntfn, badge);
}

#endif
