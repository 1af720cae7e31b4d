/* SPDX-License-Identifier: BSD-2-Clause */
/* The calling thread's IPC buffer: message words, capabilities to send, where to receive them. */
#ifndef SEL4_IPC_H
#define SEL4_IPC_H

#include <sel4/types.h>

/** IPC buffer of this thread, set by whoever starts the thread. */
extern __thread seL4_IPCBuffer *__sel4_ipc_buffer;

static inline seL4_IPCBuffer *seL4_GetIPCBuffer(void)
{
    return __sel4_ipc_buffer;
}

static inline void seL4_SetIPCBuffer(seL4_IPCBuffer *buffer)
{
    __sel4_ipc_buffer = buffer;
}

/** Message word i, 0 <= i < seL4_MsgMaxLength. */
static inline seL4_Word seL4_GetMR(int i)
{
    return __sel4_ipc_buffer->msg[i];
}

static inline void seL4_SetMR(int i, seL4_Word word)
{
    __sel4_ipc_buffer->msg[i] = word;
}

static inline seL4_Word seL4_GetUserData(void)
{
    return __sel4_ipc_buffer->userData;
}

static inline void seL4_SetUserData(seL4_Word data)
{
    __sel4_ipc_buffer->userData = data;
}

/** Badge of the i-th unwrapped capability of the message just received. */
static inline seL4_Word seL4_GetBadge(int i)
{
    return __sel4_ipc_buffer->caps_or_badges[i];
}

/** The i-th capability that the next message carries. */
static inline seL4_CPtr seL4_GetCap(int i)
{
    return __sel4_ipc_buffer->caps_or_badges[i];
}

static inline void seL4_SetCap(int i, seL4_CPtr cptr)
{
    __sel4_ipc_buffer->caps_or_badges[i] = cptr;
}

/** The slot that takes a capability received: `index`, resolved to `depth` bits from the CNode `root`. */
static inline void seL4_SetCapReceivePath(seL4_CPtr root, seL4_CPtr index, seL4_Word depth)
{
    __sel4_ipc_buffer->receiveCNode = root;
    __sel4_ipc_buffer->receiveIndex = index;
    __sel4_ipc_buffer->receiveDepth = depth;
}

static inline void seL4_GetCapReceivePath(seL4_CPtr *root, seL4_CPtr *index, seL4_Word *depth)
{
    if (root) {
        *root = __sel4_ipc_buffer->receiveCNode;
    }
    if (index) {
        *index = __sel4_ipc_buffer->receiveIndex;
    }
    if (depth) {
        *depth = __sel4_ipc_buffer->receiveDepth;
    }
}

#endif
