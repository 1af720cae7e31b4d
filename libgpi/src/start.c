/* SPDX-License-Identifier: BSD-2-Clause */
/* The first thread: TLS, IPC buffer, boot information, constructors, main. */
#include "start.h"

#include <gpi/tls.h>
#include <sel4/bootinfo.h>
#include <sel4/ipc.h>
#include <unistd.h>

__thread seL4_IPCBuffer *__sel4_ipc_buffer;

extern void (*__init_array_start[])(void);
extern void (*__init_array_end[])(void);
int main(void);

_Noreturn void gpi_start(seL4_BootInfo *bi)
{
    void *tls = __builtin_alloca_with_align(gpi_tls_size(), 8 * 64);
    gpi_tls_set(gpi_tls_init(tls));
    seL4_SetIPCBuffer(bi->ipcBuffer);
    seL4_InitBootInfo(bi);
    for (void (**constructor)(void) = __init_array_start; constructor < __init_array_end; constructor++) {
        (*constructor)();
    }
    _exit(main());
}
