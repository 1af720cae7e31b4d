/* SPDX-License-Identifier: BSD-2-Clause */
/* Device registers: one access of the size named, with an addressing mode that a hypervisor below could decode. */
#ifndef ARCH_AARCH64_MMIO_H
#define ARCH_AARCH64_MMIO_H

#include <stdint.h>

static inline uint32_t mmio_read32(const void *address)
{
    uint32_t value;
    __asm__ volatile("ldr %w0, %1" : "=r"(value) : "Q"(*(const volatile uint32_t *)address));
    return value;
}
static inline uint64_t mmio_read64(const void *address)
{
    uint64_t value;
    __asm__ volatile("ldr %x0, %1" : "=r"(value) : "Q"(*(const volatile uint64_t *)address));
    return value;
}
static inline void mmio_write8(void *address, uint8_t value)
{
    __asm__ volatile("strb %w1, %0" : "=Q"(*(volatile uint8_t *)address) : "rZ"(value));
}
static inline void mmio_write32(void *address, uint32_t value)
{
    __asm__ volatile("str %w1, %0" : "=Q"(*(volatile uint32_t *)address) : "rZ"(value));
}
static inline void mmio_write64(void *address, uint64_t value)
{
    __asm__ volatile("str %x1, %0" : "=Q"(*(volatile uint64_t *)address) : "rZ"(value));
}

#endif
