/* SPDX-License-Identifier: BSD-2-Clause */
#include "pd_calls.h"

#define N(name) GPI_METHOD_NUMBER(name)
#define W(kind) GPI_WORDS(struct kind)
#define RDE(run, in, out)                                                                                              \
    {                                                                                                                  \
        run, CALL_ON_RDE, GPICAP_TYPE_PD, 0, in, out                                                                   \
    }
#define SYSTEM_RDE(run, in, out)                                                                                       \
    {                                                                                                                  \
        run, CALL_ON_RDE, GPICAP_TYPE_PD, GPI_RIGHT_SYSTEM, in, out                                                    \
    }
#define ON(run, rights, in, out)                                                                                       \
    {                                                                                                                  \
        run, CALL_ON_OBJECT, GPICAP_TYPE_PD, rights, in, out                                                           \
    }
#define ALONE(run, rights, in, out)                                                                                    \
    {                                                                                                                  \
        run, CALL_ALONE, GPICAP_TYPE_PD, rights, in, out                                                               \
    }
enum { READ = GPI_RIGHT_READ, WRITE = GPI_RIGHT_WRITE, MANAGE = GPI_RIGHT_MANAGE, SYSTEM = GPI_RIGHT_SYSTEM };

static const struct method methods[] = {
    [N(PD_CREATE)] = RDE(pd_call_create, W(pd_create), W(gpi_slot_and_id)),
    [N(PD_NULL)] = RDE(pd_call_null, 0, 0),
    [N(PD_TYPE_CODE)] = RDE(pd_call_type_code, 1, 1),
    [N(PD_TYPE_NAME)] = RDE(pd_call_type_name, 1, W(gpi_name)),
    [N(PD_TERMINATE)] = ON(pd_call_terminate, MANAGE, 0, 0),
    [N(PD_EXIT)] = ON(pd_call_exit, MANAGE, 1, 0),
    [N(PD_WAIT)] = ALONE(pd_call_wait, READ, 0, W(pd_end)),
    [N(PD_SEND_CAP)] = ON(pd_call_send_cap, WRITE, W(pd_send_cap), 1),
    [N(PD_SHARE_RDE)] = ON(pd_call_share_rde, WRITE, W(pd_share_rde), 1),
    [N(PD_SHARE_ALL_RDES)] = ON(pd_call_share_all_rdes, WRITE, 0, 0),
    [N(PD_REMOVE_RDE)] = ON(pd_call_remove_rde, MANAGE, W(pd_rde), 0),
    [N(PD_GET_RDE)] = ON(pd_call_get_rde, READ, W(pd_rde), 1),
    [N(PD_SHARE_TYPE)] = ON(pd_call_share_type, WRITE, W(pd_share_type), 0),
    [N(PD_JOIN)] = ON(pd_call_join, MANAGE, W(pd_join), 0),
    [N(PD_OWN_REGION)] = ON(pd_call_own_region, MANAGE, W(pd_own_region), 0),
    [N(PD_NEXT_SLOT)] = ON(pd_call_next_slot, MANAGE, 0, 1),
    [N(PD_FREE_SLOT)] = ON(pd_call_free_slot, MANAGE, 1, 0),
    [N(PD_CLEAR_SLOT)] = ON(pd_call_clear_slot, MANAGE, 1, 0),
    [N(PD_GIVE_RESOURCE)] = ON(pd_call_give_resource, MANAGE, W(pd_give), 1),
    [N(PD_MAP_RESOURCE)] = ON(pd_call_map_resource, MANAGE, W(pd_map), 0),
    [N(PD_TAKE_RDE)] = ON(pd_call_take_rde, MANAGE, W(pd_rde), 1),
    [N(PD_READY)] = ON(pd_call_ready, MANAGE, 1, 0),
    [N(PD_WAIT_READY)] = ALONE(pd_call_wait_ready, READ, 0, 1),
    [N(PD_GIVE_CAP)] = ON(pd_call_give_cap, MANAGE, W(pd_give_cap), 1),
    [N(PD_LINK_CHILD)] = ON(pd_call_link_child, MANAGE, 1, 0),
    [N(PD_DUMP)] = ALONE(pd_call_dump, READ, W(pd_dump), 0),
    [N(PD_SET_NAME)] = ON(pd_call_set_name, MANAGE, W(gpi_name), 0),
    [N(PD_IRQ_BIND)] = ON(pd_call_irq_bind, MANAGE, W(pd_irq_bind), W(pd_irq_bound)),
    [N(PD_SET_FAULT_EP)] = ON(pd_call_set_fault_ep, MANAGE, W(pd_fault_ep), 0),
    [N(PD_GET_FAULT_EP)] = ON(pd_call_get_fault_ep, MANAGE, 0, W(ep_created)),
    [N(PD_SET_QUOTA)] = ON(pd_call_set_quota, MANAGE, 1, 0),
    [N(PD_SET_POLICY)] = ON(pd_call_set_policy, MANAGE, W(pd_policy), 0),
    [N(PD_GET_INFO)] = ON(pd_call_get_info, READ, 0, W(pd_info)),
    [N(PD_NEXT)] = ON(pd_call_next, SYSTEM, 1, W(pd_info)),
    [N(PD_KILL)] = ON(pd_call_kill, SYSTEM, 1, 0),
    [N(PD_MEMORY)] = ON(pd_call_memory, SYSTEM, 0, W(pd_memory)),
    [N(PD_GET_WORK)] = ON(pd_call_get_work, MANAGE, 0, W(pd_work)),
    [N(PD_SET_WORK_SIGNAL)] = ON(pd_call_set_work_signal, MANAGE, 1, 0),
    [N(PD_WHOSE_BADGE)] = ON(pd_call_whose_badge, MANAGE, 1, W(pd_badge)),
    [N(PD_IS_CLIENT)] = ON(pd_call_is_client, MANAGE, W(pd_resource), 0),
    [N(PD_FAIL_AFTER)] = ON(pd_call_fail_after, SYSTEM, 1, 1),
    [N(PD_CAP_INFO)] = ON(pd_call_cap_info, READ, 1, W(pd_cap_info)),
    [N(PD_COUNT)] = ON(pd_call_count, MANAGE, 0, 0),
    [N(PD_COUNTS)] = ON(pd_call_counts, MANAGE, 0, W(pd_counts)),
    [N(PD_TRACE_BUFFER)] = SYSTEM_RDE(pd_call_trace_buffer, W(pd_trace_buffer), 0),
    [N(PD_TRACE_EVENTS)] = SYSTEM_RDE(pd_call_trace_events, W(pd_trace_events), 0),
    [N(PD_TRACE_THREAD)] = SYSTEM_RDE(pd_call_trace_thread, 1, W(pd_trace_thread)),
    [N(PD_TRACE_COUNTERS)] = SYSTEM_RDE(pd_call_trace_counters, 1, W(pd_trace_counters)),
};
const struct component pd_component = {methods, sizeof methods / sizeof methods[0]};
