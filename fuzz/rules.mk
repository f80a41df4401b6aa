# How the fuzzers of a schema are built; the Makefile that `skald fuzz` writes
# includes it, and has set SKALD_ROOT, TARGETS, and SOURCES: the generated C.
#
# What is not the schema's own is built by the tree's Makefile in folders of the
# tree, so that all schemas share it. ASan and UBSan watch all of it, but
# coverage, which guides the engines, is that of generated C and the codec.

include $(SKALD_ROOT)/tools/quiet.mk

CC	:= $(if $(filter default,$(origin CC)),gcc,$(CC))
CLANG	?= clang
AFL_CC	?= afl-clang-fast
CFLAGS	?= -O1 -g
CHECKS	:= -fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all
C11	:= -std=c11 -Wall -Wextra $(CFLAGS) -I$(SKALD_ROOT) -I. -MMD -MP
LINKED	:= -lyaml -lpthread

.DELETE_ON_ERROR:
.SECONDARY:

help:
	@echo 'make plain/TARGET      replays inputs, or mutates them without an engine'
	@echo 'make libfuzzer/TARGET  a fuzzer by libFuzzer (clang)'
	@echo 'make afl/TARGET        a fuzzer for afl-fuzz (AFL++), and afl/TARGET.so,'
	@echo '                       its mutator; afl/mutator.so is that of the last one'
	@echo 'make coverage/TARGET   tells how much of the decoders inputs reach'
	@echo 'make plain             and so on: those of all targets'
	@echo
	@echo 'CC (plain), CLANG and AFL_CC choose the compilers.'
	@echo 'TARGET is the first word of a line in targets.list.'

# ---- of the tree ----

# Objects of gcc and of clang do not go together under ASan.
IN_gcc	 := $(if $(filter gcc,$(CC)),build/asan,build/asan-$(notdir $(CC)))
IN_clang := build/fuzz-$(notdir $(CLANG))
IN_pic	 := build/fuzz-pic-$(notdir $(CLANG))

LIBS	:= libfuzz.a libinterpreter.a libskald.a

# Sources that are installed are nobody's to write to: what is made of them goes elsewhere.
CACHE	?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/skald
TREE	:= $(if $(wildcard $(SKALD_ROOT)/tests),$(SKALD_ROOT),$(CACHE))
APART	:= $(if $(wildcard $(SKALD_ROOT)/tests),,$(CACHE)/)

# $(call tree,FOLDER,ENTRIES,WHAT MAKE IS TOLD): one make at a time works there.
# A rule for each file: in a group make takes all for new when it was run. What
# it makes is not ours to delete when something fails.
define tree
.PRECIOUS: $(addprefix $(TREE)/$(1)/,$(2) $(LIBS))
$(addprefix $(TREE)/$(1)/,$(2) $(LIBS)): $(TREE)/%: FORCE
	+@flock $(SKALD_ROOT)/fuzz $(MAKE) -s --no-print-directory -C $(SKALD_ROOT) \
		BUILD=$(APART)$(1) $(3) $(APART)$$*
endef

$(eval $(call tree,$(IN_gcc),fuzz/plain_main.o,CC='$(CC)' SANITIZE=1 CFLAGS='-O1 -g'))
$(eval $(call tree,$(IN_clang),$(patsubst %,fuzz/%.o,engine mutator afl_main coverage_main),CC='$(CLANG)' SANITIZE=1 CFLAGS='-O1 -g'))
# afl-fuzz itself loads the mutator, without ASan.
$(eval $(call tree,$(IN_pic),fuzz/mutator.o,CC='$(CLANG)' SANITIZE= CFLAGS='-O1 -g -fPIC'))

of_tree	= $(addprefix $(TREE)/$(1)/,$(2) $(LIBS))

FORCE:
.PHONY: help plain libfuzzer afl coverage clean FORCE

# ---- of the schema ----

CODEC	:= codec channel ring events
GUIDED	:= $(CODEC:%=codec/%.o) $(SOURCES:.c=.o)
OWN	:= $(SOURCES:.c=.o) schema.o

# So the engine is told of each fetch from a message, and can change it then.
TOLD	:= -include $(SKALD_ROOT)/fuzz/once.h

GUIDE_libfuzzer := -fsanitize=fuzzer-no-link
# Edges as they stand in the sources: none stands for two, none is there twice.
# What nothing calls, as a reader of arrays that no message has, is left out of
# the program, and does not count.
GUIDE_coverage	:= -ffunction-sections -fno-inline -fsanitize=fuzzer-no-link \
	-fno-sanitize-coverage=trace-cmp,indirect-calls,stack-depth

# $(call objects,ENGINE,COMPILER,FLAGS): generated C, and the codec, are what
# guides the engine.
define objects
$(SOURCES:%.c=obj-$(1)/%.o): obj-$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$(2) $(C11) $(TOLD) $(3) $(GUIDE_$(1)) -c -o $$@ $$<

$(CODEC:%=obj-$(1)/codec/%.o): obj-$(1)/codec/%.o: $(SKALD_ROOT)/runtime/%.c
	@mkdir -p $$(@D)
	$(2) $(C11) $(TOLD) $(3) $(GUIDE_$(1)) -c -o $$@ $$<

obj-$(1)/schema.o $(TARGETS:%=obj-$(1)/targets/%.o): obj-$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$(2) $(C11) $(3) -c -o $$@ $$<

$(1): $(TARGETS:%=$(1)/%)
endef

$(eval $(call objects,plain,$(CC),$(CHECKS)))
$(eval $(call objects,libfuzzer,$(CLANG),$(CHECKS)))
$(eval $(call objects,afl,$(AFL_CC),$(CHECKS)))
$(eval $(call objects,coverage,$(CLANG),))
$(eval $(call objects,mutator,$(CLANG),-fPIC))

# ---- programs ----

$(TARGETS:%=plain/%): plain/%: obj-plain/targets/%.o \
		$(patsubst %,obj-plain/%,schema.o $(GUIDED)) \
		$(call of_tree,$(IN_gcc),fuzz/plain_main.o)
	@mkdir -p $(@D)
	$(CC) $(CHECKS) -o $@ $^ $(LINKED)

$(TARGETS:%=libfuzzer/%): libfuzzer/%: obj-libfuzzer/targets/%.o \
		$(patsubst %,obj-libfuzzer/%,schema.o $(GUIDED)) \
		$(call of_tree,$(IN_clang),fuzz/engine.o fuzz/mutator.o)
	@mkdir -p $(@D)
	$(CLANG) $(CHECKS) -fsanitize=fuzzer -o $@ $^ $(LINKED)

$(TARGETS:%=coverage/%): coverage/%: obj-coverage/targets/%.o $(OWN:%=obj-coverage/%) \
		$(call of_tree,$(IN_clang),fuzz/coverage_main.o)
	@mkdir -p $(@D)
	$(CLANG) $(CHECKS) -Wl,--gc-sections,-z,start-stop-gc -o $@ $^ $(LINKED)

$(TARGETS:%=afl/%): afl/%: obj-afl/targets/%.o \
		$(patsubst %,obj-afl/%,schema.o $(GUIDED)) \
		$(call of_tree,$(IN_clang),fuzz/afl_main.o) | mutator-of-%
	@mkdir -p $(@D)
	$(AFL_CC) $(CHECKS) -o $@ $^ $(LINKED)

$(TARGETS:%=afl/%.so): afl/%.so: obj-mutator/targets/%.o $(OWN:%=obj-mutator/%) \
		$(call of_tree,$(IN_pic),fuzz/mutator.o)
	@mkdir -p $(@D)
	$(CLANG) -shared -o $@ $^ $(LINKED)

.PHONY: $(TARGETS:%=mutator-of-%)
$(TARGETS:%=mutator-of-%): mutator-of-%: afl/%.so
	@ln -sf $*.so afl/mutator.so

clean:
	rm -rf plain libfuzzer afl coverage obj-*

-include $(wildcard obj-*/*.d obj-*/codec/*.d obj-*/targets/*.d)
