/* SPDX-License-Identifier: BSD-2-Clause */
/* What the end of one PD means for others. */
#ifndef ROOTTASK_CLEANUP_H
#define ROOTTASK_CLEANUP_H

#include <sel4/types.h>

struct pd;
struct pdspace;
struct resspc;

/** The last PD that used this CSpace ends: the servers whose client it was are told. */
void cleanup_client(struct pdspace *space, const struct pd *pd);
/** A PD ends: the spaces it served end, those who wait for it are answered, and its policy is carried out. */
void cleanup_server(struct pd *pd);
/**
 * Ends a space: its capabilities answer that it is gone. PDs that held resources of it end, too, and so on, `pd_depth`
 * steps; spaces that are made from it end, `space_depth` steps, and the servers of the others are told.
 */
void cleanup_space(struct resspc *resspc, seL4_Word pd_depth, seL4_Word space_depth);

#endif
