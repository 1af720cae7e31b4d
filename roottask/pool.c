/* SPDX-License-Identifier: BSD-2-Clause */
#include "pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 32, SIZES = 16, CHUNK = 4096 };

/* What stands before each piece. */
struct piece {
    size_t steps;       /* with this header; 0: malloc's */
    struct piece *next; /* free pieces only: it is the first word of what is given out */
};
#define HEADER offsetof(struct piece, next)

static struct piece *pieces[SIZES + 1];

/* Cuts a chunk into pieces of this size. */
static struct piece *refill(size_t steps)
{
    size_t size = steps * STEP;
    char *chunk = malloc(CHUNK);
    for (size_t at = 0; chunk && at + size <= CHUNK; at += size) {
        struct piece *piece = (struct piece *)(void *)(chunk + at);
        *piece = (struct piece){steps, pieces[steps]};
        pieces[steps] = piece;
    }
    return pieces[steps];
}

void *pool_take(size_t size)
{
    size_t steps = (size + HEADER + STEP - 1) / STEP;
    if (steps > SIZES) {
        struct piece *piece = size <= SIZE_MAX - HEADER ? calloc(1, HEADER + size) : NULL;
        return piece ? &piece->next : NULL;
    }
    struct piece *piece = pieces[steps] ? pieces[steps] : refill(steps);
    if (!piece) {
        return NULL;
    }
    pieces[steps] = piece->next;
    return memset(&piece->next, 0, size);
}

static struct piece *piece_of(void *memory)
{
    return (struct piece *)(void *)((char *)memory - HEADER);
}

void pool_give(void *memory)
{
    struct piece *piece = memory ? piece_of(memory) : NULL;
    if (piece && piece->steps) {
        piece->next = pieces[piece->steps];
        pieces[piece->steps] = piece;
    } else {
        free(piece);
    }
}

void *pool_grow(void *memory, size_t old_size, size_t size)
{
    if (memory && size + HEADER <= piece_of(memory)->steps * STEP) {
        memset((char *)memory + old_size, 0, size - old_size);
        return memory;
    }
    void *grown = pool_take(size);
    if (grown && memory) {
        memcpy(grown, memory, old_size);
        pool_give(memory);
    }
    return grown;
}
