"""Form fields that understand text as people paste it. `tidy` is also what a form does with text it shows again."""

from __future__ import annotations

from typing import Any

from django import forms

from ui import entered


class NameField(forms.CharField):
    """A name, an ID or a search, freed of spaces and of what nobody sees around it."""

    def tidy(self, text: str) -> str:
        return entered.name(text)

    def to_python(self, value: Any) -> Any:
        return super().to_python(self.tidy(value) if isinstance(value, str) else value)


class AccountIdField(NameField):
    """An ID of digits, freed of spaces, hyphens and what nobody sees, around the digits and between them."""

    def tidy(self, text: str) -> str:
        return entered.account_id(text)


class LinesField(NameField):
    """Text of several lines."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 2}), **options)

    def tidy(self, text: str) -> str:
        return entered.lines(text).strip()
