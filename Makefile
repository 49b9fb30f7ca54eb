# The three commands a newcomer needs: make demo, make test, make check.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup system demo test check format bench fitting fuzz soak kill books docs lock clean

help:  ## What can be made here
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 10

setup: $(READY)  ## Make .venv with everything in it, versions as locked
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make setup PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || deploy/system-packages.sh run
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

system:  ## Install the Debian packages that the tests' peers come in (PostgreSQL, Kannel, Postfix …)
	deploy/system-packages.sh test

demo: setup  ## The main job, to be looked at: mail comes in, the phone rings (ONCE=1: play it, check it, end)
	@deploy/system-packages.sh run || echo "going on without: cards and screens cannot be drawn without typefaces"
	$(BIN)/caiyou demo $(if $(ONCE),--once)

test: setup system  ## Every test, on SQLite and PostgreSQL, against every peer
	$(BIN)/python -m pytest -n $(or $(WORKERS),4) --dist loadfile $(TESTS)

check: setup  ## ruff, mypy strict, architecture
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

format: setup  ## Lay the code out as ruff does
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup system  ## Speed, as ratios against Kannel and smpplib measured in the same run (about 30 minutes)
	$(BIN)/python -m bench

fitting: setup  ## Media of every kind on twelve handsets: budget, likeness, speed, memory (about 15 minutes)
	$(BIN)/python -m bench.fitting

fuzz: setup  ## Ten minutes of coverage-guided fuzzing for each decoder
	$(BIN)/python -m pip install --quiet atheris==3.0.0
	$(BIN)/python -m tests.fuzz.run $(if $(SECONDS_EACH),--seconds $(SECONDS_EACH))

soak: setup  ## An hour of every protocol and a pool of modems under random faults, half a million messages
	$(BIN)/python -m bench.soak --messages $(or $(MESSAGES),500000) --seconds $(or $(SECONDS_ALL),3600)

kill: setup system  ## Kill the hub at random moments for as long as you like (ROUNDS=200)
	CAIYOU_ROUNDS=$(or $(ROUNDS),200) $(BIN)/python -m pytest -q tests/e2e/test_kill.py
	CAIYOU_ROUNDS=10 CAIYOU_MMS=2000 $(BIN)/python -m pytest -q tests/e2e/test_mm7_kill.py

books: setup system  ## Address books beside Radicale (about an hour), then 200 rounds of every client on one account
	$(BIN)/python -m bench.carddav
	CI=true CAIYOU_ROUNDS=$(or $(ROUNDS),200) $(BIN)/python -m pytest -q tests/interop/test_carddav_mix.py

docs: setup  ## Write the parts of docs/ that are made from the code
	$(BIN)/caiyou config describe --markdown > docs/configuration.md
	$(BIN)/python deploy/licences.py > docs/licences.md
	$(BIN)/python deploy/module_map.py
	$(BIN)/python deploy/pictures.py docs/pictures

lock:  ## Choose the newest versions that pyproject.toml allows
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --extra dev --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.lock pyproject.toml

clean:  ## Remove what was made here
	rm -rf $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
