/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest's kernel file is, and where it wants to be: an arm64 Image, an ELF file, or bytes of which the configuration says it. */
#ifndef VMM_IMAGE_H
#define VMM_IMAGE_H

#include "types.h"

struct vm_config;

enum image_kind {
    IMAGE_LINUX, /**< arm64 boot protocol; the first byte is the entry */
    IMAGE_ELF,
    IMAGE_RAW,
};

struct image {
    enum image_kind kind;
    ipa_t start;   /**< lowest address */
    uint64_t span; /**< bytes, with what it uses beyond its file */
    ipa_t entry;
};

/** Reads a kernel file and places it in RAM of this size. Returns NULL, or what is wrong with it. */
const char *image_read(const struct vm_config *config, ipa_t ram, uint64_t ram_size, struct image *image);

/** A piece of the file. What of `span` is beyond `size` is zero. */
struct image_piece {
    ipa_t to;
    const uint8_t *from;
    uint64_t size;
    uint64_t span;
};

/** The n-th piece of a file that image_read took. False if there are no more; one of span 0 is none. */
bool image_piece(const struct vm_config *config, const struct image *image, unsigned n, struct image_piece *piece);

#endif
