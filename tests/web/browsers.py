"""A workspace served by `corecar serve` in a process of its own, and people who look at it in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "correct horse battery staple"
KINDS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""Names of the same browser, the quickest first: the shell has no window at all."""
CHROMIUM = next(filter(None, map(shutil.which, KINDS)), None)
PATIENCE_S = 60.0
HEARS = "document.querySelector('main.signing') || window.did_handshake && document.querySelector('#main > *')"
"""Whether a page is drawn and what is clicked is heard."""
AT_REST = """() => new Promise(done => {
    const begun = performance.now(), end = () => { watch.disconnect(); done() };
    let timer = setTimeout(end, 150);
    const watch = new MutationObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(end, performance.now() - begun < 3000 ? 150 : 0);
    });
    watch.observe(document, {childList: true, characterData: true, subtree: true});
})"""
"""Ends when nothing was drawn for a while; a page that never rests, such as a job's, is waited for no longer."""


def need_browser() -> None:
    """Skip where there is no browser; fail where there has to be one (`.ci/run` says when it could install none)."""
    if CHROMIUM is None:
        reason = "needs Debian's chromium: apt-get install chromium-headless-shell, or chromium"
        required = os.environ.get("CORECAR_REQUIRE") and os.environ.get("CORECAR_BROWSER") != "none"
        pytest.fail(reason) if required else pytest.skip(reason)


@dataclass
class Site:
    """A served workspace. link: by which the first administrator chooses a password; at: its address; house: it."""

    at: str
    process: subprocess.Popen[str]
    link: str
    house: Path
    people: dict[str, bool] = field(default_factory=dict)


@contextmanager
def serving(house: Path, *options: str, killed: bool = False, ports: int = 1) -> Iterator[Site]:
    """`corecar serve` on a free port, until the block ends; then SIGTERM has to end it and all that it started.

    options  further ones of the command; killed: whether the block itself ends it; ports: on which it has to answer
    """
    port = two_free_ports()
    command = [sys.executable, "-m", "corecar", "serve", "--workspace", str(house), "--port", str(port), *options]
    log = house.parent / f"serve-{port}.log"
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        at = f"http://127.0.0.1:{port}"
        for each in range(port, port + ports):
            _wait_for(f"http://127.0.0.1:{each}", process, log)
        link = re.search(r"/welcome/\S+", log.read_text("utf-8"))
        yield Site(at, process, "" if link is None else link[0], house)
        if killed:
            return
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0, log.read_text("utf-8")
        assert all_ended(process.pid), "processes of the server outlived it"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def two_free_ports() -> int:
    """A port that is free, and so is the next, where API workers listen."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def all_ended(group: int) -> bool:
    """Whether every process of a group ends within a while."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def _wait_for(at: str, process: subprocess.Popen[str], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            with urlopen(f"{at}/login", timeout=2):
                return
        except HTTPError as answer:  # the port of the API alone has no such page
            answer.close()
            return
        except OSError:
            assert process.poll() is None, log.read_text("utf-8")
            time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8"))


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Person:
    """Somebody at a browser. wrong: what the browser complained of."""

    page: Page
    at: str
    wrong: list[str]

    def go(self, path: str) -> None:
        """Open a page, and wait until it has come to rest. Where the page before loads anew meanwhile, ask again."""
        from playwright.sync_api import Error

        try:
            self.page.goto(self.at + path)
        except Error as error:
            if "ERR_ABORTED" not in str(error):
                raise
            self.page.goto(self.at + path)
        self.settle()

    def settle(self) -> None:
        """Wait until a page can be acted upon: it is drawn, and what is clicked is heard; also where it loads anew."""
        from playwright.sync_api import Error

        for _ in range(5):
            self.page.wait_for_function(HEARS)
            with suppress(Error):  # what loads anew takes the answer with it
                self.page.evaluate(AT_REST)
                if self.page.evaluate(f"Boolean({HEARS})"):
                    return

    def said(self) -> str:
        """The sentence of the page."""
        return str(self.page.locator(".answer").first.inner_text())

    def choose(self, link: str) -> None:
        """Choose a password by a one-time link."""
        self.go(link)
        self.page.fill("#password", PASSWORD)
        self.page.fill("#again", PASSWORD)
        self.page.click("button.main-act")
        self.page.wait_for_selector("nav.rail")

    def log_in(self, name: str, password: str = PASSWORD) -> None:
        """Fill in the form."""
        self.go("/login")
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.click("button.main-act")


def sits_down(
    browser: Browser, site: Site, *, language: str = "en-US", light: Any = "light", width: int = 1280
) -> Person:
    """A person with a fresh browser."""
    context = browser.new_context(
        locale=language, color_scheme=light, viewport={"width": width, "height": 900}, accept_downloads=True
    )
    page, wrong = context.new_page(), list[str]()
    page.set_default_timeout(PATIENCE_S * 1000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    return Person(page, site.at, wrong)


def another(browser: Browser, site: Site, administrator: Person, **how: Any) -> Person:
    """The same person at another browser."""
    name = administrator.page.locator(".rail .me").inner_text().split("\n")[0]
    person = sits_down(browser, site, **how)
    person.log_in(name)
    person.page.wait_for_selector("nav.rail")
    return person


def added(administrator: Person, name: str, party: str, role: str) -> str:
    """Somebody new; the link by which they choose a password."""
    administrator.go("/admin")
    page = administrator.page
    fields = page.locator("main .row").first
    fields.locator("input").fill(name)
    fields.locator("select").nth(0).select_option(party)
    fields.locator("select").nth(1).select_option(role)
    page.click("text=Add, and make a link")
    page.wait_for_selector("text=/welcome/")
    return "/welcome/" + str(page.locator("dd:has-text('/welcome/')").inner_text()).split("/welcome/")[1]
