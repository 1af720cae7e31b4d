/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting the console server, and the control port. */
#include <sel4gpi/console_clientapi.h>

#include "rpc.h"

#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/resource_server_clientapi.h>
#include <string.h>

int console_server_start(const char *image, struct console_server *server)
{
    struct console_control_port port;
    char name[GPI_NAME_SIZE + 1] = {0};
    strncpy(name, image, GPI_NAME_SIZE);
    *server = (struct console_server){.space = BADGE_SPACE_ID_NULL};
    int error = start_resource_server_pd(GPICAP_TYPE_NONE, BADGE_SPACE_ID_NULL, name, &server->pd, &server->space);
    if (error != GPI_OK) {
        return error;
    }
    error = GPI_CALL_OUT(sel4gpi_get_rde_by_space_id(server->space, GPICAP_TYPE_CONSOLE), CONSOLE_CONTROL, &port);
    if (error != GPI_OK) {
        pd_client_terminate(&server->pd);
        pd_client_disconnect(&server->pd);
        return error;
    }
    server->control.ep = port.control;
    server->consoles = (unsigned)port.consoles;
    return pd_client_set_name(&server->pd, name);
}

int console_control_exit(const console_control_t *control, int status)
{
    seL4_Word in = (seL4_Word)(long)status;
    return GPI_CALL_IN(control->ep, CONSOLE_EXIT, &in);
}

int console_control_record(const console_control_t *control, const char *text)
{
    char in[GPI_CONSOLE_RECORD_SIZE] = {0};
    size_t length = strlen(text);
    if (length > sizeof in) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    memcpy(in, text, length);
    return gpi_rpc(control->ep, CONSOLE_RECORD, in, (unsigned)(length + sizeof(seL4_Word) - 1) / sizeof(seL4_Word),
                   NULL, 0);
}

int console_control_next(const console_control_t *control, char *text, size_t size)
{
    char out[GPI_CONSOLE_RECORD_SIZE];
    int error = gpi_rpc(control->ep, CONSOLE_NEXT_RECORD, NULL, 0, out, sizeof out / sizeof(seL4_Word));
    if (error == GPI_OK && size > 0) {
        size_t length = strnlen(out, sizeof out < size - 1 ? sizeof out : size - 1);
        memcpy(text, out, length);
        text[length] = '\0';
    }
    return error;
}

int console_control_recent(const console_control_t *control, const char *name, size_t offset, char *text, size_t size,
                           size_t *length)
{
    struct console_ask_recent in = {.offset = offset};
    struct console_recent out;
    strncpy(in.name.text, name, sizeof in.name.text - 1);
    *length = 0;
    int error = GPI_CALL(control->ep, CONSOLE_RECENT, &in, &out);
    if (error == GPI_OK) {
        size_t got = out.length < sizeof out.text ? out.length : sizeof out.text;
        *length = got < size ? got : size;
        memcpy(text, out.text, *length);
    }
    return error;
}
