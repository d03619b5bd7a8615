"""Attacks by sockets: all of them reach listeners of the test on this machine, or open what could reach farther."""

from tests.sandbox.attack import Attack, calling, says_true


def opening(name: str, body: str, needs: str = "") -> Attack:
    return Attack(name, calling(f"import socket\n{body}"), says_true, needs=needs)


ATTACKS = [
    opening("TCP", 'return socket.create_connection(("127.0.0.1", world["tcp"])).fileno() > 0'),
    opening("UDP", """
connection = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
return connection.sendto(b"secret", ("127.0.0.1", world["udp"])) == 6
"""),
    opening("listening", 'return socket.create_server(("127.0.0.1", 0)).fileno() > 0'),
    opening("a socket with a path", """
connection = socket.socket(socket.AF_UNIX)
connection.connect(world["unix"])
return True
"""),
    opening("a socket with an abstract name", """
connection = socket.socket(socket.AF_UNIX)
connection.connect(world["abstract"])
return True
"""),
    opening("a pair of sockets", "return len(socket.socketpair()) == 2"),
    opening("netlink", "return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).fileno() > 0", "netlink"),
    opening("the kernel's ciphers", "return socket.socket(socket.AF_ALG, 5).fileno() > 0", "AF_ALG"),
    opening("an address to look up", "return len(socket.getaddrinfo('localhost', 80)) > 0", "a name for localhost"),
    opening("HTTP", """
import http.client
connection = http.client.HTTPConnection("127.0.0.1", world["tcp"], timeout=5)
connection.request("GET", "/?secret")
return True
"""),
    opening("a socket from C", "return ctypes.CDLL(None).socket(2, 1, 0) >= 0"),
]  # fmt: skip
