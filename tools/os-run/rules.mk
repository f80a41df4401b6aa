# build/os-run-frames: what tests/os-run reads the second serial line with.

$(BUILD)/os-run-frames: $(BUILD)/tools/os-run/frames.o
	$(CC) $(CFLAGS) $(SANE) -o $@ $^

-include $(BUILD)/tools/os-run/frames.d
