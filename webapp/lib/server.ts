import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
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
 * On SIGTERM (and SIGINT) Next.js stops accepting connections and exits once all of them are closed.
 * A connection that was busy at that moment would be kept alive for KEEP_ALIVE_TIMEOUT after its
 * response, and one that never completes its request would be waited for without end. So from the
 * signal on each connection is closed after the response it is busy with, and after `grace`
 * milliseconds the process ends whatever is left.
 */
export function observeServer(grace: number): void {
  const busy = new Set<Exchange>();
  let stopping = false;

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
    setTimeout(() => {
      console.error(`Stopped after ${grace / 1000} s with ${busy.size} requests unfinished.`);
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
