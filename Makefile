# Moodline: `make help` lists what there is. Everything sets itself up.
.DEFAULT_GOAL := help
PYTHON ?= python3
VIDEO ?=
bin := .venv/bin

.PHONY: help setup setup-dev demo test check format bench docs clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  %-10s %s\n", $$1, $$2}'

setup: ## Install what running needs
	@PYTHON=$(PYTHON) scripts/setup.sh all

setup-dev: ## Install what running and testing need
	@PYTHON=$(PYTHON) scripts/setup.sh all,dev

demo: setup ## Run the main job on a composed clip, or on VIDEO=path
	@$(bin)/moodline demo $(if $(VIDEO),"$(VIDEO)")

test: setup-dev check ## Run every check and every test
	@$(bin)/python -m pytest --numprocesses 2 --dist loadgroup

check: setup-dev ## Lint, types, imports
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/mypy
	@$(bin)/lint-imports

format: setup-dev ## Format the code
	@$(bin)/ruff format .
	@$(bin)/ruff check --fix .

bench: setup ## Measure speed on VIDEO=path
	@$(bin)/moodline bench pipeline "$(VIDEO)"

docs: setup-dev ## Write the generated pages again
	@$(bin)/python -m moodline.settings_page docs/settings.md .env.example
	@$(bin)/python -m sink.public docs/readings-v1.schema.json

clean: ## Remove the environment and local state
	rm -rf .venv .moodline demo-report runs
