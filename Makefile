# Aliases only: tools/run.py makes the virtual environment and does the work.
PYTHON ?= python3
VERBS := demo test check bench load soak audit sbom screenshots clean

.PHONY: $(VERBS)
$(VERBS):
	@$(PYTHON) tools/run.py $@ $(ARGS)
