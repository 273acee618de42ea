import type { IncomingMessage } from 'node:http';

/** One line of the table "How this request came in". */
export type Arrival = {
  name: string;
  /** Who sets this header on the path, and what it tells. */
  meaning: string;
  /** The value as received, or null where the header was not sent. */
  value: string | null;
};

// An allow list: cookies, credentials and whatever else a client sends never reach the page.
// X-Forwarded-* is spelled out for the same reason: some proxies pass X-Forwarded-Access-Token.
const shown: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ['Host', 'The name under which this container was addressed.'],
  ['Forwarded', 'API Gateway tells here which client asked, for which host, and how (RFC 7239).'],
  ['Via', 'The proxies that passed the request on.'],
  ['X-Forwarded-For', 'The addresses it came from; the load balancer appends the one it saw.'],
  ['X-Forwarded-Proto', 'How it reached the load balancer: plain HTTP inside the network.'],
  ['X-Forwarded-Port', 'The port of the load balancer that it came to.'],
  ['X-Forwarded-Host', 'The host that a proxy was asked for, where a proxy passes it on.'],
  ['X-Public-Host', 'The public host, where the stack has API Gateway pass it on under this name.'],
  ['X-Amzn-Trace-Id', 'Finds this one request again in logs and traces.'],
];

// Next.js fills in X-Forwarded-* where nobody sent it. This header, set by us on every request,
// lists what was really received.
const receivedHeader = 'x-sallyport-received';

/** Notes on the request which headers it came with, before Next.js adds its own. */
export function markReceived(request: IncomingMessage): void {
  request.headers[receivedHeader] = Object.keys(request.headers).join(',');
}

/** The headers that tell how a request came in, in the order of the table; nothing else. */
export function arrival(headers: Pick<Headers, 'get'>): Arrival[] {
  const received = headers.get(receivedHeader)?.split(',');
  return shown.map(([name, meaning]) => {
    const sent = !received || received.includes(name.toLowerCase());
    return { name, meaning, value: sent ? headers.get(name) : null };
  });
}
