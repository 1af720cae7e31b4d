/* SPDX-License-Identifier: BSD-2-Clause */
#include "overlay.h"

#include "memory.h"

#include <libfdt.h>

#define ALIGN 0x10000ull

static uint64_t half(size_t size)
{
    return align_up(size, ALIGN);
}

uint64_t overlay_room(size_t size)
{
    return 2 * half(size);
}

const char *overlay_apply(void *tree, uint64_t room, const void *overlay, size_t size)
{
    /* libfdt writes into an overlay that it applies. */
    uint64_t tree_room = room - half(size);
    void *copy = (uint8_t *)tree + tree_room;
    memory_copy(copy, overlay, size);
    int error = fdt_check_full(copy, size);
    error = error != 0 ? error : fdt_open_into(tree, tree, (int)tree_room);
    error = error != 0 ? error : fdt_overlay_apply(tree, copy);
    error = error != 0 ? error : fdt_pack(tree);
    memory_zero(copy, size);
    return error == 0 ? NULL : fdt_strerror(error);
}
