"""`serve`: a workspace over HTTP, until stopped."""

from __future__ import annotations

from typing import Annotated

import typer

from corecar.cli.generated import WorkspaceOption


def serve(
    workspace: WorkspaceOption = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen at; 0.0.0.0 for every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen at.")] = 8600,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help="Further processes for the API alone, at the next port.")
    ] = 0,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Processes that do long work.")] = 1,
) -> None:
    """Serve a workspace over HTTP: pages for people, the API under /api/v1 for programs. Ctrl-C stops.

    It listens to this computer alone unless --host says otherwise; put a reverse proxy with TLS before it then. At the
    first start it prints a link by which the first administrator chooses a password.
    """
    from corecar.bridge.logins import first_link
    from corecar.bridge.workspace import open_workspace
    from corecar.web.serving import Serving, check_free
    from corecar.web.serving import serve as run

    check_free(host, port)
    address = f"http://{host}:{port}"
    with open_workspace(workspace) as opened:
        place = str(opened.store.folder or opened.store.catalogue.url.render_as_string(hide_password=False))
        link = first_link(opened.store.catalogue)

    def ready() -> None:
        typer.echo(f"Serving {workspace or place} at {address}. Ctrl-C stops.")
        if workers:
            typer.echo(f"Programs are answered at http://{host}:{port + 1} too.")
        if link is not None:
            person, secret = link
            typer.echo(f"{person} chooses a password at {address}/welcome/{secret} (once, within two days).")

    run(Serving(place, host, port, workers, jobs), ready)
