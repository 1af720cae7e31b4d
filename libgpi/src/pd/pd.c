/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/pd_clientapi.h>

#include "rpc.h"
#include "slots.h"

#include <gpi/proto/ep.h>
#include <string.h>

int pd_component_client_connect(seL4_CPtr server_ep_cap, mo_client_context_t *osm_data_mo,
                                pd_client_context_t *ret_conn)
{
    struct pd_create in = {osm_data_mo ? osm_data_mo->ep : seL4_CapNull};
    struct gpi_slot_and_id out = {0, 0};
    int error = GPI_CALL(server_ep_cap, PD_CREATE, &in, &out);
    *ret_conn = (pd_client_context_t){out.slot, out.id};
    return error;
}

int pd_client_terminate(pd_client_context_t *conn)
{
    return GPI_CALL_NONE(conn->ep, PD_TERMINATE);
}

int pd_client_disconnect(pd_client_context_t *conn)
{
    return gpi_free_slot(&conn->ep);
}

int pd_client_wait(pd_client_context_t *conn, struct pd_end *end)
{
    return GPI_CALL_OUT(conn->ep, PD_WAIT, end);
}

int pd_client_send_cap_rights(pd_client_context_t *conn, seL4_CPtr cap_to_send, unsigned rights, seL4_CPtr *slot)
{
    struct pd_send_cap in = {cap_to_send, rights};
    seL4_Word out = 0;
    int error = GPI_CALL(conn->ep, PD_SEND_CAP, &in, &out);
    if (slot) {
        *slot = out;
    }
    return error;
}

int pd_client_send_cap(pd_client_context_t *conn, seL4_CPtr cap_to_send, seL4_CPtr *slot)
{
    return pd_client_send_cap_rights(conn, cap_to_send, 0, slot);
}

int pd_client_send_core_cap(pd_client_context_t *conn, seL4_CPtr cap_to_send, seL4_CPtr *slot)
{
    return pd_client_send_cap_rights(conn, cap_to_send, 0, slot);
}

int pd_client_share_rde(pd_client_context_t *target_pd, gpi_cap_t cap_type, gpi_space_id_t space_id)
{
    return pd_client_share_rde_rights(target_pd, cap_type, space_id, 0);
}

int pd_client_share_rde_rights(pd_client_context_t *target_pd, gpi_cap_t cap_type, gpi_space_id_t space_id,
                               unsigned rights)
{
    struct pd_share_rde in = {{cap_type, space_id}, rights};
    seL4_Word out;
    return GPI_CALL(target_pd->ep, PD_SHARE_RDE, &in, &out);
}

int pd_client_share_all_rdes(pd_client_context_t *target_pd)
{
    return GPI_CALL_NONE(target_pd->ep, PD_SHARE_ALL_RDES);
}

int pd_client_share_resource_by_type(pd_client_context_t *src_pd, pd_client_context_t *dest_pd, gpi_cap_t res_type)
{
    struct pd_share_type in = {src_pd->ep, res_type, 0};
    return GPI_CALL_IN(dest_pd->ep, PD_SHARE_TYPE, &in);
}

int pd_client_next_slot(pd_client_context_t *conn, seL4_CPtr *slot)
{
    return GPI_CALL_OUT(conn->ep, PD_NEXT_SLOT, slot);
}

int pd_client_free_slot(pd_client_context_t *conn, seL4_CPtr slot)
{
    return GPI_CALL_IN(conn->ep, PD_FREE_SLOT, &slot);
}

int pd_client_clear_slot(pd_client_context_t *conn, seL4_CPtr slot)
{
    return GPI_CALL_IN(conn->ep, PD_CLEAR_SLOT, &slot);
}

int pd_client_give_resource(pd_client_context_t *conn, gpi_space_id_t res_space_id, gpi_obj_id_t recipient_id,
                            gpi_obj_id_t resource_id, seL4_CPtr *dest)
{
    struct pd_give in = {res_space_id, recipient_id, resource_id};
    return GPI_CALL(conn->ep, PD_GIVE_RESOURCE, &in, dest);
}

int pd_client_map_resource_of(pd_client_context_t *conn, struct pd_resource src, struct pd_resource dest)
{
    struct pd_map in = {src, dest};
    return GPI_CALL_IN(conn->ep, PD_MAP_RESOURCE, &in);
}

int pd_client_map_resource(pd_client_context_t *conn, gpi_obj_id_t src_res_id, gpi_obj_id_t dest_res_id)
{
    struct pd_resource src = {src_res_id >> 32, src_res_id & 0xffffffff};
    struct pd_resource dest = {dest_res_id >> 32, dest_res_id & 0xffffffff};
    return pd_client_map_resource_of(conn, src, dest);
}

int pd_client_take_rde(pd_client_context_t *conn, gpi_cap_t type, gpi_space_id_t space_id, seL4_CPtr *slot)
{
    struct pd_rde in = {type, space_id};
    seL4_Word out = 0;
    int error = GPI_CALL(conn->ep, PD_TAKE_RDE, &in, &out);
    if (slot) {
        *slot = out;
    }
    return error;
}

int pd_client_set_work_signal(pd_client_context_t *conn, seL4_CPtr notification)
{
    return GPI_CALL_IN(conn->ep, PD_SET_WORK_SIGNAL, &notification);
}

int pd_client_ready(pd_client_context_t *conn, seL4_Word word)
{
    return GPI_CALL_IN(conn->ep, PD_READY, &word);
}

int pd_client_wait_ready(pd_client_context_t *conn, seL4_Word *word)
{
    return GPI_CALL_OUT(conn->ep, PD_WAIT_READY, word);
}

void pd_client_exit(pd_client_context_t *conn, int code)
{
    seL4_Word in = (seL4_Word)code;
    GPI_CALL_IN(conn->ep, PD_EXIT, &in);
}

int pd_client_remove_rde(pd_client_context_t *conn, gpi_cap_t type, gpi_space_id_t space_id)
{
    struct pd_rde in = {type, space_id};
    return GPI_CALL_IN(conn->ep, PD_REMOVE_RDE, &in);
}

int pd_client_link_child(pd_client_context_t *parent, pd_client_context_t *child)
{
    return GPI_CALL_IN(parent->ep, PD_LINK_CHILD, &child->ep);
}

int pd_client_dump(pd_client_context_t *conn, char *buf, size_t size)
{
    size_t at = 0;
    while (at + 1 < size) {
        seL4_SetMR(0, at); /* struct pd_dump; how long the answer is only the message says */
        seL4_MessageInfo_t info = seL4_Call(conn->ep, seL4_MessageInfo_new(PD_DUMP, 0, 0, 1));
        if (seL4_MessageInfo_get_label(info) != GPI_OK) {
            return (int)seL4_MessageInfo_get_label(info);
        }
        size_t got = seL4_MessageInfo_get_length(info) * sizeof(seL4_Word);
        got = got < size - 1 - at ? got : size - 1 - at;
        memcpy(buf + at, seL4_GetIPCBuffer()->msg, got);
        at += got;
        if (got < GPI_TEXT_SIZE) {
            break;
        }
    }
    if (size > 0) {
        buf[at < size ? at : size - 1] = '\0';
    }
    return GPI_OK;
}

int pd_client_set_name(pd_client_context_t *conn, char *name)
{
    struct gpi_name in = {{0}};
    strncpy(in.text, name, sizeof in.text);
    return GPI_CALL_IN(conn->ep, PD_SET_NAME, &in);
}

int pd_client_irq_handler_bind(pd_client_context_t *pd, int irq, seL4_Word badge, bool copy_to_holder,
                               seL4_CPtr *ret_slot, seL4_CPtr *ret_slot_holder)
{
    struct pd_irq_bind in = {(seL4_Word)irq, 0, badge, 0};
    struct pd_irq_bound out = {0, 0};
    int error = GPI_CALL(pd->ep, PD_IRQ_BIND, &in, &out);
    *ret_slot = out.handler;
    if (copy_to_holder && ret_slot_holder) {
        *ret_slot_holder = out.notification;
    }
    return error;
}

int pd_client_irq_bind(pd_client_context_t *pd, const struct pd_irq_bind *in, struct pd_irq_bound *out)
{
    return GPI_CALL(pd->ep, PD_IRQ_BIND, in, out);
}

int pd_client_give_cap(pd_client_context_t *conn, gpi_obj_id_t recipient_id, seL4_CPtr cap, unsigned rights,
                       seL4_CPtr *slot)
{
    struct pd_give_cap in = {recipient_id, cap, rights};
    return GPI_CALL(conn->ep, PD_GIVE_CAP, &in, slot);
}

int pd_client_join(pd_client_context_t *conn, pd_client_context_t *with)
{
    struct pd_join in = {with->ep};
    return GPI_CALL_IN(conn->ep, PD_JOIN, &in);
}

int pd_client_own_region(pd_client_context_t *conn, seL4_CPtr ads, void *vaddr)
{
    struct pd_own_region in = {ads, (seL4_Word)vaddr};
    return GPI_CALL_IN(conn->ep, PD_OWN_REGION, &in);
}

int pd_client_set_fault_ep(pd_client_context_t *conn, ep_client_context_t *ep, seL4_Word badge)
{
    struct pd_fault_ep in = {ep->ep, badge};
    return GPI_CALL_IN(conn->ep, PD_SET_FAULT_EP, &in);
}

int pd_client_get_fault_ep(pd_client_context_t *conn, ep_client_context_t *ret_ep)
{
    struct ep_created out = {0, 0, 0};
    int error = GPI_CALL_OUT(conn->ep, PD_GET_FAULT_EP, &out);
    *ret_ep = (ep_client_context_t){out.slot, out.raw};
    return error;
}

int pd_client_set_quota(pd_client_context_t *conn, uint64_t bytes)
{
    seL4_Word in = bytes;
    return GPI_CALL_IN(conn->ep, PD_SET_QUOTA, &in);
}

int pd_client_set_cleanup_policy(pd_client_context_t *conn, unsigned pd_depth, unsigned space_depth)
{
    struct pd_policy in = {pd_depth, space_depth};
    return GPI_CALL_IN(conn->ep, PD_SET_POLICY, &in);
}

int pd_client_get_info(pd_client_context_t *conn, struct pd_info *info)
{
    return GPI_CALL_OUT(conn->ep, PD_GET_INFO, info);
}

int pd_client_count(pd_client_context_t *conn)
{
    return GPI_CALL_NONE(conn->ep, PD_COUNT);
}

int pd_client_counts(pd_client_context_t *conn, struct pd_counts *counts)
{
    return GPI_CALL_OUT(conn->ep, PD_COUNTS, counts);
}

int pd_client_cap_info(pd_client_context_t *conn, seL4_CPtr slot, struct pd_cap_info *info)
{
    return GPI_CALL(conn->ep, PD_CAP_INFO, &slot, info);
}

int pd_client_next(pd_client_context_t *conn, gpi_obj_id_t after, struct pd_info *info)
{
    return GPI_CALL(conn->ep, PD_NEXT, &after, info);
}

int pd_client_kill(pd_client_context_t *conn, gpi_obj_id_t id)
{
    return GPI_CALL_IN(conn->ep, PD_KILL, &id);
}

int pd_client_memory(pd_client_context_t *conn, struct pd_memory *memory)
{
    return GPI_CALL_OUT(conn->ep, PD_MEMORY, memory);
}
