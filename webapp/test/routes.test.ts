import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import * as build from '../app/api/build/route';
import * as health from '../app/api/health/route';

const before = process.env.BUILD_ID;
afterEach(() => {
  if (before === undefined) delete process.env.BUILD_ID;
  else process.env.BUILD_ID = before;
});

test('the health route answers 200 and is never cached', async () => {
  const response = health.GET();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await response.json(), { status: 'ok' });
});

test('the build route answers with the id of the image and is never cached', async () => {
  process.env.BUILD_ID = '3f9c2b71';
  const response = build.GET();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await response.json(), { build: '3f9c2b71' });
});

test('outside of an image the build is called dev', async () => {
  delete process.env.BUILD_ID;
  assert.deepEqual(await build.GET().json(), { build: 'dev' });
});

test('neither route is made at build time', () => {
  assert.equal(health.dynamic, 'force-dynamic');
  assert.equal(build.dynamic, 'force-dynamic');
});
