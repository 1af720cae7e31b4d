/* SPDX-License-Identifier: BSD-2-Clause */
/* Putting a guest's images into its RAM, as the arm64 Linux boot protocol wants them. */
#ifndef VMM_LOADER_H
#define VMM_LOADER_H

#include "image.h"
#include "types.h"

struct vm;
struct vm_config;

/** Where everything goes. */
struct loader_layout {
    struct image kernel;
    ipa_t dtb;
    uint64_t dtb_size; /**< room for it */
    ipa_t initrd;
    uint64_t initrd_size; /**< 0: there is none */
};

/** Room for the device tree without an overlay. The protocol allows 2 MiB. */
#define LOADER_DTB_SIZE 0x10000ull

/**
 * Finds a place in RAM for the kernel, the device tree and the initrd. Returns NULL, or what is wrong with them.
 */
const char *loader_plan(const struct vm_config *config, ipa_t ram, struct loader_layout *layout);

/** Copies the images to their places, writes the device tree, and cleans it all to memory. False, with a log line, on an error. */
bool loader_load(struct vm *vm, const struct loader_layout *layout);

#endif
