/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often was each instruction of the kernel executed? A plugin for QEMU that counts in a file, which others may read meanwhile
 * (./vesicle perf record --exact).
 *
 *   -plugin libexact.so,kernel=ELF,counts=FILE[,cores=N]
 *
 * The file has numbers of 64 bits: for each core one for each word of the ELF file's code. Each instruction is counted by itself, as a
 * block may be left by an exception, or begun anew. A guest's code may lie at the kernel's addresses: what has not the kernel's bytes
 * is not counted; nor is what the kernel executes at physical addresses, before its MMU is on.
 */
#define _POSIX_C_SOURCE 200809L
#include "qemu_plugin.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int __attribute__((visibility("default"))) qemu_plugin_version = 1;

enum { MAX_CORES = 64 };

/* The kernel's code. */
static const char *text;
static uint64_t start, size;
static uint64_t *counts;
static uint64_t cores = 1;

static void executed(unsigned vcpu, void *word)
{
    counts[vcpu % cores * (size / 4) + (uintptr_t)word]++; /* nobody else writes there */
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    uint64_t at = qemu_plugin_tb_vaddr(tb) - start;
    size_t count = qemu_plugin_tb_n_insns(tb);
    if (at >= size || count > (size - at) / 4) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (memcmp(qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i)), text + at + i * 4, 4) != 0) {
            return;
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t word = at / 4 + i;
        if (cores == 1) {
            qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &counts[word], 1);
        } else {
            /* What is inline would be one number for all of them, and lose some. */
            qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)word);
        }
    }
}

/* Finds the code of an ELF file; false if there is none. */
static bool take_kernel(const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &status) != 0 || (size_t)status.st_size < sizeof(Elf64_Ehdr)) {
        return false;
    }
    size_t length = (size_t)status.st_size;
    const char *map = mmap(NULL, length, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (map == MAP_FAILED) {
        return false;
    }
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)(const void *)map;
    if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_phoff > length ||
        elf->e_phnum > (length - elf->e_phoff) / sizeof(Elf64_Phdr)) {
        return false;
    }
    const Elf64_Phdr *p = (const Elf64_Phdr *)(const void *)(map + elf->e_phoff);
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD && p[i].p_flags & PF_X && p[i].p_offset <= length &&
            p[i].p_filesz <= length - p[i].p_offset) {
            text = map + p[i].p_offset;
            start = p[i].p_vaddr;
            size = p[i].p_filesz / 4 * 4;
            return size != 0;
        }
    }
    return false;
}

/* Makes the file of numbers, all 0. */
static bool make_counts(const char *path)
{
    size_t length = (size_t)(cores * size * 2);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || ftruncate(file, (off_t)length) != 0) {
        return false;
    }
    void *map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    counts = map;
    return map != MAP_FAILED;
}

static int refuse(const char *why, const char *what)
{
    fprintf(stderr, "exact: %s%s\n", why, what);
    return 1;
}

int __attribute__((visibility("default")))
qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc, char **argv)
{
    const char *path = NULL;
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "kernel=", 7) == 0) {
            if (!take_kernel(argv[i] + 7)) {
                return refuse("not a 64-bit ELF file with code: ", argv[i] + 7);
            }
        } else if (strncmp(argv[i], "counts=", 7) == 0) {
            path = argv[i] + 7;
        } else if (strncmp(argv[i], "cores=", 6) == 0) {
            cores = strtoull(argv[i] + 6, NULL, 10);
        } else {
            return refuse("no option ", argv[i]);
        }
    }
    if (!text || !path || cores == 0 || cores > MAX_CORES) {
        return refuse("kernel=ELF and counts=FILE are needed, and at most 64 cores", "");
    }
    if (!make_counts(path)) {
        return refuse("cannot write ", path);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
