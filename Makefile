# Skald. `make help` says what there is to make.
#
# CC=clang and SANITIZE=1 choose the compiler and ASan with UBSan; give such a
# build a folder of its own with BUILD=build/asan. V=1 shows whole commands.

include tools/quiet.mk

BUILD	?= build
CC	:= $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS	?= -O2 -g
WARN	:= -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Werror
SANE	:= $(if $(SANITIZE),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all)
C11	:= $(CC) -std=c11 $(WARN) $(CFLAGS) $(SANE) -I. -I$(BUILD) -MMD -MP

IDL	:= $(patsubst %.c,$(BUILD)/%.o,$(wildcard idl/*.c)) \
	   $(BUILD)/idl/grammar.o $(BUILD)/idl/lexer.o
COMPILER := $(patsubst %.c,$(BUILD)/%.o,$(wildcard compiler/*.c)) \
	   $(patsubst %,$(BUILD)/compiler/%.o,explain_pages wireshark_program)
RUNTIME	:= $(patsubst %.c,$(BUILD)/%.o,$(wildcard runtime/*.c))
HOSTFS	:= $(patsubst %.c,$(BUILD)/%.o,$(wildcard servers/hostfs/*.c)) \
	   $(BUILD)/protocols/fs.skald.o
CLIENT	:= $(BUILD)/servers/hostfs/client%
# What both have in common.
FILES	:= $(patsubst %.c,$(BUILD)/%.o,$(wildcard runtime/files/*.c))
RAMFS	:= $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/main.c %/kernel.c,$(wildcard servers/ramfs/*.c)))

# On all CPUs, unless this make was told how many. Of targets that make the same files
# by a make of their own each has a line of its own below.
PARALLEL = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

# What is made of schemas: its folder, the schemas' folder. skald leaves a file alone whose
# text would stay the same; of one of several targets of a rule (`&:`) make would not see that.
# $(CONTRACT) is of those whose peers compare versions.
define GENERATED
$(1)/%.skald.c: $(2)/%.skald $$(BUILD)/skald
	@mkdir -p $$(@D)
	$$(BUILD)/skald c $$< -I protocols -o $$(@D) --depfile $$(@D)/$$*.deps $$(CONTRACT)
$(1)/%.skald.h: $(1)/%.skald.c ;
endef

prefix	?= /usr/local
bindir	?= $(prefix)/bin
libdir	?= $(prefix)/lib
includedir ?= $(prefix)/include
datadir	?= $(prefix)/share
mandir	?= $(datadir)/man
INSTALL	= DESTDIR='$(DESTDIR)' prefix='$(prefix)' bindir='$(bindir)' libdir='$(libdir)' \
	includedir='$(includedir)' datadir='$(datadir)' mandir='$(mandir)' tools/install/install

.DELETE_ON_ERROR:
.SECONDARY:

# Nothing is made but by rules of ours: not a schema of the C that lies beside it.
MAKEFLAGS += --no-builtin-rules

all: $(BUILD)/skald $(BUILD)/libskald.a $(BUILD)/hostfs $(BUILD)/hostfs-client $(BUILD)/ostrace $(BUILD)/ramfs $(BUILD)/os-run-frames \
	$(BUILD)/ir-table

help: ## this text
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 20

run: needs-build needs-os needs-image ## build the OS and boot it to a shell [SMP=4 MEMORY=1024 DISK=file SCREEN=1]
	@$(PARALLEL) os-run
	@$(RUN_BY) servers/run $(BUILD)/kernel/skald.elf $(OS)/run.tar

monitor: needs-build needs-os ## the same to the prompt of its monitor, without Linux programs
	@$(PARALLEL) os
	@$(RUN_BY) servers/run $(BUILD)/kernel/skald.elf $(OS)/skald.tar

RUN_BY = SMP='$(SMP)' MEMORY='$(MEMORY)' DISK='$(DISK)' SCREEN='$(SCREEN)'

demo: needs-build ## serve this folder through generated stubs on Linux, read it back, compare
	@$(PARALLEL) all
	@servers/hostfs/demo.sh

# Three builds: gcc, gcc with sanitizers, clang. TEST=NAME runs some of it.
test: needs-build needs-test needs-os needs-iso needs-image ## everything that proves it; TEST=NAME for some of it
	@$(PARALLEL) all units os os-tests
	@$(PARALLEL) os-run $(BUILD)/image/python.tar
	@$(PARALLEL) os-all
	@$(PARALLEL) os-servers
	@$(PARALLEL) all units kernel-units os-fakes BUILD=build/asan SANITIZE=1 CFLAGS='-O1 -g'
	@$(PARALLEL) all kernel-units kernel os-tests CC=clang BUILD=build/clang
	@$(PARALLEL) os-servers os-posix CC=clang BUILD=build/clang
	@tests/run '$(TEST)'

bench: needs-build needs-bench needs-os needs-image ## figures, against the peers and by hand
	@$(PARALLEL) all kernel os-tests os-posix image $(OS)/plugin.so
	@tests/bench/codec/bench.sh
	@tests/bench/hostfs/bench.sh
	@OS=$(OS) tests/bench/ipc/table.sh
	@OS=$(OS) tests/bench/trace/bench.sh
	@tests/bench/posix/table.sh

# SECONDS is a name that shells count in: it goes as an argument.
fuzz: needs-build needs-fuzz $(if $(filter afl,$(ENGINE)),needs-afl) ## fuzz SCHEMA=f [TARGET=x SECONDS=60 ENGINE=afl JOBS=2], or all there is
	@$(PARALLEL) $(BUILD)/skald
	@fuzz/run $(if $(TARGET),--target '$(TARGET)') $(if $(SECONDS),--seconds '$(SECONDS)') \
		$(if $(ENGINE),--engine '$(ENGINE)') $(if $(JOBS),--jobs '$(JOBS)') \
		$(if $(OUT),--out '$(OUT)') $(SCHEMA)

os-test: needs-build needs-test needs-os needs-iso ## of that what proves the kernel
	@$(PARALLEL) all os-tests
	@$(PARALLEL) os-all
	@$(PARALLEL) kernel-units os-fakes BUILD=build/asan SANITIZE=1 CFLAGS='-O1 -g'
	@$(PARALLEL) kernel os-tests CC=clang BUILD=build/clang
	@tests/run --kernel '$(TEST)'

os-hostile: needs-build needs-os ## hostile programs in the OS [SECONDS=3600 SMP=4 SEED=n]
	@$(PARALLEL) kernel os-tests
	@tests/os/hostile.sh -s $(or $(SECONDS),3600) -c $(or $(SMP),4) $(if $(SEED),-r $(SEED))

inject: needs-build needs-os ## faults in servers under load [N=10000 SMP=1 SEED=1 FROM=0 LOG=f]
	@$(PARALLEL) os-inject
	@tests/servers/inject.sh -n $(or $(N),10000) -c $(or $(SMP),1) -s $(or $(SEED),1) \
		-f $(or $(FROM),0) -l $(or $(LOG),$(BUILD)/inject.log)

evolve: needs-build ## what skald diff says against random messages [COUNT=20000 SEED=n]
	@$(PARALLEL) $(BUILD)/tests/evolve/evolve
	@COUNT=$(or $(COUNT),20000) $(if $(SEED),SEED=$(SEED)) tests/evolve/evolve.sh

lock: needs-build ## write down anew what peers of the protocols rely on
	@$(PARALLEL) $(BUILD)/skald
	@for schema in protocols/*.skald; do \
		$(BUILD)/skald lock -I protocols $$schema \
			-o protocols/locks/$$(basename $$schema .skald).lock || exit; \
	done

bench-ipc: needs-build needs-os kernel ## what messages cost, in guest instructions
iso: needs-build needs-iso ## build/skald.iso, for BIOS and UEFI
image: needs-build needs-image ## programs of Debian for the OS (image/README.md)

install: all ## into DESTDIR and prefix (/usr/local); docs/install.md
	@$(INSTALL) $(BUILD)

uninstall: $(BUILD)/skald ## what install put there
	@$(INSTALL) $(BUILD) --remove

deb: needs-build all ## a Debian package of it, in build
	@MAKE='$(MAKE)' tools/install/deb $(BUILD)

clean: ## remove what was built
	rm -rf build

needs-%:
	@.ci/needs $*
.PHONY: install uninstall deb all help run monitor demo test bench fuzz evolve lock os-test os-hostile inject clean units

# ---- the compiler ----

$(BUILD)/idl/grammar.c $(BUILD)/idl/grammar.h &: idl/grammar.y
	@mkdir -p $(@D)
	bison -Wall -Werror --defines=$(BUILD)/idl/grammar.h -o $(BUILD)/idl/grammar.c $<

$(BUILD)/idl/lexer.c: idl/lexer.l
	@mkdir -p $(@D)
	flex -o $@ $<

# What flex and bison write is not held to our warnings.
$(BUILD)/idl/grammar.o $(BUILD)/idl/lexer.o: $(BUILD)/%.o: $(BUILD)/%.c
	$(CC) -std=c11 -D_GNU_SOURCE $(CFLAGS) $(SANE) -I. -I$(BUILD) -MMD -MP -c -o $@ $<

$(IDL) $(COMPILER): | $(BUILD)/idl/grammar.h

PAGES	:= $(wildcard docs/errors/*.md docs/lint/*.md docs/changes/*.md)
$(BUILD)/compiler/explain_pages.c: compiler/embed-pages $(PAGES)
	@mkdir -p $(@D)
	compiler/embed-pages $(PAGES) > $@

WIRESHARK := $(patsubst %,compiler/wireshark/%.lua,reader value data dynamic message state packet field)
$(BUILD)/compiler/wireshark_program.c: compiler/embed-wireshark runtime/status.h $(WIRESHARK)
	@mkdir -p $(@D)
	compiler/embed-wireshark runtime/status.h $(WIRESHARK) > $@

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(C11) -c -o $@ $<

$(BUILD)/%.o: $(BUILD)/%.c
	$(C11) -c -o $@ $<

$(BUILD)/skald: $(COMPILER) $(IDL)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lyaml

# ---- the runtime and what is built on it ----

$(BUILD)/libskald.a: $(RUNTIME)
	@rm -f $@
	ar rcs $@ $^

$(eval $(call GENERATED,$(BUILD)/protocols,protocols))
$(BUILD)/protocols/fs.skald.c: private CONTRACT := --contract

# What fs.skald imports has to be there for its header.
$(HOSTFS) $(RAMFS) $(FILES): | $(patsubst %,$(BUILD)/protocols/%.skald.h,fs block kernel)

$(BUILD)/hostfs: $(filter-out $(CLIENT),$(HOSTFS)) $(FILES) $(BUILD)/libskald.a
	$(CC) $(CFLAGS) $(SANE) -o $@ $^

$(BUILD)/hostfs-client: $(filter $(CLIENT),$(HOSTFS)) $(BUILD)/protocols/fs.skald.o $(BUILD)/libskald.a
	$(CC) $(CFLAGS) $(SANE) -o $@ $^

# Sources that are of the OS too.
$(HOSTFS) $(RAMFS) $(FILES): private C11 += -I$(BUILD)/protocols

$(BUILD)/ramfs: $(RAMFS) $(FILES) $(BUILD)/protocols/fs.skald.o $(BUILD)/libskald.a
	$(CC) $(CFLAGS) $(SANE) -o $@ $^

$(BUILD)/tests/unit/test_files_range.o: private C11 += -I$(BUILD)/protocols
$(BUILD)/tests/unit/test_files_range.o: | $(patsubst %,$(BUILD)/protocols/%.skald.h,fs block kernel)
$(BUILD)/tests/unit/test_files_range: $(BUILD)/tests/unit/test_files_range.o \
		$(BUILD)/runtime/files/range.o
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lcmocka

# ---- tools ----

include $(wildcard tools/*/rules.mk)

# A back end that is a program of its own (docs/ir.md).
$(BUILD)/ir-table: $(BUILD)/tools/ir-table/main.o
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lyaml

# ---- fuzzing the compiler ----

# $(BUILD)/fuzz/compiler/TARGET is driven by libFuzzer, whatever $(CC) is;
# $(BUILD)/fuzz/compiler/plain/TARGET by nothing (SANITIZE=1 for a use of it).
FUZZ_COMPILER := schema fmt text encode decode hex note lsp
FUZZ_PARTS := $(filter-out $(FUZZ_COMPILER:%=%.o) score% libfuzzer.o plain.o,$(patsubst \
	fuzz/compiler/%.c,%.o,$(wildcard fuzz/compiler/*.c)))
FUZZ_PLAIN := $(FUZZ_COMPILER:%=$(BUILD)/fuzz/compiler/plain/%)
FUZZ_OBJECTS := $(BUILD)/fuzz/compiler/objects
FUZZ_CLANG := clang -std=c11 -O1 -g -I. -I$(BUILD) -MMD -MP -fno-sanitize-recover=all \
	-fsanitize=address,undefined

# What is installed has no OS.
include $(wildcard fuzz/posix/rules.mk)

fuzz-compiler: $(FUZZ_PLAIN) $(BUILD)/fuzz/compiler/score

$(FUZZ_OBJECTS)/%.o: %.c | $(BUILD)/idl/grammar.h
	@mkdir -p $(@D)
	$(FUZZ_CLANG) -fsanitize=fuzzer-no-link -c -o $@ $<

$(FUZZ_OBJECTS)/%.o: $(BUILD)/%.c | $(BUILD)/idl/grammar.h
	@mkdir -p $(@D)
	$(FUZZ_CLANG) -D_GNU_SOURCE -fsanitize=fuzzer-no-link -c -o $@ $<

FUZZ_PROGRAM := $(filter-out %/main.o,$(COMPILER)) $(IDL)

$(FUZZ_COMPILER:%=$(BUILD)/fuzz/compiler/%): $(BUILD)/fuzz/compiler/%: \
		$(FUZZ_OBJECTS)/fuzz/compiler/%.o $(FUZZ_OBJECTS)/fuzz/compiler/libfuzzer.o \
		$(FUZZ_PARTS:%=$(FUZZ_OBJECTS)/fuzz/compiler/%) \
		$(FUZZ_PROGRAM:$(BUILD)/%=$(FUZZ_OBJECTS)/%)
	$(FUZZ_CLANG) -fsanitize=fuzzer -o $@ $^ -lyaml

$(FUZZ_PLAIN): $(BUILD)/fuzz/compiler/plain/%: $(BUILD)/fuzz/compiler/%.o \
		$(BUILD)/fuzz/compiler/plain.o $(FUZZ_PARTS:%=$(BUILD)/fuzz/compiler/%) \
		$(FUZZ_PROGRAM)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lyaml

$(BUILD)/fuzz/compiler/score: $(patsubst %,$(BUILD)/fuzz/compiler/%.o,score score_edit \
		change tokens) $(IDL)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^

.PHONY: fuzz-compiler
-include $(wildcard $(BUILD)/fuzz/compiler/*.d $(FUZZ_OBJECTS)/*/*.d $(FUZZ_OBJECTS)/*/*/*.d)

# ---- what fuzzers of schemas link with (fuzz/rules.mk) ----

# One of these has main(), or what an engine calls.
FUZZ_ENTRIES := $(patsubst %,$(BUILD)/fuzz/%.o,engine mutator afl_main plain_main coverage_main)
FUZZ_ENGINE := $(filter-out $(FUZZ_ENTRIES),$(patsubst %.c,$(BUILD)/%.o,$(wildcard fuzz/*.c)))

$(BUILD)/libinterpreter.a: $(filter-out %/main.o,$(COMPILER)) $(IDL)
$(BUILD)/libfuzz.a: $(FUZZ_ENGINE)

$(BUILD)/libinterpreter.a $(BUILD)/libfuzz.a:
	@rm -f $@
	ar rcs $@ $^

-include $(wildcard $(BUILD)/fuzz/*.d)

# ---- unit tests ----

UNITS	:= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))

VECTORS	:= $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/conformance/*.c))

units: $(UNITS) $(BUILD)/tests/conformance/run_vectors $(BUILD)/tests/evolve/evolve $(BUILD)/tests/ostrace/write \
		$(BUILD)/tests/ostrace/stubs

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(filter-out %/main.o,$(COMPILER)) $(IDL) \
		$(BUILD)/libskald.a
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lcmocka -lyaml -lpthread

EVOLVE	:= $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/evolve/*.c))

$(BUILD)/tests/evolve/evolve: $(EVOLVE) $(filter-out %/main.o,$(COMPILER)) $(IDL)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lyaml

$(BUILD)/tests/conformance/run_vectors: $(VECTORS) $(filter-out %/main.o,$(COMPILER)) $(IDL)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lyaml

# ---- the OS ----

# All of it, but where the sources are installed (docs/install.md).
include $(wildcard kernel/rules.mk tests/os/rules.mk servers/rules.mk image/rules.mk)


-include $(patsubst %.o,%.d,$(IDL) $(COMPILER) $(RUNTIME) $(HOSTFS) $(RAMFS) $(FILES) $(VECTORS) $(EVOLVE)) \
	$(UNITS:=.d) $(patsubst %,$(BUILD)/protocols/%.deps,fs block kernel)
