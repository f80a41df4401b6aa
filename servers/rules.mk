# The OS above the kernel: its servers and the archive that the kernel is started with.
#
#	make os		$(OS)/skald.tar, and the kernel
#	make os-servers	$(OS)/test-servers.tar: servers of tests, for the supervisor's;
#			$(OS)/test-files.tar: ramfs, and a program that works with files;
#			$(OS)/test-trace.tar: the trace server, and programs that are traced;
#			$(OS)/test-hardware.tar, for drivers; $(OS)/test-clock.tar; and
#			$(OS)/test-console.tar, with a terminal and somebody who sits there
#			$(OS)/test-intruder.tar, a driver that tries everything; and
#			$(OS)/test-limits.tar, a client that takes all that it can get
#	make os-inject	$(OS)/test-inject.tar: those that faults are injected into
#	make os-posix	$(OS)/posix.tar: also Linux programs (servers/posix/rules.mk)
#
# A server of the OS is a folder with a manifest.yaml, in one of SERVER_FOLDERS: all
# its *.c but host*.c, with the protocols and with schemas there and beside the folder,
# make its program; other *.yaml are manifests that have programs in common with it.
# SERVERS names those that are in the archive, ARCHIVE the archive.

SERVER_FOLDERS ?= servers tests/servers
SERVER_PATHS := $(patsubst %/manifest.yaml,%,$(wildcard $(SERVER_FOLDERS:%=%/*/manifest.yaml)))
# Linux programs are in an archive of their own: servers/posix/rules.mk.
SERVERS	?= $(filter-out posix login,$(notdir $(filter servers/%,$(SERVER_PATHS))))
ARCHIVE	?= $(OS)/skald.tar
# Files that the root of files begins with.
OS_ROOT	:= servers/ramfs/root

OS_SCHEMAS := $(patsubst protocols/%.skald,%,$(wildcard protocols/*.skald))
OS_HEADERS := $(OS_SCHEMAS:%=$(OS_GENERATED)/%.skald.h)
OS_LINK	:= $(CC) -static -nostdlib -nostartfiles -Wl,--gc-sections -Wl,--build-id=none \
	-Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -T runtime/start/program.ld
OS_COMMON := $(patsubst %.c,$(OS)/%.o,$(wildcard runtime/server/*.c runtime/image/*.c \
	runtime/files/*.c runtime/terminal/*.c runtime/loopback*.c))
OS_SUPERVISOR := $(patsubst %.c,$(OS)/%.o,$(filter-out servers/supervisor/host%,\
	$(wildcard servers/supervisor/*.c)))

os: kernel $(ARCHIVE)

$(OS_COMMON) $(OS_SUPERVISOR): | $(OS_HEADERS)

$(OS)/runtime/server/%.o $(OS)/runtime/files/%.o $(OS)/runtime/terminal/%.o $(OS)/servers/%.o: private OS_C += $(OS_FAST)

OS_LIBRARY := $(OS)/libos.a
$(OS_LIBRARY): $(OS_RUNTIME) $(OS_COMMON) $(OS_SCHEMAS:%=$(OS)/%.skald.o)
	@rm -f $@
	ar rcs $@ $^

$(OS)/supervisor.elf: $(OS_SUPERVISOR) $(OS_LIBRARY) runtime/start/program.ld
	$(OS_LINK) -o $@ $(filter %.o,$^) $(OS_LIBRARY)

# ---- one server: its name and its folder ----

define SERVER_RULES
OS_OF_$(1) := $$(patsubst $(2)/%.c,$$(OS)/programs/$(1)/%.o,$$(filter-out $(2)/host%,$$(wildcard $(2)/*.c)))
OS_SCHEMAS_OF_$(1) := $$(notdir $$(basename $$(wildcard $(2)/*.skald $(2)/../*.skald)))
OS_GENERATED_OF_$(1) := $$(OS_GENERATED)/$(1)

$$(eval $$(call GENERATED,$$(OS_GENERATED_OF_$(1)),$(2)))
$$(eval $$(call GENERATED,$$(OS_GENERATED_OF_$(1)),$(2)/..))

$$(OS)/programs/$(1)/%.o: $(2)/%.c
	@mkdir -p $$(@D)
	$$(OS_C) $$(OS_FAST) -I$$(OS_GENERATED_OF_$(1)) -c -o $$@ $$<

$$(OS)/programs/$(1)/%.skald.o: $$(OS_GENERATED_OF_$(1))/%.skald.c
	@mkdir -p $$(@D)
	$$(OS_C) $$(OS_FAST) -I$$(OS_GENERATED_OF_$(1)) -c -o $$@ $$<

$$(OS_OF_$(1)): | $$(OS_HEADERS) $$(OS_SCHEMAS_OF_$(1):%=$$(OS_GENERATED_OF_$(1))/%.skald.h)

$$(OS)/programs/$(1).elf: $$(OS_OF_$(1)) $$(OS_SCHEMAS_OF_$(1):%=$$(OS)/programs/$(1)/%.skald.o) \
		$$(OS_LIBRARY) runtime/start/program.ld
	$$(OS_LINK) -o $$@ $$(filter %.o,$$^) $$(OS_LIBRARY)

# Wrong: said with file and line, and there is no archive.
$$(OS)/programs/$(1)/%.manifest: $(2)/%.yaml protocols/svrctl.skald $$(BUILD)/skald
	@mkdir -p $$(@D)
	@$$(BUILD)/skald encode -I protocols -o $$@ protocols/svrctl.skald Manifest <$$< 2>$$@.log || \
		{ sed 's|<stdin>|$$<|' $$@.log >&2; exit 1; }

-include $$(wildcard $$(OS)/programs/$(1)/*.d)
endef

$(foreach path,$(SERVER_PATHS),$(eval $(call SERVER_RULES,$(notdir $(path)),$(path))))

# The monitor shows traces, by the names of the protocols.
$(OS)/programs/monitor.elf: $(OS)/programs/monitor/names.o

$(OS)/programs/monitor/names.o: $(BUILD)/tools/ostrace/names.c
	@mkdir -p $(@D)
	$(OS_C) -c -o $@ $<

# ---- manifests that tests change ----

# Manifests of those that are harmed: as they are, but started again at once and without
# end, and asked after their health often. The serial line is the second one: the first has
# the machine's log.
INJECTED := platform virtio-blk ramfs serial console
INJECTED_AGAIN := restart: {policy: ALWAYS, back_off: 1, back_off_max: 8, limit: 1000000, \
	window: 1000}
SECOND_LINE := s/0x3f8/0x2f8/; s/line: 4/line: 3/
INJECTED_HEALTH := {interval: 50, deadline: 400, start_deadline: 5000}
# Likewise those that a client takes all from. They are to answer, and may take their time.
LIMITED := ramfs console
LIMITED_HEALTH := {interval: 100, deadline: 2000}

define CHANGED_MANIFEST
@mkdir -p $(@D)
@{ sed '/^restart:/d; /^health:/d; $(MOVED)' $<; echo '$(INJECTED_AGAIN)'; \
	echo 'health: $(HEALTH)'; } | \
	$(BUILD)/skald encode -I protocols -o $@ protocols/svrctl.skald Manifest
endef

$(INJECTED:%=$(OS)/programs/inject/%.manifest): private HEALTH := $(INJECTED_HEALTH)
$(INJECTED:%=$(OS)/programs/inject/%.manifest): private MOVED := $(SECOND_LINE)
$(INJECTED:%=$(OS)/programs/inject/%.manifest): $(OS)/programs/inject/%.manifest: \
		servers/%/manifest.yaml protocols/svrctl.skald servers/rules.mk $(BUILD)/skald
	$(CHANGED_MANIFEST)

$(LIMITED:%=$(OS)/programs/limits/%.manifest): private HEALTH := $(LIMITED_HEALTH)
$(LIMITED:%=$(OS)/programs/limits/%.manifest): $(OS)/programs/limits/%.manifest: \
		servers/%/manifest.yaml protocols/svrctl.skald servers/rules.mk $(BUILD)/skald
	$(CHANGED_MANIFEST)

# ---- archives ----

encoded = $(OS)/programs/$(notdir $(patsubst %/,%,$(dir $(1))))/$(notdir $(1:.yaml=.manifest))
# Manifests of these servers, as text.
os_texts = $(foreach server,$(1),$(wildcard $(addsuffix /*.yaml,$(filter %/$(server),$(SERVER_PATHS)))))

# An archive: its file, its servers, and manifests, encoded, that take the place of those
# of the same name. What is wrong between manifests is said with file and line too.
define ARCHIVE_RULES
$(1): $$(foreach text,$$(call os_texts,$(2)),$$(call encoded,$$(text))) $$(OS)/supervisor.elf \
		$(2:%=$$(OS)/programs/%.elf) $(3) $$(BUILD)/manifests servers/archive \
		$$(wildcard $$(OS_ROOT)/* $$(OS_ROOT)/*/*)
	@$$(BUILD)/manifests $$(foreach server,$(2),-p \
		servers/$$(server)=$$(OS)/programs/$$(server).elf) \
		$$(foreach text,$$(call os_texts,$(2)),$$(text)=$$(call encoded,$$(text)))
	servers/archive $$@ $$(OS) $$(OS_ROOT) \
		$$(foreach text,$$(call os_texts,$(2)),$$(call encoded,$$(text))) $(3) -- $(2)
endef

$(eval $(call ARCHIVE_RULES,$(ARCHIVE),$(SERVERS),))

include servers/posix/rules.mk
$(eval $(call ARCHIVE_RULES,$(POSIX_ARCHIVE),$(SERVERS) posix,))
$(eval $(call ARCHIVE_RULES,$(LOGIN_ARCHIVE),$(LOGIN_SERVERS),))
$(eval $(call ARCHIVE_RULES,$(RUN_ARCHIVE),$(RUN_SERVERS),))
$(eval $(call ARCHIVE_RULES,$(OS)/test-shell.tar,$(RUN_SERVERS) killer,))
$(eval $(call ARCHIVE_RULES,$(OS)/test-foreign.tar,$(LOGIN_SERVERS) trace foreign,))

# Of tests.
define TEST_ARCHIVE
os-servers: $(OS)/test-$(1).tar
$(call ARCHIVE_RULES,$(OS)/test-$(1).tar,$(2),$(3))
endef

$(eval $(call TEST_ARCHIVE,servers,target probe))
$(eval $(call TEST_ARCHIVE,files,ramfs files))
$(eval $(call TEST_ARCHIVE,trace,trace serial ramfs traced))
$(eval $(call TEST_ARCHIVE,hardware,platform virtio-blk hardware))
$(eval $(call TEST_ARCHIVE,console,serial console typist))
$(eval $(call TEST_ARCHIVE,clock,clock watch))
$(eval $(call TEST_ARCHIVE,login,serial console login standin))
$(eval $(call TEST_ARCHIVE,intruder,intruder))
$(eval $(call TEST_ARCHIVE,limits,serial console ramfs greedy,$(LIMITED:%=$(OS)/programs/limits/%.manifest)))
$(eval $(call TEST_ARCHIVE,inject,$(INJECTED) inject,$(INJECTED:%=$(OS)/programs/inject/%.manifest)))

os-servers: kernel
os-inject: kernel $(OS)/test-inject.tar

.PHONY: os os-servers os-inject
-include $(OS_COMMON:.o=.d) $(OS_SUPERVISOR:.o=.d) $(OS_SCHEMAS:%=$(OS)/%.skald.d)

# ---- what of it runs on the host: tests/unit ----

OS_ON_HOST := $(BUILD)/servers/supervisor/manifest.o \
	$(patsubst %.c,$(BUILD)/%.o,$(wildcard runtime/image/*.c)) \
	$(patsubst %,$(BUILD)/protocols/%.skald.o,svrctl hw log kernel)

OS_CHECK := $(patsubst %.c,$(BUILD)/%.o,$(wildcard servers/supervisor/host*.c))

$(OS_ON_HOST) $(OS_CHECK) $(BUILD)/tests/unit/test_supervisor.o: private C11 += -I$(BUILD)/protocols
$(OS_ON_HOST) $(OS_CHECK) $(BUILD)/tests/unit/test_supervisor.o: | $(patsubst %,$(BUILD)/protocols/%.skald.h,svrctl log hw kernel)

$(BUILD)/tests/unit/test_heap: $(BUILD)/tests/unit/test_heap.o $(BUILD)/runtime/server/heap.o
$(BUILD)/tests/unit/test_supervisor: $(BUILD)/tests/unit/test_supervisor.o $(OS_ON_HOST) \
		$(BUILD)/libskald.a
$(BUILD)/tests/unit/test_heap $(BUILD)/tests/unit/test_supervisor:
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lcmocka

$(BUILD)/manifests: $(OS_CHECK) $(OS_ON_HOST) $(BUILD)/libskald.a
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lyaml

-include $(OS_ON_HOST:.o=.d) $(OS_CHECK:.o=.d) $(BUILD)/runtime/server/heap.d

# The line discipline of terminals alone.
OS_DISCIPLINE := $(patsubst %,$(BUILD)/runtime/terminal/%.o,input read erase output)

$(OS_DISCIPLINE) $(BUILD)/tests/unit/test_console.o: private C11 += -I$(BUILD)/protocols
$(OS_DISCIPLINE) $(BUILD)/tests/unit/test_console.o: | $(patsubst %,$(BUILD)/protocols/%.skald.h,tty fs block kernel)

$(BUILD)/tests/unit/test_console: $(BUILD)/tests/unit/test_console.o $(OS_DISCIPLINE)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lcmocka

-include $(OS_DISCIPLINE:.o=.d)

# The calendar of the battery-backed clock.
$(BUILD)/tests/unit/test_calendar: $(BUILD)/tests/unit/test_calendar.o $(BUILD)/servers/clock/calendar.o
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lcmocka

-include $(BUILD)/servers/clock/calendar.d

# The monitor's line editor alone.
OS_EDITOR := $(patsubst %,$(BUILD)/servers/monitor/%.o,edit words)

$(BUILD)/tests/unit/test_monitor: $(BUILD)/tests/unit/test_monitor.o $(OS_EDITOR)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lcmocka

-include $(OS_EDITOR:.o=.d)

# What the screen shows, and what keys send.
OS_SCREEN := $(patsubst %,$(BUILD)/servers/screen/%.o,emulator cells look glyph keys)

$(BUILD)/tests/unit/test_screen: $(BUILD)/tests/unit/test_screen.o $(OS_SCREEN)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lcmocka

-include $(OS_SCREEN:.o=.d)

# The driver of virtio disks, with a device of the test's.
OS_DISK := $(patsubst %,$(BUILD)/servers/virtio-blk/%.o,queue device request operations)

$(OS_DISK) $(BUILD)/tests/unit/test_virtio.o: private C11 += -I$(BUILD)/protocols
$(OS_DISK) $(BUILD)/tests/unit/test_virtio.o: | $(patsubst %,$(BUILD)/protocols/%.skald.h,block hw kernel svrctl log)

$(BUILD)/tests/unit/test_virtio: $(BUILD)/tests/unit/test_virtio.o $(OS_DISK) \
		$(BUILD)/protocols/block.skald.o $(BUILD)/libskald.a
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lcmocka

-include $(OS_DISK:.o=.d)
