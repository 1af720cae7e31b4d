/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply objects: several calls open at once, reuse, deletion, chains of calls. */
#include "cases.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

enum { EP, REPLY, NEXT };

static void caller(struct worker *w)
{
    seL4_MessageInfo_t info = seL4_Call(w->arg[EP], seL4_MessageInfo_new(1, 0, 0, 0));
    w->result[0] = seL4_MessageInfo_get_label(info);
}

static struct worker *call(seL4_CPtr ep)
{
    struct worker *w = worker_new(caller, MAIN_PRIORITY + 1);
    w->arg[EP] = ep;
    worker_run(w);
    return w;
}

static seL4_MessageInfo_t label(seL4_Word value)
{
    return seL4_MessageInfo_new(value, 0, 0, 0);
}

static void out_of_order(void)
{
    seL4_CPtr ep = new_endpoint(), reply[3];
    struct worker *client[3];
    for (unsigned i = 0; i < 3; i++) {
        client[i] = call(ep);
        reply[i] = new_reply();
        seL4_NBRecv(ep, 0, reply[i]);
    }
    for (unsigned i = 3; i-- > 0;) {
        CHECK_EQ(client[i]->done, 0);
        seL4_Send(reply[i], label(10 + i));
        CHECK_EQ(client[i]->result[0], 10 + i);
    }
}

static void answered_once(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply();
    struct worker *first = call(ep);
    seL4_NBRecv(ep, 0, reply);
    seL4_Send(reply, label(5));
    seL4_Send(reply, label(6)); /* goes nowhere */
    CHECK_EQ(first->result[0], 5);
}

/* Receiving with an object whose caller still waits gives that caller up. */
static void reuse_gives_up(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply();
    struct worker *first = call(ep), *second = call(ep);
    seL4_NBRecv(ep, 0, reply);
    seL4_NBRecv(ep, 0, reply);
    seL4_Send(reply, label(3));
    CHECK_EQ(first->done + second->done, 1);
}

static void copies_are_one_object(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply(), copy = new_copy(reply, seL4_AllRights);
    struct worker *w = call(ep);
    seL4_NBRecv(ep, 0, reply);
    REQUIRE_OK(cspace_delete(&root_cspace, reply));
    seL4_Send(copy, label(8));
    CHECK_EQ(w->result[0], 8);
}

static void forwarding_server(struct worker *w)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(w->arg[EP], &badge, w->arg[REPLY]);
    for (;;) {
        seL4_Word answer = 1;
        if (w->arg[NEXT]) {
            info = seL4_Call(w->arg[NEXT], info);
            answer = seL4_MessageInfo_get_label(info) + 1;
        }
        w->result[0]++;
        info = seL4_ReplyRecv(w->arg[EP], label(answer), &badge, w->arg[REPLY]);
    }
}

enum { DEPTH_OF_CHAIN = 5 };

/* A call through several passive servers runs on the first caller's time, and comes back. */
static void chain(void)
{
    seL4_CPtr ep[DEPTH_OF_CHAIN + 1] = {0};
    struct worker *server[DEPTH_OF_CHAIN];
    for (unsigned i = 0; i < DEPTH_OF_CHAIN; i++) {
        ep[i] = new_endpoint();
    }
    for (unsigned i = 0; i < DEPTH_OF_CHAIN; i++) {
        server[i] = worker_new(forwarding_server, MAIN_PRIORITY + 1);
        server[i]->arg[EP] = ep[i];
        server[i]->arg[REPLY] = new_reply();
        server[i]->arg[NEXT] = ep[i + 1];
        worker_run(server[i]);
        REQUIRE_OK(seL4_SchedContext_Unbind(server[i]->sc));
    }
    for (seL4_Word round = 1; round <= 3; round++) {
        CHECK_EQ(seL4_MessageInfo_get_label(seL4_Call(ep[0], label(0))), DEPTH_OF_CHAIN);
        CHECK_EQ(server[DEPTH_OF_CHAIN - 1]->result[0], round);
    }
}

/* A server in the middle of a chain dies: its own caller gets its time back, or at least nobody else is harmed. */
static void chain_is_cut(void)
{
    seL4_CPtr first = new_endpoint(), last = new_endpoint(), reply = new_reply();
    struct worker *middle = worker_new(forwarding_server, MAIN_PRIORITY + 1);
    middle->arg[EP] = first;
    middle->arg[REPLY] = new_reply();
    middle->arg[NEXT] = last;
    worker_run(middle);
    REQUIRE_OK(seL4_SchedContext_Unbind(middle->sc));
    struct worker *client = call(first); /* the middle server now waits for us */
    seL4_NBRecv(last, 0, reply);
    REQUIRE_OK(seL4_TCB_Suspend(middle->tcb));
    seL4_Send(reply, label(1));
    CHECK_EQ(client->done, 0);
    CHECK_EQ(middle->result[0], 0);
    REQUIRE_OK(cspace_delete(&root_cspace, middle->arg[REPLY]));
    REQUIRE_OK(seL4_TCB_Suspend(client->tcb));
}

/* Deleting the reply object of a donated call gives the scheduling context back to the caller that can run again. */
static void donated_time_comes_home(void)
{
    seL4_CPtr ep = new_endpoint();
    struct worker *server = worker_new(forwarding_server, MAIN_PRIORITY + 1);
    seL4_CPtr never = new_endpoint();
    server->arg[EP] = ep;
    server->arg[REPLY] = new_reply();
    server->arg[NEXT] = never; /* it waits there, on its caller's time */
    worker_run(server);
    REQUIRE_OK(seL4_SchedContext_Unbind(server->sc));
    struct worker *client = call(ep);
    CHECK_EQ(client->done, 0);
    REQUIRE_OK(cspace_delete(&root_cspace, server->arg[REPLY]));
    REQUIRE_OK(seL4_TCB_Suspend(client->tcb));
    /* The scheduling context is free to be bound to its thread again, or still is. */
    REQUIRE_OK(seL4_SchedContext_Unbind(client->sc));
    CHECK_OK(seL4_SchedContext_Bind(client->sc, client->tcb));
}

const struct test_case reply_cases[] = {
    {"reply_out_of_order", out_of_order},
    {"reply_answered_once", answered_once},
    {"reply_reuse_gives_up", reuse_gives_up},
    {"reply_copies_are_one_object", copies_are_one_object},
    {"reply_chain", chain},
    {"reply_chain_is_cut", chain_is_cut},
    {"reply_donated_time_comes_home", donated_time_comes_home},
    {0, 0},
};
