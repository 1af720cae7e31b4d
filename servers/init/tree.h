/* SPDX-License-Identifier: BSD-2-Clause */
/* The system tree: a device tree in the boot archive, a node for each program. docs/user-guide.md describes it. */
#ifndef INIT_TREE_H
#define INIT_TREE_H

#include <sel4gpi/gpi_types.h>

#define TREE_IMAGE "system.dtb"

enum restart { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };

/** Strings one after the other, each ended by 0. */
struct words {
    const char *text;
    int size;
};

/** What a node says. Strings are in the tree. */
struct program_config {
    const void *tree; /* where it stands */
    int node;
    const char *name, *image, *console;
    struct words arguments, environment, rights, system_rights, depends_on, pass_through;
    uint32_t priority, core, budget, period, stack_pages, heap_pages;
    uint64_t memory; /* that it may ask for; of a guest: 0 */
    enum restart restart;
    uint32_t restart_limit, restart_window;
    bool server, manual, ends_system, focus;
    bool stream; /* its console is for a program at the host, not for people */
    bool guest;  /* an operating system: the program is its VMM, which reads the rest of the node */
    bool trusted_dma;
};

/** The next string of `words` after `word` (null: the first); null after the last. */
const char *words_next(const struct words *words, const char *word);

/** The node after `node` (-1: the first) that stands for a program; negative after the last. */
int tree_next(const void *tree, int node);
const char *tree_name(const void *tree, int node);
/** Reads a node. Says what is wrong, naming node and property, and answers false. `config->name` is set in any case. */
bool tree_read(const void *tree, int node, struct program_config *config);

/** Bytes of a guest's RAM; 0 if its node says nothing that makes sense. */
uint64_t tree_guest_memory(const struct program_config *guest);

/**
 * Of a guest: the node of the device, below its own, that comes after `device` (-1: the first) and has a server, a program: its name.
 * Null after the last.
 */
const char *tree_next_served(const struct program_config *guest, int *device);

#endif
