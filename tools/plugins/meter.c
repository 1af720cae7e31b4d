/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who executes how many instructions, and when does the guest begin? A plugin for QEMU. It is given the programs of the system;
 * a block of code belongs to the program that has these bytes at this address. What belongs to none is the machine's, until the
 * program `before` (the VMM) has run for the first time, and the guest's from then on; without `before` all of it is the guest's.
 *
 *   -plugin libmeter.so,report=FILE[,count=on][,exact=on][,before=NAME][,NAME=ELF...][,at.PLACE=NAME:ADDRESS...]
 *
 * The report has a line for each event, with the build machine's monotonic clock in nanoseconds and, with count=on, what each has
 * executed so far, and how often each place, an instruction of a program's, was:
 *   first   the guest's first block
 *   mark    the instruction HINT #127, a no-op that nobody uses (guests/mark). Without count=on only the first one.
 *   idle    a core sleeps: WFI, not the guest's. With exact=on only
 *   end     of QEMU
 * With exact=on a guest's instructions are counted one by one, as everybody else's are: blocks that it leaves by an exception are not
 * counted to their ends.
 */
#define _POSIX_C_SOURCE 200809L
#include "qemu_plugin.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INSN_MARK 0xd5032fffu
#define INSN_WFI  0xd503207fu

enum { PROGRAMS = 32, PLACES = 32, NAME_SIZE = 32 };

int __attribute__((visibility("default"))) qemu_plugin_version = 1;

struct program {
    char name[NAME_SIZE];
    const char *file; /* null: the machine, the guest */
    size_t size;
    uint64_t executed;
};

/* The first two have no file. */
static struct program programs[PROGRAMS] = {{.name = "machine"}, {.name = "guest"}};
static struct program *const machine = &programs[0], *const guest = &programs[1];
static unsigned program_count = 2;
static const struct program *before;
static bool counting, exactly, guest_may_begin = true, guest_began, marked;

/* An instruction of a program. */
static struct place {
    char name[NAME_SIZE];
    const struct program *program;
    uint64_t address, visits;
} places[PLACES];
static unsigned place_count;
static FILE *report;

static void event(const char *what)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    fprintf(report, "%s ns=%" PRIi64, what, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    for (unsigned i = 0; counting && i < program_count; i++) {
        fprintf(report, " %s=%" PRIu64, programs[i].name, programs[i].executed);
    }
    for (unsigned i = 0; counting && i < place_count; i++) {
        fprintf(report, " at.%s=%" PRIu64, places[i].name, places[i].visits);
    }
    fprintf(report, "\n");
    fflush(report);
}

/* The bytes of a program at an address, `size` of them; null if it has none there. */
static const char *text_at(const struct program *program, uint64_t address, size_t size)
{
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)(const void *)program->file;
    const Elf64_Phdr *p = (const Elf64_Phdr *)(const void *)(program->file + elf->e_phoff);
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD && p[i].p_flags & PF_X && address >= p[i].p_vaddr &&
            address - p[i].p_vaddr + size <= p[i].p_filesz) {
            return program->file + p[i].p_offset + (address - p[i].p_vaddr);
        }
    }
    return NULL;
}

static bool is_of(const struct program *program, const struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    const char *text = text_at(program, qemu_plugin_tb_vaddr(tb), count * 4);
    for (size_t i = 0; text && i < count; i++) {
        if (memcmp(qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i)), text + i * 4, 4) != 0) {
            return false;
        }
    }
    return text != NULL;
}

static struct program *whose(const struct qemu_plugin_tb *tb)
{
    for (unsigned i = 2; i < program_count; i++) {
        if (is_of(&programs[i], tb)) {
            return &programs[i];
        }
    }
    return guest_may_begin ? guest : machine;
}

static void mark(unsigned vcpu, void *unused)
{
    (void)vcpu;
    (void)unused;
    event("mark");
}

static void idle(unsigned vcpu, void *unused)
{
    (void)vcpu;
    (void)unused;
    event("idle");
}

static bool is(const struct qemu_plugin_insn *insn, uint32_t which)
{
    uint32_t word;
    memcpy(&word, qemu_plugin_insn_data(insn), sizeof word);
    return word == which;
}

static void count_visits(struct qemu_plugin_insn *insn, const struct program *program, uint64_t address)
{
    for (unsigned i = 0; i < place_count; i++) {
        if (places[i].program == program && places[i].address == address) {
            qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &places[i].visits, 1);
        }
    }
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    if (!counting && marked) {
        return;
    }
    /* Where nothing is counted, whose it is no longer matters: only guests have marks. */
    struct program *program = !counting && guest_began ? guest : whose(tb);
    guest_may_begin = guest_may_begin || program == before;
    if (program == guest && !guest_began) {
        guest_began = true;
        event("first");
    }
    size_t count = qemu_plugin_tb_n_insns(tb);
    if (counting && program == guest && !exactly) {
        qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &guest->executed, count);
    }
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        if (counting && (program != guest || exactly)) {
            /* A block may be left by an exception. */
            qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &program->executed, 1);
            count_visits(insn, program, qemu_plugin_tb_vaddr(tb) + i * 4);
        }
        if (counting && exactly && program != guest && is(insn, INSN_WFI)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, idle, QEMU_PLUGIN_CB_NO_REGS, NULL);
        }
        if (program == guest && is(insn, INSN_MARK)) {
            if (counting) {
                qemu_plugin_register_vcpu_insn_exec_cb(insn, mark, QEMU_PLUGIN_CB_NO_REGS, NULL);
            } else if (!marked) {
                marked = true;
                event("mark");
            }
        }
    }
}

static void ended(qemu_plugin_id_t id, void *unused)
{
    (void)id;
    (void)unused;
    event("end");
}

/* Maps an ELF file; false if it is none. */
static bool add_program(const char *name, const char *path)
{
    struct program *program = &programs[program_count];
    struct stat status;
    int file = open(path, O_RDONLY);
    if (program_count == PROGRAMS || strlen(name) >= NAME_SIZE || file < 0 || fstat(file, &status) != 0 ||
        (size_t)status.st_size < sizeof(Elf64_Ehdr)) {
        return false;
    }
    program->size = (size_t)status.st_size;
    void *map = mmap(NULL, program->size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (map == MAP_FAILED) {
        return false;
    }
    const Elf64_Ehdr *elf = map;
    if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_ident[EI_CLASS] != ELFCLASS64 ||
        elf->e_phoff > program->size || elf->e_phnum > (program->size - elf->e_phoff) / sizeof(Elf64_Phdr)) {
        return false;
    }
    program->file = map;
    memcpy(program->name, name, strlen(name) + 1);
    program_count++;
    return true;
}

static const struct program *find(const char *name)
{
    for (unsigned i = 2; i < program_count; i++) {
        if (strcmp(programs[i].name, name) == 0) {
            return &programs[i];
        }
    }
    return NULL;
}

/* NAME:ADDRESS of a program that was named before. */
static bool add_place(const char *name, char *where)
{
    char *address = strchr(where, ':');
    if (!address || place_count == PLACES || strlen(name) >= NAME_SIZE) {
        return false;
    }
    *address++ = '\0';
    struct place *place = &places[place_count];
    place->program = find(where);
    place->address = strtoull(address, NULL, 16);
    memcpy(place->name, name, strlen(name) + 1);
    place_count++;
    return place->program != NULL;
}

static int refuse(const char *why, const char *what)
{
    fprintf(stderr, "meter: %s%s\n", why, what);
    return 1;
}

int __attribute__((visibility("default")))
qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc, char **argv)
{
    const char *first = NULL;
    (void)info;
    for (int i = 0; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (!value) {
            return refuse("an argument without a value: ", argv[i]);
        }
        *value++ = '\0';
        if (strcmp(argv[i], "report") == 0) {
            report = fopen(value, "w");
        } else if (strcmp(argv[i], "count") == 0) {
            counting = strcmp(value, "on") == 0;
        } else if (strcmp(argv[i], "exact") == 0) {
            exactly = strcmp(value, "on") == 0;
        } else if (strcmp(argv[i], "before") == 0) {
            first = value;
        } else if (strncmp(argv[i], "at.", 3) == 0) {
            if (!add_place(argv[i] + 3, value)) {
                return refuse("no place in a program: ", argv[i]);
            }
        } else if (!add_program(argv[i], value)) {
            return refuse("not a 64-bit ELF file: ", value);
        }
    }
    before = first ? find(first) : NULL;
    guest_may_begin = first == NULL;
    if (!report || (first && !before)) {
        return refuse(report ? "before= names no program: " : "report=FILE is needed", first && report ? first : "");
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
