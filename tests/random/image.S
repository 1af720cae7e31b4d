/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's image, in pages of its own. */
    .section .rodata.engine, "a"
    .balign 4096
    .global engine_image_start, engine_image_end
engine_image_start:
    .incbin ENGINE_IMAGE
    .balign 4096
engine_image_end:
    .section .note.GNU-stack, "", %progbits
