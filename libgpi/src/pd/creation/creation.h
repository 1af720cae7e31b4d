/* SPDX-License-Identifier: BSD-2-Clause */
/* What the pieces of pd_creation tell each other. */
#ifndef GPI_PD_CREATION_H
#define GPI_PD_CREATION_H

#include <gpi/initial_stack.h>
#include <sel4gpi/batch.h>
#include <sel4gpi/pd_creation.h>

/** What loading a program told. */
struct program {
    seL4_Word entry, phdr, phnum;
    seL4_Word start, end; /**< its first byte, and the one behind its last */
};
/** A program of the boot archive, as this PD sees it. It stays mapped: the next process of it starts faster. */
struct image {
    char name[GPI_NAME_SIZE];
    mo_client_context_t mo;
    const char *file;
    size_t size;
    struct program program; /**< what its headers say */
    struct image *next;
};
/** Opens it, or finds it open. Null, and why in `*error`, also if it is no program for this machine. */
const struct image *image_open(const char *name, int *error);

/** Reads the headers: refuses what is no program for this machine. */
int elf_inspect(const struct image *image, struct program *program);

/** What is made in an address space by a batch, and goes again if something fails. */
struct part {
    vmr_config_t region;    /**< of the configuration, completed; type NONE: part of a program */
    struct ads_shown at;    /**< 0: not made */
    mo_client_context_t mo; /**< a capability of its memory, if there is one to give back */
    const char *data;       /**< what its view is to be filled with */
    size_t size, offset;
};
struct making {
    gpi_batch_t batch;
    seL4_CPtr ads, own_ads; /**< where it is made; where the views are */
    bool keep_memory;       /**< of stack and IPC buffer the caller gets memory objects */
    size_t view_pages;      /**< of the stack's upper end, to be written */
    struct part *part;
    size_t count;
};
/** A part more; there is room. */
struct part *making_add(struct making *making);

/** Program headers of an image. */
size_t elf_segments(const struct image *image);
/** Asks for its segments: those that are not written where they lie in the archive, others as copies. */
void elf_load(const struct image *image, struct making *making);

/** What ads_client_load_elf loaded for a PD; null: nothing. */
const struct image *elf_loaded(gpi_obj_id_t pd);
void elf_forget(gpi_obj_id_t pd);

/** How a PD will begin. */
enum runtime_kind { RUNTIME_FULL, RUNTIME_TLS, RUNTIME_NONE };

/** A configuration, checked and completed. */
struct plan {
    enum runtime_kind kind;
    bool own_ads; /**< the address space is the caller's */
    bool joins;   /**< so are CSpace and directory */
    bool whole;   /**< it is about a PD, not about an address space alone */
    const struct image *image;
    struct program program;
    const char *name;
    size_t stack_size; /**< bytes that the CPU finds on its stack, at most */
    seL4_Word heap;    /**< of the new PD, as far as it is known */
    size_t heap_pages;
};
/** Finds out whether the configuration makes sense, without making anything. 0, or why not. */
int check_config(const pd_config_t *cfg, const sel4gpi_runnable_t *runnable, int argc, char *const *argv,
                 struct plan *plan);
/** The same for an address space alone. */
int check_ads(const ads_config_t *cfg, const sel4gpi_runnable_t *runnable, struct plan *plan);
/** Notes what is wrong with a configuration, for sel4gpi_config_error; returns GPI_ERR_BAD_ARGUMENT. */
int config_refuse(const char *format, ...);

/** Where a region goes that the configuration gives no place; null: anywhere. */
void *regions_default_start(const struct plan *plan, sel4utils_reservation_type_t type);
/** Asks for the regions, in `making->batch`. */
int regions_ask(const ads_config_t *cfg, const sel4gpi_runnable_t *runnable, const struct plan *plan,
                const mo_client_context_t *osm_mo, struct making *making);
/** They have been made: fills them, and tells what there is to know about them. */
void regions_fill(const ads_config_t *cfg, struct plan *plan, const struct making *making, runtime_context_t *context);
/** Asks for the end of the views, as the first calls of a batch; notes that the first `done` calls have been made. */
void regions_ask_close(struct making *making);
void regions_closed(struct making *making, unsigned done);
/** Takes everything away that was made. */
void regions_undo(struct making *making);
void regions_free(struct making *making);
/** All of it, for an address space alone. Whatever comes of it, `making` is to be freed. */
int regions_make(const ads_config_t *cfg, const sel4gpi_runnable_t *runnable, struct plan *plan,
                 const mo_client_context_t *osm_mo, struct making *making, runtime_context_t *context);

/** Words as decimal numbers; one block, to be freed. Null: no memory. */
char **words_to_strings(int argc, const seL4_Word *args);
/** Asks that the PD uses this one's CSpace and directory from now on. */
int join_creator(gpi_batch_t *batch, const sel4gpi_runnable_t *runnable);

/** Bytes that a CPU finds on its stack, at most. */
size_t runtime_stack_size(const struct plan *plan, int argc, char *const *argv);
/** The upper end of a stack as the creator sees it. */
struct view {
    char *memory;
    size_t size;
    seL4_Word vaddr; /**< in the new PD */
};
/** Writes what the CPU finds when it begins; `start` is what it has to be told. */
int runtime_prepare(const struct plan *plan, const runtime_context_t *context, const sel4gpi_runnable_t *runnable,
                    int argc, char *const *argv, const struct view *view, struct cpu_start *start);

#endif
