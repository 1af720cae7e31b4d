/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints: messages between threads, whoever comes first. Capabilities in messages are in transfer.c. */
#include "cases.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

enum { EP, REPLY, WORDS };

static seL4_MessageInfo_t message(seL4_Word label, seL4_Word words)
{
    return seL4_MessageInfo_new(label, 0, 0, words);
}

static void fill(seL4_Word words, seL4_Word seed)
{
    for (seL4_Word i = 0; i < words; i++) {
        seL4_SetMR((int)i, seed + i * 3);
    }
}

static bool is_filled(seL4_Word words, seL4_Word seed)
{
    for (seL4_Word i = 0; i < words; i++) {
        if (seL4_GetMR((int)i) != seed + i * 3) {
            return false;
        }
    }
    return true;
}

/* Answers every call with as many words, and label + 1. */
static void echo_server(struct worker *w)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(w->arg[EP], &badge, w->arg[REPLY]);
    for (;;) {
        seL4_Word words = seL4_MessageInfo_get_length(info);
        w->result[0]++;
        w->result[1] = badge;
        w->result[2] = words;
        w->result[3] = is_filled(words, 100);
        fill(words, 500);
        info = seL4_ReplyRecv(w->arg[EP], message(seL4_MessageInfo_get_label(info) + 1, words), &badge, w->arg[REPLY]);
    }
}

static void caller(struct worker *w)
{
    fill(w->arg[WORDS], 100);
    seL4_MessageInfo_t info = seL4_Call(w->arg[EP], message(7, w->arg[WORDS]));
    w->result[0] = seL4_MessageInfo_get_label(info);
    w->result[1] = seL4_MessageInfo_get_length(info);
    w->result[2] = is_filled(w->result[1], 500);
}

static void sender(struct worker *w)
{
    fill(w->arg[WORDS], 100);
    seL4_Send(w->arg[EP], message(w->arg[3], w->arg[WORDS]));
}

static const seL4_Word lengths[] = {0, 1, 3, 4, 5, 64, 119, 120};
enum { LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };

/* The server waits when the call is made. */
static void call_waiting_server(void)
{
    struct worker *w = worker_new(echo_server, MAIN_PRIORITY + 1);
    seL4_CPtr ep = new_endpoint();
    w->arg[EP] = ep;
    w->arg[REPLY] = new_reply();
    worker_run(w);
    seL4_CPtr badged = new_badged(ep, 0x1234567890);
    for (unsigned i = 0; i < LENGTHS; i++) {
        fill(lengths[i], 100);
        seL4_MessageInfo_t info = seL4_Call(badged, message(40 + i, lengths[i]));
        CHECK_EQ(seL4_MessageInfo_get_label(info), 41 + i);
        CHECK_EQ(seL4_MessageInfo_get_length(info), lengths[i]);
        CHECK(is_filled(lengths[i], 500));
        CHECK_EQ(w->result[0], i + 1);
        CHECK_EQ(w->result[1], 0x1234567890);
        CHECK_EQ(w->result[2], lengths[i]);
        CHECK_EQ(w->result[3], 1);
    }
}

/* The caller waits when the server receives. */
static void call_before_server(void)
{
    for (unsigned i = 0; i < LENGTHS; i++) {
        struct worker *w = worker_new(caller, MAIN_PRIORITY + 1);
        seL4_CPtr ep = new_endpoint(), reply = new_reply();
        w->arg[EP] = new_badged(ep, 17);
        w->arg[WORDS] = lengths[i];
        worker_run(w);
        seL4_Word badge = 0;
        seL4_MessageInfo_t info = seL4_Recv(ep, &badge, reply);
        CHECK_EQ(badge, 17);
        CHECK_EQ(seL4_MessageInfo_get_label(info), 7);
        CHECK_EQ(seL4_MessageInfo_get_length(info), lengths[i]);
        CHECK(is_filled(lengths[i], 100));
        CHECK_EQ(w->done, 0);
        fill(lengths[i], 500);
        seL4_Send(reply, message(9, lengths[i]));
        CHECK_EQ(w->done, 1);
        CHECK_EQ(w->result[0], 9);
        CHECK_EQ(w->result[1], lengths[i]);
        CHECK_EQ(w->result[2], 1);
        workers_destroy();
    }
}

static void register_words(void)
{
    struct worker *w = worker_new(echo_server, MAIN_PRIORITY + 1);
    seL4_CPtr ep = new_endpoint();
    w->arg[EP] = ep;
    w->arg[REPLY] = new_reply();
    worker_run(w);
    seL4_Word a = 100, b = 103, c = 106, d = 109;
    seL4_MessageInfo_t info = seL4_CallWithMRs(ep, message(1, 4), &a, &b, &c, &d);
    CHECK_EQ(seL4_MessageInfo_get_length(info), 4);
    CHECK_EQ(w->result[3], 1);
    CHECK_EQ(a, 500);
    CHECK_EQ(b, 503);
    CHECK_EQ(c, 506);
    CHECK_EQ(d, 509);
}

/* A length beyond the buffer is cut. */
static void length_is_limited(void)
{
    struct worker *w = worker_new(sender, MAIN_PRIORITY + 1);
    w->arg[EP] = new_endpoint();
    w->arg[WORDS] = seL4_MsgMaxLength;
    w->arg[3] = 1;
    worker_run(w);
    seL4_MessageInfo_t info = seL4_NBWait(w->arg[EP], 0);
    CHECK_EQ(seL4_MessageInfo_get_length(info), seL4_MsgMaxLength);
    workers_destroy();
    seL4_CPtr ep = new_endpoint();
    struct worker *server = worker_new(echo_server, MAIN_PRIORITY + 1);
    server->arg[EP] = ep;
    server->arg[REPLY] = new_reply();
    worker_run(server);
    info = seL4_Call(ep, message(1, 127));
    CHECK_EQ(server->result[2], seL4_MsgMaxLength);
}

static void send_and_wait(void)
{
    struct worker *w = worker_new(sender, MAIN_PRIORITY + 1);
    seL4_CPtr ep = new_endpoint();
    w->arg[EP] = new_badged(ep, 5);
    w->arg[WORDS] = 2;
    w->arg[3] = 33;
    worker_run(w);
    CHECK_EQ(w->done, 0);
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Wait(ep, &badge);
    CHECK_EQ(w->done, 1);
    CHECK_EQ(badge, 5);
    CHECK_EQ(seL4_MessageInfo_get_label(info), 33);
    CHECK(is_filled(2, 100));
}

static void nbsend_without_receiver(void)
{
    seL4_CPtr ep = new_endpoint();
    seL4_NBSend(ep, message(1, 0));
    seL4_Word badge = 99;
    seL4_NBWait(ep, &badge);
    CHECK_EQ(badge, 0);
    badge = 99;
    seL4_NBRecv(ep, &badge, new_reply());
    CHECK_EQ(badge, 0);
}

static void receive_once(struct worker *w)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Wait(w->arg[EP], &badge);
    w->result[0] = badge;
    w->result[1] = seL4_MessageInfo_get_label(info);
}

static void nbsend_with_receiver(void)
{
    struct worker *w = worker_new(receive_once, MAIN_PRIORITY + 1);
    seL4_CPtr ep = new_endpoint();
    w->arg[EP] = ep;
    worker_run(w);
    seL4_NBSend(new_badged(ep, 8), message(12, 0));
    CHECK_EQ(w->done, 1);
    CHECK_EQ(w->result[0], 8);
    CHECK_EQ(w->result[1], 12);
}

/* Senders are served by priority; the first first among equals. */
static void queue_order(void)
{
    static const seL4_Word priority[] = {MAIN_PRIORITY + 1, MAIN_PRIORITY + 3, MAIN_PRIORITY + 1, MAIN_PRIORITY + 2};
    static const seL4_Word order[] = {2, 4, 1, 3};
    seL4_CPtr ep = new_endpoint();
    for (unsigned i = 0; i < 4; i++) {
        struct worker *w = worker_new(sender, priority[i]);
        w->arg[EP] = new_badged(ep, i + 1);
        worker_run(w);
    }
    for (unsigned i = 0; i < 4; i++) {
        seL4_Word badge;
        seL4_Wait(ep, &badge);
        CHECK_EQ(badge, order[i]);
    }
}

static void receivers_in_order(void)
{
    seL4_CPtr ep = new_endpoint();
    struct worker *low = worker_new(receive_once, MAIN_PRIORITY + 1),
                  *high = worker_new(receive_once, MAIN_PRIORITY + 2);
    low->arg[EP] = high->arg[EP] = ep;
    worker_run(low);
    worker_run(high);
    seL4_Send(ep, message(1, 0));
    CHECK_EQ(high->result[1], 1);
    CHECK_EQ(low->done, 0);
    seL4_Send(ep, message(2, 0));
    CHECK_EQ(low->result[1], 2);
}

static void forwarder(struct worker *w)
{
    seL4_Word badge;
    seL4_SetMR(0, 61);
    seL4_MessageInfo_t info = w->arg[2] ? seL4_NBSendRecv(w->arg[EP], message(2, 1), w->arg[3], &badge, w->arg[REPLY])
                                        : seL4_NBSendWait(w->arg[EP], message(2, 1), w->arg[3], &badge);
    w->result[0] = seL4_MessageInfo_get_label(info);
    w->result[1] = badge;
}

static void nbsend_and_receive(bool with_reply)
{
    seL4_CPtr out = new_endpoint(), in = new_endpoint();
    struct worker *receiver = worker_new(receive_once, MAIN_PRIORITY + 2),
                  *w = worker_new(forwarder, MAIN_PRIORITY + 1);
    receiver->arg[EP] = out;
    w->arg[EP] = out;
    w->arg[REPLY] = new_reply();
    w->arg[2] = with_reply;
    w->arg[3] = in;
    worker_run(receiver);
    worker_run(w);
    CHECK_EQ(receiver->result[1], 2);
    CHECK_EQ(w->done, 0);
    seL4_Send(new_badged(in, 4), message(3, 0));
    CHECK_EQ(w->result[0], 3);
    CHECK_EQ(w->result[1], 4);
}

static void nbsendrecv(void)
{
    nbsend_and_receive(true);
}

static void nbsendwait(void)
{
    nbsend_and_receive(false);
}

/* An endpoint without the right to write answers a call with an error; without the right to read it is a fault. */
static void rights(void)
{
    seL4_CPtr ep = new_endpoint(), fault_ep = new_endpoint(), reply = new_reply();
    seL4_MessageInfo_t info = seL4_Call(new_copy(ep, seL4_CanRead), message(1, 0));
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_InvalidCapability);
    struct worker *w = worker_new(receive_once, MAIN_PRIORITY + 1);
    worker_set_fault_ep(w, MAIN_PRIORITY + 1, fault_ep);
    w->arg[EP] = new_copy(ep, seL4_CanWrite);
    worker_run(w);
    info = seL4_NBRecv(fault_ep, 0, reply);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_Addr), w->arg[EP]);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_InRecvPhase), 1);
}

/* Neither Grant nor GrantReply: nobody can answer, the caller stops for good. */
static void call_without_grant(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply();
    struct worker *w = worker_new(caller, MAIN_PRIORITY + 1);
    w->arg[EP] = new_copy(ep, seL4_CanWrite);
    w->arg[WORDS] = 1;
    worker_run(w);
    seL4_Word badge = 9;
    seL4_MessageInfo_t info = seL4_NBRecv(ep, &badge, reply);
    CHECK_EQ(seL4_MessageInfo_get_label(info), 7);
    seL4_Send(reply, message(1, 0));
    CHECK_EQ(w->done, 0);
    /* GrantReply is enough. */
    struct worker *v = worker_new(caller, MAIN_PRIORITY + 1);
    v->arg[EP] = new_copy(ep, seL4_CapRights_new(1, 0, 0, 1));
    worker_run(v);
    seL4_NBRecv(ep, &badge, reply);
    seL4_Send(reply, message(1, 0));
    CHECK_EQ(v->done, 1);
}

/* The endpoint goes while threads wait on it: they try again and find nothing. */
static void delete_with_waiters(void)
{
    seL4_CPtr ep = new_endpoint(), fault_ep = new_endpoint(), reply = new_reply();
    for (unsigned i = 0; i < 2; i++) {
        struct worker *w = worker_new(i ? receive_once : sender, MAIN_PRIORITY + 1);
        worker_set_fault_ep(w, MAIN_PRIORITY + 1, fault_ep);
        seL4_CPtr doomed = new_endpoint();
        w->arg[EP] = doomed;
        worker_run(w);
        REQUIRE_OK(cspace_delete(&root_cspace, doomed));
        seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, 0, reply);
        CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
        CHECK_EQ(seL4_GetMR(seL4_CapFault_InRecvPhase), i);
    }
    (void)ep;
}

/* A server that dies between receiving and answering: the caller stays stopped, nothing else breaks. */
static void server_dies(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply();
    struct worker *client = worker_new(caller, MAIN_PRIORITY + 1);
    client->arg[EP] = ep;
    worker_run(client);
    seL4_NBRecv(ep, 0, reply);
    REQUIRE_OK(cspace_delete(&root_cspace, reply));
    CHECK_EQ(client->done, 0);
    REQUIRE_OK(seL4_TCB_Suspend(client->tcb));
}

/* A caller that is stopped while it waits for the answer: the answer goes nowhere. */
static void caller_stopped(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply();
    struct worker *client = worker_new(caller, MAIN_PRIORITY + 1);
    client->arg[EP] = ep;
    worker_run(client);
    seL4_NBRecv(ep, 0, reply);
    REQUIRE_OK(seL4_TCB_Suspend(client->tcb));
    seL4_Send(reply, message(1, 0));
    CHECK_EQ(client->done, 0);
    /* The object serves the next call. */
    struct worker *next = worker_new(caller, MAIN_PRIORITY + 1);
    next->arg[EP] = ep;
    worker_run(next);
    seL4_NBRecv(ep, 0, reply);
    seL4_Send(reply, message(4, 0));
    CHECK_EQ(next->result[0], 4);
}

/* Threads that wait in the queue go: those before and behind them are served as if they had never been there. */
static void queue_loses_members(void)
{
    enum { SENDERS = 5 };
    seL4_CPtr ep = new_endpoint();
    struct worker *w[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++) {
        w[i] = worker_new(sender, MAIN_PRIORITY + 1);
        w[i]->arg[EP] = new_badged(ep, i + 1);
        worker_run(w[i]);
    }
    REQUIRE_OK(seL4_TCB_Suspend(w[0]->tcb));
    REQUIRE_OK(cspace_delete(&root_cspace, w[2]->tcb));
    REQUIRE_OK(seL4_TCB_Suspend(w[4]->tcb));
    seL4_Word badge = 0;
    seL4_NBWait(ep, &badge);
    CHECK_EQ(badge, 2);
    seL4_NBWait(ep, &badge);
    CHECK_EQ(badge, 4);
    seL4_NBWait(ep, &badge);
    CHECK_EQ(badge, 0);
    REQUIRE_OK(seL4_TCB_Resume(w[0]->tcb)); /* sends anew */
    seL4_NBWait(ep, &badge);
    CHECK_EQ(badge, 1);
}

/* A receiver that offers a reply object and goes: the object is free for another one. */
static void receiver_goes(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply();
    struct worker *server = worker_new(echo_server, MAIN_PRIORITY + 1);
    server->arg[EP] = ep;
    server->arg[REPLY] = reply;
    worker_run(server);
    REQUIRE_OK(cspace_delete(&root_cspace, server->tcb));
    struct worker *client = worker_new(caller, MAIN_PRIORITY + 1);
    client->arg[EP] = ep;
    worker_run(client);
    seL4_NBRecv(ep, 0, reply);
    seL4_Send(reply, message(6, 0));
    CHECK_EQ(client->result[0], 6);
}

/* The reply object goes while its server waits with it: a call can then not be answered. */
static void reply_goes_while_receiving(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply();
    struct worker *server = worker_new(echo_server, MAIN_PRIORITY + 1);
    server->arg[EP] = ep;
    server->arg[REPLY] = reply;
    worker_run(server);
    REQUIRE_OK(cspace_delete(&root_cspace, reply));
    struct worker *client = worker_new(caller, MAIN_PRIORITY + 1);
    client->arg[EP] = ep;
    worker_run(client);
    CHECK_EQ(client->done, 0);
    CHECK_EQ(server->result[0], 1); /* the message itself arrived */
    REQUIRE_OK(seL4_TCB_Suspend(client->tcb));
}

/* A priority changes while the thread is queued: so does its place. */
static void reordered(void)
{
    seL4_CPtr ep = new_endpoint();
    struct worker *w[3];
    for (unsigned i = 0; i < 3; i++) {
        w[i] = worker_new(sender, MAIN_PRIORITY + 3 - i);
        w[i]->arg[EP] = new_badged(ep, i + 1);
        worker_run(w[i]);
    }
    REQUIRE_OK(seL4_TCB_SetPriority(w[2]->tcb, seL4_CapInitThreadTCB, MAIN_PRIORITY + 9));
    REQUIRE_OK(seL4_TCB_SetPriority(w[0]->tcb, seL4_CapInitThreadTCB, MAIN_PRIORITY + 1));
    static const seL4_Word order[] = {3, 2, 1};
    for (unsigned i = 0; i < 3; i++) {
        seL4_Word badge = 0;
        seL4_NBWait(ep, &badge);
        CHECK_EQ(badge, order[i]);
    }
}

/* The same between two address spaces. */
static void other_vspace(void)
{
    struct worker *w = worker_new(echo_server, MAIN_PRIORITY + 1);
    seL4_CPtr ep = new_endpoint(), vspace = new_vspace();
    map_image(vspace);
    REQUIRE_OK(map_with_tables(new_copy(w->ipc_buffer_frame, seL4_AllRights), vspace, (seL4_Word)w->ipc_buffer,
                               seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    REQUIRE_OK(seL4_TCB_SetSpace(w->tcb, 0, ROOT_CNODE, 0, vspace, 0));
    w->arg[EP] = ep;
    w->arg[REPLY] = new_reply();
    worker_run(w);
    for (unsigned i = 0; i < LENGTHS; i++) {
        fill(lengths[i], 100);
        seL4_MessageInfo_t info = seL4_Call(ep, message(40, lengths[i]));
        CHECK_EQ(seL4_MessageInfo_get_label(info), 41);
        CHECK(is_filled(lengths[i], 500));
        CHECK_EQ(w->result[3], 1);
    }
}

const struct test_case endpoint_cases[] = {
    {"endpoint_call_waiting_server", call_waiting_server},
    {"endpoint_call_before_server", call_before_server},
    {"endpoint_register_words", register_words},
    {"endpoint_length_is_limited", length_is_limited},
    {"endpoint_send_and_wait", send_and_wait},
    {"endpoint_nbsend_without_receiver", nbsend_without_receiver},
    {"endpoint_nbsend_with_receiver", nbsend_with_receiver},
    {"endpoint_queue_order", queue_order},
    {"endpoint_receivers_in_order", receivers_in_order},
    {"endpoint_nbsendrecv", nbsendrecv},
    {"endpoint_nbsendwait", nbsendwait},
    {"endpoint_rights", rights},
    {"endpoint_call_without_grant", call_without_grant},
    {"endpoint_delete_with_waiters", delete_with_waiters},
    {"endpoint_server_dies", server_dies},
    {"endpoint_caller_stopped", caller_stopped},
    {"endpoint_queue_loses_members", queue_loses_members},
    {"endpoint_receiver_goes", receiver_goes},
    {"endpoint_reply_goes_while_receiving", reply_goes_while_receiving},
    {"endpoint_reordered", reordered},
    {"endpoint_other_vspace", other_vspace},
    {0, 0},
};
