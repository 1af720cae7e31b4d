/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/random.h>

#define WORDS      16
#define BLOCK_SIZE 64
#define KEY_AT     4  /* the key is words 4..11 of the state */
#define COUNTER_AT 12 /* and the block counter word 12 */

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static void quarter(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
    x[a] += x[b];
    x[d] = rotate(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotate(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotate(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotate(x[b] ^ x[c], 7);
}

static void block(struct gpi_random *source, uint32_t out[WORDS])
{
    for (unsigned i = 0; i < WORDS; i++) {
        out[i] = source->state[i];
    }
    for (unsigned round = 0; round < 10; round++) {
        quarter(out, 0, 4, 8, 12);
        quarter(out, 1, 5, 9, 13);
        quarter(out, 2, 6, 10, 14);
        quarter(out, 3, 7, 11, 15);
        quarter(out, 0, 5, 10, 15);
        quarter(out, 1, 6, 11, 12);
        quarter(out, 2, 7, 8, 13);
        quarter(out, 3, 4, 9, 14);
    }
    for (unsigned i = 0; i < WORDS; i++) {
        out[i] += source->state[i];
    }
    source->state[COUNTER_AT]++;
}

void gpi_random_seed(struct gpi_random *source, const uint8_t seed[GPI_RANDOM_SEED_SIZE])
{
    static const uint32_t constants[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    for (unsigned i = 0; i < WORDS; i++) {
        source->state[i] = i < 4 ? constants[i] : 0;
    }
    for (unsigned i = 0; i < GPI_RANDOM_SEED_SIZE; i++) {
        source->state[KEY_AT + i / 4] |= (uint32_t)seed[i] << (i % 4 * 8);
    }
    source->seeded = true;
}

/* After each request the key is replaced by output, so that what was given cannot be found again later. */
static void rekey(struct gpi_random *source)
{
    uint32_t out[WORDS];
    block(source, out);
    for (unsigned i = 0; i < GPI_RANDOM_SEED_SIZE / 4; i++) {
        source->state[KEY_AT + i] = out[i];
    }
}

bool gpi_random_bytes(struct gpi_random *source, void *bytes, size_t size)
{
    uint32_t out[WORDS] = {0};
    uint8_t *to = bytes;
    if (!source->seeded) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (i % BLOCK_SIZE == 0) {
            block(source, out);
        }
        to[i] = (uint8_t)(out[i % BLOCK_SIZE / 4] >> (i % 4 * 8));
    }
    rekey(source);
    return true;
}
