import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Client, exited, startNode } from './processes';

async function slowServer(grace: number) {
  const child = startNode([join(__dirname, 'slow-server.js'), String(grace)]);
  const [port] = await once(child.stdout!, 'data');
  return { child, port: Number(port), errors: text(child.stderr!) };
}

/** Sends SIGTERM and waits until it has taken effect: then an idle connection is closed. */
async function terminate({ child, port }: { child: ReturnType<typeof startNode>; port: number }) {
  const idle = await Client.to(port);
  idle.send('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
  await idle.receives('second half');
  child.kill('SIGTERM');
  await idle.closed;
}

const halfRequest = 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nha';

// Well below the 70 s for which an unattended connection would be kept alive.
const options = { timeout: 20_000 };

test('a response under way at SIGTERM is finished, its connection closed, and the process ends', options, async () => {
  const server = await slowServer(60_000);
  const client = await Client.to(server.port);
  client.send(halfRequest);
  await client.receives('first half');

  await terminate(server);
  client.send('lf');

  await client.receives('second half');
  await client.closed;
  assert.match(client.received, /connection: keep-alive/i);
  assert.equal(await exited(server.child), 143);
  assert.equal(await server.errors, '');
});

test('a request that never ends is given up after the grace period', options, async () => {
  const server = await slowServer(100);
  const client = await Client.to(server.port);
  client.send(halfRequest);
  await client.receives('first half');

  await terminate(server);

  assert.equal(await exited(server.child), 143);
  assert.equal(await server.errors, 'Stopped after 0.1 s with 1 connections open.\n');
});

test('a connection on which no request has come does not keep the process', options, async () => {
  const server = await slowServer(60_000);
  const unused = await Client.to(server.port);

  await terminate(server);

  await unused.closed;
  assert.equal(await exited(server.child), 143);
});
