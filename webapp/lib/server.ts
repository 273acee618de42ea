import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { markReceived } from './arrival';

/**
 * The longest that any request can still be under way, in milliseconds: API Gateway gives up on an
 * integration of an HTTP API after 30 seconds.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export const longestRequest = 30_000;

type Exchange = { request: IncomingMessage; response: ServerResponse };

/**
 * Watches the HTTP server that Next.js makes and keeps to itself.
 *
 * On SIGTERM (and SIGINT) Next.js stops accepting connections, closes the idle ones, and exits once
 * none is left. Some would be left for long: a connection that is busy at that moment is kept alive
 * for KEEP_ALIVE_TIMEOUT after its response; one on which no request has come yet, or never comes to
 * its end, is waited for without limit. So from the signal on each connection is closed after the
 * response it is busy with, unused ones are closed at once, and after `grace` milliseconds the
 * process ends whatever is left.
 */
export function observeServer(grace: number): void {
  const connections = new Set<Socket>();
  const busy = new Set<Exchange>();
  let stopping = false;

  subscribe('net.server.socket', (message) => {
    const { socket } = message as { socket: Socket };
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });

  subscribe('http.server.request.start', (message) => {
    const exchange = message as Exchange;
    markReceived(exchange.request);
    busy.add(exchange);
    exchange.response.once('close', () => busy.delete(exchange));
    if (stopping) closeAfterwards(exchange);
  });

  const stop = (code: number) => () => {
    stopping = true;
    busy.forEach(closeAfterwards);
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    setTimeout(() => {
      console.error(`Stopped after ${grace / 1000} s with ${connections.size} connections open.`);
      process.exit(code);
    }, grace).unref();
  };
  process.once('SIGTERM', stop(143));
  process.once('SIGINT', stop(130));
}

function closeAfterwards({ request, response }: Exchange): void {
  response.shouldKeepAlive = false;
  // Too late for "Connection: close" when the headers are out already; then end the socket ourselves.
  response.once('finish', () => request.socket.end());
}
