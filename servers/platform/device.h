/* Operations of hw.PciDevice that are PCI's alone (pci.c). */
#ifndef PLATFORM_DEVICE_H
#define PLATFORM_DEVICE_H

#include "servers/platform/platform.h"

#define PCI_METHOD(name) \
	void name(void *self, const struct hw_PciDevice_##name##_request *request, \
		struct sk_reply *to)

PCI_METHOD(pci_info);
PCI_METHOD(read_config);
PCI_METHOD(write_config);
PCI_METHOD(read_capability);
PCI_METHOD(write_capability);
PCI_METHOD(set_interrupt_mode);
PCI_METHOD(message);
PCI_METHOD(mask_message);

#endif
