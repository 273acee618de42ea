import assert from 'node:assert/strict';
import { cp, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { Client, exited, freePort, startNode } from './processes';

const app = join(__dirname, '..', '..');

let folder: string;
let port: number;
let server: ReturnType<typeof startNode>;

/** Lays out in `folder` what the Dockerfile lays out in the image. */
async function layOut() {
  folder = await mkdtemp(join(tmpdir(), 'webapp-'));
  await cp(join(app, '.next/standalone'), folder, { recursive: true });
  await cp(join(app, '.next/static'), join(folder, '.next/static'), { recursive: true });
  await cp(join(app, 'public'), join(folder, 'public'), { recursive: true });
}

async function start() {
  port = await freePort();
  server = startNode(['server.js'], {
    cwd: folder,
    env: {
      NODE_ENV: 'production',
      HOSTNAME: '127.0.0.1',
      PORT: String(port),
      KEEP_ALIVE_TIMEOUT: '70000',
      BUILD_ID: 'build-under-test',
      NEXT_TELEMETRY_DISABLED: '1',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (;;) {
    const answer = await get('/api/health').catch(() => undefined);
    if (answer?.ok) return;
    assert.equal(server.exitCode, null, 'the server ended before it was ready');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function get(path: string, headers: Record<string, string> = {}) {
  return fetch(`http://127.0.0.1:${port}${path}`, { headers });
}

/** Path, size and time of change of every file below `folder`, but for the cache volume. */
async function files() {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  const lines = paths
    .filter((path) => !path.startsWith(join(folder, '.next/cache/')))
    .map(async (path) => {
      const { size, mtimeMs } = await lstat(path);
      return `${relative(folder, path)} ${size} ${mtimeMs}`;
    });
  return new Set(await Promise.all(lines));
}

let laidOut: Set<string>;
before(
  async () => {
    await layOut();
    laidOut = await files();
    await start();
  },
  { timeout: 60_000 },
);
after(async () => {
  server.kill('SIGKILL');
  await exited(server);
  await rm(folder, { recursive: true });
});

for (const path of ['/', '/arrival', '/play/HJKMN', '/host/HJKMN', '/screen/HJKMN']) {
  test(`${path} names the build and the task that answered`, async () => {
    const answer = await get(path);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type')!, /^text\/html/);
    const html = await answer.text();
    assert.ok(html.includes('<dt>Build</dt><dd>build-under-test</dd>'));
    assert.ok(html.includes(`<dt>Task</dt><dd>${hostname()}</dd>`));
    assert.ok(html.includes('<a href="/arrival">'));
  });
}

test('without a table every page of the quiz says that app.table is off, and the API too', async () => {
  for (const path of ['/', '/play/HJKMN', '/host/HJKMN', '/screen/HJKMN']) {
    assert.ok((await (await get(path)).text()).includes('<code>app.table</code> of this deployment is off'), path);
  }
  const answer = await get('/api/quizzes/HJKMN');
  assert.equal(answer.status, 503);
  assert.equal((await answer.json()).error, 'no-table');
  assert.equal((await get('/api/health')).status, 200);
});

test('the page draws the path of a request in order', async () => {
  const html = await (await get('/arrival')).text();
  const stations = [...html.matchAll(/<strong>([^<]*)<\/strong>/g)].map(([, name]) => name);
  assert.deepEqual(stations, ['Your browser', 'API Gateway', 'VPC link', 'Load balancer', 'Fargate task']);
});

test('the page shows the headers by which proxies pass a request on', async () => {
  const sent = {
    Forwarded: 'for=203.0.113.7;host=example.com;proto=https',
    Via: 'HTTP/1.1 AmazonAPIGateway',
    'X-Forwarded-For': '203.0.113.7, 10.0.1.2',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-Port': '80',
    'X-Amzn-Trace-Id': 'Root=1-67891233-abcdef012345678912345678',
  };
  const html = await (await get('/arrival', sent)).text();
  assert.ok(html.includes(`<code>127.0.0.1:${port}</code>`));
  for (const value of Object.values(sent)) assert.ok(html.includes(`<code>${value}</code>`), value);
});

test('the page says so when a request came straight to the container', async () => {
  const html = await (await get('/arrival')).text();
  assert.ok(html.includes('it came straight to the container'));
  assert.equal(html.match(/<span class="absent">not sent<\/span>/g)?.length, 8);
});

test('a header that holds markup is shown as text', async () => {
  const html = await (
    await get('/arrival', { Forwarded: '<script>alert(1)</script>', 'X-Forwarded-For': '"><img src=x onerror=alert(2)>' })
  ).text();
  assert.ok(html.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
  assert.ok(!html.includes('<script>alert'));
  assert.ok(!html.includes('<img'));
});

test('cookies and credentials do not come back in the page', async () => {
  const html = await (
    await get('/arrival', {
      Authorization: 'Bearer top-secret',
      Cookie: 'session=top-secret',
      'X-Forwarded-Access-Token': 'top-secret',
    })
  ).text();
  assert.ok(!html.includes('top-secret'));
});

test('the page is made for each request and kept by no cache', async () => {
  const [one, two] = await Promise.all([get('/'), get('/')]);
  assert.match(one.headers.get('cache-control')!, /no-store/);
  assert.notEqual(await one.text(), await two.text());
});

for (const path of ['/', '/arrival', '/no/such/page']) {
  test(`only scripts with the nonce of the response run on ${path}`, async () => {
    const answer = await get(path);
    const nonce = /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy')!)?.[1];
    const scripts = (await answer.text()).match(/<script[^>]*>/g)!;
    assert.ok(scripts.length > 0);
    for (const script of scripts) assert.ok(script.includes(`nonce="${nonce}"`), script);
  });
}

test('everything that the page loads comes from the app itself', async () => {
  const html = (await (await get('/')).text()) + (await (await get('/arrival')).text());
  const addresses = [...html.matchAll(/ (?:src|href)="([^"]*)"/g)].map(([, address]) => address!);
  assert.ok(addresses.length > 0);
  for (const address of addresses) {
    assert.match(address, /^\/(?!\/)/);
    assert.equal((await get(address)).status, 200, address);
  }
});

test('answers carry the security headers and do not name the framework', async () => {
  for (const path of ['/', '/api/health', '/no/such/page']) {
    const { headers } = await get(path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('x-frame-options'), 'DENY', path);
    assert.equal(headers.get('strict-transport-security'), 'max-age=31536000', path);
    assert.equal(headers.get('x-powered-by'), null, path);
  }
});

test('/api/health answers 200 and is never cached', async () => {
  const answer = await get('/api/health');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await answer.json(), { status: 'ok' });
});

test('/api/build answers with the build id and is never cached', async () => {
  const answer = await get('/api/build');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await answer.json(), { build: 'build-under-test' });
});

test('/api/echo answers GET and POST with what arrived, at any depth', async () => {
  for (const [method, path, body] of [
    ['GET', '/api/echo', ''],
    ['GET', '/api/echo/a/deep/path?x=1', ''],
    ['POST', '/api/echo', '{"order":7}'],
    ['POST', '/api/echo/a/deep/path', 'text'],
  ] as const) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body || undefined });
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await answer.json(), { method, path, body });
  }
});

test('/api/echo never answers with markup that a browser would take for a page', async () => {
  const body = '<script>alert(1)</script>';
  const answer = await fetch(`http://127.0.0.1:${port}/api/echo/${body}?${body}`, { method: 'POST', body });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal((await answer.json()).body, body);
});

test('/api/echo knows no other method', async () => {
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    assert.equal((await fetch(`http://127.0.0.1:${port}/api/echo`, { method })).status, 405, method);
  }
});

test('/api/echo refuses a large body before it has come to its end', { timeout: 20_000 }, async () => {
  const client = await Client.to(port);
  client.send(`POST /api/echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10000000\r\n\r\n${'a'.repeat(70_000)}`);
  await client.receives('the body is larger than 65536 bytes');
  await client.closed;
  assert.match(client.received, /^HTTP\/1\.1 413 /);
  assert.equal((await get('/api/health')).status, 200);
});

test('an unknown path answers 404 with our own page', async () => {
  const answer = await get('/no/such/page');
  assert.equal(answer.status, 404);
  assert.ok((await answer.text()).includes('there is no such room'));
});

test('the image optimiser, which is left out of the image, answers 404', async () => {
  assert.equal((await get('/_next/image?url=%2Ffavicon.svg&w=64&q=75')).status, 404);
});

// The last test of the file: it stops the server. That a response already under way is finished is
// shown in stopping.test.ts, with a server that is slow on demand.
test(
  'at SIGTERM idle connections are closed, a request that is coming in is answered, and the server ends',
  { timeout: 20_000 },
  async () => {
    const slow = await Client.to(port);
    slow.send('GET /api/build HTTP/1.1\r\nHost: te');
    const idle = await Client.to(port);
    idle.send('GET /api/health HTTP/1.1\r\nHost: test\r\n\r\n');
    await idle.receives('"ok"');

    server.kill('SIGTERM');
    await idle.closed;
    await assert.rejects(get('/api/health'));
    slow.send('st\r\n\r\n');
    await slow.receives('"build-under-test"');
    await slow.closed;

    assert.match(slow.received, /^HTTP\/1\.1 200 OK/);
    assert.match(slow.received, /connection: close/i);
    assert.equal(await exited(server), 143);
    const written = [...(await files())].filter((file) => !laidOut.has(file));
    assert.deepEqual(written, [], 'the server wrote outside of its volumes');
  },
);
