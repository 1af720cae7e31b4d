/* SPDX-License-Identifier: BSD-2-Clause */
/* Unpredictable bytes, grown from a seed by ChaCha20 (RFC 8439). Who uses a source from several threads locks it. */
#ifndef GPI_RANDOM_H
#define GPI_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GPI_RANDOM_SEED_SIZE = 32 };

struct gpi_random {
    uint32_t state[16];
    bool seeded;
};

/** Sets the seed. Before it, there is nothing to give. */
void gpi_random_seed(struct gpi_random *source, const uint8_t seed[GPI_RANDOM_SEED_SIZE]);

/** Fills `bytes`. False if there is no seed. */
bool gpi_random_bytes(struct gpi_random *source, void *bytes, size_t size);

#endif
