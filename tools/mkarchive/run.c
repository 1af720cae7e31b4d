/* SPDX-License-Identifier: BSD-2-Clause */
#include "run.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cpio.h"
#include "dtb_check.h"
#include "elf_check.h"

#define ROOT_TASK   "roottask"
#define DATA_SUFFIX ":data"

static const char help[] =
    "Usage: mkarchive -o ARCHIVE FILE=ENTRY[:data]...\n"
    "\n"
    "Makes a boot archive: a newc cpio in which every file's data begins on a page boundary.\n"
    "The first entry must be called " ROOT_TASK " and be a program. Programs (ELF) and device trees (.dtb)\n"
    "are checked and refused if malformed; with " DATA_SUFFIX " a file is taken as it is.\n";

/* One FILE=ENTRY argument. */
struct input {
    char *path;
    char *entry;
    bool as_data;
    unsigned char *data;
    size_t size;
};

static void input_free(struct input *inputs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(inputs[i].path);
        free(inputs[i].data);
    }
    free(inputs);
}

/* Splits FILE=ENTRY[:data] at the last '='; on success the strings belong to the input. */
static bool input_parse(struct input *input, const char *argument, FILE *errors)
{
    input->path = strdup(argument);
    char *equals = input->path != NULL ? strrchr(input->path, '=') : NULL;
    if (equals == NULL || equals == input->path) {
        fprintf(errors, "mkarchive: '%s' is not of the form FILE=ENTRY\n", argument);
        return false;
    }
    *equals = '\0';
    input->entry = equals + 1;
    size_t length = strlen(input->entry);
    size_t suffix = strlen(DATA_SUFFIX);
    if (length >= suffix && strcmp(input->entry + length - suffix, DATA_SUFFIX) == 0) {
        input->as_data = true;
        length -= suffix;
        input->entry[length] = '\0';
    }
    if (length == 0 || length > CPIO_NAME_MAX || input->entry[0] == '/' || strstr(input->entry, "..") != NULL) {
        fprintf(errors, "mkarchive: %s: entry name '%s' must be relative, without '..', of 1 to %u characters\n",
                input->path, input->entry, CPIO_NAME_MAX);
        return false;
    }
    return true;
}

static bool input_read(struct input *input, FILE *errors)
{
    FILE *file = fopen(input->path, "rb");
    if (file == NULL) {
        fprintf(errors, "mkarchive: %s: %s\n", input->path, strerror(errno));
        return false;
    }
    bool good = fseek(file, 0, SEEK_END) == 0;
    long size = good ? ftell(file) : -1;
    good = size >= 0 && (unsigned long)size <= UINT32_MAX && fseek(file, 0, SEEK_SET) == 0;
    if (good) {
        input->size = (size_t)size;
        input->data = malloc(input->size + 1);
        good = input->data != NULL && fread(input->data, 1, input->size, file) == input->size;
    }
    fclose(file);
    if (!good) {
        fprintf(errors, "mkarchive: %s: cannot be read, or is 4 GiB or more\n", input->path);
    }
    return good;
}

static bool is_dtb(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && strcmp(dot, ".dtb") == 0;
}

static bool input_check(const struct input *input, FILE *errors)
{
    struct fault fault;
    bool good = true;
    bool root = strcmp(input->entry, ROOT_TASK) == 0;
    if (root || (!input->as_data && elf_claims(input->data, input->size))) {
        good = elf_check(input->data, input->size, &fault);
    } else if (!input->as_data && (is_dtb(input->entry) || is_dtb(input->path))) {
        good = dtb_check(input->data, input->size, &fault);
    }
    if (!good) {
        fprintf(errors, "mkarchive: %s: %s\n", input->path, fault.text);
    }
    return good;
}

/* The inputs against each other. */
static bool inputs_check(const struct input *inputs, size_t count, FILE *errors)
{
    if (strcmp(inputs[0].entry, ROOT_TASK) != 0) {
        fprintf(errors, "mkarchive: %s: the first entry must be called " ROOT_TASK ", not '%s'\n", inputs[0].path,
                inputs[0].entry);
        return false;
    }
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(inputs[i].entry, inputs[j].entry) == 0) {
                fprintf(errors, "mkarchive: %s: entry '%s' is already taken by %s\n", inputs[i].path, inputs[i].entry,
                        inputs[j].path);
                return false;
            }
        }
    }
    return true;
}

static bool write_entries(FILE *out, const struct input *inputs, size_t count)
{
    struct cpio cpio;
    cpio_begin(&cpio, out);
    for (size_t i = 0; i < count; i++) {
        uint32_t mode = elf_claims(inputs[i].data, inputs[i].size) ? CPIO_MODE_PROGRAM : CPIO_MODE_DATA;
        if (!cpio_add(&cpio, inputs[i].entry, mode, inputs[i].data, inputs[i].size)) {
            return false;
        }
    }
    return cpio_end(&cpio);
}

/* Writes beside the final name and renames, so that a half-written archive never carries it. */
static bool write_archive(const char *path, const struct input *inputs, size_t count, FILE *errors)
{
    size_t length = strlen(path) + sizeof(".new");
    char *fresh = malloc(length);
    if (fresh == NULL) {
        fprintf(errors, "mkarchive: %s: out of memory\n", path);
        return false;
    }
    snprintf(fresh, length, "%s.new", path);
    errno = 0;
    FILE *out = fopen(fresh, "wb");
    bool good = out != NULL && write_entries(out, inputs, count);
    if (out != NULL) {
        good = fclose(out) == 0 && good;
        good = good && rename(fresh, path) == 0;
    }
    if (!good) {
        fprintf(errors, "mkarchive: %s: %s\n", path, strerror(errno));
        remove(fresh);
    }
    free(fresh);
    return good;
}

static int make(const char *archive, char *const arguments[], size_t count, FILE *errors)
{
    struct input *inputs = calloc(count, sizeof(*inputs));
    if (inputs == NULL) {
        fprintf(errors, "mkarchive: out of memory\n");
        return 1;
    }
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        status = input_parse(&inputs[i], arguments[i], errors) ? 0 : 2;
    }
    if (status == 0) {
        bool good = inputs_check(inputs, count, errors);
        for (size_t i = 0; i < count && good; i++) {
            good = input_read(&inputs[i], errors) && input_check(&inputs[i], errors);
        }
        status = good && write_archive(archive, inputs, count, errors) ? 0 : 1;
    }
    input_free(inputs, count);
    return status;
}

int mkarchive_run(int argc, char *const argv[], FILE *out, FILE *errors)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, out);
        return 0;
    }
    if (argc < 4 || strcmp(argv[1], "-o") != 0) {
        fputs(help, errors);
        return 2;
    }
    return make(argv[2], argv + 3, (size_t)(argc - 3), errors);
}
