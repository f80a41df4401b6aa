/* Operations that objects of all kinds have. */
#include <string.h>

#include "kernel/operation.h"

_Static_assert(OBJECT_NAME_MAX == kernel_NAME_MAX, "names fit exactly");

#define OBJECT_OPERATION(method, right, then) \
	OPERATION_OF(Object, object, call->object, method, right, then)

OBJECT_OPERATION(info, NONE, 0)
{
	return ANSWER(Object, info, (kernel_Kind)object->type->kind, call->rights,
		object->id, object->charged);
}

OBJECT_OPERATION(set_name, CONTROL, ANSWER(Object, set_name, 0))
{
	memset(object->name, 0, OBJECT_NAME_MAX);
	memcpy(object->name, request->name.data, request->name.size);
	return 0;
}

OBJECT_OPERATION(name, INSPECT, 0)
{
	return ANSWER(Object, name, .name = { object->name, (uint32_t)strlen(object->name) });
}
