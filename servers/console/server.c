/* SPDX-License-Identifier: BSD-2-Clause */
#include "server.h"

#include "recent.h"

#include <sel4/sel4.h>
#include <sel4gpi/ep_clientapi.h>
#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A console ends when its client is gone and all its output is with the host. */
struct console {
    struct session session;
    char name[OSM_NAME_SIZE];
    gpi_obj_id_t id;                  /* of the resource */
    resource_server_client_t *client; /* null: gone */
    mo_client_context_t mo;
    void *memory;
    resource_server_deferred_t *room_call, *data_call;
    struct console *next;
};

/* A client that waits for a port. */
struct asker {
    resource_server_deferred_t *call;
    struct gpi_name name;
    struct asker *next;
};

struct record {
    seL4_Word text[GPI_CONSOLE_RECORD_SIZE / sizeof(seL4_Word)];
    struct record *next;
};

enum { BUSY = -1, RECORDS = 64 };

struct server server = {.next_id = CONTROL_ID + 1};

static void answer(resource_server_deferred_t **call, int error)
{
    if (*call) {
        resource_server_answer(&server.context, *call, error, NULL, 0);
        *call = NULL;
    }
}

/* Answers later. Whoever waited for the same before can ask again. */
static int wait(resource_server_call_t *call, resource_server_deferred_t **deferred)
{
    answer(deferred, GPI_OK);
    *deferred = resource_server_defer(call);
    return *deferred ? GPI_OK : GPI_ERR_NO_MEMORY;
}

static struct port *port_of(const struct console *console)
{
    return &server.port[console->session.port];
}

static void give_memory_back(struct console *console)
{
    if (console->memory) {
        resource_server_unattach(&server.context, console->memory);
        console->memory = NULL;
    }
    mo_component_client_disconnect(&console->mo);
}

/* Contiguous, for the device; and in view of this server. */
static int take_memory(struct console *console, uint64_t *paddr)
{
    struct mo_info info = {0};
    int error =
        mo_client_connect_contiguous(sel4gpi_get_rde(GPICAP_TYPE_MO), GPI_CONSOLE_PAGES, MO_PAGE_BITS, &console->mo);
    error = error ? error : mo_client_get_info(&console->mo, &info);
    error = error ? error : resource_server_attach_mo(&server.context, console->mo.ep, &console->memory);
    *paddr = info.paddr;
    return error;
}

/* The port that has been free for longest; VCON_PORTS: none is, but perhaps one will be soon. */
static unsigned free_port(bool *soon)
{
    *soon = false;
    for (unsigned i = 1; i <= VCON_PORTS; i++) {
        const struct port *port = &server.port[(server.last + i) % VCON_PORTS];
        if (port->usable && !port->console && !port->closing) {
            return (server.last + i) % VCON_PORTS;
        }
        *soon = *soon || port->closing || (port->console && port->console->session.state == SESSION_CLOSING);
    }
    return VCON_PORTS;
}

static int make_signal(unsigned port)
{
    return server.port[port].signal
               ? GPI_OK
               : resource_server_signal_cap(&server.context, SIGNAL_PORT + port, &server.port[port].signal);
}

/* The client's capabilities. If it has no room for all, those that it has got mean nothing. */
static int give_capabilities(const struct console *console, unsigned port, struct console_opened *out)
{
    gpi_obj_id_t pd = console->client->id;
    ep_client_context_t lock = {0, 0};
    int error = make_signal(port);
    error = error ? error : ep_client_connect_kind(sel4gpi_get_rde(GPICAP_TYPE_EP), EP_KIND_NOTIFICATION, &lock);
    error = error ? error : resource_server_create_resource(&server.context, NULL, console->id);
    if (error == GPI_OK) {
        error = pd_client_give_cap(&server.self, pd, console->mo.ep, GPI_RIGHT_READ | GPI_RIGHT_WRITE, &out->mo);
        error = error ? error : pd_client_give_cap(&server.self, pd, server.port[port].signal, 0, &out->signal);
        error = error ? error : pd_client_give_cap(&server.self, pd, lock.raw_endpoint, 0, &out->lock);
        error = error ? error
                      : resource_server_give_resource(&server.context, server.context.space.id, console->id, pd,
                                                      &out->console);
        if (error != GPI_OK) {
            resource_server_delete_resource(&server.context, NULL, console->id);
        }
    }
    ep_component_client_disconnect(&lock); /* the client holds it */
    return error;
}

/* Tells the host: a name that is one word, and cannot be a path. */
static void announce(struct console *console, const struct gpi_name *name)
{
    char text[GPI_CONSOLE_RECORD_SIZE + 1], *word = console->name;
    size_t length = 0;
    for (; length < sizeof console->name - 1 && name->text[length]; length++) {
        char c = name->text[length];
        word[length] = c > ' ' && c <= '~' && c != '/' ? c : '_';
    }
    word[length] = '\0';
    snprintf(text, sizeof text, "open %u %lu %s", console->session.port, (unsigned long)port_of(console)->total,
             length ? word : "pd");
    control_send(&server.control, text);
}

static struct console *find_console(const resource_server_client_t *client, gpi_obj_id_t id)
{
    struct console *console = server.consoles;
    while (console && (console->client != client || (id != BADGE_OBJ_ID_NULL && console->id != id))) {
        console = console->next;
    }
    return console;
}

static int make_console(resource_server_client_t *client, unsigned port, struct console_opened *out,
                        struct console **made)
{
    uint64_t paddr = 0;
    struct console *console = calloc(1, sizeof *console);
    if (!console) {
        return GPI_ERR_NO_MEMORY;
    }
    console->client = client;
    console->id = server.next_id++;
    int error = take_memory(console, &paddr);
    error = error ? error : give_capabilities(console, port, out);
    if (error != GPI_OK) {
        give_memory_back(console);
        free(console);
        return error;
    }
    session_begin(&console->session, &server.vcon, port, console->memory, paddr);
    console->next = server.consoles;
    server.consoles = console;
    *made = console;
    return GPI_OK;
}

static int open_console(resource_server_client_t *client, const struct gpi_name *name, struct console_opened *out)
{
    bool soon;
    unsigned port = free_port(&soon);
    struct console *console;
    if (server.phase != RUNNING || find_console(client, BADGE_OBJ_ID_NULL)) {
        return server.phase != RUNNING ? GPI_ERR_GONE : GPI_ERR_EXISTS;
    }
    if (port == VCON_PORTS || !control_has_room(&server.control)) {
        return port == VCON_PORTS && !soon ? GPI_ERR_NO_MEMORY : BUSY;
    }
    int error = make_console(client, port, out, &console);
    if (error == GPI_OK) {
        server.port[port].console = console;
        server.last = port;
        announce(console, name);
        session_pump(&console->session);
    }
    return error;
}

static int open_call(resource_server_call_t *call)
{
    const struct gpi_name *name = (const struct gpi_name *)call->in;
    int error = open_console(call->client, name, (struct console_opened *)call->out);
    if (error != BUSY) {
        return error;
    }
    struct asker *asker = malloc(sizeof *asker);
    resource_server_deferred_t *deferred = asker ? resource_server_defer(call) : NULL;
    if (!deferred) {
        free(asker);
        return GPI_ERR_NO_MEMORY;
    }
    *asker = (struct asker){deferred, *name, server.askers};
    server.askers = asker;
    return GPI_OK;
}

static void answer_askers(void)
{
    for (struct asker *asker = server.askers; asker; asker = server.askers) {
        struct console_opened out = {0, 0, 0, 0};
        int error = open_console(asker->call->client, &asker->name, &out);
        if (error == BUSY) {
            return;
        }
        resource_server_answer(&server.context, asker->call, error, (const seL4_Word *)&out, GPI_WORDS(out));
        server.askers = asker->next;
        free(asker);
    }
}

/* The port is free, and its end announced, when everything went out. What a client that still lives holds stays. */
static void settle(struct console *console)
{
    char text[GPI_CONSOLE_RECORD_SIZE];
    if (session_is_done(&console->session) && control_has_room(&server.control)) {
        struct port *port = port_of(console);
        port->total += console->session.written;
        snprintf(text, sizeof text, "close %u %lu", console->session.port, (unsigned long)port->total);
        control_send(&server.control, text);
        port->console = NULL;
        port->closing = true;
        recent_keep(&console->session, console->name);
        console->session.state = SESSION_CLOSED;
        give_memory_back(console);
    }
    if (console->session.state != SESSION_OPEN) {
        answer(&console->room_call, GPI_ERR_GONE);
        answer(&console->data_call, GPI_ERR_GONE);
        return;
    }
    if (session_has_room(&console->session)) {
        answer(&console->room_call, GPI_OK);
    }
    if (session_has_data(&console->session)) {
        answer(&console->data_call, GPI_OK);
    }
}

static void forget_gone(void)
{
    for (struct console **link = &server.consoles; *link;) {
        struct console *console = *link;
        if (!console->client && console->session.state == SESSION_CLOSED) {
            *link = console->next;
            resource_server_delete_resource(&server.context, NULL, console->id);
            free(console);
        } else {
            link = &console->next;
        }
    }
}

/* The last record goes when all consoles are closed, and is answered when the host has it. */
static void finish(void)
{
    char text[32];
    bool open = false;
    for (const struct console *console = server.consoles; console; console = console->next) {
        open = open || console->session.state != SESSION_CLOSED;
    }
    if (server.phase == EXITING && !open) {
        snprintf(text, sizeof text, "exit %d", server.status);
        server.phase = control_send(&server.control, text) ? EXITED : EXITING;
    }
    if (server.phase == EXITED && control_is_idle(&server.control)) {
        answer(&server.exit_call, GPI_OK);
    }
}

static void keep_record(const char *line)
{
    struct record **end = &server.records, *record = calloc(1, sizeof *record);
    unsigned count = 0;
    for (; *end; end = &(*end)->next) {
        count++;
    }
    if (record && count < RECORDS) {
        memcpy(record->text, line, sizeof record->text);
        *end = record;
    } else {
        free(record);
    }
}

/* Records of the host: those for this server are obeyed, the others kept for who asks; too many are too many. */
static void hear(void)
{
    static const char closed[] = "closed ";
    for (const char *line; (line = control_line(&server.control)) != NULL; control_next(&server.control)) {
        if (strncmp(line, closed, sizeof closed - 1) != 0) {
            keep_record(line);
            continue;
        }
        unsigned long port = strtoul(line + sizeof closed - 1, NULL, 10);
        if (port < VCON_PORTS && !server.port[port].console) {
            server.port[port].closing = false;
        }
    }
    struct record *first = server.records;
    if (first && server.record_call) {
        resource_server_answer(&server.context, server.record_call, GPI_OK, first->text, GPI_WORDS(first->text));
        server.record_call = NULL;
        server.records = first->next;
        free(first);
    }
}

void server_take_interrupt(void)
{
    virtio_mmio_take_interrupt(server.vcon.regs);
    seL4_IRQHandler_Ack(server.irq_handler);
}

void server_pump(seL4_Word signals)
{
    bool more = false, all = signals & (RESOURCE_SERVER_SIGNAL(SIGNAL_IRQ) | RESOURCE_SERVER_SIGNAL(SIGNAL_AGAIN));
    if (all) {
        vcon_control(&server.vcon);
        control_pump(&server.control);
    }
    for (struct console *console = server.consoles; console; console = console->next) {
        seL4_Word own = RESOURCE_SERVER_SIGNAL(SIGNAL_PORT + console->session.port);
        if (all || signals & own || console->session.state == SESSION_CLOSING) {
            more = session_pump(&console->session) || more;
            settle(console);
        }
    }
    hear();
    forget_gone();
    answer_askers();
    finish();
    if (more) {
        seL4_Signal(server.again); /* after those who call */
    }
}

/* Only to who started this server: what it gives on is its business. */
static int control_port(resource_server_call_t *call)
{
    struct console_control_port *out = (struct console_control_port *)call->out;
    out->consoles = server.usable;
    return call->client->id != server.starter
               ? GPI_ERR_RIGHTS
               : resource_server_give_resource(&server.context, server.context.space.id, CONTROL_ID, call->client->id,
                                               &out->control);
}

static int wait_room(resource_server_call_t *call)
{
    struct console *console = find_console(call->client, call->resource);
    if (!console || console->session.state != SESSION_OPEN) {
        return console ? GPI_ERR_GONE : GPI_ERR_BAD_CAP;
    }
    session_pump(&console->session);
    return session_has_room(&console->session) ? GPI_OK : wait(call, &console->room_call);
}

static int wait_data(resource_server_call_t *call)
{
    struct console *console = find_console(call->client, call->resource);
    if (!console || console->session.state != SESSION_OPEN) {
        return console ? GPI_ERR_GONE : GPI_ERR_BAD_CAP;
    }
    session_pump(&console->session);
    return session_has_data(&console->session) ? GPI_OK : wait(call, &console->data_call);
}

static int exit_system(resource_server_call_t *call)
{
    if (call->resource != CONTROL_ID || server.phase != RUNNING) {
        return call->resource != CONTROL_ID ? GPI_ERR_BAD_CAP : GPI_ERR_STATE;
    }
    int error = wait(call, &server.exit_call);
    if (error == GPI_OK) {
        server.phase = EXITING;
        server.status = (int)call->in[0];
        for (struct console *console = server.consoles; console; console = console->next) {
            session_close(&console->session);
        }
        server_pump(0);
    }
    return error;
}

static int send_record(resource_server_call_t *call)
{
    char text[GPI_CONSOLE_RECORD_SIZE + 1] = {0};
    size_t size = call->in_words * sizeof(seL4_Word);
    if (call->resource != CONTROL_ID) {
        return GPI_ERR_BAD_CAP;
    }
    memcpy(text, call->in, size < GPI_CONSOLE_RECORD_SIZE ? size : GPI_CONSOLE_RECORD_SIZE);
    return server.phase == RUNNING && control_send(&server.control, text) ? GPI_OK : GPI_ERR_STATE;
}

static int next_record(resource_server_call_t *call)
{
    int error = call->resource == CONTROL_ID ? wait(call, &server.record_call) : GPI_ERR_BAD_CAP;
    if (error == GPI_OK) {
        hear();
    }
    return error;
}

/* The youngest console of the name. */
static int recent_text(resource_server_call_t *call)
{
    static char copy[RECENT_SIZE];
    char name[OSM_NAME_SIZE] = "";
    struct console_recent *out = (struct console_recent *)call->out;
    const char *text = NULL;
    size_t size = 0, offset = call->in[GPI_NAME_WORDS];
    if (call->resource != CONTROL_ID) {
        return GPI_ERR_BAD_CAP;
    }
    memcpy(name, call->in, sizeof name - 1);
    for (struct console *console = server.consoles; console && !text; console = console->next) {
        if (console->session.state != SESSION_CLOSED && strcmp(console->name, name) == 0) {
            size = recent_copy(&console->session, copy);
            text = copy;
        }
    }
    text = text ? text : recent_find(name, &size);
    if (!text) {
        return GPI_ERR_NOT_FOUND;
    }
    size_t left = offset < size ? size - offset : 0;
    out->length = left < sizeof out->text ? left : sizeof out->text;
    memcpy(out->text, text + (left ? offset : 0), out->length);
    return GPI_OK;
}

static void forget_call(resource_server_deferred_t **call, const resource_server_client_t *client)
{
    if (*call && (*call)->client == client) {
        *call = NULL; /* the library answers it */
    }
}

static void client_gone(resource_server_context_t *context, resource_server_client_t *client)
{
    (void)context;
    for (struct console *console = server.consoles; console; console = console->next) {
        if (console->client == client) {
            console->client = NULL;
            console->room_call = console->data_call = NULL;
            session_close(&console->session);
        }
    }
    for (struct asker **link = &server.askers; *link;) {
        struct asker *asker = *link;
        if (asker->call->client == client) {
            *link = asker->next;
            free(asker);
        } else {
            link = &asker->next;
        }
    }
    forget_call(&server.exit_call, client);
    forget_call(&server.record_call, client);
    server_pump(0);
}

static void signalled(resource_server_context_t *context, seL4_Word signals)
{
    (void)context;
    if (signals & RESOURCE_SERVER_SIGNAL(SIGNAL_IRQ)) {
        server_take_interrupt();
    }
    server_pump(signals);
}

#define N(name) GPI_METHOD_NUMBER(name)
#define W(kind) GPI_WORDS(struct kind)

static const resource_server_method_t methods[] = {
    [N(CONSOLE_OPEN)] = {open_call, RESOURCE_SERVER_ON_RDE, 0, W(gpi_name), W(console_opened)},
    [N(CONSOLE_CONTROL)] = {control_port, RESOURCE_SERVER_ON_RDE, 0, 0, W(console_control_port)},
    [N(CONSOLE_WAIT_ROOM)] = {wait_room, RESOURCE_SERVER_ON_RESOURCE, 0, 0, 0},
    [N(CONSOLE_WAIT_DATA)] = {wait_data, RESOURCE_SERVER_ON_RESOURCE, 0, 0, 0},
    [N(CONSOLE_EXIT)] = {exit_system, RESOURCE_SERVER_ON_RESOURCE, GPI_RIGHT_MANAGE, 1, 0},
    [N(CONSOLE_RECORD)] = {send_record, RESOURCE_SERVER_ON_RESOURCE, GPI_RIGHT_WRITE, 1, 0},
    [N(CONSOLE_NEXT_RECORD)] = {next_record, RESOURCE_SERVER_ON_RESOURCE, GPI_RIGHT_READ, 0,
                                GPI_CONSOLE_RECORD_SIZE / sizeof(seL4_Word)},
    [N(CONSOLE_RECENT)] = {recent_text, RESOURCE_SERVER_ON_RESOURCE, GPI_RIGHT_READ, W(console_ask_recent),
                           W(console_recent)},
};

const resource_server_config_t server_config = {
    .type = "CONSOLE",
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .client_gone = client_gone,
    .signalled = signalled,
};
