/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/linked_list.h>

#include <stdarg.h>
#include <stdlib.h>

linked_list_t *linked_list_new(void)
{
    return calloc(1, sizeof(linked_list_t));
}

static void append(linked_list_t *list, linked_list_node_t *node)
{
    *(list->tail ? &list->tail->next : &list->head) = node;
    list->tail = node;
    list->count++;
}

int linked_list_insert(linked_list_t *list, void *data)
{
    linked_list_node_t *node = list ? malloc(sizeof *node) : NULL;
    if (!node) {
        return -1;
    }
    *node = (linked_list_node_t){data, NULL};
    append(list, node);
    return 0;
}

int linked_list_insert_many(linked_list_t *list, size_t count, ...)
{
    linked_list_t made = {NULL, NULL, 0};
    va_list arguments;
    va_start(arguments, count);
    size_t i = 0;
    while (list && i < count && linked_list_insert(&made, va_arg(arguments, void *)) == 0) {
        i++;
    }
    va_end(arguments);
    bool all = list && i == count;
    while (made.head) {
        linked_list_node_t *node = made.head;
        made.head = node->next;
        node->next = NULL;
        if (all) {
            append(list, node);
        } else {
            free(node);
        }
    }
    return all ? 0 : -1;
}

void *linked_list_pop_head(linked_list_t *list)
{
    linked_list_node_t *node = list ? list->head : NULL;
    if (!node) {
        return NULL;
    }
    void *data = node->data;
    list->head = node->next;
    list->tail = node->next ? list->tail : NULL;
    list->count--;
    free(node);
    return data;
}

void *linked_list_get_at_idx(const linked_list_t *list, size_t index)
{
    const linked_list_node_t *node = list ? list->head : NULL;
    while (node && index-- > 0) {
        node = node->next;
    }
    return node ? node->data : NULL;
}

void linked_list_destroy(linked_list_t *list, bool free_data)
{
    while (list && list->head) {
        void *data = linked_list_pop_head(list);
        if (free_data) {
            free(data);
        }
    }
    free(list);
}
