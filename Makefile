# `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

SUPPORTED := import sys, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))
PYTHON ?= $(shell for python in python3.11 python3.12 python3 python; do \
	$$python -c '$(SUPPORTED)' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
TOOLS := .venv/tools
CODE := airflow mlflow service evidently_service streamlit local imgs benchmarks unit_tests integration_tests
PACKAGES := airflow/vehicle_pricing service/price_service evidently_service/drift_monitor streamlit/price_app
# In tests fixtures are arguments and names are sentences: what is wrong is looked for, not style.
TEST_CHECKS := E,unused-import,unused-variable,unreachable,duplicate-key,self-assigning-variable
PYTHONPATH_OF_PARTS := airflow:service:evidently_service:streamlit:benchmarks
# MLflow, Evidently and Streamlit report their use to their makers unless told not to.
export MLFLOW_DISABLE_TELEMETRY ?= true
export DO_NOT_TRACK ?= true
export STREAMLIT_BROWSER_GATHER_USAGE_STATS ?= false

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z_]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

.PHONY: env
env: .venv/installed ## Make the Python environment from Pipfile.lock

.venv/installed: Pipfile.lock local/installers.txt
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c '$(SUPPORTED)'; then \
	  echo "Python 3.11 or 3.12 (with its venv module) is needed; found: $$($(or $(PYTHON),python3) --version 2>&1)." >&2; \
	  echo "Install one of them, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; fi
	@echo "Making the environment .venv from Pipfile.lock (once, some minutes by the network)"
	@rm -rf .venv && $(PYTHON) -m venv .venv && $(PYTHON) -m venv $(TOOLS)
	@local/with_pip_settings.sh $(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes -r local/installers.txt
	@PIPENV_IGNORE_VIRTUALENVS=1 $(TOOLS)/bin/pipenv requirements --dev --hash > .venv/requirements.txt
	@local/with_pip_settings.sh $(TOOLS)/bin/uv pip install --python $(BIN)/python --require-hashes -r .venv/requirements.txt
	@touch $@

.PHONY: lock
lock: env ## Resolve Pipfile anew into Pipfile.lock, the images' locks from it, and the installers' own
	$(TOOLS)/bin/pipenv lock
	local/with_pip_settings.sh $(BIN)/python -m local.image_locks

# --- the stack without Docker -------------------------------------------------------------------
.PHONY: demo
demo: .venv/installed ## Run the whole stack on this machine until Ctrl-C (DATASET=sample|kaggle|path)
	@exec $(BIN)/python -m local demo

# --- the stack in containers: Docker and make are all that these need ---------------------------
.PHONY: build
build: ## Build and start every container, train, print a first prediction (DATASET=sample|kaggle|path)
	@exec local/build.sh build

.PHONY: up
up: ## Start the containers and show where everything is
	@exec local/build.sh up

.PHONY: down
down: ## Stop and remove the containers; the data stays
	@exec local/compose.sh --profile '*' down --remove-orphans

.PHONY: ps
ps: ## Show the containers and their health
	@exec local/compose.sh ps --all

.PHONY: logs
logs: ## Follow the containers' logs (SERVICE=name for one)
	@exec local/compose.sh logs --follow --tail 100 $(SERVICE)

.PHONY: retrain
retrain: ## Make a data set of what is new, and train (make build must run)
	@exec local/in_launcher.sh python -m local.stack retrain

.PHONY: doctor
doctor: ## Say what on this machine would be in the way of make build, and how to mend it
	@exec local/doctor.sh

# --- beside whichever stack runs ----------------------------------------------------------------
.PHONY: traffic
traffic: ## Send traffic like the reference to the running stack (RATE=20 COUNT=1000)
	@exec local/in_stack.sh python -m local.traffic --rate $(or $(RATE),20) --count $(or $(COUNT),1000)

.PHONY: drift_traffic
drift_traffic: ## Send traffic of another world (RATE=20 COUNT=1000 ACTUAL_PRICES=1)
	@exec local/in_stack.sh python -m local.traffic --drift --actual-prices "$(ACTUAL_PRICES)" \
	  --rate $(or $(RATE),20) --count $(or $(COUNT),1000)

.PHONY: rollback
rollback: ## Put the previous model back into production, and pause automatic promotion
	@exec local/in_stack.sh python -m vehicle_pricing rollback

.PHONY: resume
resume: ## Allow automatic promotion again after a rollback
	@exec local/in_stack.sh python -m vehicle_pricing resume

.PHONY: test
test: lint ## Lint, unit and integration tests; those of terraform/ where Terraform is on this machine
	@exec local/test.sh unit integration apart terraform

.PHONY: ci
ci: .venv/installed ## Run all that CI runs and this machine can, and list what could not run (JOBS="lint security")
	@$(BIN)/python -m local.ci $(JOBS)

.PHONY: lint
lint: .venv/installed pylint ## black, isort, pylint, the workflows, no secrets
	$(BIN)/black --check --quiet $(CODE)
	$(BIN)/isort --check --quiet $(CODE)
	@local/security.sh workflows secrets

.PHONY: pylint
pylint: .venv/installed
	PYTHONPATH=$(PYTHONPATH_OF_PARTS) $(BIN)/pylint $(PACKAGES) local airflow/dags airflow/*.py benchmarks mlflow/*.py imgs/*.py
	PYTHONPATH=$(PYTHONPATH_OF_PARTS) $(BIN)/pylint --disable=all --enable=$(TEST_CHECKS) --disable=no-value-for-parameter,not-an-iterable unit_tests integration_tests

.PHONY: hooks
hooks: .venv/installed ## Run the hooks of pre-commit on all files
	$(BIN)/pre-commit run --all-files

.PHONY: security
security: .venv/installed ## Look for vulnerabilities, secrets, faults in Dockerfiles, workflows, images (CHECKS="audit secrets")
	@exec local/security.sh $(CHECKS)

.PHONY: licences
licences: .venv/installed ## List the licence of every Python package that the images hold
	@$(BIN)/python -m local.licences

.PHONY: fast_tests
fast_tests: .venv/installed
	@$(BIN)/pytest -q unit_tests/price_service unit_tests/dashboards unit_tests/workflows

.PHONY: tests
tests: .venv/installed ## Unit and integration tests, beside one another
	@exec local/test.sh unit integration apart

.PHONY: coverage
coverage: .venv/installed ## The same with their coverage, which takes longer
	@COVERAGE=1 exec local/test.sh unit integration apart

.PHONY: form_test
form_test: .venv/installed ## The form in a browser, before the real service (needs Chromium)
	$(BIN)/pytest -q integration_tests/form

.PHONY: fault_drills
fault_drills: .venv/installed ## Break each part under load and see that nothing is lost (OUTAGE_SECONDS=20 LOAD_SECONDS=60)
	$(BIN)/pytest -v -o addopts="--import-mode=importlib --strict-markers" integration_tests/faults

.PHONY: upgrade_test
upgrade_test: .venv/installed ## Run this release over what the release before left: data, models, outboxes, .env
	$(BIN)/pytest -v integration_tests/upgrade

FUZZ_CASES ?= 10000

.PHONY: fuzz
fuzz: .venv/installed ## 10,000 and more requests by the OpenAPI description, with a key and without, and nasty bodies (FUZZ_CASES=)
	FUZZ_CASES=$(FUZZ_CASES) $(BIN)/pytest -q -s integration_tests/fuzz

.PHONY: integration_tests
integration_tests: .venv/installed ## The containers together: the loop from drift to a new model and back (needs Docker)
	@exec integration_tests/compose/run.sh

# Without Terraform and the provider of AWS it fails; empty, as `make test` has it, their tests are skipped.
TERRAFORM_REQUIRED ?= 1

.PHONY: terraform_test
terraform_test: .venv/installed ## Format, validate and test terraform/, and apply it on a stand-in of AWS (TF_PLUGIN_DIR=)
	TERRAFORM_REQUIRED=$(TERRAFORM_REQUIRED) $(BIN)/pytest -o addopts="--import-mode=importlib --strict-markers" -q \
	  unit_tests/terraform integration_tests/test_terraform_on_moto.py

TERRAFORM_INIT = terraform -chdir=terraform init -input=false $(if $(TF_PLUGIN_DIR),-plugin-dir=$(TF_PLUGIN_DIR)) \
  -backend-config=$(if $(STATE_BUCKET),bucket=$(STATE_BUCKET),backend.hcl)

.PHONY: terraform_plan
terraform_plan: ## Plan into terraform/plan.tfplan (STATE_BUCKET=name)
	$(TERRAFORM_INIT)
	terraform -chdir=terraform plan -input=false -out=plan.tfplan

.PHONY: terraform_apply
terraform_apply: ## Apply just terraform/plan.tfplan (STATE_BUCKET=name)
	$(TERRAFORM_INIT)
	terraform -chdir=terraform apply -input=false plan.tfplan

.PHONY: push_images
push_images: ## Build and push with SBOM and provenance (IMAGES=registry/name IMAGE_TAG=v1.2.3)
	@exec local/publish_images.sh push

.PHONY: copy_images
copy_images: ## Copy to another registry (FROM_IMAGES= IMAGES= IMAGE_TAG=)
	@exec local/publish_images.sh copy

.PHONY: deploy_bundle
deploy_bundle: ## Pack what a host needs (DEPLOY_BUCKET=name: and put it there)
	@exec local/deploy_bundle.sh

.PHONY: deploy_service
deploy_service: ## Put a tag onto ECS, test it, go back on failure
	@exec local/deploy_service.sh

.PHONY: docs_commands
docs_commands: .venv/installed ## Run the marked commands of the docs (WITH=stack: those that ask a running one)
	@$(BIN)/python -m local.docs_commands $(WITH)

.PHONY: benchmark
benchmark: .venv/installed ## Measure speed and memory (ARCHIVE=path; else synthetic) into benchmarks/README.md, half an hour; needs wrk
	@command -v wrk >/dev/null || { echo "wrk is needed: apt-get install wrk" >&2; exit 1; }
	PYTHONPATH=. $(BIN)/python benchmarks/live_stack.py
	$(if $(ARCHIVE),PYTHONPATH=. $(BIN)/python benchmarks/live_stack.py $(ARCHIVE))
	$(BIN)/python benchmarks/preparation.py $(ARCHIVE)
	@for name in http_service many_rows stages drift_run training page; do \
	  $(BIN)/python benchmarks/$$name.py || exit 1; done

.PHONY: dask_benchmark
dask_benchmark: .venv/installed ## Measure data beyond one process's memory, on two Dask workers (ARCHIVE=path OPTIONS="--times=4 --limit-mb=1200")
	$(BIN)/python benchmarks/beyond_memory.py $(ARCHIVE) $(OPTIONS)

.PHONY: form_benchmark
form_benchmark: .venv/installed ## Measure from the click to the price in the running stack's form (needs Chromium)
	$(BIN)/python benchmarks/form.py

.PHONY: accuracy
accuracy: .venv/installed ## Measure the errors on later, unseen vehicles (ARCHIVE=path DAYS="--train-to= --test-to=")
	$(BIN)/python benchmarks/accuracy.py $(ARCHIVE) $(DAYS)

.PHONY: ablation
ablation: .venv/installed ## Measure what each group of features brings, into docs/ablation.md (ARCHIVE=path DAYS="--train-to= --test-to=")
	$(BIN)/python benchmarks/ablation.py $(ARCHIVE) $(DAYS)

.PHONY: clean
clean: ## Remove the data: of the local stack (.local), and the containers with their volumes
	rm -rf .local
	@if [ -f .env ] && docker info >/dev/null 2>&1; then \
	  exec local/compose.sh --profile '*' down --volumes --remove-orphans; fi
