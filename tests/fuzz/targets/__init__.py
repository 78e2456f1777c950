"""One module per parser of outside bytes. Each has two functions:

- `run(data)`: True for a value, False for the parser's one documented error. Anything else that
  happens is a finding: another exception, or a value that is another one when it is written and
  read again.
- `seeds()`: right inputs by name, to begin from; `python -m tests.fuzz.corpus` writes them down.
"""
