/* SPDX-License-Identifier: BSD-2-Clause */
/* A client that writes into its rings what it must not, and calls the server with what it does not understand. */
#include <gpi/proto/console.h>
#include <sel4/sel4.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>
#include <stdio.h>
#include <stdlib.h>

static int call(seL4_CPtr ep, seL4_Word label, unsigned words)
{
    return (int)seL4_MessageInfo_get_label(seL4_Call(ep, seL4_MessageInfo_new(label, 0, 0, words)));
}

/* Every method, and some that do not exist. */
static int nonsense(seL4_CPtr ep)
{
    int good = 0;
    for (seL4_Word label = GPI_SERVER_METHOD(0); label < CONSOLE_METHODS_END + 5; label++) {
        if (label != CONSOLE_WAIT_DATA && label != CONSOLE_WAIT_ROOM) {
            for (unsigned words = 0; words < 3; words++) {
                good += call(ep, label, words) == GPI_OK;
            }
        }
    }
    return good;
}

int main(int argc, char **argv)
{
    int kind = argc > 0 ? atoi(argv[0]) : 0;
    seL4_CPtr server = sel4gpi_get_rde(GPICAP_TYPE_CONSOLE);
    struct console_opened opened;
    for (unsigned i = 0; i < GPI_NAME_WORDS; i++) {
        seL4_SetMR((int)i, i == 0 ? 0x2f2e2e2f0aul : 0); /* "\n/../" */
    }
    if (call(server, CONSOLE_OPEN, GPI_NAME_WORDS) != GPI_OK) {
        return 1;
    }
    opened = (struct console_opened){seL4_GetMR(0), seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3)};
    mo_client_context_t mo = {opened.mo, 0};
    void *at;
    if (vmr_client_attach_no_reserve(sel4gpi_get_bound_vmr_rde(), NULL, &mo, SEL4UTILS_RES_TYPE_GENERIC, &at) != 0) {
        return 2;
    }
    struct gpi_console_memory *memory = at;
    if (nonsense(server) != 0 || nonsense(opened.console) != 0) {
        return 3;
    }
    if (kind == 0) {
        /* More than the ring can hold. */
        memory->out.written = GPI_CONSOLE_OUT_SIZE + 1;
        seL4_Signal(opened.signal);
        return call(opened.console, CONSOLE_WAIT_ROOM, 0) == GPI_ERR_GONE ? 10 : 4;
    }
    uint32_t random = 1;
    for (unsigned i = 0; i < 2000; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t *place[] = {&memory->out.written, &memory->out.read,         &memory->in.written,
                             &memory->in.read,     &memory->out.reader_waits, &memory->in.writer_waits};
        /* Kind 1: positions that could be, most of the time, all of them the wrong ones. */
        *place[random >> 8 & 3] = kind == 1 ? memory->out.written + (random >> 20) : random;
        *place[4 + (random >> 10 & 1)] = random >> 12 & 1;
        if (kind == 1) {
            memory->in.read = 0;
        }
        seL4_Signal(opened.signal);
        if (i % 16 == 0 && call(opened.console, CONSOLE_WAIT_ROOM, 0) == GPI_ERR_GONE) {
            return 10;
        }
    }
    return 11;
}
