/* What goes beside a message, in and out of the kernel's descriptors. */
#include "runtime/kernel/beside.h"

#include "runtime/kernel/sys.h"

/* enum kernel_Kind: the kind whose rights are its protocol's. */
#define KIND_SESSION 5

void sk_kernel_put_handles(struct abi_descriptors *to,
	const struct sk_attached *attached)
{
	for (uint32_t i = 0; i < attached->handle_count; i++) {
		const struct sk_passed *passed = &attached->handles[i];

		to->handles[i] = (struct abi_handle){
			.number = sk_kernel_number(passed->handle),
			.rights = passed->rights,
			.copies = passed->copy,
			.kernel_rights = SK_KERNEL_RIGHTS_ALL,
		};
	}
}

void sk_kernel_put_leases(struct abi_descriptors *to,
	const struct sk_attached *attached)
{
	for (uint32_t i = 0; i < attached->lease_count; i++) {
		const struct sk_lease *lease = &attached->leases[i];

		to->leases[i] = (struct abi_lease){
			.address = (uintptr_t)lease->data,
			.size = lease->size,
			.direction = lease->direction,
		};
	}
}

void sk_kernel_take(struct sk_attached *attached, const struct abi_descriptors *from,
	uint32_t handles, uint32_t leases)
{
	sk_attach_none(attached);
	attached->handle_count = handles;
	attached->lease_count = leases;
	for (uint32_t i = 0; i < handles; i++) {
		const struct abi_handle *handle = &from->handles[i];

		attached->handles[i] = (struct sk_passed){
			.handle = sk_kernel_handle(handle->number),
			.rights = handle->kind == KIND_SESSION ? handle->rights :
				handle->kernel_rights,
		};
	}
	for (uint32_t i = 0; i < leases; i++)
		attached->leases[i] = (struct sk_lease){
			.size = from->leases[i].size,
			.number = i + 1,
			.direction = from->leases[i].direction,
		};
}

void sk_kernel_lose(struct sk_attached *attached)
{
	for (uint32_t i = 0; i < attached->handle_count; i++)
		if (!attached->handles[i].copy)
			sk_sys_close(sk_kernel_number(attached->handles[i].handle));
	sk_attach_none(attached);
}
