# `make` lists what there is. Every target sets up .venv by itself, again when the pins change.
PYTHON ?= python3
JOBS ?= 2
# `make test CONSTRAINTS=` takes the newest version of everything instead of the pinned ones.
CONSTRAINTS ?= -c constraints.txt

BIN := .venv/bin
READY := .venv/.ready
CODE := $(shell find colorlib -name '*.py')

.DEFAULT_GOAL := help
.PHONY: help book executed test lint unit notebooks lab serve student offline pdf links weights results quizzes term
.PHONY: accessibility release audit bench colab faults gpu hints lighthouse lowest photo pictures rater clean pins vendor repoint

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
	  while IFS='|' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
	  f"Python 3.11 or newer is needed, {sys.executable} is {v[0]}.{v[1]}: make PYTHON=python3.13")'
	$(PYTHON) -m venv .venv
	@{ [ "$$(uname -sm)" != 'Linux x86_64' ] || command -v nvidia-smi || $(BIN)/python -m pip show torch || \
	  $(BIN)/python -m pip config list | grep 'extra-index-url\|find-links'; } >/dev/null 2>&1 || \
	  echo 'No NVIDIA GPU here, and pip is about to fetch torch with CUDA, gigabytes. To do without:' \
	  'Ctrl-C, set PIP_EXTRA_INDEX_URL as book/install.md says ("torch without CUDA"), make again.'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e '.[book,test,export]'
	@touch $@

# What a notebook gave is kept, and its keepers, jupyter-cache and Sphinx, see no changed colorlib.
_build/.code: $(READY) $(CODE) $(wildcard colorlib/assets/*)
	@rm -rf _build/.jupyter_cache _build/.doctrees
	@mkdir -p _build && touch $@

# Nor does Sphinx see that what shapes the pages is another.
_build/.pages: $(wildcard book/_ext/*.py book/_ext/*/*)
	@rm -rf _build/html
	@mkdir -p _build && touch $@

# Each notebook runs once, side by side with others; the book, its editions and the tests share that.
executed: _build/.code
	@$(BIN)/python tools/execute.py

book: executed _build/.pages ## the site with its notebooks executed: _build/html/index.html
	$(BIN)/jupyter-book build . -W --keep-going
	@test -s _build/html/index.html

test: lint unit notebooks ## every test: code, docstrings, notebooks; the site and its editions in a browser
	$(MAKE) book student offline
	@rm -rf _build/axe
	$(BIN)/python -m pytest -n $(JOBS) tests/browser
	@$(BIN)/python tools/accessibility.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet .github/workflows
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

unit: export OMP_NUM_THREADS = 1
unit: $(READY) ## the tests of the code alone
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --ignore tests/browser

notebooks: executed ## run every notebook and compare the numbers it states
	PYTHONPATH=tools $(BIN)/python -m pytest -p recorded --nbval-lax --nbval-current-env \
	  --nbval-cell-timeout 600 -q notebooks

lab: $(READY) ## the notebooks in JupyterLab
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e '.[lab]'
	$(BIN)/jupyter lab notebooks

serve: book ## look at the site: http://localhost:8000
	$(BIN)/python -m http.server --directory _build/html --bind localhost 8000

weights: $(READY) ## train the network that ships, from nothing (an hour or more on a CPU)
	$(BIN)/colorlib train

# DATA is a folder with photos/SOURCE/... and imagenette2-160/train; without it, Imagenette alone. More
# options, such as --steps 20000, go into PHOTO.
DATA ?=
PHOTO ?=
photo: $(READY) ## train the network for any photograph: make photo DATA=FOLDER (hours of a CPU)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e '.[pretrained]'
	$(BIN)/python -m experiments.photo $(if $(DATA),--data '$(DATA)') $(PHOTO)

results: $(READY) ## measure what ships, and train what has no weights; stopped, it goes on from there
	$(BIN)/colorlib table -o results/table.json
	cp results/table.json colorlib/assets/table/table.json
	$(BIN)/python -m experiments.coverage -o results/coverage.json
	$(BIN)/python -m experiments.probes --ship colorlib/assets/representation.safetensors
	cp results/representation.json colorlib/assets/representation.json
	$(BIN)/python -m experiments.limits -o results/limits.json
	cp results/limits.json colorlib/assets/limits/limits.json
	OMP_NUM_THREADS=1 $(BIN)/python -m experiments.scaling -o results/scaling.json
	cp results/scaling.json colorlib/assets/scaling.json

pictures: $(READY) ## the pictures of README and model card, from the shipped weights
	$(BIN)/colorlib colorize colorlib/assets/photos/china.jpg --compare --force \
	  -o book/_static/images/triptych.jpg
	$(BIN)/colorlib evaluate --data colorlib/assets/photos --sheet book/_static/images/sheet.jpg
	$(BIN)/colorlib evaluate --weights photo --data colorlib/assets/photos \
	  --sheet book/_static/images/sheet_photo.jpg

student: book ## the edition without solutions: _build/student/site, _build/student/notebooks
	$(BIN)/python tools/student.py $(if $(filter off,$(AI)),--no-assistant)

offline: book ## a zip that needs no network: _build/colorful-offline.zip
	$(BIN)/python tools/offline.py

# With AI=off, the notebooks for students have Colab's switch for its assistant.
term: $(READY) ## freeze an edition, with a tag and a zip: make term NAME=fall27
	@$(BIN)/python tools/term.py '$(NAME)' $(if $(filter off,$(AI)),--no-assistant)

quizzes: $(READY) ## all quiz questions for an LMS, QTI and Moodle XML: _build/quizzes
	@$(BIN)/python tools/quizzes.py

pdf: book ## the whole book, printed: _build/colorful.pdf
	$(BIN)/python tools/printed.py

# What must agree is compared first, before anything takes its time.
VERSION ?=
release: $(READY) ## check that all agree, then fill dist/: make release VERSION=1.0.1
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e '.[release]'
	$(BIN)/python tools/release.py '$(VERSION)' --compare
	$(MAKE) book offline pdf
	$(BIN)/python tools/release.py '$(VERSION)'

# A rule that is broken fails its test, and stands in the report all the same.
accessibility: book ## what axe-core finds on each page (minutes): results/accessibility.json
	@rm -rf _build/axe
	-$(BIN)/python -m pytest -n $(JOBS) tests/browser/test_access.py tests/browser/test_slides.py -k axe_finds
	@$(BIN)/python tools/accessibility.py results/accessibility.json

lighthouse: book ## Lighthouse's scores for the site (needs npx and Chromium): _build/lighthouse
	$(BIN)/python tools/lighthouse.py

links: _build/.code ## visit every link to another site (needs a network)
	$(BIN)/jupyter-book build . --builder linkcheck

rater: export OMP_NUM_THREADS = 1
rater: $(READY) ## train and measure the machine that takes the Turing test (3 minutes of a CPU)
	$(BIN)/python -m experiments.rater

hints: export OMP_NUM_THREADS = 1
hints: $(READY) ## train and measure the network with hints (6 minutes of a CPU)
	$(BIN)/python -m experiments.hints

bench: $(READY) ## time it beside the plain way: results/bench.json
	$(BIN)/python -m benchmarks

# As the first cell of each notebook does on Colab: no dependency is touched, and all that colorlib
# asks for must be there. It is the last commit that is installed.
COLAB := _build/colab
INSTALL := $(COLAB)/bin/python -m pip --disable-pip-version-check
colab: export OMP_NUM_THREADS = 1
colab: export PYDEVD_DISABLE_FILE_VALIDATION = 1
colab: ## run every notebook with the versions that Colab has (its Python: PYTHON=python3.13)
	$(PYTHON) -m venv --clear $(COLAB)
	$(INSTALL) install --quiet -r colab-requirements.txt nbclient
	$(INSTALL) freeze > $(COLAB)/before.txt
	$(INSTALL) install --quiet --no-deps 'git+file://$(CURDIR)' jupyterquiz
	$(INSTALL) freeze > $(COLAB)/after.txt
	diff $(COLAB)/before.txt $(COLAB)/after.txt | grep '^[<>]' | tee $(COLAB)/changed.txt
	@! grep '^<' $(COLAB)/changed.txt || { echo 'an install that moved a version'; exit 1; }
	$(INSTALL) check
	@failed=; for notebook in notebooks/*.ipynb notebooks/solutions/*.ipynb; do \
	  begun=$$(date +%s); \
	  $(COLAB)/bin/jupyter-execute --timeout=600 $$notebook || failed="$$failed $$notebook"; \
	  echo "$$notebook: $$(($$(date +%s) - begun)) s"; \
	done; test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

# On PyPI, torch's oldest come for a GPU alone: where that is too much, `make lowest KEEP=torch==2.13.0`.
KEEP ?=
LOWEST := _build/lowest
lowest: export OMP_NUM_THREADS = 1
lowest: ## tests and notebooks with the lowest versions that pyproject.toml admits
	$(PYTHON) -m venv --clear $(LOWEST)
	$(PYTHON) tools/lowest.py $(KEEP) > $(LOWEST)/lowest.txt
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -c $(LOWEST)/lowest.txt -e '.[book,test,export]'
	$(LOWEST)/bin/python -m pip check
	$(LOWEST)/bin/python -m pytest -n $(JOBS) --dist loadfile --ignore tests/browser
	$(LOWEST)/bin/python -m pytest -n $(JOBS) --dist loadfile --nbval-lax --nbval-current-env \
	  --nbval-cell-timeout 600 notebooks

gpu: $(READY) ## what a GPU gives beside the CPU, and how fast (minutes on a GPU): results/gpu.json
	$(BIN)/python -m experiments.gpu

audit: ## ask for known vulnerabilities of what constraints.txt names (needs a network)
	$(PYTHON) -m venv _build/audit
	_build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	_build/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip

faults: export OMP_NUM_THREADS = 1
faults: export FAULTS = long
faults: $(READY) ## faults and fuzzing at length (10 minutes of a CPU): results/faults.json
	$(BIN)/python -m pytest tests/faults

clean: ## remove what was built (.venv stays)
	rm -rf _build .pytest_cache .ruff_cache .hypothesis

pins: $(READY) ## write constraints.txt from what .venv holds
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lab]'
	{ echo '# Every version that the course was last verified with; made by `make pins`.'; \
	  $(BIN)/python -m pip freeze --exclude-editable --exclude colorlib | sed 's/+cpu$$//'; \
	} > constraints.new
	mv constraints.new constraints.txt

repoint: ## point it all to a fork: make repoint REPO=https://github.com/you/course BRANCH=main
	@$(PYTHON) tools/repoint.py '$(REPO)' '$(BRANCH)'

# Scripts that the pages need, from npm; kept in the tree so that a build needs neither node nor npm.
# ONNX Runtime's package has lost its LICENSE; the one here is of its repository. Its two builds, for
# the CPU (wasm) and for WebGPU (jspi), lie compressed, here and on the wire: 3.7 and 4.1 MB, not 14
# and 17. A browser fetches one of them.
VENDOR := book/_static/vendor
vendor: ## fetch the site's scripts anew (needs npm)
	rm -rf _build/npm && mkdir -p _build/npm
	cd _build/npm && for package in mathjax@3.2.2 reveal.js@5.1.0 axe-core@4.14.1 \
	  onnxruntime-web@1.30.0; \
	  do mkdir unpacked && tar xzf "$$(npm pack --silent $$package)" -C unpacked --strip-components 1 && \
	  name=$${package%@*} && mv unpacked $${name##*/} || exit 1; done
	mkdir -p $(VENDOR)/mathjax/output/chtml/fonts $(VENDOR)/onnxruntime-web \
	  $(VENDOR)/reveal.js/dist $(VENDOR)/reveal.js/plugin/notes
	cd _build/npm && cp -R mathjax/LICENSE mathjax/es5/tex-chtml.js ../../$(VENDOR)/mathjax && \
	  cp -R mathjax/es5/output/chtml/fonts/woff-v2 ../../$(VENDOR)/mathjax/output/chtml/fonts && \
	  cp reveal.js/LICENSE ../../$(VENDOR)/reveal.js && \
	  cp reveal.js/dist/reveal.js reveal.js/dist/reveal.css reveal.js/dist/reset.css ../../$(VENDOR)/reveal.js/dist && \
	  cp reveal.js/plugin/notes/notes.js ../../$(VENDOR)/reveal.js/plugin/notes && \
	  cp axe-core/LICENSE axe-core/axe.min.js ../../tests/browser/axe-core
	cd _build/npm/onnxruntime-web/dist && target=../../../../$(VENDOR)/onnxruntime-web && \
	  for build in wasm jspi; do sed '/sourceMappingURL/d' ort.$$build.bundle.min.mjs \
	    > $$target/ort.$$build.bundle.min.mjs || exit 1; done && \
	  for wasm in wasm jspi.wasm; do gzip -9nc ort-wasm-simd-threaded.$$wasm \
	    > $$target/ort-wasm-simd-threaded.$$wasm.gz || exit 1; done
