/* SPDX-License-Identifier: BSD-2-Clause */
/* Several cores: a root task on the first, threads and guests on the others. */
#include "cases.h"

#include "kernel/lib/clock.h"
#include "kernel/lib/objects.h"
#include "vm/lib/vm.h"
#include <sel4/sel4.h>

unsigned cores(unsigned needed)
{
    unsigned count = (unsigned)seL4_GetBootInfo()->numNodes;
    if (count < needed) {
        test_skip("needs more cores");
    }
    return count;
}

struct worker *run_on(unsigned core, worker_fn fn, seL4_Word arg0, seL4_Word arg1)
{
    struct worker *w = worker_new(fn, MAIN_PRIORITY - 1);
    w->arg[0] = arg0;
    w->arg[1] = arg1;
    worker_move(w, core);
    worker_run(w);
    return w;
}

void count_up(struct worker *w)
{
    for (;;) {
        w->result[0]++;
    }
}

bool is_moving(const volatile seL4_Word *counter)
{
    enum { PATIENCE_US = 20000 };
    seL4_Word before = *counter;
    for (seL4_Word start = clock_us(); clock_us() - start < PATIENCE_US;) {
        if (*counter != before) {
            return true;
        }
    }
    return false;
}

int main(void)
{
    static const struct test_case *const lists[] = {first_cases,    thread_cases, ipc_cases,
                                                    deletion_cases, guest_cases,  0};
    static const struct test_hooks hooks = {.init = vm_init, .after_case = vm_forget_all};
    test_main("smptest", lists, &hooks);
}
