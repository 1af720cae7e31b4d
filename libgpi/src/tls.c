/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/tls.h>

#include <sel4/ipc.h>
#include <string.h>

/* Set by the linker script; the values are the symbols' addresses. */
extern const char __tdata_source[], __tdata_size[], __tbss_offset[], __tbss_size[], __tls_align[], __tls_size[],
    __arm64_tls_tcb_offset[];

size_t gpi_tls_size(void)
{
    return (size_t)__arm64_tls_tcb_offset + (size_t)__tls_size;
}

size_t gpi_tls_align(void)
{
    return (size_t)__tls_align > 16 ? (size_t)__tls_align : 16;
}

seL4_Word gpi_tls_init(void *memory)
{
    char *variables = (char *)memory + (size_t)__arm64_tls_tcb_offset;
    memset(memory, 0, (size_t)__arm64_tls_tcb_offset);
    memcpy(variables, __tdata_source, (size_t)__tdata_size);
    memset(variables + (size_t)__tbss_offset, 0, (size_t)__tbss_size);
    return (seL4_Word)memory;
}

seL4_Word gpi_tls_init_thread(void *memory, seL4_IPCBuffer *ipc_buffer)
{
    seL4_Word thread_pointer = gpi_tls_init(memory);
    /* Where the variable lies from the thread pointer is the same in every thread. */
    seL4_Word offset = (seL4_Word)&__sel4_ipc_buffer - gpi_tls_get();
    *(seL4_IPCBuffer **)(thread_pointer + offset) = ipc_buffer;
    return thread_pointer;
}
