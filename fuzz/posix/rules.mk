# The reader of programs under fuzz: driven by libFuzzer, or (plain) by nothing.

FUZZ_POSIX := servers/posix/binary fuzz/posix/target fuzz/compiler/tokens fuzz/compiler/target \
	fuzz/compiler/change

$(BUILD)/fuzz/posix/plain: $(patsubst %,$(BUILD)/%.o,$(FUZZ_POSIX) fuzz/compiler/plain)
	$(CC) $(CFLAGS) $(SANE) -o $@ $^

$(BUILD)/fuzz/posix/libfuzzer: $(patsubst %,$(FUZZ_OBJECTS)/%.o,$(FUZZ_POSIX) \
		fuzz/compiler/libfuzzer)
	@mkdir -p $(@D)
	$(FUZZ_CLANG) -fsanitize=fuzzer -o $@ $^

-include $(wildcard $(BUILD)/fuzz/posix/*.d)
