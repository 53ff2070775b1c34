from strategy.admin.editions import EditionAdmin
from strategy.admin.nodes import NodeAdmin

__all__ = ["EditionAdmin", "NodeAdmin"]
