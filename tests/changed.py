"""What is done with a page after it was published."""

from django.contrib.auth import get_user_model


def changes_of(node) -> str:
    return f"/n/{node.pk}/andringar/"


def change(node, reason: str = "", **fields):
    """Publish `node` with other values."""
    from strategy import publishing
    from strategy.models import Node

    Node.objects.filter(pk=node.pk).update(**fields)
    node.refresh_from_db()
    return publishing.publish(node, reason=reason)


def block(page) -> None:
    """Proposed by one person and approved by another."""
    from strategy import blocking

    one, other = (get_user_model().objects.get_or_create(username=name)[0] for name in ("en", "annan"))
    proposal = blocking.propose(page, ground="personal_data", reason="Namn på en enskild.", by=one)
    blocking.decide(proposal, approve=True, by=other)


def publish_many(parent, count: int) -> None:
    """`count` text pages, all public from one moment on."""
    from strategy import publishing
    from tests.tree import grow

    parent.refresh_from_db()
    publishing.publish_together(
        [grow(parent, "text", f"sida-{number}", title=f"Sida {number}") for number in range(count)]
    )
