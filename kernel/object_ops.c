/* Operations that objects of all kinds have. */
#include <string.h>

#include "kernel/call.h"
#include "kernel.skald.h"

_Static_assert(OBJECT_NAME_MAX == kernel_NAME_MAX, "names fit exactly");

void object_op_info(void *self, const struct kernel_Object_info_request *request,
	struct sk_reply *to)
{
	const struct kernel_call *call = self;
	struct kernel_Object_info_reply reply = {
		.kind = (kernel_Kind)call->object->type->kind,
		.rights = call->rights,
		.id = call->object->id,
		.charged = call->object->charged,
	};

	(void)request;
	kernel_Object_info_answer(to, 0, &reply);
}

void object_op_set_name(void *self,
	const struct kernel_Object_set_name_request *request, struct sk_reply *to)
{
	struct kernel_call *call = self;
	char *name = call->object->name;

	if (!call_allows(call, to, kernel_Rights_CONTROL))
		return;
	memset(name, 0, OBJECT_NAME_MAX);
	memcpy(name, request->name.data, request->name.size);
	kernel_Object_set_name_answer(to, 0, &(struct kernel_Object_set_name_reply){0});
}

void object_op_name(void *self, const struct kernel_Object_name_request *request,
	struct sk_reply *to)
{
	struct kernel_call *call = self;
	struct kernel_Object_name_reply reply = {.name.data = call->object->name};

	(void)request;
	if (!call_allows(call, to, kernel_Rights_INSPECT))
		return;
	while (reply.name.size < OBJECT_NAME_MAX && reply.name.data[reply.name.size])
		reply.name.size++;
	kernel_Object_name_answer(to, 0, &reply);
}
