# Images: files of programs of Debian that the OS's root begins with (image/README.md).
#
#	make image	$(IMAGE)/small.tar, $(IMAGE)/full.tar: pieces of archives

IMAGE	:= $(BUILD)/image
IMAGES	:= $(IMAGE)/small.tar $(IMAGE)/full.tar

image: $(IMAGES)

$(IMAGES): $(IMAGE)/%.tar: image/build image/packages image/leave-out \
		$(shell find image/root -type f)
	@image/build $* $(IMAGE)

# Both download into one folder.
$(IMAGE)/full.tar: | $(IMAGE)/small.tar

.PHONY: image
