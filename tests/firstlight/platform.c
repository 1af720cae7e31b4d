/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define SPI_BASE 32
#define PPI_BASE 16

static uint64_t address_of(const void *fdt, int node)
{
    int length;
    const uint8_t *reg = fdt_getprop(fdt, node, "reg", &length);
    return reg != NULL && length >= 8 ? fdt64_ld((const fdt64_t *)(const void *)reg) : 0;
}

/* The GIC's binding: kind (0 SPI, 1 PPI), number, flags. */
static unsigned intid_of(const void *fdt, int node)
{
    int length;
    const fdt32_t *cells = fdt_getprop(fdt, node, "interrupts", &length);
    if (cells == NULL || length < 12) {
        return 0;
    }
    return fdt32_ld(&cells[1]) + (fdt32_ld(&cells[0]) == 0 ? SPI_BASE : PPI_BASE);
}

static void read_seed(const void *fdt, struct platform *platform)
{
    int length;
    int chosen = fdt_path_offset(fdt, "/chosen");
    const void *seed = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, "rng-seed", &length);
    if (seed != NULL && (size_t)length >= sizeof platform->seed) {
        memcpy(platform->seed, seed, sizeof platform->seed);
        platform->has_seed = true;
    }
}

/* What stands behind `word` in the boot arguments: more of the argument, a space or the end. NULL: it is not among them. */
static const char *argument(const void *fdt, const char *word)
{
    int chosen = fdt_path_offset(fdt, "/chosen");
    const char *arguments = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, "bootargs", NULL);
    size_t length = strlen(word);
    while (arguments != NULL && *arguments != '\0') {
        size_t end = strcspn(arguments, " ");
        if (end >= length && memcmp(arguments, word, length) == 0) {
            return arguments + length;
        }
        arguments += end + (arguments[end] == ' ');
    }
    return NULL;
}

bool platform_read(const void *fdt, size_t size, struct platform *platform)
{
    *platform = (struct platform){0};
    if (fdt_check_full(fdt, size) != 0) {
        return false;
    }
    int uart = fdt_node_offset_by_compatible(fdt, -1, "arm,pl011");
    if (uart < 0) {
        return false;
    }
    platform->uart = address_of(fdt, uart);
    platform->uart_intid = intid_of(fdt, uart);
    int rtc = fdt_node_offset_by_compatible(fdt, -1, "arm,pl031");
    platform->rtc = rtc < 0 ? 0 : address_of(fdt, rtc);
    read_seed(fdt, platform);
    platform->wander = argument(fdt, "wander") != NULL;
    platform->pause = argument(fdt, "pause") != NULL;
    const char *cpus = argument(fdt, "guest-cpus=");
    platform->guest_cpus = cpus == NULL ? 1 : (unsigned)strtoul(cpus, NULL, 10);
    return platform->uart != 0;
}
