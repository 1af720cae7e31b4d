/* SPDX-License-Identifier: BSD-2-Clause */
#include "random.h"

#include "vmm/lock.h"

#include <gpi/random.h>

static struct {
    struct lock lock;
    struct gpi_random random;
} source;

void random_seed(const uint8_t seed[RANDOM_SEED_SIZE])
{
    gpi_random_seed(&source.random, seed);
}

bool random_bytes(uint8_t *bytes, size_t size)
{
    lock_acquire(&source.lock);
    bool seeded = gpi_random_bytes(&source.random, bytes, size);
    lock_release(&source.lock);
    return seeded;
}
