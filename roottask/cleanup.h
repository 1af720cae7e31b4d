/* SPDX-License-Identifier: BSD-2-Clause */
/* What the end of one PD means for others. */
#ifndef ROOTTASK_CLEANUP_H
#define ROOTTASK_CLEANUP_H

#include <gpi/ids.h>

struct pd;
struct pdspace;
struct resspc;

/** The last PD that used this CSpace ends: the servers whose client it was are told. */
void cleanup_client(struct pdspace *space, const struct pd *pd);
/** A PD ends: the spaces it served end, those who wait for it are answered, and its policy is carried out. */
void cleanup_server(struct pd *pd);
/**
 * Ends a space: its capabilities answer that it is gone. PDs that held resources of it end, too, and so on, `pd_depth`
 * steps. Spaces that are made from it end, `space_depth` steps, and the servers of the others are told. With a `space_depth`
 * also resources of other spaces that are made from its own are taken from their holders; their servers are told in any case.
 */
void cleanup_space(struct resspc *resspc, seL4_Word pd_depth, seL4_Word space_depth);
/** The part of it that others notice; for a space that nobody holds any more, too. */
void cleanup_dependents(struct resspc *resspc);
/** A resource was deleted: the servers of those made from it are told. */
void cleanup_resource(struct resspc *resspc, gpi_obj_id_t id);

#endif
