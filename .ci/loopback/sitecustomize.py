"""Names under .localhost are loopback (RFC 6761), which glibc's resolver does not know without a plugin."""

import socket

_resolve = socket.getaddrinfo


def _loopback(host, *arguments, **keywords):
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name.rstrip(".").lower().endswith(".localhost"):
        host = "127.0.0.1"
    return _resolve(host, *arguments, **keywords)


socket.getaddrinfo = _loopback
