"""Listens to /events over a WebSocket and prints each frame; pings once, and says how the server closed."""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def main(url):
    async with connect(url, proxy=None) as socket:
        await asyncio.wait_for(await socket.ping(), 10)
        print("pong", flush=True)
        try:
            while True:
                print(await socket.recv(), flush=True)
        except ConnectionClosed as closed:
            print("closed", closed.rcvd.code, closed.rcvd.reason, flush=True)


asyncio.run(main(sys.argv[1]))
