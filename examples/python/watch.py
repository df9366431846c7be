"""Wattline's statistics and anomalies on standard output, one JSON object a line; a server's restart is waited out.

    python watch.py http://127.0.0.1:8080 [CURSOR]

Anomalies begin with the next one that is reported, or with the one after CURSOR: that of the last one printed. Where
Wattline asks who calls, it is told the key in the variable WATTLINE_KEY; one of scope read is enough.
Python 3.11 or newer.
"""

import asyncio
import json
import os
import random
import re
import signal
import sys

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportClosed, TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed

STATISTICS = "subscription { statsUpdates { asOf totalReadings totalEnergy peakPower estimatedCost } }"
ANOMALIES = """subscription ($after: String) {
  anomalyDetected(after: $after) { cursor node { kind severity startedAt message machine { name } } }
}"""
NEWEST = "{ anomalies(last: 1) { pageInfo { endCursor } } }"

# Troubles that pass. Whatever else the server refuses, it would refuse again.
PASSING = re.compile(r"TOO_FAR_BEHIND|DATABASE_\w+|INTERNAL")
# With what the server closes when it lets nobody in without a key, or not with this one.
FORBIDDEN = 4403


def close_code(trouble):
    """With what the server closed the connection, if it did: gql names only its own error, caused by that."""
    while trouble and not isinstance(trouble, ConnectionClosed):
        trouble = trouble.__cause__
    return trouble and trouble.rcvd and trouble.rcvd.code


class Watcher:
    def __init__(self, server="http://127.0.0.1:8080", after=None):
        self.url = re.sub("^http", "ws", server) + "/graphql"
        key = os.environ.get("WATTLINE_KEY")
        self.introduction = {"Authorization": f"Bearer {key}"} if key else {}
        self.after = after  # The cursor of the last anomaly seen.
        self.failures = 0

    async def run(self):
        """Connects again and again: a server that restarts closes with 1001, and refuses until it is back."""
        while True:
            try:
                transport = WebsocketsTransport(
                    self.url, init_payload=self.introduction, subprotocols=["graphql-transport-ws"]
                )
                # If one of the two ends, so does the other, before both begin anew.
                async with Client(transport=transport) as session, asyncio.TaskGroup() as both:
                    self.after = self.after or await self.newest(session)
                    anomalies = GraphQLRequest(ANOMALIES, variable_values={"after": self.after})
                    both.create_task(self.watch(session, GraphQLRequest(STATISTICS)))
                    both.create_task(self.watch(session, anomalies))
            except* (TransportError, TimeoutError) as caught:
                troubles = caught.exceptions
            for trouble in troubles:
                self.outlive(trouble)
            # A quarter of a second, then twice as long each time up to 8 s; by chance up to half as much more or less,
            # so that a hundred clients do not all come at once.
            await asyncio.sleep(min(0.25 * 2**self.failures, 8) * random.uniform(0.5, 1.5))
            self.failures += 1

    async def newest(self, session):
        """Before the first anomaly there is no cursor, and what is reported during a restart could be missed."""
        answer = await session.execute(GraphQLRequest(NEWEST))
        return answer["anomalies"]["pageInfo"]["endCursor"] or "0"

    async def watch(self, session, subscription):
        async for data in session.subscribe(subscription):
            self.failures = 0
            self.after = data.get("anomalyDetected", {}).get("cursor", self.after)
            print(json.dumps(data), flush=True)
        raise TransportClosed("the server has ended the subscription")

    def outlive(self, trouble):
        if close_code(trouble) == FORBIDDEN:
            sys.exit("Wattline does not let us in: the key in WATTLINE_KEY is missing, wrong, expired or revoked")
        print(trouble, file=sys.stderr)
        if isinstance(trouble, TransportQueryError):
            extensions = trouble.errors[0].get("extensions", {})
            if not PASSING.fullmatch(extensions.get("code", "")):
                sys.exit(1)
            self.after = extensions.get("cursor") or self.after


async def main():
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, asyncio.current_task().cancel)
    try:
        await Watcher(*sys.argv[1:]).run()
    except asyncio.CancelledError:
        pass


asyncio.run(main())
