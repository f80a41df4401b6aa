# The kernel for x86_64. Included by kernel/rules.mk, which generates the code of
# KERNEL_PROTOCOLS.
#
#	make kernel		$(BUILD)/kernel/skald.elf, for QEMU's -kernel and for GRUB
#	make iso		$(ISO), which GRUB starts under BIOS and UEFI, with
#				INITRD=file and APPEND=words

ISO	?= $(BUILD)/skald.iso
X86	:= kernel/arch/x86_64
X86_OUT	:= $(BUILD)/kernel/x86_64
# Not the headers of the hosted build, nor its sanitizers.
# -fbuiltin: else a memcpy of eight bytes is a call.
X86_CC	:= $(CC) -std=c11 -ffreestanding -fbuiltin $(WARN) -O2 -g -I$(X86) -I. -I$(BUILD)/kernel \
	-MMD -MP -mgeneral-regs-only -mno-red-zone -mcmodel=kernel -fno-pic \
	-fcf-protection=none -fno-stack-protector -fno-omit-frame-pointer -momit-leaf-frame-pointer \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
X86_LD	= $(LD) -nostdlib -z max-page-size=4096 -z noexecstack --gc-sections --no-warn-rwx-segments \
	-T $(X86_OUT)/kernel.ld
X86_OBJECTS := $(patsubst %.c,$(X86_OUT)/%.o,$(filter-out $(X86)/offsets.c,$(wildcard kernel/*.c $(X86)/*.c)) \
	$(patsubst %,runtime/%.c,codec channel status start/string \
	image/archive image/elf)) \
	$(patsubst %.S,$(X86_OUT)/%.o,$(wildcard $(X86)/*.S)) \
	$(KERNEL_PROTOCOLS:%=$(X86_OUT)/%.skald.o)

kernel: $(BUILD)/kernel/skald.elf
iso: $(ISO)

$(X86_OBJECTS): | $(KERNEL_GENERATED)

$(X86_OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(X86_CC) -c -o $@ $<

# It is memcpy: what it does must not become a call of it.
$(X86_OUT)/runtime/start/string.o: X86_CC += -fno-builtin

# It is entered from assembly alone, which wants no register kept. (Of clang too, which
# has no such options.)
ifeq ($(findstring clang,$(CC)),)
$(X86_OUT)/kernel/system_call.o: X86_CC += -fomit-frame-pointer \
	$(patsubst %,-fcall-used-%,rbx r12 r13 r14 r15)
endif

# What C knows, for assembly: of the members and enumerators that it names.
X86_STRUCTS := frame|local|cpu|caller|thread|space|handle|session|endpoint|token|notification
X86_VALUES := (kernel_[A-Z]|(ABI|SK|HANDLE|TOKEN|CALLER)_)
$(X86_OUT)/wanted.h: $(wildcard $(X86)/*.S)
	@mkdir -p $(@D)
	@grep -hv '^#' $^ | grep -oE '\b($(X86_STRUCTS))\.[a-z][a-z_.0-9]+|\b$(X86_VALUES)\w+' | sort -u | \
		sed -E 's/(\w+)\.(.*)/MEMBER(\1, \2)/; t; s/.*/VALUE(&)/' > $@

$(X86_OUT)/offsets.h: $(X86)/offsets.c $(X86_OUT)/wanted.h | $(KERNEL_GENERATED)
	$(X86_CC) -I$(X86_OUT) -MT $@ -MF $(@:.h=.d) -S -o $(@:.h=.s) $<
	@sed -n 's/.*"@\([A-Za-z0-9_.]*\) \$$*\(-*[0-9]*\)".*/.set \1, \2/p' $(@:.h=.s) > $@

$(patsubst %.S,$(X86_OUT)/%.o,$(wildcard $(X86)/*.S)): $(X86_OUT)/offsets.h
$(X86_OUT)/%.o: %.S
	@mkdir -p $(@D)
	$(CC) -I. -I$(X86_OUT) -MMD -MP -c -o $@ $<

$(X86_OUT)/%.skald.o: $(BUILD)/kernel/%.skald.c
	@mkdir -p $(@D)
	$(X86_CC) -c -o $@ $<

$(X86_OUT)/kernel.ld: $(X86)/kernel.ld $(X86)/local.h
	@mkdir -p $(@D)
	$(CC) -E -P -x assembler-with-cpp -I. -o $@ $<

# Twice: without names of functions, and with those that it has then.
$(BUILD)/kernel/skald.elf: $(X86_OBJECTS) $(X86_OUT)/kernel.ld $(X86)/symbols.awk
	@awk -f $(X86)/symbols.awk /dev/null > $(X86_OUT)/none.s
	@$(CC) -c -o $(X86_OUT)/none.o $(X86_OUT)/none.s
	$(X86_LD) -o $(X86_OUT)/nameless.elf $(X86_OBJECTS) $(X86_OUT)/none.o
	@nm -n $(X86_OUT)/nameless.elf | awk -f $(X86)/symbols.awk > $(X86_OUT)/names.s
	@$(CC) -c -o $(X86_OUT)/names.o $(X86_OUT)/names.s
	$(X86_LD) -o $@ $(X86_OBJECTS) $(X86_OUT)/names.o

$(ISO): $(BUILD)/kernel/skald.elf $(X86)/grub.cfg $(INITRD)
	@rm -rf $@.parts && mkdir -p $@.parts/boot/grub
	@sed 's|APPEND|$(APPEND)|' $(X86)/grub.cfg > $@.parts/boot/grub/grub.cfg
	@cp $< $@.parts/boot
	@cat $(INITRD) /dev/null > $@.parts/boot/initrd
	grub-mkrescue -o $@ $@.parts

.PHONY: kernel iso
-include $(X86_OBJECTS:.o=.d) $(X86_OUT)/offsets.d
