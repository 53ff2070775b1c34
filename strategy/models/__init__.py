from strategy.models.block import Block
from strategy.models.node import EasyText, Illustration, KindWord, Node, RelatedMaterial, Translation
from strategy.models.page import Page
from strategy.models.search import SearchText, SearchWord
from strategy.models.statement import AccessibilityExemption, AccessibilityFailure

__all__ = [
    "AccessibilityExemption",
    "AccessibilityFailure",
    "Block",
    "EasyText",
    "Illustration",
    "KindWord",
    "Node",
    "Page",
    "RelatedMaterial",
    "SearchText",
    "SearchWord",
    "Translation",
]
