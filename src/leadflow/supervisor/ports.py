"""Check that the ports the servers need are free."""

import socket

import psutil

from leadflow.settings import Settings


class PortBusy(RuntimeError):
    """Another program listens on a port Leadflow needs."""


def check_ports(settings: Settings) -> None:
    """Make sure that every server finds its port free.

    Raises:
        PortBusy: names the port, who has it, and the setting that chooses another.
    """
    for name, port in (
        ("gateway", settings.gateway_port),
        ("prefect", settings.prefect_port),
        ("mlflow", settings.mlflow_port),
        ("smtp", settings.smtp_port),
    ):
        if name == "smtp" and not takes_mail(settings):
            continue
        if not is_free(settings.host, port):
            raise PortBusy(
                f"Port {port}, which the {name} server needs, is taken by {holder(port)}. End it, "
                f"or choose another port: LEADFLOW_{name.upper()}_PORT={port + 1} leadflow up"
            )


def takes_mail(settings: Settings) -> bool:
    """Whether the local mail server is there: notices or messages of campaigns go to it."""
    return settings.notify_url is None or settings.sending == "sandbox"


def is_free(host: str, port: int) -> bool:
    """Whether one can listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Who listens on this port, as far as one may see."""
    try:
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr.port == port
                and connection.pid
            ):
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another program"
