/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that does what its first argument says, and exits with what came of it. */
#include <elf.h>
#include <sel4/sel4.h>
#include <sel4gpi/batch.h>
#include <sel4gpi/pd_creation.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE (1ul << MO_PAGE_BITS)

static int numbers[4000];                        /* more than the last page of .data */
static const unsigned constant[] = {0xd65f03c0}; /* ret */
static unsigned variable[] = {0xd65f03c0};

static seL4_CPtr slot_of(const char *text)
{
    return strtoul(text, NULL, 10);
}

static int job_sum(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        total += atoi(argv[i]);
    }
    return total;
}

static int job_write_code(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    *(volatile unsigned *)(uintptr_t)job_sum = 0;
    return 0;
}

static int job_write_constant(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    *(volatile unsigned *)(uintptr_t)constant = 0;
    return 0;
}

static int run(const unsigned *code)
{
    ((void (*)(void))(uintptr_t)code)();
    return 0;
}

static int job_run_data(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return run(variable);
}

static int job_run_constant(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return run(constant);
}

static int job_bss(int argc, char **argv)
{
    int sum = 0;
    (void)argv;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sum |= numbers[i];
        numbers[i] = argc;
    }
    return sum;
}

/* Shares a page with a new process, gives that to the PD in argv[1], exits with the slot there. */
static int job_share_and_end(int argc, char **argv)
{
    pd_client_context_t friend = {argc > 1 ? slot_of(argv[1]) : 0, 0}, self = sel4gpi_get_pd_conn();
    sel4gpi_runnable_t r;
    seL4_CPtr mine = 0, theirs = 0;
    char slot[24], address[24];
    int *at = sel4gpi_get_vmr(sel4gpi_get_bound_vmr_rde(), 1, NULL, SEL4UTILS_RES_TYPE_GENERIC, MO_PAGE_BITS, NULL);
    pd_config_t *cfg = sel4gpi_configure_process("pdprobe", DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, &r);
    if (!at || !cfg || pd_client_send_cap(&r.pd, self.ep, &mine) || pd_client_send_cap(&friend, r.pd.ep, &theirs)) {
        return -1;
    }
    at[0] = 77;
    sel4gpi_add_vmr_config(&cfg->ads_cfg, GPI_SHARED, SEL4UTILS_RES_TYPE_GENERIC, at, NULL, 1, 0, NULL);
    snprintf(slot, sizeof slot, "%lu", (unsigned long)mine);
    snprintf(address, sizeof address, "%lu", (unsigned long)(uintptr_t)at);
    if (sel4gpi_prepare_pd_strings(cfg, &r, 3, (char *[]){"wait-and-look", slot, address}) || sel4gpi_start_pd(&r)) {
        return -2;
    }
    return (int)theirs;
}

/* Waits for the PD in argv[1] to end; what is at the address argv[2]. */
static int job_wait_and_look(int argc, char **argv)
{
    pd_client_context_t other = {argc > 2 ? slot_of(argv[1]) : 0, 0};
    struct pd_end end;
    if (pd_client_wait(&other, &end) != GPI_OK) {
        return -1;
    }
    for (int i = 0; i < 1000; i++) {
        seL4_Yield(); /* its creator takes away what is left of it */
    }
    return *(volatile int *)slot_of(argv[2]);
}

static int job_exit(int argc, char **argv)
{
    exit(argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0);
}

static _Noreturn void for_ever(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (;;) {
        seL4_Yield();
    }
}

/* Ends with a thread that runs, and one that was only prepared. */
static int job_leave_threads(int argc, char **argv)
{
    sel4gpi_runnable_t r[2];
    (void)argc;
    (void)argv;
    for (int i = 0; i < 2; i++) {
        pd_config_t *cfg = sel4gpi_configure_thread((void *)for_ever, NULL, &r[i]);
        if (!cfg || sel4gpi_prepare_pd(cfg, &r[i], 0, NULL) != GPI_OK) {
            return -1;
        }
    }
    return sel4gpi_start_pd(&r[0]) == GPI_OK ? 3 : -2;
}

static int job_strings(int argc, char **argv)
{
    static const char *const expected[] = {"strings", "", "two words", "\xc3\xa4", "last"};
    int wrong = argc != 5 || argv[argc] != NULL;
    for (int i = 0; i < argc && i < 5; i++) {
        wrong += strcmp(argv[i], expected[i]) != 0;
    }
    return wrong;
}

static int job_environment(int argc, char **argv)
{
    const char *value = argc > 2 ? getenv(argv[1]) : NULL;
    return value && strcmp(value, argv[2]) == 0 ? 0 : 1;
}

extern const char _start[], __executable_start[];

/* The auxiliary vector is where the ABI says; the program's headers are where it says. */
static int job_vector(int argc, char **argv)
{
    char **at = argv + argc + 1;
    seL4_Word values[64] = {0};
    while (*at) {
        at++;
    }
    for (const seL4_Word *aux = (const seL4_Word *)(void *)(at + 1); aux[0] != 0; aux += 2) {
        if (aux[0] < 64) {
            values[aux[0]] = aux[1];
        }
    }
    const Elf64_Phdr *p = (const Elf64_Phdr *)values[AT_PHDR];
    bool good = values[AT_PAGESZ] == PAGE && values[AT_ENTRY] == (seL4_Word)_start &&
                values[AT_PHENT] == sizeof(Elf64_Phdr) && values[AT_PHNUM] > 0 &&
                (const char *)p == __executable_start + sizeof(Elf64_Ehdr);
    for (seL4_Word i = 0; good && i < values[AT_PHNUM]; i++) {
        if (p[i].p_type == PT_LOAD && (seL4_Word)_start - p[i].p_vaddr < p[i].p_memsz) {
            return p[i].p_flags & PF_X ? 0 : 1;
        }
    }
    return 2;
}

static int job_alignment(int argc, char **argv)
{
    return (uintptr_t)__builtin_frame_address(0) % 16 == 0 && ((uintptr_t)argv - 8) % 16 == 0 && argc > 0 ? 0 : 1;
}

static __thread int initialised = 42, cleared;
static __thread char aligned[64] __attribute__((aligned(64)));

static int job_tls(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    bool good = initialised == 42 && cleared == 0 && (uintptr_t)aligned % 64 == 0 && aligned[0] == 0;
    initialised = 1;
    cleared = 1;
    return good ? 0 : 1;
}

static int constructed;

static __attribute__((constructor)) void construct(void)
{
    constructed = 1;
}

static void at_exit(void)
{
    _exit(constructed ? 0 : 2);
}

static int job_constructors(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    atexit(at_exit);
    return 1; /* which the function above replaces */
}

static int job_heap(int argc, char **argv)
{
    size_t count = argc > 1 ? slot_of(argv[1]) * 16 : 0; /* blocks of 64 KiB */
    char **block = calloc(count, sizeof *block);
    int result = block ? 0 : 1;
    for (size_t i = 0; result == 0 && i < count; i++) {
        block[i] = malloc(65536);
        result = block[i] ? 0 : 1;
        if (block[i]) {
            memset(block[i], (int)i, 65536);
        }
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        result = block[i][0] == (char)i && block[i][65535] == (char)i ? 0 : 2;
    }
    return result;
}

/* Threads that touch pages in an order of their own, the same ones at about the same time. */
enum { TOUCHERS = 3 };
static seL4_Word *touched;
static size_t touched_pages;

static int touch(int argc, char **argv)
{
    size_t who = argc > 0 ? slot_of(argv[0]) : 0, words = PAGE / sizeof *touched;
    for (size_t i = 0; i < touched_pages; i++) {
        seL4_Word *word = &touched[i * 7 % touched_pages * words + who];
        if (*word != 0) {
            return 1;
        }
        *word = i * 7 % touched_pages + who + 1;
    }
    return 0;
}

static int run_toucher(seL4_Word who, sel4gpi_runnable_t *r)
{
    pd_config_t *cfg = sel4gpi_configure_thread((void *)touch, NULL, r);
    int error = cfg ? sel4gpi_prepare_pd(cfg, r, 1, &who) : 1;
    sel4gpi_config_destroy(cfg);
    if (error == GPI_OK) {
        cpu_client_set_time(&r->cpu, (unsigned)who, 5000, 5000); /* an error where there is no such core */
    }
    return error ? error : sel4gpi_start_pd(r);
}

/* The second half of the heap, which malloc does not get to: `pages`, none of them divisible by 7. */
static int job_touch_heap(int argc, char **argv)
{
    ads_client_context_t own = sel4gpi_get_ads_conn();
    sel4gpi_runnable_t r[TOUCHERS];
    void *start;
    size_t pages, bits, words = PAGE / sizeof *touched;
    (void)argc;
    (void)argv;
    int error = ads_client_get_reservation(&own, SEL4UTILS_RES_TYPE_HEAP, &start, &pages, &bits);
    touched_pages = pages / 2;
    touched = (seL4_Word *)start + (pages - touched_pages) * words;
    /* This thread's faults may go to somebody else than theirs. */
    for (size_t page = 0; page < touched_pages && error == GPI_OK; page += 50) {
        error = *(volatile seL4_Word *)&touched[page * words] == 0 ? 0 : 3;
    }
    for (seL4_Word i = 0; i < TOUCHERS && error == GPI_OK; i++) {
        error = run_toucher(i, &r[i]);
    }
    for (seL4_Word i = 0; i < TOUCHERS && error == GPI_OK; i++) {
        struct pd_end end = {PD_TERMINATED, 1};
        error = pd_client_wait(&r[i].pd, &end);
        error = error || end.reason != PD_EXITED ? 1 : (int)end.code;
    }
    for (size_t i = 0; i < touched_pages * TOUCHERS && error == GPI_OK; i++) {
        size_t page = i / TOUCHERS, who = i % TOUCHERS;
        error = touched[page * words + who] == page + who + 1 ? 0 : 2;
    }
    return error;
}

/* Longer before it was touched: what is new, and what was there. */
static int job_grow_heap(int argc, char **argv)
{
    enum { MORE = 20 };
    ads_client_context_t own = sel4gpi_get_ads_conn();
    void *start, *more;
    size_t pages, bits, words = PAGE / sizeof(seL4_Word);
    (void)argc;
    (void)argv;
    int error = ads_client_get_reservation(&own, SEL4UTILS_RES_TYPE_HEAP, &start, &pages, &bits);
    error = error ? error : vmr_client_grow(own.ep, start, MORE, &more);
    volatile seL4_Word *first = start;
    error = error || more != first + pages * words ? 1 : 0;
    for (size_t page = pages / 2; page < pages + MORE && error == 0; page++) {
        error = first[page * words] == 0 ? 0 : 2;
        first[page * words] = page;
    }
    for (size_t page = pages / 2; page < pages + MORE && error == 0; page++) {
        error = first[page * words] == page ? 0 : 3;
    }
    return error;
}

static int job_sizes(int argc, char **argv)
{
    ads_client_context_t own = sel4gpi_get_ads_conn();
    void *start;
    size_t stack = 0, heap = 0, bits;
    ads_client_get_reservation(&own, SEL4UTILS_RES_TYPE_STACK, &start, &stack, &bits);
    ads_client_get_reservation(&own, SEL4UTILS_RES_TYPE_HEAP, &start, &heap, &bits);
    return argc > 2 && stack == slot_of(argv[1]) && heap == slot_of(argv[2]) ? 0 : 1;
}

static int job_name(int argc, char **argv)
{
    return argc > 1 && strcmp(sel4gpi_get_shared_data()->name, argv[1]) == 0 ? 0 : 1;
}

/* Types in the directory. */
static int job_types(int argc, char **argv)
{
    int types = 0;
    (void)argc;
    (void)argv;
    for (int type = 1; type < GPICAP_TYPE_CORE_END; type++) {
        types |= sel4gpi_get_rde(type) ? 1 << type : 0;
    }
    return types;
}

static int job_count_memory(int argc, char **argv)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_cap_info info;
    int count = 0;
    (void)argc;
    (void)argv;
    for (seL4_CPtr slot = 1; slot < 1000; slot++) {
        count += pd_client_cap_info(&self, slot, &info) == GPI_OK && info.type == GPICAP_TYPE_MO;
    }
    return count;
}

/* Maps all that its capabilities give it; in how many places the word argv[1] is found, also where a guest's RAM begins. */
static int job_find_word(int argc, char **argv)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    ads_client_context_t own = sel4gpi_get_ads_conn();
    seL4_CPtr regions = sel4gpi_get_bound_vmr_rde();
    seL4_Word word = slot_of(argc > 1 ? argv[1] : "0");
    vmr_config_t ram = {.share_mode = GPI_SHARED,
                        .type = SEL4UTILS_RES_TYPE_GENERIC,
                        .start = (void *)0x40000000ul,
                        .dest_start = (void *)0x7000000000ul,
                        .rights = ADS_RIGHT_READ};
    int found = 0;
    for (seL4_CPtr slot = 1; slot < 1000; slot++) {
        mo_client_context_t mo = {slot, 0};
        ads_client_context_t ads = {slot, 0};
        struct pd_cap_info info;
        void *at;
        if (vmr_client_map(regions, NULL, &mo, 0, 0, SEL4UTILS_RES_TYPE_GENERIC, ADS_RIGHT_READ, &at) == GPI_OK) {
            found += *(const volatile seL4_Word *)at == word;
            vmr_client_delete_by_vaddr(regions, at);
        }
        if (pd_client_cap_info(&self, slot, &info) == GPI_OK && slot != own.ep &&
            ads_client_shallow_copy(&ads, &own, &ram) == GPI_OK) {
            found += *(const volatile seL4_Word *)ram.dest_start == word;
            vmr_client_delete_by_vaddr(regions, ram.dest_start);
        }
    }
    return found;
}

static seL4_Word random_state;

static seL4_Word random_bits(void)
{
    random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
    return random_state;
}

/* Mostly what could be a slot or a small number. */
static seL4_Word random_word(void)
{
    seL4_Word bits = random_bits(), kind = bits >> 60, word = bits >> 33;
    return kind < 10 ? word % 40 : kind < 12 ? word << (word & 31) : kind < 13 ? ~0ul : word;
}

/* Not one that ends it, or waits for somebody's end. */
static seL4_Word random_method(void)
{
    for (;;) {
        seL4_Word bits = random_bits(), component = 1 + (bits >> 20) % 7, number = (bits >> 28) % 48;
        seL4_Word method = component << 8 | number;
        if (method != PD_WAIT && method != PD_TERMINATE && method != PD_EXIT && method != PD_FREE_SLOT &&
            method != PD_CLEAR_SLOT && method != PD_KILL && method != PD_FAIL_AFTER && method != PD_WAIT_READY &&
            method != PD_SET_QUOTA && method != PD_REMOVE_RDE && method != GPI_BATCH) {
            return method;
        }
    }
}

static seL4_CPtr random_slot(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    seL4_CPtr slot = 1 + (random_bits() >> 40) % 40;
    struct pd_cap_info info;
    bool resource = pd_client_cap_info(&self, slot, &info) == GPI_OK;
    bool mine = slot == self.ep || slot == sel4gpi_get_cpu_conn().ep || slot == sel4gpi_get_ads_conn().ep;
    return resource && !mine ? slot : seL4_CapNull;
}

/* Calls in one message, some of which end where the message does not; how many words. */
static unsigned random_batch(seL4_Word *word)
{
    unsigned words = 0;
    for (seL4_Word calls = random_bits() >> 61; calls > 0; calls--) {
        seL4_Word count = (random_bits() >> 40) % 9, bits = random_bits();
        seL4_Word refer = bits >> 62 ? 0 : (bits >> 40 & 0xff & ~(seL4_Word)GPI_BATCH_REFER_SLOT);
        word[words++] = gpi_batch_header(random_method(), bits >> 58 == 3 ? bits & 0xff : count, refer, random_slot());
        for (seL4_Word i = 0; i < count; i++) {
            word[words++] = random_word();
        }
    }
    return words;
}

/* Random messages to whatever is in its slots. */
static int job_hostile(int argc, char **argv)
{
    random_state = slot_of(argc > 1 ? argv[1] : "1") * 2654435761u + 1;
    for (int i = 0; i < 4000; i++) {
        seL4_Word word[80] = {0};
        bool batch = i % 4 == 0;
        seL4_CPtr slot = batch ? sel4gpi_get_pd_conn().ep : random_slot();
        unsigned words = batch ? random_batch(word) : (unsigned)(random_bits() >> 40) % 9;
        for (unsigned k = 0; k < words; k++) {
            word[k] = batch ? word[k] : random_word();
            seL4_SetMR((int)k, word[k]);
        }
        if (slot) {
            seL4_CallWithMRs(slot, seL4_MessageInfo_new(batch ? GPI_BATCH : random_method(), 0, 0, words), &word[0],
                             &word[1], &word[2], &word[3]);
        }
    }
    return 7;
}

/* The CSpace that the batch is about goes before its last call. */
static int job_end_in_a_batch(int argc, char **argv)
{
    gpi_batch_t batch;
    seL4_CPtr self = sel4gpi_get_pd_conn().ep, slot = self;
    (void)argc;
    (void)argv;
    gpi_batch_begin(&batch);
    GPI_BATCH_ADD_NONE(&batch, &self, PD_TERMINATE);
    GPI_BATCH_ADD_IN(&batch, &self, PD_FREE_SLOT, &slot);
    gpi_batch_run(&batch);
    return 1;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} jobs[] = {
    {"sum", job_sum},
    {"write-code", job_write_code},
    {"write-constant", job_write_constant},
    {"run-data", job_run_data},
    {"run-constant", job_run_constant},
    {"bss", job_bss},
    {"share-and-end", job_share_and_end},
    {"wait-and-look", job_wait_and_look},
    {"exit", job_exit},
    {"strings", job_strings},
    {"environment", job_environment},
    {"vector", job_vector},
    {"alignment", job_alignment},
    {"tls", job_tls},
    {"constructors", job_constructors},
    {"heap", job_heap},
    {"touch-heap", job_touch_heap},
    {"grow-heap", job_grow_heap},
    {"sizes", job_sizes},
    {"name", job_name},
    {"types", job_types},
    {"count-memory", job_count_memory},
    {"find-word", job_find_word},
    {"hostile", job_hostile},
    {"end-in-a-batch", job_end_in_a_batch},
    {"leave-threads", job_leave_threads},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 0 && i < sizeof jobs / sizeof jobs[0]; i++) {
        if (strcmp(argv[0], jobs[i].name) == 0) {
            return jobs[i].run(argc, argv);
        }
    }
    return -1000;
}
