/* SPDX-License-Identifier: BSD-2-Clause */
/* Device trees out of an input: as it lies, or put together from likely words. */
#ifndef FUZZ_TREE_H
#define FUZZ_TREE_H

#include "fuzz.h"

/** What trees of a kind are made of; lists end with NULL. */
struct fuzz_words {
    const char *const *nodes, *const *properties, *const *strings;
};

/** A tree in which libfdt finds nothing wrong; NULL: the input is none. Good until the next call. */
const void *fuzz_tree(struct input *in, const struct fuzz_words *words);

#endif
