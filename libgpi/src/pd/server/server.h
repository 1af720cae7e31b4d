/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of the resource server library. */
#ifndef GPI_PD_SERVER_H
#define GPI_PD_SERVER_H

#include <sel4gpi/resource_server_utils.h>

/** Badges of signals have this bit, which no capability of a client has: those count from 1 in bits 32 and up. */
#define SIGNAL_BADGE (1ul << 63)
#define WORK_SIGNAL  (1ul << 62)

/** What a badge means: an error if it means nothing any more, or there is no memory for a new client. */
int server_find_badge(resource_server_context_t *context, seL4_Word badge, struct resource_server_badge **found);
/** Badges of a resource (BADGE_OBJ_ID_NULL: of all) of a space have to be asked for again. */
void server_forget_badges(resource_server_context_t *context, gpi_space_id_t space, gpi_obj_id_t resource);
/** What the root task has to say. */
void server_do_work(resource_server_context_t *context);

/** A reply object to receive with. */
int server_new_reply(resource_server_context_t *context, ep_client_context_t *reply);

#endif
