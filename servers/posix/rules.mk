# The shim, which posix maps into each program, and an archive that has both.
#
#	make os-posix	$(OS)/posix.tar: all servers, posix, and the shim as servers/posix.shim;
#			$(OS)/login.tar: those that Linux programs need, and login
#	make os-run	also $(OS)/run.tar: all servers, login in place of the monitor, and
#			the full image: `make run` boots it; and $(OS)/test-shell.tar, its
#			servers with one who kills them; $(OS)/test-foreign.tar, with one who
#			has Linux programs traced
#
# The shim lies far above 2 GiB, so all in it is position-independent: what it takes of the
# runtime and of generated stubs is compiled for it once more. (The linker would make addresses
# of 32 bits of what goes by the table of addresses, if it were let.)

SHIM	:= $(OS)/shim
SHIM_C	= $(OS_C) -fpie -fno-jump-tables -fno-asynchronous-unwind-tables
SHIM_SOURCES := $(wildcard servers/posix/shim/*.c)
SHIM_RUNTIME := $(wildcard runtime/kernel/*.c) runtime/start/string.c \
	$(addprefix runtime/,codec.c channel.c status.c ring.c)
SHIM_SCHEMAS := posix fs tty kernel block
SHIM_OBJECTS := $(patsubst %.c,$(SHIM)/%.o,$(SHIM_SOURCES) $(SHIM_RUNTIME)) \
	$(patsubst %.S,$(SHIM)/%.o,$(wildcard servers/posix/shim/*.S)) \
	$(SHIM_SCHEMAS:%=$(SHIM)/%.skald.o)

$(SHIM_OBJECTS): | $(OS_HEADERS)

$(SHIM)/%.o: %.c
	@mkdir -p $(@D)
	$(SHIM_C) -c -o $@ $<

$(SHIM)/runtime/start/string.o: runtime/start/string.c
	@mkdir -p $(@D)
	$(SHIM_C) -fno-builtin -ffreestanding -c -o $@ $<

$(SHIM)/%.o: %.S
	@mkdir -p $(@D)
	$(SHIM_C) -c -o $@ $<

$(SHIM)/%.skald.o: $(OS_GENERATED)/%.skald.c
	@mkdir -p $(@D)
	$(SHIM_C) -c -o $@ $<

$(OS)/posix.shim: $(SHIM_OBJECTS) servers/posix/shim/shim.ld
	$(CC) -static -no-pie -nostdlib -nostartfiles -Wl,--gc-sections -Wl,--build-id=none \
		-Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,--no-relax \
		-T servers/posix/shim/shim.ld \
		-o $@ $(SHIM_OBJECTS)

-include $(SHIM_OBJECTS:.o=.d)

# Of the time for a source four fifths went by in these headers: compilers read them once.
# Both gcc and clang find X.gch beside a header X that they are told to include first.
$(OS)/posix.h: FIRST = runtime/kernel/fast.h servers/posix/posix.h
$(OS)/shim.h: FIRST = servers/posix/shim/shim.h
$(OS)/posix.h $(OS)/shim.h: servers/posix/rules.mk
	@mkdir -p $(@D)
	@printf '#include "%s"\n' $(FIRST) >$@

$(OS)/posix.h.gch: $(OS)/posix.h | $(OS_HEADERS)
	$(OS_C) -x c-header -o $@ $<

$(OS)/shim.h.gch: $(OS)/shim.h | $(OS_HEADERS)
	$(SHIM_C) -x c-header -o $@ $<

SHIM_OF_C := $(SHIM_SOURCES:%.c=$(SHIM)/%.o)
$(OS_OF_posix): private OS_C += -include $(OS)/posix.h
$(OS_OF_posix): $(OS)/posix.h.gch
$(SHIM_OF_C): private SHIM_C += -include $(OS)/shim.h
$(SHIM_OF_C): $(OS)/shim.h.gch
-include $(OS)/posix.h.d $(OS)/shim.h.d

POSIX_ARCHIVE := $(OS)/posix.tar
# What Linux programs need and no more, with login: tests/os-run boots it.
LOGIN_ARCHIVE := $(OS)/login.tar
LOGIN_SERVERS := serial console ramfs clock posix login
$(POSIX_ARCHIVE) $(LOGIN_ARCHIVE): $(OS)/posix.shim
os-posix: kernel $(POSIX_ARCHIVE) $(LOGIN_ARCHIVE) $(BUILD)/os-run-frames

RUN_ARCHIVE := $(OS)/run-servers.tar
RUN_SERVERS := $(filter-out monitor,$(SERVERS)) posix login
$(RUN_ARCHIVE) $(OS)/test-shell.tar $(OS)/test-foreign.tar: $(OS)/posix.shim
$(OS)/run.tar: $(RUN_ARCHIVE) $(BUILD)/image/full.tar servers/compose
	@servers/compose $@ $(filter %.tar,$^)

os-run: os-posix image $(OS)/run.tar $(OS)/test-shell.tar $(OS)/test-foreign.tar
.PHONY: os-posix os-run

# What it knows of programs' files and stacks, on the host.
$(BUILD)/tests/unit/test_binary: $(BUILD)/tests/unit/test_binary.o $(BUILD)/servers/posix/binary.o
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lcmocka

-include $(BUILD)/servers/posix/binary.d

# The shim's conversions, on the host.
SHIM_ON_HOST := $(patsubst %,$(BUILD)/servers/posix/shim/%.o,convert convert_signal)

$(SHIM_ON_HOST) $(BUILD)/tests/unit/test_shim.o: private C11 += -I$(BUILD)/protocols
$(SHIM_ON_HOST) $(BUILD)/tests/unit/test_shim.o: | $(patsubst %,$(BUILD)/protocols/%.skald.h,posix tty fs block kernel)

$(BUILD)/tests/unit/test_shim: $(BUILD)/tests/unit/test_shim.o $(SHIM_ON_HOST) $(BUILD)/libskald.a
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lcmocka

-include $(SHIM_ON_HOST:.o=.d)
