/* SPDX-License-Identifier: BSD-2-Clause */
/* The first PD of a native system: starts what the system tree says, and looks after it. */
#include "host.h"
#include "machine.h"
#include "programs.h"

#include <gpi/console.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static resource_server_context_t server;

static struct program *named(const resource_server_call_t *call)
{
    char name[GPI_NAME_SIZE + 1] = "";
    memcpy(name, call->in, GPI_NAME_SIZE);
    return program_find(name);
}

static void describe(const struct program *program, struct init_info *info)
{
    seL4_Word number = 1;
    for (const struct program *p = programs.first; p != program; p = p->next) {
        number++;
    }
    *info = (struct init_info){.number = number,
                               .state = program->state,
                               .pd = program->pd,
                               .starts = program->starts,
                               .end = program->end,
                               .guest = program->config.guest,
                               .vm = program->config.guest ? program->space : BADGE_SPACE_ID_NULL};
    strncpy(info->name.text, program->config.name, sizeof info->name.text);
}

static int list(resource_server_call_t *call)
{
    struct program *program = programs.first;
    programs_find_guests();
    for (seL4_Word i = 0; program && i < call->in[0]; i++) {
        program = program->next;
    }
    if (program) {
        describe(program, (struct init_info *)call->out);
    }
    return program ? GPI_OK : GPI_ERR_NOT_FOUND;
}

static int find(resource_server_call_t *call)
{
    const struct program *program = named(call);
    programs_find_guests();
    if (program) {
        describe(program, (struct init_info *)call->out);
    }
    return program ? GPI_OK : GPI_ERR_NOT_FOUND;
}

static int start(resource_server_call_t *call)
{
    enum { ARGUMENTS = 64 };
    struct init_start in;
    char *argv[ARGUMENTS];
    struct program *program = named(call);
    memcpy(&in, call->in, sizeof in);
    size_t at = 0;
    if (in.argc > ARGUMENTS || !program) {
        return program ? GPI_ERR_BAD_ARGUMENT : GPI_ERR_NOT_FOUND;
    }
    for (seL4_Word i = 0; i < in.argc; i++) {
        argv[i] = in.arguments + at;
        at += strnlen(argv[i], sizeof in.arguments - at) + 1;
        if (at > sizeof in.arguments) {
            return GPI_ERR_BAD_ARGUMENT;
        }
    }
    if (program->state == INIT_STOPPED) {
        program->count = in.counted != 0;
        if (in.counted) {
            program->counted_pd = BADGE_OBJ_ID_NULL;
            program->counts = (struct pd_counts){0};
        }
    }
    int error = program_start(program, in.argc ? (int)in.argc : -1, argv);
    call->out[0] = program->pd;
    return error;
}

static int kill(resource_server_call_t *call)
{
    char name[GPI_NAME_SIZE + 1] = "", *end;
    struct program *program = named(call);
    pd_client_context_t self = sel4gpi_get_pd_conn();
    memcpy(name, call->in, GPI_NAME_SIZE);
    unsigned long id = strtoul(name, &end, 10);
    if (program) {
        return program_kill(program);
    }
    if (*end != '\0' || id == self.id) {
        return id == self.id ? GPI_ERR_RIGHTS : GPI_ERR_NOT_FOUND;
    }
    return pd_client_kill(&self, id);
}

static int wait(resource_server_call_t *call)
{
    struct program *program = named(call);
    if (!program || program->state != INIT_RUNNING) {
        if (program) {
            *(struct pd_end *)call->out = program->end;
        }
        return program ? GPI_OK : GPI_ERR_NOT_FOUND;
    }
    struct program_waiter *waiter = malloc(sizeof *waiter);
    resource_server_deferred_t *deferred = waiter ? resource_server_defer(call) : NULL;
    if (!deferred) {
        free(waiter);
        return GPI_ERR_NO_MEMORY;
    }
    *waiter = (struct program_waiter){deferred, program->waiters};
    program->waiters = waiter;
    return GPI_OK;
}

/* What happened, and then what it printed last: as it was when the first piece was asked for. */
static size_t take_log(const struct program *program, char *text, size_t size)
{
    size_t length = program->logged, printed = 0, offset = 0;
    memcpy(text, program->log ? program->log : "", length);
    while (programs.control.ep && program->config.console &&
           console_control_recent(&programs.control, program->config.console, offset, text + length, size - length,
                                  &printed) == GPI_OK &&
           printed > 0) {
        offset += printed;
        length += printed;
    }
    return length;
}

/* The log that a client reads. */
struct taken_log {
    const struct program *program;
    resource_server_text_t text;
};

static int begin_log(struct taken_log *taken, const struct program *program)
{
    enum { SIZE = 2 * PROGRAM_LOG_SIZE };
    if (!resource_server_text_new(&taken->text, SIZE)) {
        return GPI_ERR_NO_MEMORY;
    }
    taken->program = program;
    taken->text.length = take_log(program, taken->text.text, SIZE);
    return GPI_OK;
}

static int read_log(resource_server_call_t *call)
{
    struct taken_log *taken = call->client->state;
    const struct program *program = named(call);
    struct init_text *out = (struct init_text *)call->out;
    size_t offset = call->in[GPI_NAME_WORDS];
    if (!program) {
        return GPI_ERR_NOT_FOUND;
    }
    int error = offset == 0 || program != taken->program ? begin_log(taken, program) : GPI_OK;
    out->length = resource_server_text_read(&taken->text, offset, out->text, sizeof out->text);
    return error;
}

static int next_pd(resource_server_call_t *call)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_info info;
    int error = pd_client_next(&self, call->in[0], &info);
    memcpy(call->out, &info, sizeof info);
    return error;
}

static int memory(resource_server_call_t *call)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_memory what;
    int error = pd_client_memory(&self, &what);
    memcpy(call->out, &what, sizeof what);
    return error;
}

static int counts(resource_server_call_t *call)
{
    struct program *program = named(call);
    struct pd_counts what;
    int error = program ? program_counts(program, &what) : GPI_ERR_NOT_FOUND;
    if (error == GPI_OK) {
        memcpy(call->out, &what, sizeof what);
    }
    return error;
}

static int exit_system(resource_server_call_t *call)
{
    programs_end_system((int)call->in[0]);
    return GPI_OK;
}

static void client_gone(resource_server_context_t *context, resource_server_client_t *client)
{
    struct taken_log *taken = client->state;
    (void)context;
    resource_server_text_forget(&taken->text);
    programs_client_gone(client);
}

#define N(method) [GPI_METHOD_NUMBER(method)]
#define W(type)   GPI_WORDS(struct type)
static const resource_server_method_t methods[] = {
    N(INIT_LIST) = {list, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_READ, 1, W(init_info)},
    N(INIT_FIND) = {find, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_READ, W(gpi_name), W(init_info)},
    N(INIT_START) = {start, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_MANAGE, W(init_start), 1},
    N(INIT_KILL) = {kill, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_MANAGE, W(gpi_name), 0},
    N(INIT_WAIT) = {wait, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_READ, W(gpi_name), W(pd_end)},
    N(INIT_LOG) = {read_log, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_READ, W(init_log), W(init_text)},
    N(INIT_NEXT_PD) = {next_pd, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_READ, 1, W(pd_info)},
    N(INIT_MEMORY) = {memory, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_READ, 0, W(pd_memory)},
    N(INIT_EXIT) = {exit_system, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_MANAGE, 1, 0},
    N(INIT_COUNTS) = {counts, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_READ, W(gpi_name), W(pd_counts)},
};
static const resource_server_config_t config = {
    .type = INIT_TYPE,
    .methods = methods,
    .method_count = INIT_METHODS_END - INIT_LIST,
    .client_size = sizeof(struct taken_log),
    .client_gone = client_gone,
    .child_ended = programs_child_ended,
};

static int listen_to_host(void)
{
    gpi_cap_t type = sel4gpi_get_resource_type_code((char *)INIT_TYPE);
    return programs.control.ep ? host_listen(&programs.control, sel4gpi_get_rde_by_space_id(server.space.id, type))
                               : GPI_OK;
}

/* The last record, and for who looks at the serial line a line. */
static void tell_host(int status)
{
    char line[48];
    if (programs.control.ep) {
        console_control_exit(&programs.control, status);
    }
    snprintf(line, sizeof line, "vesicle: system ended, status %d\n", status);
    gpi_console_debug_write(line, strlen(line));
}

int main(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    int error = resource_server_init(&server, &config, NULL);
    error = error ? error : pd_client_take_rde(&self, GPICAP_TYPE_NONE, server.space.id, NULL);
    machine_read();
    error = error ? error : programs_begin(&server);
    error = error ? error : listen_to_host();
    error = error ? error : resource_server_run(&server);
    fflush(stdout);
    tell_host(error ? 1 : programs.status);
    return error;
}
