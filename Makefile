# The commands of this project. Each makes what it needs first; on a fresh checkout that is everything.

# A pyenv shim named uv may be on PATH and not work, so it is asked; without one, uv gets a folder of its own.
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv || echo .tools/bin/uv)
PYTHON := .venv/bin/python
STATIC := var/static/staticfiles.json
TRANSLATIONS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po locale/*/*/LC_MESSAGES/django.po))
CATALOGUE := locale/zh_Hans/LC_MESSAGES/django.po
PIN := $(UV) pip compile -q --universal --python-version 3.12 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links

# Dozens of Python processes are started here, and where this is set each of them would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run setup test test-all soak bench lint audit messages screenshots requirements static

# Serve the console with its demo data on http://127.0.0.1:8000/; HOST, PORT, WEB_WORKERS and DATABASE_URL override.
run: .venv/base $(STATIC) $(TRANSLATIONS)
	@scripts/run

# Build .venv with all dependencies, those of the tests and checks included.
setup: .venv/dev

# The quick tests: on SQLite with one browser journey, then on PostgreSQL. TEST_POSTGRES_URL names a server of your own.
test: .venv/dev $(STATIC) $(TRANSLATIONS)
	@$(PYTHON) -m tests.browser.chromium
	$(PYTHON) -m pytest -q -n 2 -m "not slow"
	$(PYTHON) -m tests.with_postgres $(PYTHON) -m pytest -q -n 2 -m "not slow and not browser and not any_database"

# Every test, those with whole servers, faults and all browser journeys included. CI runs this.
test-all: .venv/dev $(STATIC) $(TRANSLATIONS)
	@$(PYTHON) -m tests.browser.chromium
	@$(PYTHON) -m tests.debian
	$(PYTHON) -m pytest -q -n 2
	$(PYTHON) -m tests.with_postgres $(PYTHON) -m pytest -q -n 2 -m "not browser and not any_database"

# The product, an earlier version of it, moto and the floor side by side, about 30 minutes; QUICK=1 takes two and writes
# nothing. BASELINE names the git revision to compare with, or none.
bench: .venv/dev .tools/moto/.installed $(STATIC) $(TRANSLATIONS)
	$(PYTHON) -m benchmarks $(if $(BASELINE),--baseline $(BASELINE)) $(if $(QUICK),--quick,--output docs/benchmarks.md)

# The faults of tests/faults in their long form, on SQLite and then on PostgreSQL; half an hour. Writes docs/reliability.md.
soak: .venv/dev $(STATIC) $(TRANSLATIONS)
	@$(PYTHON) -m tests.debian
	$(PYTHON) -m tests.faults --output docs/reliability.md

APPS := accounts api audit desktops images regions
# Migrations that a version before them could not run beside; there was no release before them.
BEFORE_RELEASE := 0003_entry_resource 0004_planned_share_owner

# None of the checks writes to a database.
lint: export DATABASE_URL := sqlite:///:memory:
lint: .venv/dev $(TRANSLATIONS)
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	find templates -name '*.html' | xargs .venv/bin/djade --check --target-version 6.1
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTHON) -m scripts.check_private_names
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) -m tests.with_postgres $(PYTHON) manage.py lintmigrations --settings tests.settings --no-cache \
		--include-apps $(APPS) --ignore-name $(BEFORE_RELEASE) --warnings-as-errors RUNPYTHON_REVERSIBLE -q ok ignore warning -v0
	.venv/bin/hadolint --failure-threshold warning deploy/Containerfile
	.venv/bin/gixy deploy/nginx.conf
	DEBUG=0 SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))') \
		ALLOWED_HOSTS=console.example.com MAIL_URL=smtp://mail.example.com $(PYTHON) manage.py check --deploy --fail-level WARNING

# Ask the advisories of the Python packages about every pinned version, and the index for newer ones; needs the network.
# A version that could not be asked about is a failure too (--strict).
audit: .tools/audit/.installed
	$(UV) pip list --outdated -p $(PYTHON)
	.tools/audit/bin/pip-audit --strict --disable-pip --progress-spinner off \
		$(foreach name,uv base dev bench,-r requirements/$(name).txt)

# The pictures of the README.
screenshots: .venv/dev $(STATIC) $(TRANSLATIONS)
	@$(PYTHON) -m tests.browser.chromium
	$(PYTHON) -m scripts.screenshots

# Gather the texts to translate; this one needs GNU gettext.
messages: .venv/dev
	$(PYTHON) manage.py makemessages -l zh_Hans --no-wrap --keep-pot --add-location file -e html,py,txt \
		-i .venv -i .tools -i tests -i var -i benchmarks -i "templates/forms/*"
	@mkdir -p var
	.venv/bin/pybabel -q extract -F babel.cfg --add-location=file -o var/jinja.pot templates
	msgcat --use-first --no-wrap -o var/all.pot locale/django.pot var/jinja.pot
	msgmerge -q --no-wrap --no-fuzzy-matching --add-location=file $(CATALOGUE) var/all.pot | \
		msgattrib --no-obsolete --no-wrap -o var/merged.po -
	mv var/merged.po $(CATALOGUE)
	rm locale/django.pot var/jinja.pot var/all.pot

# Write the pinned requirements anew; with UPGRADE=--upgrade to the newest versions.
requirements: | $(UV)
	for name in uv base dev bench audit; do $(PIN) $(UPGRADE) requirements/$$name.in -o requirements/$$name.txt || exit; done

static: $(STATIC)

.tools/bin/uv:
	@scripts/install-uv

.venv/pyvenv.cfg: | $(UV)
	@scripts/build-venv $(UV)

# It adds and never takes away, so a .venv of `make setup` keeps what it has.
.venv/base: requirements/base.txt | .venv/pyvenv.cfg
	@$(UV) pip install -q --require-hashes -r $<
	@touch $@

.venv/dev: requirements/dev.txt | .venv/pyvenv.cfg
	@$(UV) pip sync -q --require-hashes $<
	@touch .venv/base $@

# What the benchmarks compare with has many requirements, and none of them is ours.
.tools/moto/.installed: requirements/bench.txt | .venv/pyvenv.cfg
	@$(UV) venv -q --allow-existing -p $(PYTHON) .tools/moto
	@$(UV) pip sync -q --require-hashes -p .tools/moto/bin/python $<
	@touch $@

.tools/audit/.installed: requirements/audit.txt | .venv/dev
	@$(UV) venv -q --allow-existing -p $(PYTHON) .tools/audit
	@$(UV) pip sync -q --require-hashes -p .tools/audit/bin/python $<
	@touch $@

$(STATIC): $(shell find static -type f) | .venv/base
	@DEBUG=0 SECRET_KEY=none-is-needed-here-but-a-short-one-would-be-refused $(PYTHON) manage.py collectstatic --noinput --clear -v0

%.mo: %.po | .venv/base
	@.venv/bin/pybabel -q compile -i $< -o $@
