# Images: files of programs of Debian that the OS's root begins with (image/README.md).
#
#	make image	$(IMAGE)/small.tar, $(IMAGE)/full.tar: pieces of archives
#
# And $(IMAGE)/python.tar, for tests/posix/python.sh alone.

IMAGE	:= $(BUILD)/image
IMAGES	:= $(IMAGE)/small.tar $(IMAGE)/full.tar

image: $(IMAGES)

$(IMAGES) $(IMAGE)/python.tar: $(IMAGE)/%.tar: image/build image/packages image/leave-out \
		$(shell find image/root -type f)
	@image/build $* $(IMAGE)

# All download into one folder.
$(IMAGE)/full.tar: | $(IMAGE)/small.tar
$(IMAGE)/python.tar: | $(IMAGE)/full.tar

.PHONY: image
