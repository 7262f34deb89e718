# Every target sets up what it needs in .venv; the second time that takes no time.
#
#   PYTHON       the Python to make .venv with: 3.11, 3.12 or 3.13; one of another version makes it anew
#   TORCH_INDEX  where torch comes from, for a build without GPU packages:
#                make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
#   SOURCE       for bench-full: posts, as `pullquote ingest` takes them; else the bundled sample
#   CASES        for bench-full: questions about them; else those about the sample
#   SIZES        for bench-full: passages of the indexes whose growth is measured
#   WORK         for bench-full: a folder for its indexes, some GB; a run that was stopped goes on there

PYTHON ?= python3
PYTHONS := 3.11 3.12 3.13
TORCH_INDEX ?=
SOURCE ?=
CASES ?=
SIZES ?= 1000 3000 10000 30000 100000
WORK ?= .bench
BIN := .venv/bin
# The files of the suite on up to four processors.
TESTS := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check test-wordpress explore bench bench-full bench-gate clean
.PHONY: results results-collections results-blog results-own figures

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

demo: $(READY) ## the chat page on the bundled sample site
	$(BIN)/pullquote demo

test: check ## check, then the tests with the real model and a real browser
	$(TESTS) -m '(model or browser) and not slow and not lab'

check: $(READY) ## format, lint, types and the fast tests: what a commit must pass
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(TESTS)

test-wordpress: $(READY) ## sync with a real WordPress on loopback (Debian packages, minutes)
	$(BIN)/python -m pytest -m lab -rs

explore: $(READY) ## the tests with random input, each time with other input (minutes)
	$(BIN)/python -m pytest -m 'not browser and not lab' --hypothesis-profile=explore tests/test_fuzz.py \
	  $$(grep -l '@given' tests/test_*.py | grep -v test_fuzz)

# Those that need a site, a server, a browser or an hour are run by their own names.
APART := bench/bench_site.py bench/bench_engines.py bench/bench_growth.py bench/bench_hnsw.py bench/bench_load.py \
  bench/bench_paint.py

bench: $(READY) ## speed and scale (minutes)
	set -e; for file in $(filter-out $(APART),$(wildcard bench/bench_*.py)); do \
	  $(BIN)/python -m bench.$$(basename $$file .py); done

bench-gate: $(READY) ## has something become slower than before? (ratios; a minute or more)
	$(BIN)/python -m bench.gate

bench-full: $(READY) ## tables and curves of ingest, questions, starts and growth anew in bench/results (an hour or more)
	$(BIN)/python -m pip install --quiet -c constraints.txt --group opponents
	$(BIN)/python -m bench.bench_ingest $(SOURCE) --save
	ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 \
	  PULLQUOTE_EMBEDDING_PRECISION=float32 \
	  $(BIN)/python -m bench.bench_ingest $(SOURCE) --save --name ingest_avx2
	$(BIN)/pullquote ingest $(or $(SOURCE),ingest/sample/posts.json) --index $(WORK)/index
	$(BIN)/python -m bench.bench_ask --index $(WORK)/index $(CASES:%=--cases %) --save
	$(BIN)/python -m bench.bench_start --index $(WORK)/index --save
	$(BIN)/python -m bench.bench_growth $(SOURCE) --sizes $(SIZES) $(CASES:%=--cases %) \
	  --work $(WORK)/growth --save
	$(BIN)/python -m bench.bench_start --index $(WORK)/growth/index-$(lastword $(SIZES)) --save \
	  --name cold_start_$(lastword $(SIZES))
	$(BIN)/python -m bench.bench_hnsw --index $(WORK)/growth/index-$(lastword $(SIZES)) \
	  $(CASES:%=--cases %) --save
	$(BIN)/python -m bench.gate --learn 10

# What docs/evaluation.md shows is measured on these, which are no part of this repository.
BLOG ?= blog.json.gz
QUESTIONS ?= questions.jsonl
DATA ?= data
MEASURED := build/results
KEEP := $(BIN)/python -m eval.doc_figures keep
# Without the blog, or the questions about it that are not published, the rest is measured.
HAS_BLOG := $(wildcard $(BLOG))
HAS_QUESTIONS := $(and $(HAS_BLOG),$(wildcard $(QUESTIONS)))
RUNS := sample mtrag $(and $(HAS_BLOG),blog_18f) $(and $(HAS_QUESTIONS),questions)
PRINTED := refusals clapnq hostile rewrites short-answers unknown-names baselines-sample $(and $(HAS_QUESTIONS),baselines-questions)
# A file that was named and is not there is a mistake, and no wish to leave something out.
named = test -e "$($(1))" || test "$(origin $(1))" = file || { echo "$(1)=$($(1)) is not there." >&2; exit 1; }

results: $(READY) ## measure what docs/evaluation.md shows again (half an hour): BLOG, QUESTIONS, DATA
	@$(call named,BLOG)
	@$(call named,QUESTIONS)
	@$(if $(HAS_QUESTIONS),true,echo "Left out: what rests on $(if $(HAS_BLOG),$(QUESTIONS),$(BLOG)), which is not there.")
	mkdir -p $(MEASURED)
	@# A run that breaks off must not leave the report of the one before it to be kept.
	rm -rf $(addprefix $(MEASURED)/,$(RUNS))
	$(if $(HAS_BLOG),$(BIN)/pullquote ingest $(BLOG) --index $(MEASURED)/blog,@true)
	@# An evaluation ends with 1 where a case failed, which is a figure like any other.
	-$(BIN)/pullquote eval --out $(MEASURED)/sample
	-$(if $(HAS_QUESTIONS),$(BIN)/pullquote eval --index $(MEASURED)/blog --cases $(QUESTIONS) \
	  --out $(MEASURED)/questions,@true)
	-$(if $(HAS_BLOG),$(BIN)/pullquote eval --index $(MEASURED)/blog --cases eval/data/blog_18f.jsonl \
	  --out $(MEASURED)/blog_18f,@true)
	-$(BIN)/pullquote eval --corpus mtrag --data $(DATA)/mtrag --cache $(MEASURED)/collections \
	  --out $(MEASURED)/mtrag
	$(BIN)/pullquote eval judge wice expertqa $(DATA) --judge words --judge meaning --judge shipped \
	  --out $(MEASURED)/judges.json
	$(BIN)/python -m eval.refusals --clapnq $(DATA)/clapnq --mtrag $(DATA)/mtrag/mtragun_dev.jsonl \
	  > $(MEASURED)/refusals.md
	$(BIN)/python -m eval.clapnq $(DATA)/clapnq > $(MEASURED)/clapnq.md
	$(BIN)/python -m eval.hostile > $(MEASURED)/hostile.md
	$(BIN)/python -m eval.rewrites $(DATA)/canard/dev.json --complete \
	  $(DATA)/clapnq/question_dev_answerable.tsv $(DATA)/clapnq/question_dev_unanswerable.tsv \
	  > $(MEASURED)/rewrites.md
	$(BIN)/python -m eval.short_answers $(DATA)/squad2/dev.json $(DATA)/xquad/xquad.en.json \
	  > $(MEASURED)/short-answers.md
	$(BIN)/python -m eval.unknown_names --squad $(DATA)/squad2/dev.json > $(MEASURED)/unknown-names.md
	$(BIN)/pullquote ingest ingest/sample/posts.json --index $(MEASURED)/sample-index
	$(if $(HAS_QUESTIONS),$(BIN)/python -m eval.baselines --index $(MEASURED)/blog --cases $(QUESTIONS) \
	  > $(MEASURED)/baselines-questions.md,@true)
	$(BIN)/python -m eval.baselines --index $(MEASURED)/sample-index --cases eval/data/sample.jsonl \
	  > $(MEASURED)/baselines-sample.md
	@# Only now, so that a command that fails leaves what was there.
	for name in $(RUNS); do \
	  $(KEEP) $(MEASURED)/$$name/report.json docs/results/$$name.json || exit 1; done
	$(KEEP) $(MEASURED)/judges.json docs/results/judges.json
	for name in $(PRINTED); do \
	  cp $(MEASURED)/$$name.md docs/results/$$name.md || exit 1; done
	$(MAKE) figures

# What docs/measurements.md shows of answers, and of what is found, as tables.
TABLES := $(MEASURED)/tables
FIND := $(BIN)/python -m eval.retrieval_table
ON_CORPUS := $(BIN)/pullquote eval --cache $(MEASURED)/collections --corpus
OURS := --system ours
UNREAD := --system ours-unread
PARTS := --system words --system meaning
OTHERS := --system both --system langchain-default --system llamaindex-default

results-collections: $(READY) ## tables of docs/measurements.md on public collections, into build/results/tables (hours): DATA, BLOG
	@$(call named,BLOG)
	@$(call named,QUESTIONS)
	$(BIN)/python -m pip install --quiet -c constraints.txt --group opponents
	mkdir -p $(TABLES)
	rm -rf $(MEASURED)/clapnq $(MEASURED)/xquad
	$(FIND) clapnq --all --data $(DATA)/clapnq --cache $(MEASURED)/collections $(UNREAD) $(PARTS) $(OTHERS) \
	  > $(TABLES)/found-clapnq-all.md
	$(FIND) clapnq --data $(DATA)/clapnq --cache $(MEASURED)/collections $(UNREAD) $(PARTS) $(OURS) \
	  > $(TABLES)/found-clapnq.md
	$(FIND) mtrag --data $(DATA)/mtrag --cache $(MEASURED)/collections $(UNREAD) $(PARTS) $(OURS) \
	  > $(TABLES)/found-mtrag.md
	$(FIND) xquad --data $(DATA)/xquad --cache $(MEASURED)/collections $(OURS) $(UNREAD) $(PARTS) $(OTHERS) \
	  > $(TABLES)/found-xquad.md
	@# An evaluation ends with 1 where a case failed, which is a figure like any other.
	-$(ON_CORPUS) clapnq --data $(DATA)/clapnq --out $(MEASURED)/clapnq > $(TABLES)/clapnq.md
	-$(ON_CORPUS) clapnq --data $(DATA)/clapnq --system words > $(TABLES)/clapnq-words.md
	-$(ON_CORPUS) mtrag --data $(DATA)/mtrag --system words > $(TABLES)/mtrag-words.md
	-$(ON_CORPUS) xquad --data $(DATA)/xquad --out $(MEASURED)/xquad > $(TABLES)/xquad.md
	cp $(TABLES)/found-xquad.md docs/results/found-xquad.md
	$(MAKE) figures
	$(and $(HAS_BLOG),$(MAKE) results-blog)

results-blog: $(READY) ## the same on the blog: BLOG, QUESTIONS
	@$(call named,BLOG)
	@$(call named,QUESTIONS)
	@test -n "$(HAS_BLOG)" || { echo "$(BLOG) is not there." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet -c constraints.txt --group opponents
	mkdir -p $(TABLES)
	$(BIN)/pullquote ingest $(BLOG) --index $(MEASURED)/blog
	set -e; for file in eval/data/blog_18f.jsonl $(and $(HAS_QUESTIONS),$(QUESTIONS)); do \
	  name=$$(basename $$file .jsonl); \
	  $(FIND) site --data $(BLOG) --cases $$file --cache $(MEASURED)/collections $(UNREAD) $(PARTS) $(OTHERS) \
	    > $(TABLES)/found-$$name.md; \
	  $(BIN)/python -m eval.rankings --index $(MEASURED)/blog --cases $$file > $(TABLES)/rankings-$$name.md; \
	  $(BIN)/python -m eval.rewrites --index $(MEASURED)/blog --cases $$file > $(TABLES)/rewrites-$$name.md; \
	  $(BIN)/python -m eval.unknown_names --index $(MEASURED)/blog --cases $$file \
	    > $(TABLES)/unknown-names-$$name.md; done

results-own: $(READY) ## the same on bundled questions and claims (minutes)
	mkdir -p $(TABLES)
	for name in claims misleading languages older_newer hostile; do \
	  $(BIN)/python -m eval.$$name > $(TABLES)/$$name.md || exit 1; done
	$(BIN)/pullquote ingest ingest/sample/posts.json --index $(MEASURED)/sample-index
	$(BIN)/python -m eval.unknown_names --index $(MEASURED)/sample-index --cases eval/data/sample.jsonl \
	  > $(TABLES)/unknown-names-sample.md

figures: $(READY) ## the tables of docs/evaluation.md, from docs/results
	$(BIN)/python -m eval.doc_figures write docs/results docs/evaluation.md

clean: ## remove what make and the tools have made
	rm -rf .bench .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Prints the version of a Python, as "3.12"; nothing where it does not run.
version = $(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
# Whether a Python was asked for by name, and is not the default.
NAMED := $(filter command environment,$(firstword $(origin PYTHON)))
# What .venv may be of: the Python that was named, else any that will do.
FIT := $(if $(NAMED),$(filter $(PYTHONS),$(shell $(call version,$(PYTHON)))),$(PYTHONS))
MADE := $(shell $(call version,$(BIN)/python))
# A .venv that was ready, and is of another Python now or does not run any more.
AGAIN := $(if $(filter $(FIT),$(MADE)),,again)
.PHONY: again

$(READY): pyproject.toml constraints.txt $(AGAIN)
	@case "$$($(BIN)/python -m pip --version 2>/dev/null)" in pip*) test -z "$(AGAIN)" && exit 0;; esac; \
	found=$$($(call version,$(PYTHON))); \
	case " $(PYTHONS) " in *" $${found:-none} "*) ;; *) \
	  echo "pullquote needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $${found:-not there}." >&2; \
	  echo "Name one that you have: make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12" >&2; exit 1;; esac; \
	echo "Making .venv with Python $$found"; \
	rm -rf .venv; \
	$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "This Python cannot make an environment. On Debian and Ubuntu: apt install python$$found-venv" >&2; \
	  exit 1; }
	@echo "1 of 3: pip"
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@echo "2 of 3: torch, most of what is downloaded: minutes"
	$(BIN)/python -m pip install --quiet -c constraints.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch==2.13.0
	@echo "3 of 3: everything else, and pullquote itself: minutes"
	$(BIN)/python -m pip install --quiet -c constraints.txt -e . --group dev
	touch $@
