# A line for each file that is made, in place of its commands; V=1 shows these, as make
# does by itself, and `make -s` neither.
#
# make asks for SHELL before each command, and knows by then which file it is for: the
# first time for a file it is told of. What is no file of a folder, as `test`, is not.

ifeq ($(V),)
.SILENT:
ifeq ($(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS)))),)
QUIET_o := CC
QUIET_a := AR
quiet_tell = $(eval quiet_told-$@ := 1)$(info $(or $(QUIET_$(patsubst .%,%,$(suffix $@))),MAKE)	$@)
SHELL = $(if $(findstring /,$@),$(if $(quiet_told-$@),,$(quiet_tell)))/bin/sh
endif
endif
