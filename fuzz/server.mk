# Servers of files as a fuzzer's targets. The Makefile of one has set SERVER, its
# name; BESIDE, sources beside the target that go with it; WITHOUT, sources of
# the server that do not; and included this:
#
#	make -f fuzz/SERVER/Makefile plain/SERVER	no engine
#	make -f fuzz/SERVER/Makefile libfuzzer/SERVER	and afl/SERVER, coverage/SERVER
#
# What is made goes below OUT, build/fuzz/SERVER; cases to begin with are in
# OUT/seeds/SERVER.

FROM	:= $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)

ifndef SKALD_ROOT

OUT	?= $(FROM)/build/fuzz/$(SERVER)
SKALD	?= $(FROM)/build/skald

# The sources lie in OUT as the rules for schemas want them.
%/$(SERVER): $(OUT)/targets/$(SERVER).c FORCE
	@$(MAKE) --no-print-directory -C $(OUT) -f $(FROM)/fuzz/$(SERVER)/Makefile \
		SKALD_ROOT=$(FROM) $@ seeds

$(OUT)/targets/$(SERVER).c: $(SKALD) $(wildcard $(FROM)/protocols/*.skald)
	@mkdir -p $(OUT)
	@$(SKALD) fuzz $(FROM)/protocols/fs.skald -I $(FROM)/protocols -o $(OUT)
	@mkdir -p $(OUT)/protocols
	@ln -sfn $(FROM)/servers $(OUT)/servers
	@ln -sfn $(FROM)/runtime $(OUT)/runtime
	@ln -sfn $(FROM)/fuzz $(OUT)/fuzz
	@ln -sf $(OUT)/*.skald.h $(OUT)/protocols
	@echo '#include "fuzz/$(SERVER)/target.c"' >$@

$(SKALD):
	$(MAKE) -s -C $(FROM) build/skald

FORCE:
.PHONY: FORCE

else

TARGETS	:= $(SERVER)
SOURCES	:= fs.skald.reflect.c fs.skald.c block.skald.c kernel.skald.c $(BESIDE) \
	$(patsubst $(SKALD_ROOT)/%,%,$(filter-out $(WITHOUT:%=$(SKALD_ROOT)/servers/$(SERVER)/%.c),\
	$(wildcard $(SKALD_ROOT)/servers/$(SERVER)/*.c $(SKALD_ROOT)/runtime/files/*.c)))

include $(SKALD_ROOT)/fuzz/rules.mk

C11	+= -D_GNU_SOURCE

seeds: seeds/$(SERVER)/.made
seeds/$(SERVER)/.made: obj-plain/fuzz/hostfs/seeds.o $(OWN:%=obj-plain/%) \
		$(call of_tree,$(IN_gcc),)
	@mkdir -p $(@D)
	$(CC) $(CHECKS) -o obj-plain/seeds $< $(filter %.skald.o,$^) \
		$(LIBS:%=$(SKALD_ROOT)/$(IN_gcc)/%) -lyaml
	obj-plain/seeds seeds/$(SERVER)
	@touch $@
obj-plain/fuzz/hostfs/seeds.o: fuzz/hostfs/seeds.c
	@mkdir -p $(@D)
	$(CC) $(C11) -Wno-missing-field-initializers $(CHECKS) -c -o $@ $<
.PHONY: seeds

endif
