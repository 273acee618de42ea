import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exited, freePort, startNode } from './processes';

// The app as it is built for a REST API without a domain, behind a proxy that takes the stage's name away as that does.
const app = join(__dirname, '..', '..');
const built = '.next-live';

let folder: string;
let server: ReturnType<typeof startNode>;
let proxy: Server;
let site: string;

before(
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'webapp-live-'));
    await cp(join(app, built, 'standalone'), folder, { recursive: true });
    await cp(join(app, built, 'static'), join(folder, built, 'static'), { recursive: true });
    await cp(join(app, 'public'), join(folder, 'public'), { recursive: true });
    const [behind, front] = [await freePort(), await freePort()];
    const env = { NODE_ENV: 'production' as const, HOSTNAME: '127.0.0.1', PORT: String(behind), QUIZ_STORE: 'memory', NEXT_TELEMETRY_DISABLED: '1' };
    server = startNode(['server.js'], { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
    proxy = createServer((from, to) => {
      if (!from.url!.startsWith('/live/')) return to.writeHead(403).end('{"message":"Missing Authentication Token"}');
      const onward = request({ port: behind, host: '127.0.0.1', method: from.method, path: from.url!.slice('/live'.length), headers: from.headers }, (answer) => {
        to.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(to);
      });
      onward.on('error', () => to.writeHead(502).end());
      return from.pipe(onward);
    }).listen(front, '127.0.0.1');
    site = `http://127.0.0.1:${front}`;
    for (;;) {
      const answer = await fetch(`${site}/live/api/health`).catch(() => undefined);
      if (answer?.ok) break;
      assert.equal(server.exitCode, null, 'the server ended before it was ready');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
  { timeout: 60_000 },
);
after(async () => {
  proxy?.close();
  proxy?.closeAllConnections();
  server.kill('SIGKILL');
  await exited(server);
  await rm(folder, { recursive: true });
});

for (const path of ['/', '/play/HJKMN', '/host/HJKMN', '/screen/HJKMN', '/arrival', '/no/such/page']) {
  test(`under /live everything that ${path} links to or loads is under /live, and there`, async () => {
    const html = await (await fetch(`${site}/live${path}`)).text();
    const addresses = [...html.matchAll(/ (?:src|href)="([^"]*)"/g)].map(([, address]) => address!);
    assert.ok(addresses.length > 5);
    for (const address of addresses) {
      assert.match(address, /^\/live\//);
      assert.equal((await fetch(site + address)).status, 200, address);
    }
  });
}

test('what the styles load is under /live too', async () => {
  const html = await (await fetch(`${site}/live/arrival`)).text();
  const sheets = [...html.matchAll(/ href="([^"]*\.css)"/g)].map(([, address]) => address!);
  assert.ok(sheets.length > 0);
  for (const sheet of sheets) {
    for (const [, address] of (await (await fetch(site + sheet)).text()).matchAll(/url\(["']?([^"')]+)/g)) {
      assert.match(address!, /^(data:|\/live\/)/);
    }
  }
});

test('scripts ask for further scripts, and for the quiz’s data, under /live', async () => {
  const html = await (await fetch(`${site}/live/play/HJKMN`)).text();
  const scripts = [...html.matchAll(/ src="([^"]*\.js)"/g)].map(([, address]) => address!);
  const code = (await Promise.all(scripts.map(async (address) => (await fetch(site + address)).text()))).join('\n');
  assert.ok(code.includes('/live/_next/'));
  assert.ok(!/["'`]\/_next\//.test(code.replaceAll('/live/_next/', '')), 'a script names /_next/ without /live');
  assert.match(code, /["'`]\/live["'`]/);
});

test('the cookie of a quiz is for its addresses under /live, and the quiz answers there', async () => {
  const made = await fetch(`${site}/live/api/quizzes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-quiz': '1' },
    body: JSON.stringify({ title: 'Under a path' }),
  });
  const { code } = (await made.json()) as { code: string };
  const cookie = made.headers.get('set-cookie')!;
  assert.ok(cookie.includes(`; Path=/live/api/quizzes/${code};`), cookie);
  const view = await fetch(`${site}/live/api/quizzes/${code}/host`, { headers: { cookie: cookie.split(';')[0]! } });
  assert.equal(((await view.json()) as { title: string }).title, 'Under a path');
});

test('a refusal is told as one, whichever page or route was asked first', async () => {
  const answer = await fetch(`${site}/live/api/quizzes/HJKMN`);
  assert.deepEqual([answer.status, ((await answer.json()) as { error: string }).error], [404, 'no-quiz']);
});

test('the routes that probes ask for are where the app itself has them', async () => {
  assert.deepEqual(await (await fetch(`${site}/live/api/echo/a/deep/path?x=1`)).json(), { method: 'GET', path: '/api/echo/a/deep/path?x=1', body: '' });
});
