"""What the command line shows on a terminal: texts of others, and QR codes."""

import io

import segno
from rich.console import Console
from rich.markup import escape


def plain(text: str) -> str:
    """Text of others as data: no markup, and nothing that a terminal would obey."""
    shown = "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
    return escape(shown)


def show_qr(text: str, console: Console) -> None:
    """The text as a QR code of half blocks, dark on light whatever the terminal's colours."""
    drawn = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(out=drawn, compact=True)
    for line in drawn.getvalue().splitlines():
        console.print(line, style="bright_white on black", highlight=False, no_wrap=True)


def show_text(text: str, console: Console) -> None:
    """A long text on one line, to be copied as it is."""
    console.print(plain(text), highlight=False, soft_wrap=True)
