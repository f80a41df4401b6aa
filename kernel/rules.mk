# The kernel, hosted: its portable part on a machine without hardware
# (kernel/arch/host), as a library for unit tests and fuzzers.
#
#	make kernel-units	tests/kernel/unit/*, which tests/kernel/run runs

KERNEL_PROTOCOLS := kernel fault ostrace
KERNEL_GENERATED := $(KERNEL_PROTOCOLS:%=$(BUILD)/kernel/%.skald.c)
KERNEL_HOST := $(BUILD)/kernel-host
KERNEL_SOURCES := $(wildcard kernel/*.c) \
	$(wildcard kernel/arch/host/*.c) $(patsubst %,runtime/%.c,codec channel status image/archive image/elf)
KERNEL_OBJECTS := $(KERNEL_SOURCES:%.c=$(KERNEL_HOST)/%.o) \
	$(KERNEL_PROTOCOLS:%=$(KERNEL_HOST)/%.skald.o)
KERNEL_UNITS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/kernel/unit/test_*.c))
KERNEL_C := $(C11) -ffunction-sections -fdata-sections -Ikernel/arch/host -I$(BUILD)/kernel

kernel-units: $(KERNEL_UNITS)
kernel-host: $(KERNEL_HOST)/libkernel.a

$(eval $(call GENERATED,$(BUILD)/kernel,protocols))

$(KERNEL_OBJECTS): | $(KERNEL_GENERATED)

$(KERNEL_HOST)/%.o: %.c
	@mkdir -p $(@D)
	$(KERNEL_C) -c -o $@ $<

$(KERNEL_HOST)/%.skald.o: $(BUILD)/kernel/%.skald.c
	@mkdir -p $(@D)
	$(KERNEL_C) -c -o $@ $<

$(KERNEL_HOST)/libkernel.a: $(KERNEL_OBJECTS)
	@rm -f $@
	ar rcs $@ $^

# What of the library nobody calls may lack what it calls.
$(KERNEL_UNITS): $(BUILD)/%: $(KERNEL_HOST)/%.o $(KERNEL_HOST)/libkernel.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANE) -Wl,--gc-sections -o $@ $^ -lcmocka

$(KERNEL_UNITS:$(BUILD)/%=$(KERNEL_HOST)/%.o): | $(KERNEL_GENERATED)

.PHONY: kernel-units kernel-host
-include $(KERNEL_OBJECTS:.o=.d) $(KERNEL_UNITS:$(BUILD)/%=$(KERNEL_HOST)/%.d) \
	$(KERNEL_PROTOCOLS:%=$(BUILD)/kernel/%.deps)

include kernel/arch/x86_64/rules.mk
