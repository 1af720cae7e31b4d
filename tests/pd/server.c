/* SPDX-License-Identifier: BSD-2-Clause */
/* Resource servers: the library, with the sample server; and what the end of a server or of a client means for the other. */
#include "lib/test.h"

#include <counter.h>
#include <sel4/sel4.h>
#include <sel4gpi/resource_server_clientapi.h>
#include <sel4gpi/resource_space_clientapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct server {
    pd_client_context_t pd;
    gpi_space_id_t space;
    seL4_CPtr rde;
};

static gpi_cap_t counter_type(void)
{
    return sel4gpi_get_resource_type_code((char *)COUNTER_TYPE);
}

/* A counter server whose first space is made from `source` (0: none), with a clean-up policy. */
static struct server start(gpi_space_id_t source, seL4_Word pd_depth, seL4_Word space_depth)
{
    struct server server = {0};
    seL4_Word args[] = {source, pd_depth, space_depth};
    CHECK_EQ(start_resource_server_pd_args(source ? counter_type() : GPICAP_TYPE_NONE, source, (char *)COUNTER_IMAGE,
                                           args, 3, &server.pd, &server.space),
             GPI_OK);
    server.rde = sel4gpi_get_rde_by_space_id(server.space, counter_type());
    CHECK(server.rde != seL4_CapNull);
    return server;
}

/* Ends it, and forgets it. */
static void stop(struct server *server)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    if (server->pd.ep) {
        pd_client_terminate(&server->pd);
        pd_client_disconnect(&server->pd);
    }
    if (server->rde) {
        CHECK_EQ(pd_client_free_slot(&self, server->rde), GPI_OK);
    }
    *server = (struct server){0};
}

static int get_work(struct pd_work *work)
{
    seL4_MessageInfo_t info = seL4_Call(sel4gpi_get_pd_conn().ep, seL4_MessageInfo_new(PD_GET_WORK, 0, 0, 0));
    *work = (struct pd_work){seL4_GetMR(0), seL4_GetMR(1), seL4_GetMR(2)};
    return (int)seL4_MessageInfo_get_label(info);
}

/* A process that runs tests/pd/client.c. */
static sel4gpi_runnable_t start_client(seL4_Word what, gpi_space_id_t space)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = sel4gpi_configure_process("pdclient", 4, 16, &r);
    if (CHECK(cfg != NULL)) {
        sel4gpi_config_pd_share_all_rdes(cfg);
        CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 2, (seL4_Word[]){what, space}), GPI_OK);
        sel4gpi_config_destroy(cfg);
        CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    }
    return r;
}

static struct counter_stats stats_of(const struct server *server)
{
    struct counter_stats stats = {0};
    CHECK_EQ(counter_client_stats(server->rde, &stats), GPI_OK);
    return stats;
}

static void counts(void)
{
    struct server server = start(0, 0, 0);
    counter_client_context_t a, b;
    seL4_Word value = 0;
    CHECK_EQ(counter_client_create(server.rde, 5, &a), GPI_OK);
    CHECK_EQ(counter_client_create(server.rde, 100, &b), GPI_OK);
    CHECK_EQ(counter_client_add(&a, 2, &value), GPI_OK);
    CHECK_EQ(value, 7);
    CHECK_EQ(counter_client_read(&b, &value), GPI_OK);
    CHECK_EQ(value, 100);
    CHECK_EQ(counter_client_mine(server.rde, &value), GPI_OK);
    CHECK_EQ(value, 2);
    CHECK_EQ(stats_of(&server).counters, 2);
    CHECK_EQ(stats_of(&server).clients, 1);
    CHECK_EQ(counter_client_disconnect(&a), GPI_OK);
    stop(&server);
    CHECK_EQ(counter_client_disconnect(&b), GPI_OK); /* as well when the server is no more */
}

static void bad_calls_are_errors(void)
{
    struct server server = start(0, 0, 0);
    counter_client_context_t a;
    CHECK_EQ(counter_client_create(server.rde, 5, &a), GPI_OK);
    /* Methods that do not exist, of a resource and not, too few words. */
    CHECK_EQ(seL4_MessageInfo_get_label(seL4_Call(server.rde, seL4_MessageInfo_new(GPI_SERVER_METHOD(99), 0, 0, 4))),
             GPI_ERR_BAD_MESSAGE);
    CHECK_EQ(seL4_MessageInfo_get_label(seL4_Call(server.rde, seL4_MessageInfo_new(3, 0, 0, 4))), GPI_ERR_BAD_MESSAGE);
    CHECK_EQ(seL4_MessageInfo_get_label(seL4_Call(server.rde, seL4_MessageInfo_new(PD_NULL, 0, 0, 0))),
             GPI_ERR_BAD_MESSAGE);
    CHECK_EQ(seL4_MessageInfo_get_label(seL4_Call(a.ep, seL4_MessageInfo_new(COUNTER_ADD, 0, 0, 0))),
             GPI_ERR_BAD_MESSAGE);
    CHECK_EQ(seL4_MessageInfo_get_label(seL4_Call(a.ep, seL4_MessageInfo_new(COUNTER_STATS, 0, 0, 0))),
             GPI_ERR_BAD_CAP);
    CHECK_EQ(seL4_MessageInfo_get_label(seL4_Call(server.rde, seL4_MessageInfo_new(COUNTER_READ, 0, 0, 1))),
             GPI_ERR_BAD_CAP);
    seL4_Word value;
    CHECK_EQ(counter_client_read(&a, &value), GPI_OK);
    stop(&server);
}

/* A capability with some of the rights, and with all. */
static void rights(void)
{
    struct server server = start(0, 0, 0);
    counter_client_context_t a, weak = {0, 0};
    pd_client_context_t self = sel4gpi_get_pd_conn();
    seL4_Word value;
    CHECK_EQ(counter_client_create(server.rde, 5, &a), GPI_OK);
    CHECK_EQ(pd_client_send_cap_rights(&self, a.ep, GPI_RIGHT_READ, &weak.ep), GPI_OK);
    CHECK_EQ(counter_client_read(&weak, &value), GPI_OK);
    CHECK_EQ(counter_client_add(&weak, 1, &value), GPI_ERR_RIGHTS);
    CHECK_EQ(counter_client_delete(&weak), GPI_ERR_RIGHTS);
    CHECK_EQ(pd_client_send_cap_rights(&self, weak.ep, 0, &value), GPI_ERR_RIGHTS);
    stop(&server);
}

static void given_to_others(void)
{
    struct server server = start(0, 0, 0);
    counter_client_context_t a;
    seL4_Word value = 0, id = 0;
    seL4_CPtr slot = 0;
    CHECK_EQ(counter_client_create(server.rde, 5, &a), GPI_OK);
    sel4gpi_runnable_t other = start_client(1, server.space);
    CHECK_EQ(pd_client_wait_ready(&other.pd, &id), GPI_OK);
    CHECK(id != a.id);
    CHECK_EQ(counter_client_give(&a, other.pd.id, &slot), GPI_OK);
    CHECK(slot != seL4_CapNull);
    /* Somebody who has nothing to do with the server gets nothing pushed on. */
    sel4gpi_runnable_t stranger;
    pd_config_t *cfg = sel4gpi_configure_process("pdchild", 4, 4, &stranger);
    CHECK_EQ(counter_client_give(&a, stranger.pd.id, &slot), GPI_ERR_RIGHTS);
    CHECK_EQ(counter_client_give(&a, 123456789, &slot), GPI_ERR_NOT_FOUND);
    sel4gpi_config_destroy(cfg);
    sel4gpi_destroy_runnable(&stranger);
    CHECK_EQ(counter_client_read(&a, &value), GPI_OK);
    CHECK_EQ(stats_of(&server).clients, 2);
    CHECK_EQ(sel4gpi_destroy_runnable(&other), GPI_OK);
    stop(&server);
}

static void revoked_and_deleted(void)
{
    struct server server = start(0, 0, 0);
    counter_client_context_t a, copy = {0, 0};
    pd_client_context_t self = sel4gpi_get_pd_conn();
    seL4_Word value;
    CHECK_EQ(counter_client_create(server.rde, 5, &a), GPI_OK);
    CHECK_EQ(pd_client_send_cap(&self, a.ep, &copy.ep), GPI_OK);
    CHECK_EQ(counter_client_read(&copy, &value), GPI_OK);
    CHECK_EQ(counter_client_revoke(&a, 123456789), GPI_ERR_NOT_FOUND);
    /* Slots that a deleted counter was in are free: the next capability takes one. */
    CHECK_EQ(counter_client_delete(&copy), GPI_OK);
    EVENTUALLY(stats_of(&server).counters == 0);
    seL4_CPtr first = a.ep, second = copy.ep;
    CHECK_EQ(counter_client_create(server.rde, 6, &a), GPI_OK);
    CHECK(a.ep == first || a.ep == second);
    CHECK_EQ(counter_client_revoke(&a, self.id), GPI_OK);
    EVENTUALLY(stats_of(&server).counters == 0); /* nobody held it any more, and the server was told */
    stop(&server);
}

static void let_go(void)
{
    struct server server = start(0, 0, 0);
    counter_client_context_t a, copy = {0, 0};
    pd_client_context_t self = sel4gpi_get_pd_conn();
    CHECK_EQ(counter_client_create(server.rde, 5, &a), GPI_OK);
    CHECK_EQ(pd_client_send_cap(&self, a.ep, &copy.ep), GPI_OK);
    CHECK_EQ(counter_client_disconnect(&a), GPI_OK);
    CHECK_EQ(stats_of(&server).freed, 0);
    CHECK_EQ(counter_client_disconnect(&copy), GPI_OK);
    EVENTUALLY(stats_of(&server).freed == 1);
    CHECK_EQ(stats_of(&server).counters, 0);
    stop(&server);
}

static void spaces(void)
{
    struct server server = start(0, 0, 0);
    gpi_space_id_t id = 0;
    counter_client_context_t a, b;
    seL4_Word value = 0;
    CHECK_EQ(counter_client_new_space(server.rde, &id), GPI_OK);
    CHECK(id != server.space);
    seL4_CPtr rde = sel4gpi_get_rde_by_space_id(id, counter_type());
    CHECK(rde != seL4_CapNull && rde != server.rde);
    CHECK_EQ(counter_client_create(server.rde, 1, &a), GPI_OK);
    CHECK_EQ(counter_client_create(rde, 2, &b), GPI_OK);
    CHECK_EQ(counter_client_read(&b, &value), GPI_OK);
    CHECK_EQ(value, 2);
    /* One PD, two clients: each space has its own. */
    CHECK_EQ(counter_client_mine(rde, &value), GPI_OK);
    CHECK_EQ(value, 1);
    CHECK_EQ(stats_of(&server).clients, 2);
    stop(&server);
    pd_client_context_t self = sel4gpi_get_pd_conn();
    CHECK_EQ(counter_client_read(&b, &value), GPI_ERR_GONE);
    CHECK_EQ(pd_client_free_slot(&self, rde), GPI_OK);
    CHECK_EQ(counter_client_disconnect(&a), GPI_OK);
    CHECK_EQ(counter_client_disconnect(&b), GPI_OK);
}

static void client_gone(void)
{
    struct server server = start(0, 0, 0);
    CHECK_EQ(stats_of(&server).clients, 1);
    sel4gpi_runnable_t quick = start_client(0, server.space);
    CHECK_EQ(test_finish(&quick), 7);
    EVENTUALLY(stats_of(&server).clients == 1);
    EVENTUALLY(stats_of(&server).counters == 0);
    /* In the middle of a call that is not answered yet. */
    seL4_Word id;
    sel4gpi_runnable_t waiting = start_client(1, server.space);
    CHECK_EQ(pd_client_wait_ready(&waiting.pd, &id), GPI_OK);
    EVENTUALLY(stats_of(&server).counters == 1);
    CHECK_EQ(stats_of(&server).clients, 2);
    CHECK_EQ(sel4gpi_destroy_runnable(&waiting), GPI_OK);
    EVENTUALLY(stats_of(&server).clients == 1);
    EVENTUALLY(stats_of(&server).counters == 0);
    stop(&server);
}

/* Calls that threads of this process make. */
static counter_client_context_t shared;
static seL4_CPtr shared_rde;

static int wait_thread(int argc, char **argv)
{
    (void)argc;
    seL4_Word value = 0;
    int error = counter_client_wait(&shared, strtoul(argv[0], NULL, 10), &value);
    return error ? -error : (int)value;
}

static int stall_thread(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return counter_client_stall(shared_rde);
}

static sel4gpi_runnable_t start_thread(void *function, seL4_Word argument)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = sel4gpi_configure_thread(function, NULL, &r);
    if (CHECK(cfg != NULL)) {
        CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 1, &argument), GPI_OK);
        sel4gpi_config_destroy(cfg);
        CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    }
    return r;
}

static void deferred(void)
{
    struct server server = start(0, 0, 0);
    seL4_Word value = 0;
    CHECK_EQ(counter_client_create(server.rde, 0, &shared), GPI_OK);
    sel4gpi_runnable_t early = start_thread((void *)wait_thread, 10), late = start_thread((void *)wait_thread, 20);
    CHECK_EQ(counter_client_add(&shared, 9, &value), GPI_OK);
    CHECK_EQ(counter_client_add(&shared, 2, &value), GPI_OK);
    CHECK_EQ(test_finish(&early), 11);
    CHECK_EQ(counter_client_add(&shared, 12, &value), GPI_OK);
    CHECK_EQ(test_finish(&late), 23);
    /* A deleted counter's waiters do not wait on. */
    sel4gpi_runnable_t never = start_thread((void *)wait_thread, 1000);
    EVENTUALLY(stats_of(&server).waiting == 1);
    CHECK_EQ(counter_client_delete(&shared), GPI_OK);
    CHECK_EQ(test_finish(&never), -GPI_ERR_GONE);
    stop(&server);
}

enum how { TERMINATE, CRASH, LEAVE };

/* A server ends: those being served, those waiting for it, and those who come later get an error. */
static void end_server(enum how how)
{
    struct server server = start(0, 0, 0);
    seL4_Word value;
    CHECK_EQ(counter_client_create(server.rde, 0, &shared), GPI_OK);
    shared_rde = server.rde;
    sel4gpi_runnable_t served = start_thread((void *)wait_thread, 10), working = {0}, waiting = {0};
    EVENTUALLY(stats_of(&server).waiting == 1);
    if (how == TERMINATE) {
        working = start_thread((void *)stall_thread, 0);
        waiting = start_thread((void *)wait_thread, 10);
        for (int i = 0; i < 100; i++) {
            seL4_Yield();
        }
        CHECK_EQ(pd_client_terminate(&server.pd), GPI_OK);
        CHECK_EQ(test_finish(&working), GPI_ERR_GONE);
        CHECK_EQ(test_finish(&waiting), -GPI_ERR_GONE);
    } else {
        CHECK_EQ(how == CRASH ? counter_client_crash(server.rde) : counter_client_leave(server.rde), GPI_ERR_GONE);
    }
    CHECK_EQ(test_finish(&served), -GPI_ERR_GONE);
    CHECK_EQ(counter_client_read(&shared, &value), GPI_ERR_GONE);
    CHECK_EQ(counter_client_mine(server.rde, &value), GPI_ERR_GONE);
    /* Methods are of no interest there. */
    CHECK_EQ(seL4_MessageInfo_get_label(seL4_Call(server.rde, seL4_MessageInfo_new(3, 0, 0, 0))), GPI_ERR_GONE);
    CHECK_EQ(seL4_MessageInfo_get_label(seL4_Call(server.rde, seL4_MessageInfo_new(PD_NULL, 0, 0, 0))), GPI_ERR_GONE);
    /* It is no longer in the directory. */
    CHECK_EQ(sel4gpi_get_rde_by_space_id(server.space, counter_type()), seL4_CapNull);
    CHECK_EQ(counter_client_disconnect(&shared), GPI_OK);
    stop(&server);
}

static void terminated(void)
{
    end_server(TERMINATE);
}

static void crashed(void)
{
    end_server(CRASH);
}

static void left(void)
{
    end_server(LEAVE);
}

/* A client process that holds a counter, or just an entry, when its server ends. */
static long client_of_ended_server(seL4_Word what, seL4_Word pd_depth)
{
    struct server server = start(0, pd_depth, 0);
    sel4gpi_runnable_t client = start_client(what, server.space);
    seL4_Word id;
    CHECK_EQ(pd_client_wait_ready(&client.pd, &id), GPI_OK);
    CHECK_EQ(pd_client_terminate(&server.pd), GPI_OK);
    struct pd_info info = {0};
    CHECK_EQ(pd_client_get_info(&client.pd, &info), GPI_OK);
    long result = 0;
    if (what == 2 && info.state == PD_RUNNING) {
        sel4gpi_destroy_runnable(&client);
    } else {
        result = test_finish(&client);
    }
    stop(&server);
    return result;
}

static void policy_pd_depth(void)
{
    CHECK_EQ(client_of_ended_server(1, 0), GPI_ERR_GONE);         /* it runs on, with an error */
    CHECK_EQ(client_of_ended_server(1, 1), -1 - PD_SERVER_ENDED); /* it ends, too */
    CHECK_EQ(client_of_ended_server(2, 1), 0);                    /* it holds nothing: it runs on */
}

/* A counter server over a counter server, with a client that holds a counter made from one of the lower's. */
static void two_servers(seL4_Word pd_depth, seL4_Word space_depth, struct server *lower, struct server *upper,
                        sel4gpi_runnable_t *client)
{
    seL4_Word id;
    *lower = start(0, pd_depth, space_depth);
    *upper = start(lower->space, 0, 0);
    *client = start_client(3, upper->space);
    CHECK_EQ(pd_client_wait_ready(&client->pd, &id), GPI_OK);
    CHECK_EQ(stats_of(lower).counters, 1);
    CHECK_EQ(stats_of(upper).counters, 1);
    char text[4096], line[80];
    CHECK_EQ(pd_client_dump(&upper->pd, text, sizeof text), GPI_OK);
    snprintf(line, sizeof line, "serves COUNTER space %lu: 1 resources\n  made from space %lu\n",
             (unsigned long)upper->space, (unsigned long)lower->space);
    CHECK(strstr(text, line) != NULL);
    snprintf(line, sizeof line, "  resource %lu made from COUNTER 1 of space %lu\n", (unsigned long)id,
             (unsigned long)lower->space);
    CHECK(strstr(text, line) != NULL);
}

static enum gpi_pd_state state_of(pd_client_context_t *pd)
{
    struct pd_info info = {0};
    CHECK_EQ(pd_client_get_info(pd, &info), GPI_OK);
    return (enum gpi_pd_state)info.state;
}

static void stop_two(struct server *lower, struct server *upper)
{
    stop(upper);
    stop(lower);
}

static void policy_nothing_ends(void)
{
    struct server lower, upper;
    sel4gpi_runnable_t client;
    two_servers(0, 0, &lower, &upper, &client);
    CHECK_EQ(pd_client_terminate(&lower.pd), GPI_OK);
    EVENTUALLY(stats_of(&upper).lost == 1);
    CHECK_EQ(stats_of(&upper).lost_from, 1);
    CHECK_EQ(stats_of(&upper).counters, 1);
    CHECK_EQ(state_of(&client.pd), PD_RUNNING);
    CHECK_EQ(sel4gpi_destroy_runnable(&client), GPI_OK);
    stop_two(&lower, &upper);
}

static void policy_two_pds_deep(void)
{
    struct server lower, upper;
    sel4gpi_runnable_t client;
    two_servers(1, 0, &lower, &upper, &client);
    CHECK_EQ(pd_client_terminate(&lower.pd), GPI_OK);
    CHECK_EQ(state_of(&upper.pd), PD_ENDED);
    CHECK_EQ(test_finish(&client), GPI_ERR_GONE);
    stop_two(&lower, &upper);

    two_servers(2, 0, &lower, &upper, &client);
    CHECK_EQ(pd_client_terminate(&lower.pd), GPI_OK);
    CHECK_EQ(state_of(&upper.pd), PD_ENDED);
    CHECK_EQ(test_finish(&client), -1 - PD_SERVER_ENDED);
    stop_two(&lower, &upper);
}

static void policy_space_depth(void)
{
    struct server lower, upper;
    sel4gpi_runnable_t client;
    struct counter_stats stats;
    two_servers(0, 1, &lower, &upper, &client);
    CHECK_EQ(pd_client_terminate(&lower.pd), GPI_OK);
    CHECK_EQ(state_of(&upper.pd), PD_RUNNING);
    CHECK_EQ(counter_client_stats(upper.rde, &stats), GPI_ERR_GONE);
    CHECK_EQ(test_finish(&client), GPI_ERR_GONE); /* in the middle of a call to a server that lives */
    stop_two(&lower, &upper);
}

/* This PD serves: what the root task does, without the library. */
static void spaces_by_hand(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    seL4_CPtr server_ep = sel4gpi_get_rde(GPICAP_TYPE_RESSPC);
    resspc_client_context_t lower, upper;
    ep_client_context_t ep;
    gpi_cap_t type = sel4gpi_get_resource_type_code((char *)"BY-HAND");
    CHECK_EQ(sel4gpi_alloc_endpoint(&ep), GPI_OK);
    CHECK_EQ(resspc_client_connect(server_ep, (char *)"BY-HAND", &ep, 123456789, &lower), GPI_ERR_NOT_FOUND);
    CHECK_EQ(resspc_client_connect(server_ep, (char *)"MO", &ep, BADGE_OBJ_ID_NULL, &lower), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(resspc_client_connect(server_ep, (char *)"BY-HAND", &ep, BADGE_OBJ_ID_NULL, &lower), GPI_OK);
    CHECK_EQ(resspc_client_connect(server_ep, (char *)"BY-HAND", &ep, BADGE_OBJ_ID_NULL, &upper), GPI_OK);
    CHECK_EQ(resspc_client_map_space(&upper, 123456789), GPI_ERR_NOT_FOUND);
    CHECK_EQ(resspc_client_map_space(&upper, upper.id), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(resspc_client_map_space(&upper, lower.id), GPI_OK);

    CHECK_EQ(resspc_client_create_resource(&lower, BADGE_OBJ_ID_NULL), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(resspc_client_create_resource(&lower, 7), GPI_OK);
    CHECK_EQ(resspc_client_create_resource(&lower, 7), GPI_ERR_EXISTS);
    CHECK_EQ(resspc_client_create_resource(&upper, 1ul << 40), GPI_OK);
    CHECK_EQ(resspc_client_create_resource(&upper, 3), GPI_OK);
    CHECK_EQ(resspc_client_delete_resource(&upper, 8), GPI_ERR_NOT_FOUND);
    CHECK_EQ(resspc_client_revoke_resource(&upper, 8, BADGE_OBJ_ID_NULL), GPI_ERR_NOT_FOUND);

    struct pd_resource large = {upper.id, 1ul << 40}, seven = {lower.id, 7}, missing = {lower.id, 8};
    CHECK_EQ(pd_client_map_resource_of(&self, large, missing), GPI_ERR_NOT_FOUND);
    CHECK_EQ(pd_client_map_resource_of(&self, missing, large), GPI_ERR_NOT_FOUND);
    CHECK_EQ(pd_client_map_resource_of(&self, large, large), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(pd_client_map_resource_of(&self, large, seven), GPI_OK);
    CHECK_EQ(pd_client_map_resource(&self, gpi_resource_name(upper.id, 3), gpi_resource_name(lower.id, 7)), GPI_OK);
    /* From a memory object that it holds; not from one that it does not. */
    mo_client_context_t mo;
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &mo), GPI_OK);
    gpi_space_id_t memory = sel4gpi_get_default_space_id(GPICAP_TYPE_MO);
    CHECK_EQ(pd_client_map_resource(&self, gpi_resource_name(upper.id, 3), gpi_resource_name(memory, mo.id)), GPI_OK);
    CHECK_EQ(pd_client_map_resource(&self, gpi_resource_name(upper.id, 3), gpi_resource_name(memory, mo.id + 1)),
             GPI_ERR_NOT_FOUND);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);

    /* Giving to oneself, and what the badge says. */
    seL4_CPtr slot = 0;
    CHECK_EQ(pd_client_give_resource(&self, lower.id, self.id, 8, &slot), GPI_ERR_NOT_FOUND);
    CHECK_EQ(pd_client_give_resource(&self, lower.id, self.id, 7, &slot), GPI_OK);
    CHECK_EQ(pd_client_take_rde(&self, type, lower.id, NULL), GPI_OK);
    CHECK_EQ(pd_client_take_rde(&self, type, lower.id, &slot), GPI_OK);
    CHECK_EQ(slot, sel4gpi_get_rde_by_space_id(lower.id, type));
    CHECK_EQ(pd_client_take_rde(&self, GPICAP_TYPE_MO, BADGE_SPACE_ID_NULL, NULL), GPI_ERR_NOT_FOUND);

    struct pd_work work;
    CHECK_EQ(resspc_client_delete_resource(&lower, 7), GPI_OK);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(get_work(&work), GPI_OK);
        CHECK_EQ(work.kind, WORK_RESOURCE_GONE);
        CHECK_EQ(work.space, upper.id);
        CHECK(work.id == 1ul << 40 || work.id == 3);
    }
    CHECK_EQ(get_work(&work), GPI_OK);
    CHECK_EQ(work.kind, WORK_NONE);
    CHECK_EQ(resspc_client_destroy(&lower), GPI_OK);
    CHECK_EQ(get_work(&work), GPI_OK);
    CHECK_EQ(work.kind, WORK_SPACE_GONE);
    CHECK_EQ(work.space, upper.id);
    CHECK_EQ(work.id, lower.id);
    CHECK_EQ(resspc_client_create_resource(&lower, 9), GPI_ERR_GONE);
    CHECK_EQ(resspc_client_create_resource(&upper, 9), GPI_OK);
    CHECK_EQ(resspc_client_destroy(&upper), GPI_OK);
    CHECK_EQ(pd_client_free_slot(&self, lower.ep), GPI_OK);
    CHECK_EQ(pd_client_free_slot(&self, upper.ep), GPI_OK);
    CHECK_EQ(pd_client_free_slot(&self, slot), GPI_OK);
    CHECK_EQ(ep_component_client_disconnect(&ep), GPI_OK);
}

/* The server's own time is used, not the client's. */
static void small_budget(void)
{
    struct server server = start(0, 0, 0);
    sel4gpi_runnable_t client = start_client(4, server.space);
    seL4_Word word;
    CHECK_EQ(pd_client_wait_ready(&client.pd, &word), GPI_OK);
    /* Calls for ever, and has a fraction of a millisecond each hour: it runs out of it somewhere in a call. */
    CHECK_EQ(cpu_client_set_time(&client.cpu, 0, 200, 3600000000), GPI_OK);
    for (int i = 0; i < 200; i++) {
        seL4_Yield();
        CHECK_EQ(counter_client_work(server.rde, 1000), GPI_OK);
    }
    CHECK_EQ(state_of(&client.pd), PD_RUNNING);
    CHECK_EQ(sel4gpi_destroy_runnable(&client), GPI_OK);
    stop(&server);
}

static int hammer_thread(int argc, char **argv)
{
    seL4_Word value;
    int error = GPI_OK;
    (void)argc;
    (void)argv;
    while (error == GPI_OK) {
        error = counter_client_add(&shared, 1, &value);
    }
    return error;
}

/* Clients on all cores are in the middle of everything when the server ends. */
static void hammered(void)
{
    enum { THREADS = 3 };
    for (int round = 0; round < 2; round++) {
        struct server server = start(0, 0, 0);
        sel4gpi_runnable_t r[THREADS];
        seL4_Word value = 0;
        CHECK_EQ(counter_client_create(server.rde, 0, &shared), GPI_OK);
        for (unsigned i = 0; i < THREADS; i++) {
            r[i] = start_thread((void *)hammer_thread, 0);
            cpu_client_set_time(&r[i].cpu, i, 5000, 5000); /* an error where there is no such core */
        }
        for (int i = 0; i < 100000 && value < 100u * ((unsigned)round + 1); i++) {
            seL4_Yield();
            CHECK_EQ(counter_client_read(&shared, &value), GPI_OK);
        }
        CHECK_EQ(pd_client_terminate(&server.pd), GPI_OK);
        for (unsigned i = 0; i < THREADS; i++) {
            CHECK_EQ(test_finish(&r[i]), GPI_ERR_GONE);
        }
        CHECK_EQ(counter_client_disconnect(&shared), GPI_OK);
        stop(&server);
    }
}

static void hostile(void)
{
    struct server server = start(0, 0, 0);
    counter_client_context_t a;
    seL4_Word value = 0;
    sel4gpi_runnable_t attacker = start_client(6, server.space), other = start_client(6, server.space);
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(counter_client_create(server.rde, 5, &a), GPI_OK);
        seL4_Yield();
        CHECK_EQ(counter_client_add(&a, 2, &value), GPI_OK);
        CHECK_EQ(value, 7);
        CHECK_EQ(counter_client_disconnect(&a), GPI_OK);
    }
    CHECK_EQ(test_finish(&attacker), GPI_OK);
    CHECK_EQ(state_of(&server.pd), PD_RUNNING);
    /* The other one goes on where there is no server any more. */
    CHECK_EQ(pd_client_terminate(&server.pd), GPI_OK);
    CHECK_EQ(test_finish(&other), GPI_OK);
    stop(&server);
}

/* Each is linked to the one before it; the first ends. */
static void long_chain(void)
{
    enum { CHAIN = 1000 };
    static pd_client_context_t pd[CHAIN];
    unsigned made = 0;
    for (; made < CHAIN; made++) {
        if (!CHECK_EQ(pd_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_PD), NULL, &pd[made]), GPI_OK)) {
            break;
        }
        if (made > 0) {
            CHECK_EQ(pd_client_link_child(&pd[made - 1], &pd[made]), GPI_OK);
        }
    }
    CHECK_EQ(pd_client_terminate(&pd[0]), GPI_OK);
    for (unsigned i = 0; i < made; i++) {
        CHECK_EQ(state_of(&pd[i]), PD_ENDED);
        CHECK_EQ(pd_client_disconnect(&pd[i]), GPI_OK);
    }
}

static void not_started(void)
{
    pd_client_context_t pd;
    gpi_space_id_t space;
    CHECK_EQ(start_resource_server_pd(GPICAP_TYPE_NONE, 0, (char *)"no-such-program", &pd, &space), GPI_ERR_NOT_FOUND);
    /* A program that ends before it is ready. */
    CHECK_EQ(start_resource_server_pd(GPICAP_TYPE_NONE, 0, (char *)"pdchild", &pd, &space), GPI_ERR_GONE);
    /* One that is ready with a space that it does not serve. */
    CHECK_EQ(start_resource_server_pd(GPICAP_TYPE_NONE, 0, (char *)"pdready", &pd, &space), GPI_ERR_NOT_FOUND);
}

static void nothing_is_left(void)
{
    for (int i = 0; i < 3; i++) {
        counts();
        spaces();
        deferred();
        client_gone();
        policy_two_pds_deep();
        spaces_by_hand();
        not_started();
        if (i == 0) {
            test_memory_mark(); /* the root task's heap is as large as it gets */
        }
    }
    test_memory_check("servers and their clients");
}

/* One allocation after the other fails, of the creator's and of the server's. */
static void failures(void)
{
    counts();
    test_memory_mark();
    unsigned n = 1;
    for (; n < 1000; n++) {
        pd_client_context_t pd;
        gpi_space_id_t space;
        test_fail_after(n);
        int error = start_resource_server_pd(GPICAP_TYPE_NONE, 0, (char *)COUNTER_IMAGE, &pd, &space);
        test_fail_after(0);
        if (error == GPI_OK) {
            struct server server = {pd, space, sel4gpi_get_rde_by_space_id(space, counter_type())};
            stop(&server);
            break;
        }
        CHECK(error == GPI_ERR_NO_MEMORY || error == GPI_ERR_GONE);
        test_memory_check("a failed start");
    }
    CHECK(n > 20 && n < 1000);
    test_memory_check("failed starts");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"server_counts", counts},
        {"server_bad_calls_are_errors", bad_calls_are_errors},
        {"server_rights", rights},
        {"server_given_to_others", given_to_others},
        {"server_revoked_and_deleted", revoked_and_deleted},
        {"server_let_go", let_go},
        {"server_spaces", spaces},
        {"server_spaces_by_hand", spaces_by_hand},
        {"server_client_gone", client_gone},
        {"server_deferred", deferred},
        {"server_terminated", terminated},
        {"server_crashed", crashed},
        {"server_left", left},
        {"server_policy_pd_depth", policy_pd_depth},
        {"server_policy_nothing_ends", policy_nothing_ends},
        {"server_policy_two_pds_deep", policy_two_pds_deep},
        {"server_policy_space_depth", policy_space_depth},
        {"server_small_budget", small_budget},
        {"server_hammered", hammered},
        {"server_hostile", hostile},
        {"server_long_chain", long_chain},
        {"server_not_started", not_started},
        {"server_nothing_is_left", nothing_is_left},
        {"server_failures", failures},
    };
    return TEST_MAIN(cases);
}
