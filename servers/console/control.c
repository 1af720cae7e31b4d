/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L /* strnlen */
#include "control.h"

#include <string.h>

enum { CHUNKS = 4 };

void control_begin(struct control *control, struct vcon *vcon, unsigned port, unsigned char *data, uint64_t paddr)
{
    *control = (struct control){.vcon = vcon, .port = port, .paddr = paddr};
    gpi_ring_init(&control->writer, &control->shared, data, CONTROL_SIZE);
    gpi_ring_init(&control->reader, &control->shared, data, CONTROL_SIZE);
}

bool control_has_room(struct control *control)
{
    return gpi_ring_room(&control->writer) >= CONTROL_ROOM;
}

bool control_send(struct control *control, const char *text)
{
    char line[GPI_CONSOLE_RECORD_SIZE + 1];
    size_t length = strnlen(text, GPI_CONSOLE_RECORD_SIZE);
    if (!control_has_room(control)) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        line[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    }
    line[length] = '\n';
    gpi_ring_put(&control->writer, line, length + 1);
    control_pump(control);
    return true;
}

static void pump_input(struct control *control)
{
    const unsigned char *bytes;
    uint32_t length;
    while (!control->complete && (length = vcon_read(control->vcon, control->port, &bytes)) > 0) {
        const unsigned char *end = memchr(bytes, '\n', length);
        uint32_t used = end ? (uint32_t)(end - bytes) : length;
        for (uint32_t i = 0; i < used && control->length < GPI_CONSOLE_RECORD_SIZE; i++) {
            control->line[control->length++] = (char)bytes[i];
        }
        control->complete = end != NULL;
        vcon_taken(control->vcon, control->port, used + (end ? 1 : 0));
    }
}

void control_pump(struct control *control)
{
    uint32_t length, offset;
    while ((length = vcon_written(control->vcon, control->port)) > 0) {
        control->given -= length;
        gpi_ring_take(&control->reader, length);
    }
    while (vcon_writing(control->vcon, control->port) < CHUNKS &&
           (length = gpi_ring_span(&control->reader, control->given, &offset)) > 0 &&
           vcon_write(control->vcon, control->port, control->paddr + offset, length)) {
        control->given += length;
    }
    pump_input(control);
}

bool control_is_idle(struct control *control)
{
    return gpi_ring_available(&control->reader) == 0;
}

const char *control_line(const struct control *control)
{
    return control->complete ? control->line : NULL;
}

void control_next(struct control *control)
{
    memset(control->line, 0, sizeof control->line);
    control->length = 0;
    control->complete = false;
    control_pump(control);
}
