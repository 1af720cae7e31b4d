/* SPDX-License-Identifier: BSD-2-Clause */
/* Unpredictable bytes, grown from the machine's seed. */
#ifndef FIRSTLIGHT_RANDOM_H
#define FIRSTLIGHT_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANDOM_SEED_SIZE 32

/** Sets the seed. Before it, random_bytes has none to give. */
void random_seed(const uint8_t seed[RANDOM_SEED_SIZE]);

/** Fills `bytes`. False if there is no seed. Any thread. */
bool random_bytes(uint8_t *bytes, size_t size);

#endif
