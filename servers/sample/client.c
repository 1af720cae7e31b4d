/* SPDX-License-Identifier: BSD-2-Clause */
#include "counter.h"

#include <gpi/server_call.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>

static int create(seL4_CPtr rde, seL4_Word method, const seL4_Word *value, counter_client_context_t *ret_conn)
{
    struct gpi_slot_and_id out = {0, 0};
    int error = gpi_server_call(rde, method, value, value ? 1 : 0, &out, GPI_WORDS(out));
    *ret_conn = (counter_client_context_t){out.slot, out.id};
    return error;
}

int counter_client_create(seL4_CPtr rde, seL4_Word value, counter_client_context_t *ret_conn)
{
    return create(rde, COUNTER_CREATE, &value, ret_conn);
}

int counter_client_create_made(seL4_CPtr rde, counter_client_context_t *ret_conn)
{
    return create(rde, COUNTER_CREATE_MADE, NULL, ret_conn);
}

int counter_client_new_space(seL4_CPtr rde, gpi_space_id_t *space)
{
    return gpi_server_call(rde, COUNTER_NEW_SPACE, NULL, 0, space, 1);
}

int counter_client_stats(seL4_CPtr rde, struct counter_stats *stats)
{
    return gpi_server_call(rde, COUNTER_STATS, NULL, 0, stats, GPI_WORDS(*stats));
}

int counter_client_mine(seL4_CPtr rde, seL4_Word *count)
{
    return gpi_server_call(rde, COUNTER_MINE, NULL, 0, count, 1);
}

int counter_client_work(seL4_CPtr rde, seL4_Word rounds)
{
    return gpi_server_call(rde, COUNTER_WORK, &rounds, 1, NULL, 0);
}

int counter_client_stall(seL4_CPtr rde)
{
    return gpi_server_call(rde, COUNTER_STALL, NULL, 0, NULL, 0);
}

int counter_client_crash(seL4_CPtr rde)
{
    return gpi_server_call(rde, COUNTER_CRASH, NULL, 0, NULL, 0);
}

int counter_client_leave(seL4_CPtr rde)
{
    return gpi_server_call(rde, COUNTER_LEAVE, NULL, 0, NULL, 0);
}

int counter_client_add(counter_client_context_t *conn, seL4_Word n, seL4_Word *value)
{
    return gpi_server_call(conn->ep, COUNTER_ADD, &n, 1, value, 1);
}

int counter_client_read(counter_client_context_t *conn, seL4_Word *value)
{
    return gpi_server_call(conn->ep, COUNTER_READ, NULL, 0, value, 1);
}

int counter_client_wait(counter_client_context_t *conn, seL4_Word value, seL4_Word *reached)
{
    return gpi_server_call(conn->ep, COUNTER_WAIT, &value, 1, reached, 1);
}

int counter_client_give(counter_client_context_t *conn, gpi_obj_id_t pd, seL4_CPtr *slot)
{
    return gpi_server_call(conn->ep, COUNTER_GIVE, &pd, 1, slot, 1);
}

int counter_client_revoke(counter_client_context_t *conn, gpi_obj_id_t pd)
{
    return gpi_server_call(conn->ep, COUNTER_REVOKE, &pd, 1, NULL, 0);
}

int counter_client_delete(counter_client_context_t *conn)
{
    return gpi_server_call(conn->ep, COUNTER_DELETE, NULL, 0, NULL, 0);
}

int counter_client_disconnect(counter_client_context_t *conn)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    return pd_client_free_slot(&self, conn->ep);
}
