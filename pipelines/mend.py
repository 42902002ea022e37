"""What is mended in a tree before anybody reads it."""

from __future__ import annotations

from lxml import etree, html

_MAX_DEPTH = 200  # libxml2's own limit is 256; below it every reader of the tree is safe
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (_MAX_DEPTH + 1)})")
_WRAPPERS = ("div", "span", "section", "font", "b", "i", "blockquote", "article")


def flatten(tree: html.HtmlElement) -> None:
    """Lift what is nested too deep: beyond the limit, containers give way to their contents, in order."""
    if not _TOO_DEEP(tree):
        return
    depth = {tree: 1}
    deep: list[html.HtmlElement] = []
    for element in tree.iter():
        parent = element.getparent()
        level = depth[element] = depth[parent] + 1 if parent is not None and element is not tree else 1
        if level > _MAX_DEPTH and element.tag in _WRAPPERS:
            deep.append(element)
    for element in reversed(deep):
        element.drop_tag()


def spell_out_ruby(tree: html.HtmlElement) -> None:
    """Write the readings of words behind them in brackets, as browsers do that know no ruby: readers drop them."""
    for ruby in list(tree.iter("ruby")):
        for part in list(ruby.iter("rp", "rt")):
            if part.tag == "rp":
                part.drop_tree()
            elif reading := part.text_content().strip():
                part.text, part[:] = f"（{reading}）", []
        for part in list(ruby.iter("rb", "rt", "rtc")):
            part.drop_tag()
        ruby.drop_tag()


def spell_out_quotes(tree: html.HtmlElement) -> None:
    """Write the marks of quotations within a sentence, which browsers draw; readers take them for paragraphs."""
    for quote in list(tree.iter("q")):
        quote.text = f"“{quote.text or ''}"
        if len(quote):
            quote[-1].tail = f"{quote[-1].tail or ''}”"
        else:
            quote.text += "”"
        quote.drop_tag()
