/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts longer than a message: a client reads them piece by piece. */
#include <sel4gpi/resource_server_utils.h>

#include <stdlib.h>
#include <string.h>

char *resource_server_text_new(resource_server_text_t *text, size_t size)
{
    resource_server_text_forget(text);
    text->text = malloc(size);
    text->length = text->text ? size : 0;
    return text->text;
}

size_t resource_server_text_read(resource_server_text_t *text, size_t offset, char *piece, size_t size)
{
    size_t left = offset < text->length ? text->length - offset : 0, length = left < size ? left : size;
    if (left == 0) {
        resource_server_text_forget(text);
        return 0;
    }
    memcpy(piece, text->text + offset, length);
    return length;
}

void resource_server_text_forget(resource_server_text_t *text)
{
    free(text->text);
    *text = (resource_server_text_t){NULL, 0};
}
