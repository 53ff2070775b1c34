from strategy.models.node import Illustration, KindWord, Node, RelatedMaterial, Translation
from strategy.models.page import Page

__all__ = ["Illustration", "KindWord", "Node", "Page", "RelatedMaterial", "Translation"]
