/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client side of init, resources of type "INIT": what runs in this system, and what is to run. Calls answer 0 or a
 * gpi_error_t. `rde` is the slot of the directory entry; a program is named as in the system tree, or by the id of its PD.
 */
#ifndef SERVERS_INIT_H
#define SERVERS_INIT_H

#include <gpi/proto/pd.h>
#include <gpi/proto/server.h>
#include <stddef.h>

#define INIT_TYPE "INIT"

enum init_state {
    INIT_STOPPED, /**< not started yet, or ended */
    INIT_RUNNING,
    INIT_REFUSED, /**< its node of the system tree is wrong */
};

struct init_info {
    seL4_Word number;  /**< place in the list, from 1 */
    seL4_Word state;   /**< enum init_state */
    gpi_obj_id_t pd;   /**< that runs it, or ran it last; BADGE_OBJ_ID_NULL: never started */
    seL4_Word starts;  /**< how often it was started */
    struct pd_end end; /**< how it ended last */
    seL4_Word guest;   /**< it is a VMM: end.code is an enum gpi_vm_exit */
    gpi_space_id_t vm; /**< which serves this space, see vm_client_find(); BADGE_SPACE_ID_NULL: not, or not yet */
    struct gpi_name name;
};

/** The program after place `after`; GPI_ERR_NOT_FOUND after the last. */
int init_client_list(seL4_CPtr rde, seL4_Word after, struct init_info *info);
int init_client_find(seL4_CPtr rde, const char *name, struct init_info *info);
/** Starts a program that does not run. With `argc` > 0 with these arguments, else with those of the tree. */
int init_client_start(seL4_CPtr rde, const char *name, int argc, char *const *argv, gpi_obj_id_t *pd);
/** The same, and what it does is counted, until it ends for good: also when it is started again. */
int init_client_start_counted(seL4_CPtr rde, const char *name, int argc, char *const *argv, gpi_obj_id_t *pd);
/** What it did since it was started so last, until now or its end; GPI_ERR_STATE: never. */
int init_client_counts(seL4_CPtr rde, const char *name, struct pd_counts *counts);
/** Ends it; only restart = "always" starts it again. With an id: any PD of the system. */
int init_client_kill(seL4_CPtr rde, const char *name);
/** Waits until it has ended for good. */
int init_client_wait(seL4_CPtr rde, const char *name, struct pd_end *end);
/** What happened to it and what it printed last, from byte `offset` on: up to `size` bytes; how many in `*length`, 0: no more. */
int init_client_log(seL4_CPtr rde, const char *name, size_t offset, char *text, size_t size, size_t *length);
/** All PDs: the one with the next id. */
int init_client_next_pd(seL4_CPtr rde, gpi_obj_id_t after, struct pd_info *info);
int init_client_memory(seL4_CPtr rde, struct pd_memory *memory);
/** The system ends with this status. */
int init_client_exit(seL4_CPtr rde, int status);

enum init_method {
    INIT_LIST = GPI_SERVER_METHOD(0), /**< one word -> init_info */
    INIT_FIND,                        /**< gpi_name -> init_info */
    INIT_START,                       /**< init_start -> one word: the PD's id */
    INIT_KILL,                        /**< gpi_name */
    INIT_WAIT,                        /**< gpi_name -> pd_end */
    INIT_LOG,                         /**< init_log -> text */
    INIT_NEXT_PD,                     /**< one word -> pd_info */
    INIT_MEMORY,                      /**< -> pd_memory */
    INIT_EXIT,                        /**< one word */
    INIT_COUNTS,                      /**< gpi_name -> pd_counts */
    INIT_METHODS_END,
};

enum { INIT_ARGUMENTS_SIZE = 512, INIT_LOG_SIZE = 512 };
struct init_start {
    struct gpi_name name;
    seL4_Word counted; /**< whether it is */
    seL4_Word argc;
    char arguments[INIT_ARGUMENTS_SIZE]; /**< one after the other, each ended by 0 */
};
struct init_log {
    struct gpi_name name;
    seL4_Word offset;
};
struct init_text {
    seL4_Word length; /**< 0: no more */
    char text[INIT_LOG_SIZE];
};

#endif
