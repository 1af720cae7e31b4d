/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"

bool memory_add(struct memory *memory, ipa_t base, uint64_t size, void *host)
{
    if (memory->count == MEMORY_MAX_RAM || size == 0 || base.addr + size < base.addr) {
        return false;
    }
    for (unsigned i = 0; i < memory->count; i++) {
        const struct ram *ram = &memory->ram[i];
        if (base.addr < ram->base.addr + ram->size && ram->base.addr < base.addr + size) {
            return false;
        }
    }
    memory->ram[memory->count++] = (struct ram){base, size, host};
    return true;
}

void *memory_at(const struct memory *memory, ipa_t ipa, uint64_t size)
{
    for (unsigned i = 0; i < memory->count; i++) {
        const struct ram *ram = &memory->ram[i];
        uint64_t offset = ipa.addr - ram->base.addr;
        if (ipa.addr >= ram->base.addr && offset < ram->size && size <= ram->size - offset) {
            return ram->host + offset;
        }
    }
    return NULL;
}

bool memory_read32(const struct memory *memory, ipa_t ipa, uint32_t *value)
{
    const volatile uint32_t *word = memory_at(memory, ipa, sizeof *word);
    if (word == NULL || ipa.addr % sizeof *word != 0) {
        return false;
    }
    *value = *word;
    return true;
}

bool memory_read64(const struct memory *memory, ipa_t ipa, uint64_t *value)
{
    const volatile uint64_t *word = memory_at(memory, ipa, sizeof *word);
    if (word == NULL || ipa.addr % sizeof *word != 0) {
        return false;
    }
    *value = *word;
    return true;
}

/* Words that may alias anything: guest memory has no C type. */
typedef uint64_t __attribute__((may_alias)) alias_word;

void memory_copy(void *to, const void *from, size_t size)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((uintptr_t)d % 8 == 0 && (uintptr_t)s % 8 == 0) {
        for (; size >= 32; size -= 32, d += 32, s += 32) {
            const alias_word *sw = (const alias_word *)(const void *)s;
            alias_word *dw = (alias_word *)(void *)d;
            uint64_t a = sw[0], b = sw[1], c = sw[2], e = sw[3];
            dw[0] = a;
            dw[1] = b;
            dw[2] = c;
            dw[3] = e;
        }
    }
    for (; size > 0; size--) {
        *d++ = *s++;
    }
}

void memory_zero(void *to, size_t size)
{
    uint8_t *d = to;
    if ((uintptr_t)d % 8 == 0) {
        for (; size >= 8; size -= 8, d += 8) {
            *(alias_word *)(void *)d = 0;
        }
    }
    for (; size > 0; size--) {
        *d++ = 0;
    }
}
