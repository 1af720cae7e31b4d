/* SPDX-License-Identifier: BSD-2-Clause */
#include "session.h"

enum {
    CHUNK = 8192, /* bytes that the device gets at once */
    CHUNKS = 4,   /* of them at a time: as much as a port can be ahead of others */
    INPUTS = 4,   /* buffers of input in one go */
};

void session_begin(struct session *session, struct vcon *vcon, unsigned port, struct gpi_console_memory *memory,
                   uint64_t paddr)
{
    const unsigned char *stale;
    uint32_t length;
    *session = (struct session){.vcon = vcon, .port = port, .memory = memory, .paddr = paddr};
    gpi_ring_init(&session->out, &memory->out, memory->out_data, GPI_CONSOLE_OUT_SIZE);
    gpi_ring_init(&session->in, &memory->in, memory->in_data, GPI_CONSOLE_IN_SIZE);
    /* What was typed for who had the port before is for nobody. */
    for (unsigned i = 0; i < VCON_IN_BUFFERS && (length = vcon_read(vcon, port, &stale)) > 0; i++) {
        vcon_taken(vcon, port, length);
    }
}

/* Output in the ring that the device does not have yet: up to the end of the ring's memory. */
static uint32_t next_output(struct session *session, uint32_t *offset)
{
    uint32_t span = gpi_ring_span(&session->out, session->given, offset);
    uint32_t left = session->end - session->out.own - session->given;
    return session->state == SESSION_CLOSING && span > left ? left : span;
}

static void give_output(struct session *session)
{
    uint32_t offset, length;
    while (vcon_writing(session->vcon, session->port) < CHUNKS && (length = next_output(session, &offset)) > 0) {
        length = length < CHUNK ? length : CHUNK;
        uint64_t place = session->paddr + offsetof(struct gpi_console_memory, out_data) + offset;
        if (!vcon_write(session->vcon, session->port, place, length)) {
            return;
        }
        session->given += length;
    }
}

static void pump_output(struct session *session)
{
    uint32_t length;
    while ((length = vcon_written(session->vcon, session->port)) > 0 && length <= session->given) {
        session->given -= length;
        session->written += length;
        gpi_ring_take(&session->out, length);
    }
    give_output(session);
    /* Nothing left: the client is to tell of more. With a queue that is full there is an interrupt to come. */
    if (session->state == SESSION_OPEN && vcon_writing(session->vcon, session->port) < CHUNKS) {
        gpi_ring_wait_for_data(&session->out);
        give_output(session);
    }
}

static bool pump_input(struct session *session)
{
    const unsigned char *bytes;
    for (unsigned i = 0; i < INPUTS; i++) {
        uint32_t length = vcon_read(session->vcon, session->port, &bytes);
        if (length == 0) {
            return false;
        }
        uint32_t done = (uint32_t)gpi_ring_put(&session->in, bytes, length);
        vcon_taken(session->vcon, session->port, done);
        if (done < length && gpi_ring_wait_for_room(&session->in)) {
            return false; /* the client tells when there is room */
        }
    }
    return true;
}

bool session_pump(struct session *session)
{
    if (session->state == SESSION_CLOSED) {
        return false;
    }
    pump_output(session);
    bool more = session->state == SESSION_OPEN && pump_input(session);
    if (session->state == SESSION_OPEN && (session->out.broken || session->in.broken)) {
        session_close(session);
    }
    return more;
}

bool session_has_room(struct session *session)
{
    return gpi_ring_available(&session->out) < session->out.size;
}

bool session_has_data(struct session *session)
{
    return gpi_ring_room(&session->in) < session->in.size;
}

void session_close(struct session *session)
{
    if (session->state != SESSION_OPEN) {
        return;
    }
    uint32_t available = gpi_ring_available(&session->out); /* 0 if it is broken */
    session->end = session->out.own + (available > session->given ? available : session->given);
    session->state = SESSION_CLOSING;
    give_output(session);
}

bool session_is_done(const struct session *session)
{
    return session->state == SESSION_CLOSING && session->given == 0 &&
           (session->out.own == session->end || session->out.broken);
}
