"""Dates and times are written the same in every language: 2026-11-28 15:44. Django looks for a module by language."""

DATE, TIME, DATE_TIME = "Y-m-d", "H:i", "Y-m-d H:i"
