# The fuzzer of the hosted kernel, with sanitizers, from the kernel's sources.
#
#	make -f Makefile -f tests/kernel/fuzz/rules.mk kernel-fuzz
#	make -f tests/kernel/fuzz/rules.mk kernel-fuzz KERNEL_FUZZ_ROOT=COPY
#
# The second form needs nothing else of the tree than what is generated already
# ($(BUILD)/kernel); COPY has kernel/ and runtime/ to build from.

BUILD ?= build
KERNEL_FUZZ_ROOT ?= .
KERNEL_FUZZ_OUT ?= $(BUILD)/kernel-fuzz-objects
KERNEL_FUZZ ?= $(BUILD)/kernel-fuzz
KERNEL_FUZZ_NAMES := $(wildcard kernel/*.c) \
	$(wildcard kernel/arch/host/*.c) $(patsubst %,runtime/%.c,codec channel status ring events \
	image/archive image/elf)
KERNEL_FUZZ_OBJECTS := $(KERNEL_FUZZ_NAMES:%.c=$(KERNEL_FUZZ_OUT)/%.o) \
	$(patsubst %,$(KERNEL_FUZZ_OUT)/%.skald.o,kernel fault ostrace) \
	$(patsubst %.c,$(KERNEL_FUZZ_OUT)/%.o,$(wildcard tests/kernel/fuzz/*.c))
KERNEL_FUZZ_C := gcc -std=c11 -O1 -g -fno-omit-frame-pointer -Wall -Wextra -Wpedantic \
	-Wconversion -Wshadow -Wstrict-prototypes -Werror -fsanitize=address,undefined \
	-fno-sanitize-recover=all -ffunction-sections -fdata-sections -I$(KERNEL_FUZZ_ROOT) \
	-I$(KERNEL_FUZZ_ROOT)/kernel/arch/host -I$(BUILD)/kernel -MMD -MP $(KERNEL_FUZZ_FLAGS)

kernel-fuzz: $(KERNEL_FUZZ)

$(KERNEL_FUZZ_OUT)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(KERNEL_FUZZ_C) -I. -c -o $@ $<

$(KERNEL_FUZZ_OUT)/%.skald.o: $(BUILD)/kernel/%.skald.c
	@mkdir -p $(@D)
	$(KERNEL_FUZZ_C) -c -o $@ $<

$(KERNEL_FUZZ_OUT)/%.o: $(KERNEL_FUZZ_ROOT)/%.c
	@mkdir -p $(@D)
	$(KERNEL_FUZZ_C) -c -o $@ $<

$(KERNEL_FUZZ): $(KERNEL_FUZZ_OBJECTS)
	gcc -fsanitize=address,undefined -Wl,--gc-sections -o $@ $^

.PHONY: kernel-fuzz
-include $(KERNEL_FUZZ_OBJECTS:.o=.d)
