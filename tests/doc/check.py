"""Usage: check.py FOLDER

HTML as it should be: elements closed in their order and where they may stand, ids once
each, every link leads to a page and a place that are there, no scripts.
"""
import html.parser
import os
import sys

VOID = {"meta", "link", "br"}
KNOWN = VOID | set("html head body title nav main section h1 h2 h3 h4 p ul li a code span "
	"strong div table caption thead tbody tr th td "
	"svg text rect path circle".split())
# What may not stand in these.
BLOCKS = {"p", "ul", "div", "table", "section", "h1", "h2", "h3", "h4"}
INSIDE = {"p": BLOCKS, "h1": BLOCKS, "h2": BLOCKS, "h3": BLOCKS, "h4": BLOCKS,
	"a": {"a"}, "code": BLOCKS, "span": BLOCKS}
WITHIN = {"li": {"ul"}, "tr": {"thead", "tbody"}, "td": {"tr"}, "th": {"tr"},
	"thead": {"table"}, "tbody": {"table"}, "caption": {"table"}}


class Page(html.parser.HTMLParser):
	def __init__(self, name, text):
		super().__init__()
		self.name, self.open, self.ids, self.links, self.wrong = name, [], set(), [], []
		if not text.startswith("<!DOCTYPE html>"):
			self.say("no doctype")
		self.columns = 0
		self.feed(text)
		self.close()
		if self.open:
			self.say(f"{self.open} are not closed")

	def say(self, what):
		self.wrong.append(f"{self.name}:{self.getpos()[0]}: {what}")

	def handle_starttag(self, tag, attributes):
		attributes = dict(attributes)
		if tag not in KNOWN:
			self.say(f"an element {tag}")
		for above in self.open:
			if tag in INSIDE.get(above, ()):
				self.say(f"{tag} within {above}")
		if tag in WITHIN and self.open[-1] not in WITHIN[tag]:
			self.say(f"{tag} within {self.open[-1]}")
		if tag == "tr":
			self.columns = 0
		if tag in ("td", "th"):
			self.columns += int(attributes.get("colspan", 1))
		if attributes.get("id") in self.ids:
			self.say(f"a second id {attributes['id']}")
		if "id" in attributes:
			self.ids.add(attributes["id"])
		for name, value in attributes.items():
			if name.startswith("on"):
				self.say(f"an attribute {name}")
			if name == "href":
				self.links.append((value, self.getpos()[0]))
		if tag not in VOID:
			self.open.append(tag)
		if tag == "table":
			self.is_wire = attributes.get("class") == "wire"

	def handle_startendtag(self, tag, attributes):
		"""Of a drawing: <path .../>."""
		if "svg" not in self.open:
			self.say(f"<{tag}/> outside a drawing")
		self.handle_starttag(tag, attributes)
		self.handle_endtag(tag)

	def handle_endtag(self, tag):
		if not self.open or self.open[-1] != tag:
			self.say(f"</{tag}> behind {self.open[-1:]}")
		else:
			self.open.pop()
		if tag == "tr" and self.is_wire and self.columns != 9:
			self.say(f"a row of {self.columns} bytes and a number")


def main():
	folder = sys.argv[1]
	pages = {name: Page(name, open(os.path.join(folder, name), encoding="utf-8").read())
		for name in sorted(os.listdir(folder)) if name.endswith(".html")}
	wrong = [each for page in pages.values() for each in page.wrong]
	links = 0
	for page in pages.values():
		for link, line in page.links:
			links += 1
			name, _, place = link.partition("#")
			name = name or page.name
			there = os.path.exists(os.path.join(folder, name))
			if not there or place and place not in pages[name].ids:
				wrong.append(f"{page.name}:{line}: {link} leads nowhere")
	print("\n".join(wrong[:20]))
	print(f"{len(pages)} pages, {links} links")
	sys.exit(bool(wrong) or links == 0)


main()
