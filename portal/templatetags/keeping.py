from django import template

register = template.Library()


@register.simple_block_tag
def keep(content: str) -> str:
    """`{% keep as title %}{% block title %}…{% endblock %}{% endkeep %}`: a block written once, `{{ title }}` often."""
    return content
