# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy with a store and the admin API, and clients that want to be served all the while."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from running.admin_client import Answer, ask
from running.client import Client
from running.service import PATIENCE, Running, running

CONFIG = """
listen: 127.0.0.1:PORT
workers: 2
metrics: 127.0.0.1:METRICS
timeouts: {drain: 10s}
store: FOLDER/store/edge.db
admin: unix:FOLDER/admin.sock
"""
IN_MEMORY = CONFIG.replace("store: FOLDER/store/edge.db\n", "")


class Declared:
    """A proxy that runs, asked by its API and by clients."""

    def __init__(self, folder: Path, proxy: Running) -> None:
        self.folder = folder
        self.proxy = proxy
        self.store = folder / "store" / "edge.db"

    def api(self, method: str, path: str, document: Any = None, **fields: str) -> Answer:
        given = [(name.replace("_", "-"), value) for name, value in fields.items()]
        return ask(str(self.folder / "admin.sock"), method, path, document, given)

    def put(self, name: str, page: str = "served", host: str = "") -> int:
        """Declare a route that answers ``page``; return the status."""
        document = {"hosts": host or f"{name}.test", "page": page}
        return self.api("PUT", f"/v1/routes/{name}", document).status

    def routes(self) -> dict[str, str]:
        """Return the pages of the routes that the API tells of, by their ids."""
        items = self.api("GET", "/v1/routes").json["items"]
        return {item["id"]: item["document"]["page"] for item in items}

    def said_of_store(self) -> str:
        """Return what the status says is wrong with the store."""
        said: str = self.api("GET", "/status").json["store"]["said"]
        return said

    def served(self, name: str) -> str:
        """Return what clients are answered by a route."""
        with Client(("127.0.0.1", self.proxy.port), PATIENCE) as client:
            return client.get(host=f"{name}.test").content.decode()

    @contextmanager
    def clients(self, name: str, page: str) -> Iterator[None]:
        """Have clients ask a route all the while; fail when one of them gets anything else."""
        failures: list[str] = []
        answered = [0]
        over = threading.Event()

        def ask_again_and_again() -> None:
            while not over.is_set():
                try:
                    found = self.served(name)
                except (OSError, EOFError, http.client.HTTPException) as error:
                    found = repr(error)
                answered[0] += 1
                if found != page:
                    failures.append(found)
                over.wait(0.005)

        threads = [threading.Thread(target=ask_again_and_again) for _unused in range(3)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()
        assert failures == []
        assert answered[0] > 3, "there was no load"


@contextmanager
def declared(
    folder: Path,
    config: str = CONFIG,
    *,
    data_plane: str | None = None,
    wrapper: tuple[str, ...] = (),
) -> Iterator[Declared]:
    """Give a proxy that serves what ``config`` says; ``FOLDER`` stands for its folder."""
    (folder / "notify").unlink(missing_ok=True)
    text = config.replace("FOLDER", str(folder))
    with running(folder, text, data_plane=data_plane, wrapper=wrapper) as proxy:
        yield Declared(folder, proxy)
