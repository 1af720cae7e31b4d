/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of pointers. */
#ifndef SEL4GPI_LINKED_LIST_H
#define SEL4GPI_LINKED_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct linked_list_node {
    void *data;
    struct linked_list_node *next;
} linked_list_node_t;

typedef struct linked_list {
    linked_list_node_t *head, *tail;
    size_t count;
} linked_list_t;

/** An empty list; null if there is no memory. */
linked_list_t *linked_list_new(void);
/** Adds at the end. 0, or -1 if there is no memory. */
int linked_list_insert(linked_list_t *list, void *data);
/** Adds `count` pointers: all, or (-1) none. */
int linked_list_insert_many(linked_list_t *list, size_t count, ...);
/** Takes the first one out; null from an empty list. */
void *linked_list_pop_head(linked_list_t *list);
/** The one at an index, counted from 0; null if there is none. */
void *linked_list_get_at_idx(const linked_list_t *list, size_t index);
/** Ends the list, and with `free_data` what is in it. Null is allowed. */
void linked_list_destroy(linked_list_t *list, bool free_data);

#endif
