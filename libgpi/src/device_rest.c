/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/device_rest.h>

enum { WRITES = 5, TRIES = 1000000 };

/* What is written, in this order, up to the first without an offset; then, `reads_zero` set, what is written last reads as 0. */
static const struct kind {
    const char *compatible;
    struct {
        uint16_t offset;
        uint32_t value;
    } writes[WRITES];
    unsigned count;
    bool reads_zero;
} kinds[] = {
    /* UARTIMSC, UARTDMACR, UARTICR; it still can be printed on. */
    {"arm,pl011", {{0x38, 0}, {0x48, 0}, {0x44, 0x7ff}}, 3, false},
    /* RTCIMSC, RTCICR; the clock goes on. */
    {"arm,pl031", {{0x10, 0}, {0x1c, 1}}, 2, false},
    /* GPIOIE, GPIOIC; what is driven stays driven. */
    {"arm,pl061", {{0x410, 0}, {0x41c, 0xff}}, 2, false},
    /* TimerControl and TimerIntClr of both timers. */
    {"arm,sp804", {{0x08, 0}, {0x0c, 1}, {0x28, 0}, {0x2c, 1}}, 4, false},
    /* WDOGLOCK, WDOGCONTROL, WDOGINTCLR, WDOGLOCK. */
    {"arm,sp805", {{0xc00, 0x1acce551}, {0x008, 0}, {0x00c, 1}, {0xc00, 1}}, 4, false},
    /* Status: a reset, done when it reads as 0 (Virtual I/O Device, 2.1 and 4.2.2). */
    {"virtio,mmio", {{0x70, 0}}, 1, true},
};

const char *gpi_device_rest_compatible(unsigned kind)
{
    return kind < sizeof kinds / sizeof kinds[0] ? kinds[kind].compatible : NULL;
}

size_t gpi_device_rest_size(unsigned kind)
{
    size_t size = 0;
    for (unsigned i = 0; i < kinds[kind].count; i++) {
        size_t end = kinds[kind].writes[i].offset + sizeof(uint32_t);
        size = end > size ? end : size;
    }
    return size;
}

bool gpi_device_rest(unsigned kind, volatile void *registers)
{
    const struct kind *k = &kinds[kind];
    volatile uint32_t *reg = NULL;
    for (unsigned i = 0; i < k->count; i++) {
        reg = (volatile uint32_t *)((volatile char *)registers + k->writes[i].offset);
        *reg = k->writes[i].value;
    }
    for (unsigned i = 0; k->reads_zero && *reg != 0; i++) {
        if (i == TRIES) {
            return false;
        }
    }
    return true;
}
