"""What the tools that look at the built site share: a Chromium, and a server like a web host's."""

import gzip
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CHROMIUM = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
# What hosts compress. Pictures, fonts and .gz files are compressed already.
TEXT = ("text/", "application/javascript", "application/json", "application/xml", "image/svg+xml")


def find_chromium() -> str | None:
    """Path of this machine's Chromium, if it has one."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


class Host(SimpleHTTPRequestHandler):
    """Text goes out compressed to whoever takes it."""

    protocol_version = "HTTP/1.1"  # one connection for many files, as any host has it

    def do_GET(self):
        file = Path(self.translate_path(self.path))
        kind = self.guess_type(str(file))
        taken = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (taken and file.is_file() and kind.startswith(TEXT)):
            super().do_GET()
            return
        body = gzip.compress(file.read_bytes(), compresslevel=6)
        self.send_response(200)
        for name, value in {"Content-Type": f"{kind}; charset=utf-8", "Content-Encoding": "gzip",
                            "Content-Length": len(body), "Vary": "Accept-Encoding"}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def serve(site: Path) -> ThreadingHTTPServer:
    """A server of the site on a free port of localhost, running until its `shutdown`."""
    server = ThreadingHTTPServer(("localhost", 0), partial(Host, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
