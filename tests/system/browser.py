"""Headless Chromium for the system tests: Debian's, started with nothing of its own to say."""

import base64
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

DESK, PHONE = (1440, 900), (390, 844)
SHOWN_TIMEOUT_S = 30.0
POLL_S = 0.05
QUIET = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def programs() -> tuple[str, str] | None:
    """Chromium and its driver; None where they are not installed."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    return (browser, driver) if browser is not None and driver is not None else None


class Browser:
    """One window with an empty profile; selectors are CSS. Ends with the block."""

    def __init__(self, profile: Path) -> None:
        found = programs()
        assert found is not None
        options = ChromeOptions()
        options.binary_location = found[0]
        for argument in [*QUIET, f"--user-data-dir={profile}"]:
            options.add_argument(argument)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # Chromium has none for root
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = Chrome(options, ChromeService(found[1]))
        self.size(DESK)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.driver.quit()

    def size(self, size: tuple[int, int]) -> None:
        """Make the page so wide and high, in CSS pixels."""
        width, height = size
        metrics = {
            "width": width,
            "height": height,
            "deviceScaleFactor": 1,
            "mobile": size == PHONE,
        }
        self._devtools("Emulation.setDeviceMetricsOverride", metrics)

    def open(self, url: str) -> None:
        self.driver.get(url)

    def find(self, selector: str) -> WebElement:
        """The first element of the selector that is shown, as soon as there is one."""
        found: WebElement = self.until(lambda: next(iter(self.shown(selector)), None), selector)
        return found

    def shown(self, selector: str) -> list[WebElement]:
        """The elements of the selector that can be seen."""
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return [element for element in found if element.is_displayed()]

    def text(self, selector: str) -> str:
        return self.find(selector).text

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def type(self, text: str, *, enter: bool = False) -> None:
        """Keys of a keyboard, or of a scanner, to whatever has the focus."""
        keys = text + (Keys.ENTER if enter else "")
        ActionChains(self.driver).send_keys(keys).perform()

    def until(self, ready: Callable[[], Any], what: str) -> Any:
        """What `ready` gives, as soon as it is something."""
        wait = WebDriverWait(
            self.driver,
            SHOWN_TIMEOUT_S,
            POLL_S,
            ignored_exceptions=[StaleElementReferenceException],
        )
        return wait.until(lambda _: ready(), what)

    def run(self, script: str) -> Any:
        """What a script of the test returns in the page."""
        return self.driver.execute_script(script)

    def faults(self) -> list[str]:
        """What the console said since the last time: errors, and refusals by the page's policy."""
        entries: list[dict[str, str]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries]

    def picture(self, file: Path, *, scale: float = 1.0) -> None:
        """A PNG of what the window shows."""
        x, y, width, height = self.run("return [scrollX, scrollY, innerWidth, innerHeight]")
        clip = {"x": x, "y": y, "width": width, "height": height, "scale": scale}
        taken = self._devtools("Page.captureScreenshot", {"format": "png", "clip": clip})
        file.write_bytes(base64.b64decode(taken["data"]))

    def scan(self, file: Path) -> str | None:
        """What the QR code in the window says, as a camera reads it; None without zbarimg."""
        scanner = shutil.which("zbarimg")
        if scanner is None:
            return None
        self.picture(file)
        command = [scanner, "--quiet", "--raw", "--nodbus", str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def _devtools(self, command: str, values: dict[str, Any]) -> Any:
        return self.driver.execute_cdp_cmd(command, values)
