"""What is no HTTP at all is answered with a problem document too, before there is a call that could be answered."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.problems import MEDIA_TYPE, document, encoded

DETAIL = "This is no HTTP request: the method is unknown, or a header holds a character that headers may not have."


class Protocol(HttpToolsProtocol):
    """uvicorn's reading of HTTP, with our words for what cannot be read."""

    def send_400_response(self, msg: str) -> None:
        """Answer and hang up: nothing after the mistake can be trusted."""
        body = encoded(document("malformed-request", 400, DETAIL, ""))
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()
