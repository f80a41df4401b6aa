/* Doubly linked rings: the head is a node as well. Nothing is ever allocated. */
#ifndef KERNEL_LIST_H
#define KERNEL_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *previous;
};

/* The structure that a node is a member of. */
#define LIST_OF(node, type, member) \
	((type *)(void *)((char *)(node) - offsetof(type, member)))

static inline void list_init(struct list *head)
{
	head->next = head;
	head->previous = head;
}

/* Of a head; of a node: it is in no list (after list_init() or list_remove()). */
static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_insert_before(struct list *where, struct list *node)
{
	node->next = where;
	node->previous = where->previous;
	where->previous->next = node;
	where->previous = node;
}

static inline void list_add(struct list *head, struct list *node)
{
	list_insert_before(head, node);
}

static inline void list_remove(struct list *node)
{
	node->previous->next = node->next;
	node->next->previous = node->previous;
	list_init(node);
}

/* For each node, from the first on; that one itself may leave the list meanwhile. */
#define LIST_EACH(at, head) \
	(struct list *at = (head)->next, *at##_next = at->next; at != (head); \
	at = at##_next, at##_next = at->next)

/* The first, or NULL. */
static inline struct list *list_first(const struct list *head)
{
	return list_is_empty(head) ? NULL : head->next;
}

#endif
