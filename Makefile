# make help is the manual. Options are written after the target: make demo PORT=9000 REDIS=off
.DEFAULT_GOAL := help
.PHONY: help setup demo up down status test check bench chaos lock

BIN := .venv/bin
# Sixteen processes start much faster from compiled files.
unexport PYTHONDONTWRITEBYTECODE
export PORT SCALE REDIS REAL_SMS EXIT JIAMENKOU_HOME
unexport $(foreach name,PORT SCALE REDIS REAL_SMS EXIT JIAMENKOU_HOME,$(if $($(name)),,$(name)))

help:  ## this page
	@printf 'Jiamenkou: a subdistrict'"'"'s community services.\n\n'
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16
	@printf '\nOptions, after a target:\n'
	@printf '  PORT=9000              the one port everything is served on (8080)\n'
	@printf '  EXIT=1                 demo: stop after the story, succeed only if its recount agrees\n'
	@printf '  REDIS=off              run without Redis: slower, and nothing is lost\n'
	@printf '  REAL_SMS=kannel        texts go through kannel and SMPP to phones on this machine (kannel must be installed)\n'
	@printf '  SCALE="notify.jobs=3"  how many of a worker\n'
	@printf '  JIAMENKOU_HOME=folder  where data and logs are kept (.run/up, .run/demo)\n'
	@printf '  DATABASE_URL, REDIS_URL  in the environment: use these servers instead of starting some\n'
	@printf '  TESTS="tests/local"    test: only these\n'
	@printf '\n$(BIN)/jiamenkou --help shows the commands behind these, and those for dead letters.\n'

setup:  ## install what is needed into .venv; the targets below do it by themselves
	@command -v python3 >/dev/null || { echo 'Jiamenkou needs Python 3.11 or newer, and there is no python3 on PATH.' >&2; exit 2; }
	@python3 infra/local/setup.py

demo: setup  ## play the story on a running stack, and leave it running
	@$(BIN)/jiamenkou demo

up: setup  ## start everything, without the story
	@$(BIN)/jiamenkou up

down: setup  ## stop what up or demo started, from another terminal
	@$(BIN)/jiamenkou down

status: setup  ## processes, queues, how far each fact has come, jobs, dead letters
	@$(BIN)/jiamenkou status

test: setup  ## run the tests, on a PostgreSQL and a Valkey of their own
	@$(BIN)/python -m pytest -n auto $(TESTS)

check: setup  ## style, types, import rules
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup  ## measure the claims, and write them to infra/bench/RESULTS.md
	@$(BIN)/python -m infra.bench

chaos: setup  ## hurt a running stack, and check that nothing is lost
	@$(BIN)/python -m infra.chaos

lock: setup  ## write the locks anew, with the newest versions that fit
	@$(BIN)/python -m infra.local.lock
