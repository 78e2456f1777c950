"""One scenario a file: who takes part, and when. `make load SCENARIO=name` runs one."""
