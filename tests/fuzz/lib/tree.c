/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

enum { TREE_SIZE = 16384, MOST_DEPTH = 12, AS_IT_LIES = 0xd0 /* the magic number's first byte */ };

/* What comes next: the lowest bits of a byte. */
enum { CELLS, STRINGS, BYTES, EMPTY, NODE, NODE_AT, END, PHANDLE, KINDS };

static char tree[TREE_SIZE];

static const char *word(struct input *in, const char *const *words)
{
    unsigned count = 0;
    while (words[count]) {
        count++;
    }
    return words[input_byte(in) % count];
}

static void put_property(struct input *in, const struct fuzz_words *words, unsigned kind)
{
    char value[256];
    unsigned size = 0, count = kind == EMPTY ? 0 : input_byte(in) % 16;
    const char *name = word(in, words->properties);
    for (unsigned i = 0; i < count; i++) {
        if (kind == CELLS) {
            fdt32_st(value + size, (uint32_t)input_word(in));
            size += sizeof(fdt32_t);
        } else if (kind == BYTES) {
            value[size++] = (char)input_byte(in);
        } else {
            const char *text = word(in, words->strings);
            if (size + strlen(text) + 1 <= sizeof value) {
                strcpy(value + size, text);
                size += (unsigned)strlen(text) + 1;
            }
        }
    }
    fdt_property(tree, name, value, (int)size);
}

static void put_node(struct input *in, const struct fuzz_words *words, bool at)
{
    char name[64];
    const char *text = word(in, words->nodes);
    snprintf(name, sizeof name, at ? "%s@%x" : "%s", text, at ? (unsigned)input_word(in) : 0);
    fdt_begin_node(tree, name);
}

static bool put_together(struct input *in, const struct fuzz_words *words)
{
    unsigned depth = 1;
    fdt_create(tree, sizeof tree);
    fdt_finish_reservemap(tree);
    fdt_begin_node(tree, "");
    while (in->left > 0) {
        unsigned kind = input_byte(in) % KINDS;
        if (kind == NODE || kind == NODE_AT) {
            if (depth < MOST_DEPTH) {
                put_node(in, words, kind == NODE_AT);
                depth++;
            }
        } else if (kind == END) {
            if (depth > 1) {
                fdt_end_node(tree);
                depth--;
            }
        } else if (kind == PHANDLE) {
            fdt_property_u32(tree, "phandle", input_byte(in));
        } else {
            put_property(in, words, kind);
        }
    }
    while (depth-- > 0) {
        fdt_end_node(tree);
    }
    return fdt_finish(tree) == 0;
}

const void *fuzz_tree(struct input *in, const struct fuzz_words *words)
{
    if (in->left > 0 && *in->at == AS_IT_LIES) {
        const void *lies = fuzz_guarded(in->at, in->left, 8);
        return fdt_check_full(lies, in->left) == 0 ? lies : NULL;
    }
    if (!put_together(in, words)) {
        return NULL;
    }
    MUST(fdt_check_full(tree, sizeof tree) == 0);
    /* Nothing behind its end is anybody's. */
    return fuzz_guarded((const uint8_t *)tree, fdt_totalsize(tree), 8);
}
