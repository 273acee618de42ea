import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { observeServer } from '../lib/server';

// A server that stops as Next.js does, and whose responses take as long as the client likes:
// the first half comes with the headers of the request, the second half after its body.
observeServer(Number(process.argv[2]));

const server = createServer((request, response) => {
  response.write('first half, ');
  request.resume().on('end', () => response.end('second half'));
});
server.keepAliveTimeout = 70_000;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));

process.on('SIGTERM', () => server.close(() => process.exit(143)));
