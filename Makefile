# 两条命令：make demo 启动演示，make test 运行全部测试。make help 列出其余命令。

SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:
.PHONY: help demo test lint format bench shell requirements

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
SCRIPTS := .vendor/echarts.common.min.js
PORT ?= 8000
UV := uv==0.13.9
export PORT

help: ## 列出全部命令
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## 启动演示：数据库、缓存、网页、后台任务一并运行（PORT 端口，PORTAL_DATA 数据目录）
	@$(MAKE) --question --silent $(VENV)/.runtime || $(PYTHON) portal/site/preflight.py
	@$(MAKE) --silent --no-print-directory $(VENV)/.runtime
	@$(MAKE) --silent --no-print-directory $(SCRIPTS) || echo "图表脚本未能取得，监督页面只显示表格；联网后再次运行 make demo 即可"
	@PORTAL_MODE=demo exec $(PY) manage.py demo

test: $(VENV)/.development $(SCRIPTS) ## 运行全部测试（自带临时数据库，无需任何服务）；ARGS 传给 pytest
	@$(VENV)/bin/pytest $(or $(ARGS),-q -n logical --dist loadgroup)

lint: $(VENV)/.development $(SCRIPTS) ## 代码风格、类型、分层约定、模板、迁移与上线检查
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/djade --check --target-version 5.2 $$(git ls-files --cached --others --exclude-standard 'templates/*.html')
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	PORTAL_MODE=test $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PY) tests/deploy/check.py

format: $(VENV)/.development ## 统一代码与模板格式
	$(VENV)/bin/ruff check --fix-only --quiet .
	$(VENV)/bin/ruff format .
	-$(VENV)/bin/djade --target-version 5.2 $$(git ls-files --cached --others --exclude-standard 'templates/*.html')

bench: $(VENV)/.benchmarks ## 运行 benchmarks/ 下的基准测试并列表；ARGS 选择
	@$(PY) -m benchmarks $(ARGS)

shell: $(VENV)/.runtime ## 打开交互式 Python（先运行 make demo）
	@PORTAL_MODE=demo $(PY) manage.py shell

requirements: $(VENV)/.development ## 由 requirements*.in 重新锁定全部依赖
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make requirements" requirements.in -o requirements.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make requirements" -c requirements.txt requirements-dev.in -o requirements-dev.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make requirements" -c requirements-dev.txt requirements-bench.in -o requirements-bench.txt

$(VENV)/.runtime: requirements.txt
	@.ci/install $(PYTHON) $(VENV) $(UV) requirements.txt
	@touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt
	@.ci/install $(PYTHON) $(VENV) $(UV) requirements-dev.txt
	@touch $@ $(VENV)/.runtime

$(VENV)/.benchmarks: requirements-bench.txt | $(VENV)/.development
	@.ci/install $(PYTHON) $(VENV) $(UV) requirements-bench.txt
	@touch $@

$(SCRIPTS): package-lock.json .ci/scripts | $(VENV)/.runtime
	@.ci/scripts $(PY)
