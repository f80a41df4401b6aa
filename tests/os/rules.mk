# Programs of the OS, and the suite that runs in it (tests/os-test).
#
#	make os-tests	build/os/x86_64/initrd.tar: `init`, which runs the cases
#	make os-fakes	unit tests of the transport, with a function as the kernel
#	make os-units	the same, and runs them
#	make os-all	all that tests of the kernel run, but for unit tests
#	make bench-ipc	what messages cost (tests/bench/ipc)
#
# CC=clang builds them with clang, into a folder of its own if OS is given.

OS	?= $(BUILD)/os/x86_64
OS_GENERATED := $(BUILD)/os/generated
# Not -ffreestanding: without builtins a memcpy of eight bytes is a call.
OS_FLAGS := -std=c11 $(WARN) -O2 -g -mgeneral-regs-only -mno-red-zone -fno-pic \
	-fno-stack-protector -fcf-protection=none -ffunction-sections -fdata-sections \
	-I. -Itests/os -I$(OS_GENERATED) -MMD -MP
OS_C	:= $(CC) $(OS_FLAGS)
# Generated code is inline down to the system call.
OS_FAST	:= -include runtime/kernel/fast.h
OS_PROTOCOLS := $(patsubst %,$(OS_GENERATED)/%.skald.c,kernel fault ostrace bench)
OS_RUNTIME := $(patsubst %.c,$(OS)/%.o,$(wildcard runtime/kernel/*.c runtime/start/*.c) \
	$(addprefix runtime/,codec.c channel.c status.c ring.c events.c trace.c)) \
	$(OS)/runtime/start/start_x86_64.o
OS_TESTS := $(patsubst %.c,$(OS)/%.o,$(wildcard tests/os/*.c) \
	tests/bench/ipc/measure.c tests/bench/trace/measure.c) \
	$(patsubst %,$(OS)/%.skald.o,kernel fault ostrace bench)

os-tests: $(OS)/initrd.tar

$(eval $(call GENERATED,$(OS_GENERATED),protocols))
$(eval $(call GENERATED,$(OS_GENERATED),tests/os))

$(OS_RUNTIME) $(OS_TESTS): | $(OS_PROTOCOLS)

$(OS)/%.o: %.c
	@mkdir -p $(@D)
	$(OS_C) -c -o $@ $<

# It is memcpy: what it does must not become a call of it.
$(OS)/runtime/start/string.o: runtime/start/string.c
	@mkdir -p $(@D)
	$(OS_C) -fno-builtin -ffreestanding -c -o $@ $<

$(OS)/runtime/start/%.o: runtime/start/%.S
	@mkdir -p $(@D)
	$(CC) -c -o $@ $<

$(OS)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(OS_C) $(OS_FAST) -c -o $@ $<

$(OS)/%.skald.o: $(OS_GENERATED)/%.skald.c
	@mkdir -p $(@D)
	$(OS_C) $(OS_FAST) -c -o $@ $<

$(OS)/init: $(OS_RUNTIME) $(OS_TESTS) runtime/start/program.ld
	$(CC) -static -nostdlib -nostartfiles -Wl,--gc-sections -Wl,--build-id=none \
		-Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -T runtime/start/program.ld \
		-o $@ $(filter %.o,$^)

$(OS)/stripped/init: $(OS)/init
	@mkdir -p $(@D)
	strip -o $@ $<

$(OS)/initrd.tar: $(OS)/stripped/init
	tar --format=ustar --owner=0 --group=0 --mtime=@0 -C $(<D) -cf $@ init

$(OS)/plugin.so: tests/bench/ipc/plugin.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) -O2 -fPIC -shared -o $@ $<

# On the host, twice: by the long way, and inline.
OS_FAKE	:= $(CC) -std=c11 $(WARN) $(CFLAGS) $(SANE) -DSK_SYSTEM_CALL=fake_system_call \
	-D_POSIX_C_SOURCE=200809L -I. -I$(OS_GENERATED) -MMD -MP
OS_FAKED := $(patsubst %.c,$(OS)/faked/%.o,$(wildcard runtime/kernel/*.c) \
	$(addprefix runtime/,codec.c channel.c status.c ring.c events.c trace.c)) \
	$(OS_PROTOCOLS:$(OS_GENERATED)/%.c=$(OS)/faked/%.o)
OS_UNITS := $(foreach t,channel port,$(OS)/units/$(t) $(OS)/units/$(t)-inline)

$(OS_FAKED): | $(OS_PROTOCOLS)

$(OS)/faked/%.o: %.c
	@mkdir -p $(@D)
	$(OS_FAKE) -c -o $@ $<

$(OS)/faked/%.o: $(OS_GENERATED)/%.c
	@mkdir -p $(@D)
	$(OS_FAKE) -c -o $@ $<

$(OS)/units/%: tests/os/fake/test_kernel_%.c $(OS_FAKED)
	@mkdir -p $(@D)
	$(OS_FAKE) -o $@ $(filter %.c %.o,$^) -lcmocka

$(OS)/units/%-inline: tests/os/fake/test_kernel_%.c $(OS_FAKED)
	@mkdir -p $(@D)
	$(OS_FAKE) $(OS_FAST) -o $@ $(filter %.c %.o,$^) -lcmocka

os-fakes: $(OS_UNITS)

os-units: os-fakes
	@for unit in $(OS_UNITS); do CMOCKA_MESSAGE_OUTPUT=TAP $$unit || exit 1; done

bench-ipc: $(OS)/initrd.tar $(OS)/plugin.so
	@OS=$(OS) tests/bench/ipc/bench.sh

os-all: kernel os-tests $(OS)/plugin.so
	@$(MAKE) --no-print-directory iso ISO=$(BUILD)/tests/boot.iso APPEND=case=system \
		INITRD=$(OS)/initrd.tar
	@$(MAKE) --no-print-directory -f Makefile -f tests/kernel/fuzz/rules.mk kernel-fuzz

.PHONY: os-tests os-fakes os-units os-all bench-ipc
-include $(OS_FAKED:.o=.d) $(OS_UNITS:=.d) $(OS_RUNTIME:.o=.d) $(OS_TESTS:.o=.d) $(OS_PROTOCOLS:.c=.deps)
