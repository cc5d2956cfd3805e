# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for people in a browser: with script and without, on any screen, in any light."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from running.browser import Browser, browser
from running.service import until
from running.status_page import (
    HEIGHT,
    PICTURE,
    WIDTH,
    StatusPage,
    mark,
    picturesque,
    take_picture,
)
from samples.status import busy, route, target

MOST_PICTURE = 200_000
# WCAG 2.2, success criterion 1.4.3, for text of any size.
LEAST_CONTRAST = 4.5
FAINT = """(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility()) continue;
    const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    found.push([contrast, text.data.trim()]);
  }
  return found;
})()"""


@dataclass
class Shown:
    """The page, and the browser that has it open."""

    page: Browser
    served: StatusPage

    def text(self, of: str = "main") -> str:
        # None of it may be there yet, while a page loads.
        found: str = self.page.value(f"document.querySelector({json.dumps(of)})?.innerText ?? ''")
        return found

    def open(self, query: str = "") -> None:
        self.page.open(self.served.url + query)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def shown(chromium: Browser) -> Iterator[Shown]:
    chromium.wrong.clear()
    chromium.run_scripts(True)
    chromium.prefer("light")
    chromium.resize(WIDTH, HEIGHT)
    with StatusPage(picturesque()) as served:
        yield Shown(chromium, served)
        chromium.open("about:blank")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_everything_is_there_with_script_and_without(shown: Shown, script: bool) -> None:
    shown.page.run_scripts(script)
    shown.open()

    text = shown.text("body")
    for said in (
        "serving", "shop.test", "http://10.0.3.11:8080", "unhealthy", "draining",
        "71 days", "9 days, ends soon", "expired 2 days ago", "routes[4].targets",
        "/var/lib/sluice-proxy/store.db", "[::]:443",
    ):  # fmt: skip
        assert said in text
    assert "does not answer" not in text
    assert shown.page.wrong == []


def test_with_script_what_changed_is_taken_over_in_place(shown: Shown) -> None:
    shown.open("?q=shop&refresh=5")
    assert "640" in shown.text("#overview")
    shown.page.value("mark = document.getElementById('q'); mark.focus(); mark.value = 'sho'; 0")
    shown.served.status = replace(picturesque(), traffic=busy(77), refused="")
    # What the page waits for is not the test's to wait for.
    shown.page.value("refresh()")

    assert "77" in shown.text("#overview")
    assert "was refused" not in shown.text()
    assert "1 of 3 routes found" in shown.text("#routes")
    # It is the same page, with what somebody was typing.
    assert shown.page.value("mark.isConnected && document.activeElement === mark && mark.value")
    assert shown.page.wrong == []


def test_it_refreshes_by_itself(shown: Shown) -> None:
    shown.open("?refresh=5")
    shown.served.status = replace(picturesque(), traffic=busy(77))

    until(lambda: "77" in shown.text("#overview"), "a refresh")


def test_a_proxy_that_does_not_answer_is_told_so_until_it_does(shown: Shown) -> None:
    shown.open()
    shown.served.status = None
    shown.page.value("refresh()")
    assert "does not answer" in shown.text("body")
    shown.served.status = picturesque()
    shown.page.value("refresh()")
    assert "does not answer" not in shown.text("body")


def test_an_answer_that_does_not_come_is_not_waited_for_without_end(shown: Shown) -> None:
    shown.open()
    shown.served.answers.clear()
    shown.page.value("refresh(100)")
    assert "does not answer" in shown.text("body")


def test_without_script_the_page_is_loaded_again_only_if_somebody_chose_so(shown: Shown) -> None:
    shown.page.run_scripts(False)
    found = []
    for query in ("", "?refresh=30"):
        shown.open(query)
        found.append(shown.page.value("document.querySelectorAll('meta[http-equiv]').length"))

    assert found == [0, 1]


def test_the_filter_works_without_script(shown: Shown) -> None:
    shown.page.run_scripts(False)
    shown.open("?refresh=30")
    shown.page.value("document.getElementById('q').value = 'unhealthy'")
    shown.page.value("document.querySelector('form').requestSubmit()")

    until(lambda: "1 of 3 routes found" in shown.text(), "the filter")
    assert shown.page.value("location.search") == "?q=unhealthy&refresh=30"
    assert shown.page.wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_in_any_light(shown: Shown, scheme: str) -> None:
    shown.page.prefer(scheme)
    shown.open()

    found = shown.page.value(FAINT)
    assert len(found) > 100
    assert [one for one in found if one[0] < LEAST_CONTRAST] == []


def test_light_and_dark_are_different(shown: Shown) -> None:
    def colours() -> Any:
        return shown.page.value("getComputedStyle(document.body).backgroundColor")

    shown.open()
    light = colours()
    shown.page.prefer("dark")
    assert colours() != light


@pytest.mark.parametrize("width", [320, 390, 800, 993, 1180])
def test_nothing_is_beyond_the_edge_of_any_screen(shown: Shown, width: int) -> None:
    name = "a-route-with-a-name-that-goes-on-and-on-" * 4
    long = route(name, hosts=("h" * 200,), targets=(target("http://" + "t" * 200),))
    shown.served.status = replace(picturesque(), routes=(*picturesque().routes, long))
    shown.page.resize(width, 800)
    shown.open()

    assert shown.page.value("document.documentElement.scrollWidth") <= width


def test_on_a_phone_each_number_says_what_it_is(shown: Shown) -> None:
    shown.page.resize(390, 800)
    shown.open()
    labels = shown.page.value(
        "[...document.querySelectorAll('#routes td')].slice(0, 4)"
        ".map((one) => getComputedStyle(one, '::before').content)"
    )

    assert any("Requests per second" in label for label in labels)
    # Still a table for those who listen.
    assert shown.page.value("document.querySelectorAll('#routes [role=columnheader]').length") == 8


def test_names_that_are_markup_are_shown_as_they_are(shown: Shown) -> None:
    name = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    shown.served.status = replace(picturesque(), routes=(route(name),), refused=name)
    shown.open("?q=<script>")
    shown.page.value("refresh()")

    assert shown.text().count(name) == 3
    assert shown.page.value("document.querySelectorAll('img, main script').length") == 0
    assert shown.page.wrong == []


def test_the_policy_holds_what_somebody_could_smuggle_in(shown: Shown) -> None:
    shown.open()
    ran = """new Promise((done) => {
      const one = document.createElement("script");
      one.textContent = "window.smuggled = true";
      document.body.append(one);
      setTimeout(() => done(window.smuggled === true));
    })"""

    assert shown.page.value(ran) is False
    assert any("Content Security Policy" in wrong for wrong in shown.page.wrong)


def test_the_picture_in_the_documentation_is_one_of_this_page(shown: Shown) -> None:
    shown.open()
    taken, kept = take_picture(shown.page), PICTURE.read_bytes()

    assert taken[:24] == kept[:24], "take it anew: see running/status_page.py"
    assert mark() in kept, "take it anew: see running/status_page.py"
    assert len(kept) < MOST_PICTURE
    assert "(images/status.png)" in (PICTURE.parents[1] / "operations.md").read_text()
