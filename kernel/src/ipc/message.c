/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/message.h"

#include "object/cnode.h"
#include "object/endpoint.h"

word_t message_word(const struct tcb *t, unsigned i)
{
    if (i < seL4_FastMessageRegisters) {
        return t->regs->x[REG_MSG + i];
    }
    return t->buffer && i < seL4_MsgMaxLength ? buffer_read(&t->buffer->msg[i]) : 0;
}

bool message_set_word(struct tcb *t, unsigned i, word_t value)
{
    if (i < seL4_FastMessageRegisters) {
        t->regs->x[REG_MSG + i] = value;
        return true;
    }
    if (t->buffer && i < seL4_MsgMaxLength) {
        t->buffer->msg[i] = value;
        return true;
    }
    return false;
}

int message_extra_caps(struct tcb *t, seL4_MessageInfo_t info, struct slot *extra[], struct lookup_failure *failure,
                       word_t *cptr)
{
    word_t count = seL4_MessageInfo_get_extraCaps(info);

    if (!t->buffer) {
        return 0;
    }
    for (word_t i = 0; i < count; i++) {
        *cptr = buffer_read(&t->buffer->caps_or_badges[i]);
        extra[i] = cspace_lookup(t, *cptr, failure);
        if (!extra[i]) {
            return -1;
        }
    }
    return (int)count;
}

/* Capabilities of the message: those of the endpoint itself travel as their badge, one other is copied to the receiver's slot. */
static seL4_MessageInfo_t transfer_caps(struct tcb *sender, struct endpoint *ep, seL4_MessageInfo_t info,
                                        struct tcb *receiver)
{
    struct slot *extra[seL4_MsgMaxExtraCaps], *dest = cnode_receive_slot(receiver);
    struct lookup_failure failure;
    word_t cptr, unwrapped = 0;
    int count = message_extra_caps(sender, info, extra, &failure, &cptr), i;

    for (i = 0; i < count && receiver->buffer; i++) {
        struct cap c = extra[i]->cap;
        if (ep && cap_type(c) == CAP_ENDPOINT && cap_object(c) == ep) {
            receiver->buffer->caps_or_badges[i] = cap_badge(c);
            unwrapped |= 1ull << i;
            continue;
        }
        if (!dest || slot_derive(extra[i], c, &c) != seL4_NoError || cap_type(c) == CAP_NULL) {
            break;
        }
        slot_insert_derived(c, extra[i], dest);
        dest = 0;
    }
    info = seL4_MessageInfo_set_extraCaps(info, receiver->buffer && i > 0 ? (word_t)i : 0);
    return seL4_MessageInfo_set_capsUnwrapped(info, unwrapped);
}

void message_transfer(struct tcb *sender, struct endpoint *ep, word_t badge, bool grant, struct tcb *receiver)
{
    seL4_MessageInfo_t info;

    if (sender->in_fault) {
        info = fault_message(sender, receiver);
    } else {
        const word_t *from = &sender->regs->x[REG_MSG];
        word_t *to = &receiver->regs->x[REG_MSG];

        info = (seL4_MessageInfo_t){{sender->regs->x[REG_INFO]}};
        word_t length = seL4_MessageInfo_get_length(info);
        for (unsigned i = 0; i < seL4_FastMessageRegisters; i++) {
            if (i < length) {
                to[i] = from[i];
            }
        }
        if (length > seL4_FastMessageRegisters) {
            if (length > seL4_MsgMaxLength) {
                length = seL4_MsgMaxLength;
            }
            if (!sender->buffer || !receiver->buffer) {
                length = seL4_FastMessageRegisters;
            }
            for (word_t i = seL4_FastMessageRegisters; i < length; i++) {
                receiver->buffer->msg[i] = sender->buffer->msg[i];
            }
            info = seL4_MessageInfo_set_length(info, length);
        }
        if (grant && seL4_MessageInfo_get_extraCaps(info)) {
            info = transfer_caps(sender, ep, info, receiver);
        } else {
            info = seL4_MessageInfo_set_extraCaps(seL4_MessageInfo_set_capsUnwrapped(info, 0), 0);
        }
    }
    receiver->regs->x[REG_BADGE] = badge;
    receiver->regs->x[REG_INFO] = info.words[0];
}
