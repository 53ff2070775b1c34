from strategy.admin.blocks import BlockAdmin
from strategy.admin.editions import EditionAdmin
from strategy.admin.nodes import NodeAdmin

__all__ = ["BlockAdmin", "EditionAdmin", "NodeAdmin"]
