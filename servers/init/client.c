/* SPDX-License-Identifier: BSD-2-Clause */
#include "init.h"

#include <gpi/server_call.h>
#include <stdbool.h>
#include <string.h>

static struct gpi_name name_of(const char *text)
{
    struct gpi_name name = {{0}};
    strncpy(name.text, text, sizeof name.text - 1);
    return name;
}

int init_client_list(seL4_CPtr rde, seL4_Word after, struct init_info *info)
{
    return gpi_server_call(rde, INIT_LIST, &after, 1, info, GPI_WORDS(*info));
}

int init_client_find(seL4_CPtr rde, const char *name, struct init_info *info)
{
    struct gpi_name in = name_of(name);
    return gpi_server_call(rde, INIT_FIND, &in, GPI_WORDS(in), info, GPI_WORDS(*info));
}

static int start(seL4_CPtr rde, const char *name, bool counted, int argc, char *const *argv, gpi_obj_id_t *pd)
{
    struct init_start in = {.name = name_of(name), .counted = counted, .argc = (seL4_Word)argc};
    size_t at = 0;
    for (int i = 0; i < argc; i++) {
        size_t size = strlen(argv[i]) + 1;
        if (size > sizeof in.arguments - at) {
            return GPI_ERR_BAD_ARGUMENT;
        }
        memcpy(in.arguments + at, argv[i], size);
        at += size;
    }
    return gpi_server_call(rde, INIT_START, &in, GPI_WORDS(in), pd, 1);
}

int init_client_start(seL4_CPtr rde, const char *name, int argc, char *const *argv, gpi_obj_id_t *pd)
{
    return start(rde, name, false, argc, argv, pd);
}

int init_client_start_counted(seL4_CPtr rde, const char *name, int argc, char *const *argv, gpi_obj_id_t *pd)
{
    return start(rde, name, true, argc, argv, pd);
}

int init_client_counts(seL4_CPtr rde, const char *name, struct pd_counts *counts)
{
    struct gpi_name in = name_of(name);
    return gpi_server_call(rde, INIT_COUNTS, &in, GPI_WORDS(in), counts, GPI_WORDS(*counts));
}

int init_client_kill(seL4_CPtr rde, const char *name)
{
    struct gpi_name in = name_of(name);
    return gpi_server_call(rde, INIT_KILL, &in, GPI_WORDS(in), NULL, 0);
}

int init_client_wait(seL4_CPtr rde, const char *name, struct pd_end *end)
{
    struct gpi_name in = name_of(name);
    return gpi_server_call(rde, INIT_WAIT, &in, GPI_WORDS(in), end, GPI_WORDS(*end));
}

int init_client_log(seL4_CPtr rde, const char *name, size_t offset, char *text, size_t size, size_t *length)
{
    struct init_log in = {name_of(name), offset};
    struct init_text out;
    int error = gpi_server_call(rde, INIT_LOG, &in, GPI_WORDS(in), &out, GPI_WORDS(out));
    *length = 0;
    if (error == GPI_OK) {
        size_t got = out.length < sizeof out.text ? out.length : sizeof out.text;
        *length = got < size ? got : size;
        memcpy(text, out.text, *length);
    }
    return error;
}

int init_client_next_pd(seL4_CPtr rde, gpi_obj_id_t after, struct pd_info *info)
{
    return gpi_server_call(rde, INIT_NEXT_PD, &after, 1, info, GPI_WORDS(*info));
}

int init_client_memory(seL4_CPtr rde, struct pd_memory *memory)
{
    return gpi_server_call(rde, INIT_MEMORY, NULL, 0, memory, GPI_WORDS(*memory));
}

int init_client_exit(seL4_CPtr rde, int status)
{
    seL4_Word in = (seL4_Word)(long)status;
    return gpi_server_call(rde, INIT_EXIT, &in, 1, NULL, 0);
}
