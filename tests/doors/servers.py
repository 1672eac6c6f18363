# SPDX-License-Identifier: Apache-2.0
"""Servers of other people as docs/servers.md sets them up: what each needs beside its recipe, and how it is asked."""
import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess

from lib import signer_fixture as fixture
from lib.wire import SOURCE


def recipe(heading, number=0):
    """An indented block of the page's section, without its indentation."""
    page = fixture.read_file(os.path.join(SOURCE, "docs", "servers.md")).decode()
    section = re.search(rf"(?ms)^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page)[1]
    blocks = re.findall(r"(?m)(?:^    .*\n)+", section)
    return re.sub(r"(?m)^    ", "", blocks[number])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def uid_of(name):
    return pwd.getpwnam(name).pw_uid


class Server:
    """One server. `program` is looked for; `user` signs, and also loads the key if `loads`, else root does."""
    heading = program = user = None
    loads = is_one_process = is_silent = False  # silent: its log has no reason of OpenSSL's

    def __init__(self, test, place):
        self.test, self.place, self.port = test, place, free_port()
        self.process = None
        self.prepare()

    @classmethod
    def is_here(cls):
        return shutil.which(cls.program, path=os.environ["PATH"] + ":/usr/sbin:/usr/lib/postgresql/15/bin") is not None

    # -- what differs

    def prepare(self):
        """Writes the configuration."""

    def command(self):
        raise NotImplementedError

    def runs_as(self):
        return None

    def talk(self, plain):
        """What comes before TLS."""

    # -- what does not

    def text(self):
        """The page's recipe with the paths of the test."""
        text = recipe(self.heading).replace("/etc/ssl/", self.place.path(""))
        return text.replace("/etc/haproxy/", self.place.path("")).replace(":443", f"127.0.0.1:{self.port}")

    def file(self, name, text):
        path = self.test.file(name, text.encode(), mode=0o644)
        if self.runs_as():
            shutil.chown(path, self.runs_as())
        return path

    def start(self):
        self.log = self.test.path(type(self).__name__ + ".log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=self.runs_as(),
                group=self.runs_as(), extra_groups=[] if self.runs_as() else None, start_new_session=True,
                cwd=self.test.directory, env={**os.environ, **self.place.environment})
        self.test.addCleanup(self.end)
        fixture.wait_until(lambda: self.is_listening() or self.process.poll() is not None, what="a port that listens")
        self.test.assertIsNone(self.process.poll(), self.said())

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def is_listening(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def handshake(self):
        """Whether it is one, with the certificate that it should have."""
        context = ssl.create_default_context(cafile=self.place.path("www.pem"))
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=180) as plain:
                self.talk(plain)
                with context.wrap_socket(plain, server_hostname="localhost"):
                    return True
        except (OSError, ssl.SSLError):
            return False

    def said(self):
        texts = [fixture.read_file(path).decode(errors="replace") for path in (self.log, *self.logs()) if
                 os.path.exists(path)]
        return "\n".join(texts)

    def logs(self):
        return ()


class Nginx(Server):
    heading, program, user = "nginx", "nginx", "www-data"

    def prepare(self):
        self.file("nginx.conf", f"""user www-data;
worker_processes 2;
daemon off;
pid {self.test.path('nginx.pid')};
error_log {self.test.path('nginx.error')} info;
events {{}}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{self.port} ssl;
    {self.text()}
    location / {{ return 200 "served"; }}
  }}
}}
""")

    def command(self):
        return ["/usr/sbin/nginx", "-c", self.test.path("nginx.conf"), "-e", self.test.path("nginx.error")]

    def logs(self):
        return (self.test.path("nginx.error"),)


class Apache(Server):
    heading, program, user = "Apache", "apache2", "www-data"

    def prepare(self):
        modules = "/usr/lib/apache2/modules"
        self.file("apache.conf", f"""ServerRoot {self.test.directory}
ServerName localhost
PidFile {self.test.path('apache.pid')}
ErrorLog {self.test.path('apache.error')}
LoadModule mpm_prefork_module {modules}/mod_mpm_prefork.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule ssl_module {modules}/mod_ssl.so
LogLevel warn ssl:info
User www-data
Group www-data
Listen 127.0.0.1:{self.port}
<VirtualHost 127.0.0.1:{self.port}>
{self.text()}
</VirtualHost>
""")

    def command(self):
        return ["/usr/sbin/apache2", "-DFOREGROUND", "-f", self.test.path("apache.conf")]

    def logs(self):
        return (self.test.path("apache.error"),)


class HAProxy(Server):
    heading, program, user = "HAProxy", "haproxy", "haproxy"
    is_one_process = is_silent = True

    def prepare(self):
        both = fixture.read_file(self.place.path("www.pem")) + fixture.read_file(self.place.path("www.key"))
        fixture.write_file(self.place.path("www.both"), both, 0o644)
        text = recipe(self.heading, 0).replace("/etc/haproxy/", self.place.path(""))
        self.file("haproxy.cfg", f"""global
  user haproxy
  group haproxy
  nbthread 1
  log stdout format raw local0
defaults
  mode http
  log global
  timeout connect 5s
  timeout client 20s
  timeout server 20s
frontend www
  {text.replace(':443', f'127.0.0.1:{self.port}')}
  http-request return status 200
""")

    def command(self):
        return ["/usr/sbin/haproxy", "-db", "-f", self.test.path("haproxy.cfg")]


class Stunnel(Server):
    heading, program, user = "stunnel", "stunnel4", "root"

    def prepare(self):
        self.file("stunnel.conf", f"""foreground = yes
pid =
syslog = no
[www]
accept = 127.0.0.1:{self.port}
exec = /bin/echo
execArgs = echo served
{self.text()}
""")

    def command(self):
        return ["/usr/bin/stunnel4", self.test.path("stunnel.conf")]


class Lighttpd(Server):
    heading, program, user = "lighttpd", "lighttpd", "www-data"
    is_one_process = True

    def prepare(self):
        self.file("lighttpd.conf", f"""server.modules = ( "mod_openssl" )
server.document-root = "{self.test.directory}"
server.bind = "127.0.0.1"
server.port = {self.port}
server.username = "www-data"
server.groupname = "www-data"
{self.text()}
""")

    def command(self):
        return ["/usr/sbin/lighttpd", "-D", "-f", self.test.path("lighttpd.conf")]


class PostgreSQL(Server):
    heading, program, user, loads = "PostgreSQL", "initdb", "postgres", True

    def prepare(self):
        self.bin = sorted(os.listdir("/usr/lib/postgresql"))[-1]
        self.bin = f"/usr/lib/postgresql/{self.bin}/bin"
        data = self.test.path("cluster")
        os.mkdir(data, 0o700)
        shutil.chown(data, "postgres")
        subprocess.run([f"{self.bin}/initdb", "-D", data, "-A", "trust", "-N"], user="postgres", group="postgres",
                       extra_groups=[], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       cwd=self.test.directory)
        with open(os.path.join(data, "postgresql.conf"), "a", encoding="ascii") as file:
            file.write(f"\nport = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                       f"unix_socket_directories = ''\n{self.text()}")

    def runs_as(self):
        return "postgres"

    def command(self):
        return [f"{self.bin}/postgres", "-D", self.test.path("cluster")]

    def talk(self, plain):
        """SSLRequest of PostgreSQL's protocol."""
        plain.sendall(struct.pack(">II", 8, 80877103))
        if plain.recv(1) != b"S":
            raise OSError("no TLS")


class Mosquitto(Server):
    heading, program, user, loads = "Mosquitto", "mosquitto", "mosquitto", True

    def prepare(self):
        self.file("mosquitto.conf", f"listener {self.port} 127.0.0.1\nallow_anonymous true\n{self.text()}")

    def runs_as(self):
        return "mosquitto"

    def command(self):
        return ["/usr/sbin/mosquitto", "-c", self.test.path("mosquitto.conf"), "-v"]


class Redis(Server):
    heading, program, user, loads = "Redis", "redis-server", "redis", True

    def prepare(self):
        self.file("redis.conf", f"bind 127.0.0.1\nport 0\ntls-port {self.port}\ntls-auth-clients no\nsave \"\"\n"
                                f"tls-ca-cert-file {self.place.path('www.pem')}\n{self.text()}")

    def runs_as(self):
        return "redis"

    def command(self):
        return ["/usr/bin/redis-server", self.test.path("redis.conf")]


ALL = (Nginx, Apache, HAProxy, Stunnel, Lighttpd, PostgreSQL, Mosquitto, Redis)
