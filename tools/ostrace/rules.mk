# build/ostrace, with the names of the project's own protocols in it; and the
# program that writes streams for its tests.

OSTRACE := $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/make_names.c,$(wildcard \
	tools/ostrace/*.c))) $(BUILD)/tools/ostrace/names.o
OSTRACE_PARTS := $(filter-out %/main.o,$(OSTRACE)) $(BUILD)/protocols/ostrace.skald.o \
	$(BUILD)/libskald.a
OSTRACE_HEADERS := $(BUILD)/protocols/ostrace.skald.h $(BUILD)/protocols/kernel.skald.h
OSTRACE_WRITE := $(BUILD)/tests/ostrace/write

$(OSTRACE) $(OSTRACE_WRITE).o $(BUILD)/fuzz/ostrace/target.o: C11 += -I$(BUILD)/protocols
$(OSTRACE) $(OSTRACE_WRITE).o $(BUILD)/fuzz/ostrace/target.o $(BUILD)/protocols/ostrace.skald.o: | $(OSTRACE_HEADERS)

$(BUILD)/tools/ostrace/make_names: $(BUILD)/tools/ostrace/make_names.o $(IDL)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^

# System calls of Linux: X(number, name...), of those that are there, and that are not. The
# shim does one without a function.
OSTRACE_CALLS := servers/posix/shim/calls.h servers/posix/absent.h

$(BUILD)/tools/ostrace/names.c: $(BUILD)/tools/ostrace/make_names $(wildcard protocols/*.skald) \
		$(OSTRACE_CALLS)
	$< protocols $(wildcard protocols/*.skald) >$@.new
	{ echo; echo 'const char *const sk_known_calls[] = {'; \
		{ echo 'X(15, rt_sigreturn'; grep -ohE 'X\([0-9]+, \w+' $(OSTRACE_CALLS); } | sort -u | \
		sed -E 's/X\(([0-9]+), (\w+)/\t[\1] = "\2",/'; printf '};\n%s\n\t%s\n' \
		'const size_t sk_known_call_count =' \
		'sizeof(sk_known_calls) / sizeof(sk_known_calls[0]);'; } >>$@.new
	mv $@.new $@

$(BUILD)/ostrace: $(BUILD)/tools/ostrace/main.o $(OSTRACE_PARTS)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^

$(OSTRACE_WRITE): $(OSTRACE_WRITE).o $(BUILD)/protocols/ostrace.skald.o $(BUILD)/libskald.a
	$(CC) $(CFLAGS) $(SANE) -o $@ $^

# What records in the tests: over a schema of their own.
OSTRACE_STUBS := $(BUILD)/tests/ostrace/stubs

$(eval $(call GENERATED,$(BUILD)/tests/ostrace,tests/ostrace))

$(OSTRACE_STUBS).o: C11 += -I$(BUILD)/protocols -I$(@D)
$(OSTRACE_STUBS).o: | $(OSTRACE_HEADERS) $(BUILD)/tests/ostrace/traced.skald.h
$(BUILD)/tests/ostrace/traced.skald.o: C11 += -I$(@D)

$(OSTRACE_STUBS): $(OSTRACE_STUBS).o $(BUILD)/tests/ostrace/traced.skald.o \
		$(BUILD)/protocols/ostrace.skald.o $(BUILD)/libskald.a
	$(CC) $(CFLAGS) $(SANE) -o $@ $^ -lpthread

# ---- fuzzing it: driven by libFuzzer, or by nothing ----

OSTRACE_FUZZ := $(filter-out %/main.c,$(wildcard tools/ostrace/*.c)) fuzz/ostrace/target.c \
	fuzz/compiler/change.c fuzz/compiler/target.c fuzz/compiler/tokens.c
OSTRACE_FUZZ_PARTS := $(patsubst %.c,$(BUILD)/fuzz/ostrace/objects/%.o,$(filter-out \
	%/make_names.c,$(OSTRACE_FUZZ)) fuzz/compiler/libfuzzer.c $(wildcard runtime/*.c) \
	tools/ostrace/names.c protocols/ostrace.skald.c)

fuzz-ostrace: $(BUILD)/fuzz/ostrace/plain

$(BUILD)/fuzz/ostrace/plain: $(patsubst %,$(BUILD)/fuzz/%.o,ostrace/target compiler/plain \
		compiler/tokens compiler/target compiler/change) $(OSTRACE_PARTS)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^

$(BUILD)/fuzz/ostrace/objects/%.o: %.c | $(OSTRACE_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CLANG) -I$(BUILD)/protocols -fsanitize=fuzzer-no-link -c -o $@ $<

$(BUILD)/fuzz/ostrace/objects/%.o: $(BUILD)/%.c | $(OSTRACE_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CLANG) -I$(BUILD)/protocols -fsanitize=fuzzer-no-link -c -o $@ $<

$(BUILD)/fuzz/ostrace/libfuzzer: $(OSTRACE_FUZZ_PARTS)
	$(FUZZ_CLANG) -fsanitize=fuzzer -o $@ $^

.PHONY: fuzz-ostrace
-include $(OSTRACE:.o=.d) $(OSTRACE_WRITE).d $(OSTRACE_STUBS).d $(BUILD)/tools/ostrace/make_names.d \
	$(BUILD)/protocols/ostrace.deps $(wildcard $(BUILD)/fuzz/ostrace/*.d)
