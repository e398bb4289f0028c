"""The parts of a page that Jinja makes, in a tenth to a fifth of the time that Django's templates take.

There is an environment for each language. A text to be translated, and an icon, stands in the compiled template as if
it had been written there in that language: a page of a list has hundreds, else looked up and escaped for each request.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import jinja2
from django import template
from django.conf import settings
from django.template.context import Context
from django.template.defaulttags import querystring
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe
from django_htmx.jinja import htmx_script
from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from markupsafe import _escape_inner, escape

from ui.tags import icon, time_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import Choices

register = template.Library()


@register.simple_tag(takes_context=True)
def jinja(context: Context, template_name: str, **more: Any) -> SafeString:
    """A part of a page, made by a Jinja template from what the page's template knows, and from what is told more."""
    known: dict[Any, Any] = {**context.flatten(), **more}
    made = environment_in(translation.get_language()).get_template(template_name).render(known)
    return mark_safe(made)  # noqa: S308 - Jinja escapes as Django does


@register.simple_tag(takes_context=True, name="csrf_token")
def form_token(context: Context) -> SafeString:
    """In place of Django's tag, so that the forms of the admin site and of packages say whom their page was made for.

    Like Django's it writes nothing where a template is made without a request.
    """
    return jinja(context, "components/form_token.jinja") if context.get("csrf_token") else SafeString()


class Environment(jinja2.Environment):
    """What Jinja templates of one language know: a few of Django's own words."""

    def __init__(self, language: str | None) -> None:
        self.language = language
        super().__init__(
            loader=jinja2.FileSystemLoader(template.Engine.get_default().dirs),
            autoescape=True,
            auto_reload=settings.DEBUG,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.globals.update(
            {
                "label_of": cache(_label_of),
                "now": timezone.now,
                # Each by its own name.
                "other_languages": [
                    (code, translation.get_language_info(code)["name_local"])
                    for code, _name in settings.LANGUAGES
                    if code != language
                ],
                "querystring": _querystring,
                "time": time_of,
                "url": _url,
                **_WORDS,
            }
        )

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        with translation.override(self.language):
            code = super()._generate(_Constants(self).visit(source), *args, **kwargs)
        # The code calls it for whatever it writes.
        return f"{code}\nfrom eds_console.jinja import escaped as escape\n"


environment_in = cache(Environment)

# What gives the same for the same arguments, in one language.
_WORDS: dict[str, Callable[..., str]] = {
    "_": translation.gettext,
    "htmx_script": htmx_script,
    "icon": icon,
    "static": static,
}


def escaped(value: Any) -> str:
    """As markupsafe's `escape`, for what is written and then no more looked at.

    To say of each text that it is markup now takes ten times as long as to escape it: a tenth of a page's time.
    """
    return _escape_inner(value) if type(value) is str else str(escape(value))


class _Constants(NodeTransformer):
    """Puts what a word of `_WORDS` gives in the place of its call, where its arguments stand in the template."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the name is of the node's class
        self.generic_visit(node)
        word = _WORDS.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        if word is None:
            return node
        try:
            arguments = [argument.as_const() for argument in node.args]
            named = dict(argument.as_const() for argument in node.kwargs)
        except nodes.Impossible:
            return node
        made = word(*arguments, **named)
        constant = nodes.Const(str(made), lineno=node.lineno, environment=self.environment)
        if isinstance(made, SafeString):
            return nodes.MarkSafe(constant, lineno=node.lineno, environment=self.environment)
        return constant


def _label_of(choice: Choices) -> str:
    """Of a choice, in the language of the environment that remembers it."""
    return str(choice.label)


def _querystring(*parameters: Mapping[str, Any]) -> str:
    """Of the tag that Django's templates have."""
    return querystring(None, *parameters)  # type: ignore[arg-type] # the context is for a tag without parameters


def _url(name: str, *arguments: str) -> str:
    return _made_url(get_script_prefix(), name, arguments)


@lru_cache(1000)
def _made_url(_prefix: str, name: str, arguments: tuple[str, ...]) -> str:
    return reverse(name, args=arguments)
