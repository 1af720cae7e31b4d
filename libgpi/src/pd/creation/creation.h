/* SPDX-License-Identifier: BSD-2-Clause */
/* What the pieces of pd_creation tell each other. */
#ifndef GPI_PD_CREATION_H
#define GPI_PD_CREATION_H

#include <gpi/initial_stack.h>
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
/** Shows its segments in an address space: those that are not written where they lie in the archive, others as copies. */
int elf_load(const struct image *image, seL4_CPtr ads);
/** Takes them away again. */
void elf_unload(const struct image *image, seL4_CPtr ads);

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
/** Makes the regions. On an error those made are gone. */
int regions_make(const ads_config_t *cfg, const sel4gpi_runnable_t *runnable, const struct plan *plan,
                 mo_client_context_t *osm_mo, runtime_context_t *context);

/** Words as decimal numbers; one block, to be freed. Null: no memory. */
char **words_to_strings(int argc, const seL4_Word *args);
/** The PD uses this one's CSpace and directory from now on. */
int join_creator(const sel4gpi_runnable_t *runnable);

/** Gives capabilities back that were needed only meanwhile; those that the configuration brought are the user's. */
void regions_drop_memory(const ads_config_t *cfg, runtime_context_t *context);

/** Bytes that a CPU finds on its stack, at most. */
size_t runtime_stack_size(const struct plan *plan, int argc, char *const *argv);
/** Writes what the CPU finds when it begins, and tells it where that is. */
int runtime_prepare(const struct plan *plan, const runtime_context_t *context, const sel4gpi_runnable_t *runnable,
                    int argc, char *const *argv);

#endif
