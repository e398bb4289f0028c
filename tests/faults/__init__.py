"""The console under load while something fails. Each module is named after what fails.

Everything is real: gunicorn with its processes, PostgreSQL servers of their own, signals, a disk without room. In
`make test-all` these run in a short form; `make soak` runs the same with larger numbers and writes docs/reliability.md.
"""
