/* SPDX-License-Identifier: BSD-2-Clause */
/* A console: a client that keeps the rules loses nothing, and one that does not harms only itself. */
#include "fake_device.h"
#include "lib/unit.h"
#include "servers/console/session.h"

#include <stdlib.h>
#include <string.h>

enum { PORTS = 4, TOTAL = 300000 };

static struct vcon vcon;

/* A client's side of it. */
struct client {
    struct session session;
    struct gpi_console_memory *memory;
    struct gpi_ring out, in;
    uint32_t sent, received;
};
static struct client clients[2];

static void begin(struct client *client, unsigned port)
{
    free(client->memory);
    *client = (struct client){.memory = aligned_alloc(4096, sizeof *client->memory)};
    memset(client->memory, 0, sizeof *client->memory);
    gpi_ring_init(&client->out, &client->memory->out, client->memory->out_data, GPI_CONSOLE_OUT_SIZE);
    gpi_ring_init(&client->in, &client->memory->in, client->memory->in_data, GPI_CONSOLE_IN_SIZE);
    session_begin(&client->session, &vcon, port, client->memory, (uintptr_t)client->memory);
    fake_allow(port, client->memory->out_data, sizeof client->memory->out_data);
    session_pump(&client->session);
}

static void setup(void)
{
    fake_start(&vcon, PORTS);
    begin(&clients[0], 1);
    begin(&clients[1], 2);
}

static unsigned char byte_at(uint32_t position, unsigned salt)
{
    return (unsigned char)(position * 31 + (position >> 8) * 7 + salt);
}

/* Sends what there is room for. True if the server has to be told. */
static bool client_sends(struct client *client, unsigned salt)
{
    unsigned char bytes[3000];
    uint32_t count = (uint32_t)unit_random(sizeof bytes);
    count = count < TOTAL - client->sent ? count : TOTAL - client->sent;
    for (uint32_t i = 0; i < count; i++) {
        bytes[i] = byte_at(client->sent + i, salt);
    }
    client->sent += (uint32_t)gpi_ring_put(&client->out, bytes, count);
    return gpi_ring_reader_waits(&client->out);
}

static bool log_is_right(unsigned port, unsigned salt, size_t length)
{
    if (fake_port[port].length != length) {
        return false;
    }
    for (uint32_t i = 0; i < length; i++) {
        if (fake_port[port].log[i] != byte_at(i, salt)) {
            return false;
        }
    }
    return true;
}

static void output(void)
{
    struct client *client = &clients[0];
    bool told = false, interrupt = false;
    while (fake_port[1].length < TOTAL) {
        size_t before = fake_port[1].length;
        /* The server works when it is told, or after an interrupt: nothing else moves it. */
        told = client_sends(client, 3) || told;
        if ((told || interrupt) && unit_random(2)) {
            session_pump(&client->session);
            told = interrupt = false;
        }
        fake_work((unsigned)unit_random(4), true);
        interrupt = interrupt || fake_port[1].length != before;
        /* Everything stands still: somebody was not woken. */
        CHECK(told || interrupt || client->sent == fake_port[1].length || vcon_writing(&vcon, 1) > 0);
    }
    session_pump(&client->session);
    CHECK(log_is_right(1, 3, TOTAL));
    CHECK_EQ(client->session.written, TOTAL);
}

static void input(void)
{
    static unsigned char typed[TOTAL], got[TOTAL + 4096];
    struct client *client = &clients[0];
    size_t received = 0;
    for (uint32_t i = 0; i < TOTAL; i++) {
        typed[i] = byte_at(i, 9);
    }
    fake_port[1].input = typed;
    fake_port[1].input_length = TOTAL;
    bool told = true;
    while (received < TOTAL) {
        size_t before = fake_port[1].input_length;
        fake_work(2, false);
        if (told || fake_port[1].input_length != before) {
            while (session_pump(&client->session)) {
            }
        }
        size_t count = gpi_ring_get(&client->in, got + received, unit_random(4096));
        CHECK(count <= TOTAL - received);
        received += count;
        told = count > 0 && gpi_ring_writer_waits(&client->in);
    }
    CHECK_EQ(memcmp(got, typed, TOTAL), 0);
}

static void close_lets_out_what_was_written(void)
{
    struct client *client = &clients[0];
    while (client->sent < GPI_CONSOLE_OUT_SIZE) {
        client_sends(client, 1);
    }
    session_close(&client->session);
    uint32_t sent = client->sent;
    while (!session_is_done(&client->session)) {
        fake_work(1, true);
        session_pump(&client->session);
        client_sends(client, 1); /* too late */
    }
    CHECK(log_is_right(1, 1, sent));
    CHECK_EQ(client->session.written, sent);
}

static void broken_positions_close_it(void)
{
    clients[0].memory->out.written = GPI_CONSOLE_OUT_SIZE + 1;
    session_pump(&clients[0].session);
    CHECK(session_is_done(&clients[0].session));
    begin(&clients[0], 1);
    client_sends(&clients[0], 1);
    session_pump(&clients[0].session);
    clients[0].memory->in.read = 5;
    fake_port[1].input = (const unsigned char *)"typed";
    fake_port[1].input_length = 5;
    fake_work(1, false);
    session_pump(&clients[0].session);
    while (!session_is_done(&clients[0].session)) {
        CHECK_EQ(clients[0].session.state, SESSION_CLOSING);
        fake_work(1, true);
        session_pump(&clients[0].session);
    }
    CHECK_EQ(fake_port[1].length, clients[0].sent);
}

/* Anything at all in the memory that they share. */
static void hostile_step(struct client *client)
{
    struct gpi_console_memory *memory = client->memory;
    uint32_t *places[] = {&memory->out.written,     &memory->out.read,         &memory->in.written,
                          &memory->in.read,         &memory->out.reader_waits, &memory->out.writer_waits,
                          &memory->in.reader_waits, &memory->in.writer_waits};
    uint32_t *place = places[unit_random(8)];
    switch (unit_random(4)) {
    case 0:
        *place = (uint32_t)unit_random(1ull << 32);
        break;
    case 1:
        memory->in.read = memory->in.written;
        *place += (uint32_t)unit_random(100);
        break;
    default:
        memory->out.written = memory->out.read + (uint32_t)unit_random(GPI_CONSOLE_OUT_SIZE + 1);
        break;
    }
}

static void hostile_client_harms_only_itself(void)
{
    static unsigned char typed[1000];
    struct client *bad = &clients[1], *good = &clients[0];
    unsigned closed = 0;
    for (unsigned i = 0; i < 400000 && good->sent < TOTAL; i++) {
        hostile_step(bad);
        fake_port[2].input = typed;
        fake_port[2].input_length = unit_random(sizeof typed);
        session_pump(&bad->session);
        session_has_room(&bad->session);
        session_has_data(&bad->session);
        if (i % 16 == 0) {
            client_sends(good, 5);
        }
        fake_work(1 + (unsigned)unit_random(3), true);
        session_pump(&good->session);
        if (unit_random(50) == 0) {
            session_close(&bad->session);
        }
        if (session_is_done(&bad->session)) {
            closed++;
            begin(bad, 2);
        }
    }
    while (fake_port[1].length < good->sent) {
        fake_work(4, false);
        session_pump(&good->session);
    }
    CHECK_EQ(good->sent, TOTAL);
    CHECK(closed > 100);
    CHECK(log_is_right(1, 5, TOTAL));
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"output", output},
        {"input", input},
        {"close_lets_out_what_was_written", close_lets_out_what_was_written},
        {"broken_positions_close_it", broken_positions_close_it},
        {"hostile_client_harms_only_itself", hostile_client_harms_only_itself},
    };
    return unit_run("session", cases, UNIT_COUNT(cases), setup);
}
