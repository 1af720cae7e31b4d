/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz_devices.h"

#include "fixture.h"
#include "lib/fuzz.h"

void fuzz_told(const void *tree, unsigned memory_count, unsigned irq_count, unsigned rest_count)
{
    struct passthrough pass;
    uint64_t offset;

    MUST(passthrough_read(&pass, tree));
    MUST(pass.memory_count == memory_count && pass.irq_count == irq_count && pass.rest_count == rest_count);
    for (unsigned i = 0; i < memory_count; i++) {
        MUST(passthrough_covers(&pass, pass.memory[i].base + pass.memory[i].size - 1, 1));
        MUST(passthrough_find(&pass, pass.memory[i].base, &offset) == &pass.memory[i] && offset == 0);
    }
    for (unsigned i = 0; i < rest_count; i++) {
        MUST(passthrough_find(&pass, pass.rests[i].base, &offset));
    }
    if (fixture_start_with(0, tree)) {
        for (unsigned i = 0; i < irq_count; i++) {
            passthrough_interrupt(&fixture.vm, i);
        }
    }
    fixture_end();
}
