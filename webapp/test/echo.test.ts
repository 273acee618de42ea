import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as route from '../app/api/echo/[[...path]]/route';
import { largestBody, shownOfBody } from '../lib/echo';

function post(body: BodyInit) {
  return route.POST(new Request('http://test/api/echo', { method: 'POST', body, duplex: 'half' } as RequestInit));
}

test('a GET comes back with its path and query as they were sent', async () => {
  const answer = await route.GET(new Request('http://test/api/echo/a%20deep/path?x=1&x=%C3%A9'));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.match(answer.headers.get('content-type')!, /^application\/json/);
  assert.deepEqual(await answer.json(), { method: 'GET', path: '/api/echo/a%20deep/path?x=1&x=%C3%A9', body: '' });
});

test('a POST comes back with its body as text', async () => {
  const answer = await post('{"order":7}');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await answer.json(), { method: 'POST', path: '/api/echo', body: '{"order":7}' });
});

test('of a long body the beginning comes back, in whatever pieces it arrives', async () => {
  const pieces = ['a'.repeat(shownOfBody - 1), 'bc', 'd'.repeat(100)];
  const stream = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
  const { body } = await (await post(stream)).json();
  assert.equal(body, 'a'.repeat(shownOfBody - 1) + 'b');
});

test('a character that the limit would cut in two is left out', async () => {
  const { body } = await (await post('a'.repeat(shownOfBody - 1) + 'é')).json();
  assert.equal(body, 'a'.repeat(shownOfBody - 1));
});

test('bytes that are no text do no harm', async () => {
  const { body } = await (await post(new Uint8Array([0x61, 0xff, 0x62]))).json();
  assert.equal(body, 'a\ufffdb');
});

test('the largest body is answered, and one byte more is refused', async () => {
  assert.equal((await post('a'.repeat(largestBody))).status, 200);
  const answer = await post('a'.repeat(largestBody + 1));
  assert.equal(answer.status, 413);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.equal(answer.headers.get('connection'), 'close');
  assert.deepEqual(await answer.json(), { error: 'the body is larger than 65536 bytes' });
});

test('a body without an end is read no further than the limit', async () => {
  let read = 0;
  const endless = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        read += 1024;
        controller.enqueue(new Uint8Array(1024));
      },
    },
    { highWaterMark: 0 },
  );
  assert.equal((await post(endless)).status, 413);
  assert.equal(read, largestBody + 1024);
});

test('no header comes back, so no secret does', async () => {
  const headers = { Authorization: 'Bearer top-secret', Cookie: 'session=top-secret' };
  const answer = await route.GET(new Request('http://test/api/echo', { headers }));
  assert.ok(!JSON.stringify([[...answer.headers], await answer.json()]).includes('top-secret'));
});

test('the route is not made at build time', () => {
  assert.equal(route.dynamic, 'force-dynamic');
});
