/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/initial_stack.h>

#include <string.h>

/* Downwards through `memory`. */
struct writer {
    char *memory;
    size_t left;
    seL4_Word vaddr;
};

static seL4_Word put_string(struct writer *w, const char *text)
{
    size_t size = strlen(text) + 1;
    w->left -= size;
    memcpy(w->memory + w->left, text, size);
    return w->vaddr + w->left;
}

seL4_Word gpi_initial_stack(const struct gpi_initial_stack *what, void *memory, size_t size, seL4_Word vaddr)
{
    size_t argc = what->argc > 0 ? (size_t)what->argc : 0, environment = 0;
    while (what->environment && what->environment[environment]) {
        environment++;
    }
    /* Strings first; where they end, the vectors' own addresses are known. */
    size_t bytes = 0;
    for (size_t i = 0; i < argc; i++) {
        bytes += strlen(what->argv[i]) + 1;
    }
    for (size_t i = 0; i < environment; i++) {
        bytes += strlen(what->environment[i]) + 1;
    }
    size_t words = 1 + argc + 1 + environment + 1 + 2 * (what->aux_count + 1);
    size_t strings = (bytes + 15) & ~(size_t)15;
    size_t vectors = (words * sizeof(seL4_Word) + 15) & ~(size_t)15;
    if (size < strings || size - strings < vectors) {
        return 0;
    }
    struct writer text = {memory, size, vaddr};
    char *at = (char *)memory + size - strings - vectors;
    seL4_Word *word = (seL4_Word *)(void *)at;
    *word++ = argc;
    for (size_t i = 0; i < argc; i++) {
        *word++ = put_string(&text, what->argv[i]);
    }
    *word++ = 0;
    for (size_t i = 0; i < environment; i++) {
        *word++ = put_string(&text, what->environment[i]);
    }
    *word++ = 0;
    for (size_t i = 0; i < what->aux_count; i++) {
        *word++ = what->aux[i].type;
        *word++ = what->aux[i].value;
    }
    *word++ = GPI_AT_NULL;
    *word = 0;
    return vaddr + size - strings - vectors;
}
