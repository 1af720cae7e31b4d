/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages between threads: words, capabilities, badges. Registers x0 badge, x1 info, x2..x5 words; the rest in IPC buffers. */
#ifndef IPC_MESSAGE_H
#define IPC_MESSAGE_H

#include "object/tcb.h"

enum { REG_BADGE = 0, REG_INFO = 1, REG_MSG = 2, REG_REPLY = 6, REG_SYSCALL = 7, REG_DEST = 8 };

/** Message word i of `t`, 0 if it has no buffer for it. */
word_t message_word(const struct tcb *t, unsigned i);
/** Sets message word i; lost if the thread has no buffer for it. Returns whether it was stored. */
bool message_set_word(struct tcb *t, unsigned i, word_t value);
/** The sender's message (or fault) becomes the receiver's; capabilities go along if `grant`. */
void message_transfer(struct tcb *sender, struct endpoint *ep, word_t badge, bool grant, struct tcb *receiver);
/**
 * Looks up the extra capabilities of `t`'s message into `extra`. Returns how many, or -1 with `*failure` and `*cptr` saying
 * which is wrong.
 */
int message_extra_caps(struct tcb *t, seL4_MessageInfo_t info, struct slot *extra[], struct lookup_failure *failure,
                       word_t *cptr);

#endif
