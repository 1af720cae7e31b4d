/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image maker with sound and malformed inputs. Every malformation is one change to a sound program; it
 * must be refused with a message that names the file and the fault, and leave no archive.
 */
#include <elf.h>
#include <libfdt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpio.h"
#include "run.h"

#define PAGE 4096u

/* How many cases follow; the summary is checked against it. */
#define CASES 48u

/* A program of two segments, code and data, each with a page of the file. */
struct program {
    Elf64_Ehdr header;
    Elf64_Phdr seg[3];
    unsigned char rest[3 * PAGE - sizeof(Elf64_Ehdr) - 3 * sizeof(Elf64_Phdr)];
};

static char folder[] = "/tmp/mkarchive.XXXXXX";
static unsigned int passed, failed;

static void result(const char *name, bool good, const char *why)
{
    printf("CASE %s\n", name);
    if (good) {
        passed++;
        printf("PASS %s\n", name);
    } else {
        failed++;
        printf("FAIL %s: %s\n", name, why);
    }
}

static void in_folder(char path[128], const char *name)
{
    snprintf(path, 128, "%s/%s", folder, name);
}

static void store(const char *name, const void *data, size_t size)
{
    char path[128];
    in_folder(path, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(2);
    }
}

static bool exists(const char *name)
{
    char path[128];
    in_folder(path, name);
    return access(path, F_OK) == 0;
}

static struct program sound(void)
{
    struct program p = {
        .header =
            {
                .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                .e_type = ET_EXEC,
                .e_machine = EM_AARCH64,
                .e_version = EV_CURRENT,
                .e_entry = 0x400010,
                .e_phoff = sizeof(Elf64_Ehdr),
                .e_ehsize = sizeof(Elf64_Ehdr),
                .e_phentsize = sizeof(Elf64_Phdr),
                .e_phnum = 3,
                .e_shentsize = sizeof(Elf64_Shdr),
            },
        .seg = {{.p_type = PT_LOAD,
                 .p_flags = PF_R | PF_X,
                 .p_offset = PAGE,
                 .p_vaddr = 0x400000,
                 .p_filesz = PAGE,
                 .p_memsz = PAGE,
                 .p_align = PAGE},
                {.p_type = PT_LOAD,
                 .p_flags = PF_R | PF_W,
                 .p_offset = 2 * PAGE,
                 .p_vaddr = 0x401000,
                 .p_filesz = PAGE,
                 .p_memsz = 3 * PAGE,
                 .p_align = PAGE},
                {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W}},
    };
    return p;
}

/* Runs the image maker on arguments whose '@' stands for the folder; its messages go to a string. */
static int run(char **messages, int count, const char *const arguments[])
{
    char *argv[8] = {(char *)(uintptr_t) "mkarchive"};
    for (int i = 0; i < count; i++) {
        const char *from = arguments[i];
        argv[i + 1] = malloc(256);
        snprintf(argv[i + 1], 256, "%s%s", from[0] == '@' ? folder : "", from[0] == '@' ? from + 1 : from);
    }
    size_t size;
    FILE *errors = open_memstream(messages, &size);
    int status = mkarchive_run(count + 1, argv, errors, errors);
    fclose(errors);
    for (int i = 0; i < count; i++) {
        free(argv[i + 1]);
    }
    return status;
}

/* The file must be refused as a root task, by name, with these words, and no archive made. */
static void refused_file(const char *name, const char *words)
{
    char file[64];
    snprintf(file, sizeof(file), "@/%s=roottask", name);
    char *messages;
    int status = run(&messages, 3, (const char *const[]){"-o", "@/refused.cpio", file});
    bool good = status == 1 && strstr(messages, name) != NULL && strstr(messages, words) != NULL &&
                !exists("refused.cpio") && !exists("refused.cpio.new");
    result(name, good, messages);
    free(messages);
}

static void refused(const char *name, const struct program *p, const char *words)
{
    store(name, p, sizeof(*p));
    refused_file(name, words);
}

static void test_headers(void)
{
    struct program p = sound();
    p.header.e_ident[0] = 'X';
    refused("bad_magic", &p, "not an ELF file");
    p = sound();
    store("short_header", &p, 40);
    refused_file("short_header", "ends inside the ELF header");
    store("empty", &p, 0);
    refused_file("empty", "not an ELF file");
    p.header.e_ident[EI_CLASS] = ELFCLASS32;
    refused("class32", &p, "not a 64-bit");
    p = sound();
    p.header.e_ident[EI_DATA] = ELFDATA2MSB;
    refused("big_endian", &p, "not little-endian");
    p = sound();
    p.header.e_ident[EI_VERSION] = 9;
    refused("version", &p, "unknown ELF version");
    p = sound();
    p.header.e_machine = EM_X86_64;
    refused("machine", &p, "not for AArch64");
    p = sound();
    p.header.e_type = ET_DYN;
    refused("shared_object", &p, "not a static executable");
    p = sound();
    p.header.e_type = ET_REL;
    refused("relocatable", &p, "not a static executable");
    p = sound();
    p.header.e_phnum = 0;
    refused("no_headers", &p, "no program headers");
    p = sound();
    p.header.e_phentsize = 32;
    refused("header_size", &p, "program headers of 32 bytes");
    p = sound();
    p.header.e_phoff = sizeof(p) - 8;
    refused("headers_outside", &p, "outside the file");
    p.header.e_phoff = UINT64_MAX - 8;
    refused("headers_wrap", &p, "outside the file");
    p = sound();
    p.header.e_phnum = 0xfff0;
    refused("headers_many", &p, "outside the file");
}

static void test_segments(void)
{
    struct program p = sound();
    p.seg[0].p_type = p.seg[1].p_type = PT_NOTE;
    refused("nothing_to_load", &p, "no PT_LOAD");
    p = sound();
    p.seg[2].p_type = PT_INTERP;
    refused("interpreter", &p, "PT_INTERP");
    p = sound();
    p.seg[2].p_type = PT_DYNAMIC;
    refused("dynamic", &p, "PT_DYNAMIC");
    p = sound();
    p.seg[2].p_flags |= PF_X;
    refused("exec_stack", &p, "executable stack");
    p = sound();
    p.seg[1].p_memsz = PAGE - 1;
    refused("memsz_below_filesz", &p, "memory size 0xfff below file size 0x1000");
    p = sound();
    p.seg[1].p_filesz = 2 * PAGE;
    refused("segment_outside", &p, "not inside the file");
    p = sound();
    p.seg[1].p_offset = UINT64_MAX - PAGE + 1;
    refused("segment_wrap", &p, "not inside the file");
    p = sound();
    p.seg[1].p_vaddr += 16;
    refused("not_congruent", &p, "differ within a page");
    p = sound();
    p.seg[1].p_memsz = UINT64_MAX - PAGE;
    refused("address_wrap", &p, "beyond the address space");
    p = sound();
    p.seg[1].p_vaddr = UINT64_C(0xffff000000000000);
    refused("kernel_half", &p, "beyond the address space");
    p = sound();
    p.seg[1].p_vaddr = 0x400000;
    refused("overlap", &p, "segments 0 and 1 overlap");
    p = sound();
    p.seg[0].p_memsz = PAGE + 1;
    refused("share_page", &p, "segments 0 and 1 overlap or share a page");
    p = sound();
    p.seg[1].p_offset = PAGE;
    refused("share_file_page", &p, "share a page of the file");
    p = sound();
    p.seg[0].p_flags |= PF_W;
    refused("write_exec", &p, "writable and executable");
    p = sound();
    p.header.e_entry = 0x401000;
    refused("entry_in_data", &p, "entry point 0x401000");
    p.header.e_entry = 0;
    refused("entry_nowhere", &p, "entry point 0x0");
    p.header.e_entry = 0x400011;
    refused("entry_unaligned", &p, "entry point 0x400011");
    p = sound();
    p.seg[2] = (Elf64_Phdr){.p_type = PT_TLS, .p_offset = 3 * PAGE, .p_filesz = 8, .p_memsz = 8};
    refused("tls_outside", &p, "segment 2");
    store("truncated", &p, 2 * PAGE);
    refused_file("truncated", "not inside the file");
}

static void expect(const char *name, int wanted, const char *words, int count, const char *const arguments[])
{
    char *messages;
    int status = run(&messages, count, arguments);
    result(name, status == wanted && strstr(messages, words) != NULL, messages);
    free(messages);
}

static void test_arguments(void)
{
    struct program p = sound();
    store("good", &p, sizeof(p));
    store("note.txt", "hello", 5);
    expect("usage", 2, "Usage", 1, (const char *const[]){"-x"});
    expect("help", 0, "Usage", 1, (const char *const[]){"--help"});
    expect("form", 2, "FILE=ENTRY", 3, (const char *const[]){"-o", "@/a.cpio", "good"});
    expect("first_entry", 1, "first entry must be", 3, (const char *const[]){"-o", "@/a.cpio", "@/good=init"});
    expect("absent", 1, "@nowhere: No such file" + 1, 3, (const char *const[]){"-o", "@/a.cpio", "@/nowhere=roottask"});
    expect("twice", 1, "already taken", 5,
           (const char *const[]){"-o", "@/a.cpio", "@/good=roottask", "@/note.txt=n", "@/good=n"});
    expect("absolute", 2, "must be relative", 4,
           (const char *const[]){"-o", "@/a.cpio", "@/good=roottask", "@/note.txt=/n"});
    expect("root_is_checked_as_data", 1, "not an ELF", 3,
           (const char *const[]){"-o", "@/a.cpio", "@/note.txt=roottask:data"});
    expect("unwritable", 1, "none/a.cpio", 3, (const char *const[]){"-o", "@/none/a.cpio", "@/good=roottask"});
    p.header.e_machine = EM_X86_64;
    store("foreign", &p, sizeof(p));
    expect("second_is_checked", 1, "foreign", 4,
           (const char *const[]){"-o", "@/a.cpio", "@/good=roottask", "@/foreign=bin/x"});
    expect("as_data", 0, "", 4, (const char *const[]){"-o", "@/b.cpio", "@/good=roottask", "@/foreign=bin/x:data"});
}

static void test_dtb(void)
{
    char tree[512];
    fdt_create_empty_tree(tree, sizeof(tree));
    store("good.dtb", tree, sizeof(tree));
    expect("dtb_good", 0, "", 4, (const char *const[]){"-o", "@/b.cpio", "@/good=roottask", "@/good.dtb=g.dtb"});
    store("short.dtb", tree, 20);
    expect("dtb_short", 1, "short.dtb: not a sound device tree", 4,
           (const char *const[]){"-o", "@/c.cpio", "@/good=roottask", "@/short.dtb=g.dtb"});
    memset(tree + 48, 0xff, 64);
    store("bad.dtb", tree, sizeof(tree));
    expect("dtb_bad", 1, "bad.dtb: not a sound device tree", 4,
           (const char *const[]){"-o", "@/c.cpio", "@/good=roottask", "@/bad.dtb=g.dtb"});
}

static uint32_t hex_field(const char *header, unsigned int index)
{
    char digits[9] = {0};
    memcpy(digits, header + 6 + 8 * index, 8);
    return (uint32_t)strtoul(digits, NULL, 16);
}

/* Walks an archive as a reader does; the data of every file must be page-aligned and equal to its name. */
static const char *walk(const char *archive, size_t size, unsigned int files)
{
    size_t at = 0;
    unsigned int seen = 0;
    while (at + 110 < size) {
        const char *header = archive + at;
        uint32_t length = hex_field(header, 6);
        uint32_t name_field = hex_field(header, 11);
        const char *name = header + 110;
        if (memcmp(header, "070701", 6) != 0) {
            return "bad magic";
        }
        if (name_field > 4095 || name[name_field - 1] != '\0') {
            return "bad name field";
        }
        size_t data = (at + 110 + name_field + 3) & ~(size_t)3;
        if (strcmp(name, "TRAILER!!!") == 0) {
            return seen != files ? "wrong number of files" : size % PAGE != 0 ? "odd size" : NULL;
        }
        if (strcmp(name, ".align") != 0) {
            seen++;
            if (data % PAGE != 0) {
                return "data not page-aligned";
            }
            if (length < strlen(name) || memcmp(archive + data, name, strlen(name)) != 0) {
                return "wrong data";
            }
        }
        at = (data + length + 3) & ~(size_t)3;
    }
    return "no trailer";
}

/* Every residue of the previous file's end, so that every length of the name field occurs. */
static void test_alignment(void)
{
    char *archive = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&archive, &size);
    struct cpio cpio;
    cpio_begin(&cpio, stream);
    static char data[2 * PAGE];
    char name[CPIO_NAME_MAX + 1];
    bool good = true;
    unsigned int files = 0;
    for (unsigned int length = 0; length < PAGE && good; length += 3, files++) {
        memset(name, 'n', sizeof(name));
        name[length % CPIO_NAME_MAX + 1] = '\0';
        memcpy(data, name, strlen(name));
        good = cpio_add(&cpio, name, CPIO_MODE_DATA, data, length + CPIO_NAME_MAX);
    }
    good = good && cpio_end(&cpio);
    fclose(stream);
    const char *why = good ? walk(archive, size, files) : "write error";
    result("alignment", why == NULL, why != NULL ? why : "");
    free(archive);
}

int main(void)
{
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 2;
    }
    printf("TEST-BEGIN mkarchive %u\n", CASES);
    test_headers();
    test_segments();
    test_arguments();
    test_dtb();
    test_alignment();
    char command[64];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    if (system(command) != 0) {
        failed++;
    }
    printf("TEST-END %u %u 0\n", passed, failed);
    return failed == 0 && passed == CASES ? 0 : 1;
}
