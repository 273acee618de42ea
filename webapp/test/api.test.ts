import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { api, cookieName, largestBody, type Limits, routes, usualLimits } from '../lib/quiz/api';
import { example } from '../lib/quiz/example';
import { codeLetters, newCode, newSecret, readCode } from '../lib/quiz/keys';
import { clientAddress, Limiter } from '../lib/quiz/limiter';
import { Quizzes } from '../lib/quiz/quiz';
import { MemoryStore } from '../lib/quiz/memory';

let quizzes: Quizzes;
let limits: Limits;
beforeEach(() => {
  quizzes = new Quizzes(new MemoryStore());
  limits = usualLimits();
});

type Ask = { cookie?: string; body?: unknown; headers?: Record<string, string> };

function ask(method: string, path: string, { cookie, body = {}, headers = {} }: Ask = {}): Promise<Response> {
  const request = new Request(`http://10.0.0.7:3000/api/quizzes${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-quiz': '1', ...(cookie && { cookie }), ...headers },
    body: method === 'GET' || method === 'DELETE' ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  return api(quizzes, limits, request, path.split('?')[0]!.split('/').slice(1));
}

const errorOf = async (answer: Response) => ((await answer.json()) as { error?: string }).error;

async function started() {
  const { code, secret } = await quizzes.create('Thursday', example);
  const a = await quizzes.join(code, 'A', newSecret());
  const round = (await quizzes.forHost(code)).rounds[0]!;
  return { code, round, team: a.team.id, host: `${cookieName('host', code)}=${secret}`, a: `${cookieName('team', code)}=${a.secret}` };
}

// Who may ask what: every route, by everybody. A route that is missing here fails the last of these tests.
const bodies: Record<string, unknown> = {
  'POST ': { title: 'Quiz' },
  'POST :code/teams': { name: 'New' },
  'PUT :code/host': { title: 'Renamed' },
  'PUT :code/host/finished': { finished: true },
  'POST :code/host/rounds': { title: 'More' },
  'PUT :code/host/rounds/:id': { revision: 1, title: 'Changed', questions: [] },
  'PUT :code/host/rounds/:id/state': { to: 'open' },
  'POST :code/host/rounds/:id/moves': { by: 1 },
  'POST :code/team/rounds/:id/answers': { answers: {} },
};

const allowed: Record<string, ('nobody' | 'other team' | 'other host' | 'team' | 'host')[]> = {
  'POST ': ['nobody', 'other team', 'other host', 'team', 'host'],
  'GET :code': ['nobody', 'other team', 'other host', 'team', 'host'],
  'POST :code/teams': ['nobody', 'other team', 'other host', 'host'],
  'POST :code/keys': [],
  'GET :code/team': ['team'],
  'POST :code/team/links': ['team'],
  'POST :code/team/rounds/:id/answers': ['team'],
  'GET :code/team/rounds/:id/result': ['team'],
  'GET :code/host': ['host'],
  'PUT :code/host': ['host'],
  'PUT :code/host/finished': ['host'],
  'POST :code/host/links': ['host'],
  'DELETE :code/host/teams/:id': ['host'],
  'POST :code/host/rounds': ['host'],
  'PUT :code/host/rounds/:id': ['host'],
  'DELETE :code/host/rounds/:id': ['host'],
  'PUT :code/host/rounds/:id/state': ['host'],
  'POST :code/host/rounds/:id/moves': ['host'],
  'GET :code/host/rounds/:id/marking': ['host'],
  'PUT :code/host/rounds/:id/marks': ['host'],
};

describe('who may ask what', () => {
  test('the table has every route', () => {
    assert.deepEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted(), Object.keys(allowed).toSorted());
  });

  for (const [name, who] of Object.entries(allowed)) {
    const [method, path] = name.split(' ') as [string, string];
    for (const person of ['nobody', 'other team', 'other host', 'team', 'host', 'forger'] as const) {
      const may = person === 'forger' ? who.includes('nobody') : who.includes(person);
      test(`${person} ${may ? 'may' : 'may not'} ${method} /${path}`, async () => {
        const [own, other] = [await started(), await started()];
        const rename = (cookie: string) => cookie.replaceAll(other.code, own.code);
        // What somebody else has, under the names that this quiz's cookies have, and each in place of the other one.
        const cookies: Record<typeof person, string | undefined> = {
          nobody: undefined,
          'other team': `${rename(other.a)}; ${rename(other.a).replace('team', 'host')}`,
          'other host': `${rename(other.host)}; ${rename(other.host).replace('host', 'team')}`,
          team: `${own.a}; ${own.a.replace('team', 'host')}`,
          host: `${own.host}; ${own.host.replace('host', 'team')}`,
          forger: `${cookieName('host', own.code)}=${newSecret()}; ${cookieName('team', own.code)}=${newSecret()}`,
        };
        const id = path.includes('teams/:id') ? own.team : own.round.id;
        // What each is about is possible, so that a refusal is for the person.
        if (name.includes('answers') || name.includes('marking') || name.includes('marks')) await quizzes.moveTo(own.code, id, 'open');
        if (name.includes('marking') || name.includes('marks')) await quizzes.moveTo(own.code, id, 'closed');
        if (name.includes('result')) for (const to of ['open', 'closed', 'released']) await quizzes.moveTo(own.code, id, to);
        const marks = { marks: [{ question: own.round.items[0]!.id, answer: 'mars', mark: 'full' }] };
        const before = JSON.stringify(await quizzes.forHost(own.code));
        const answer = await ask(method, path && `/${path.replace(':code', own.code).replace(':id', id)}`, {
          cookie: cookies[person],
          body: name.includes('marks') ? marks : (bodies[name] ?? {}),
        });
        if (may) {
          assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
          return;
        }
        const expected = name === 'POST :code/teams' ? 'has-team' : name === 'POST :code/keys' ? 'bad-key' : path.includes('/host') ? 'not-host' : 'not-team';
        assert.deepEqual([answer.status, await errorOf(answer)], [expected === 'has-team' ? 409 : 401, expected]);
        assert.equal(JSON.stringify(await quizzes.forHost(own.code)), before, 'nothing has changed');
      });
    }
  }
});

describe('requests that other sites could make', () => {
  test('a change without the quiz’s own header is refused', async () => {
    const { code, host } = await started();
    const answer = await ask('PUT', `/${code}/host`, { cookie: host, body: { title: 'X' }, headers: { 'x-quiz': '' } });
    assert.deepEqual([answer.status, await errorOf(answer)], [403, 'other-site']);
    assert.equal((await quizzes.meta(code)).title, 'Thursday');
  });

  for (const site of ['cross-site', 'same-site', 'none']) {
    test(`a change that the browser says is ${site} is refused`, async () => {
      const { code, host } = await started();
      const answer = await ask('PUT', `/${code}/host`, { cookie: host, body: { title: 'X' }, headers: { 'sec-fetch-site': site } });
      assert.deepEqual([answer.status, await errorOf(answer)], [403, 'other-site']);
    });
  }

  test('a form’s content types are refused, and so is what is no JSON object', async () => {
    const { code, host } = await started();
    const cases = [
      ['text/plain', '{}', 415],
      ['application/x-www-form-urlencoded', 'title=X', 415],
      ['multipart/form-data; boundary=x', '', 415],
      ['application/jsonp', '{}', 415],
      ['application/json', '[]', 400],
      ['application/json', 'null', 400],
      ['application/json', '{', 400],
    ] as const;
    for (const [type, body, status] of cases) {
      const answer = await ask('PUT', `/${code}/host`, { cookie: host, body, headers: { 'content-type': type } });
      assert.deepEqual([answer.status, await errorOf(answer)], [status, 'not-json'], type);
    }
    assert.equal((await ask('PUT', `/${code}/host`, { cookie: host, body: { title: 'X' }, headers: { 'content-type': 'application/json; charset=utf-8' } })).status, 200);
  });

  test('the public host may be any: behind a gateway the app is asked for by another name', async () => {
    const { code, host } = await started();
    const headers = { host: '10.0.0.7:3000', origin: 'https://quiz.example.com', 'sec-fetch-site': 'same-origin' };
    assert.equal((await ask('PUT', `/${code}/host`, { cookie: host, body: { title: 'X' }, headers })).status, 200);
  });

  test('no answer allows another origin anything', async () => {
    const { code } = await started();
    for (const answer of [await ask('GET', `/${code}`, { headers: { origin: 'https://evil.example' } }), await ask('POST', '', { body: { title: 'X' } })]) {
      assert.deepEqual([...answer.headers.keys()].filter((name) => name.startsWith('access-control')), []);
    }
  });
});

describe('cookies', () => {
  test('a host’s is sent to its own quiz alone, never to scripts or from other sites', async () => {
    const answer = await ask('POST', '', { body: { title: 'Quiz' }, headers: { origin: 'https://quiz.example.com' } });
    assert.equal(answer.status, 201);
    const { code, ...rest } = (await answer.json()) as { code: string };
    assert.deepEqual(rest, {});
    assert.match(
      answer.headers.get('set-cookie')!,
      new RegExp(`^quiz-host-${code}=[\\w-]{32}; Path=/api/quizzes/${code}; Max-Age=51840\\d\\d|5183999; HttpOnly; SameSite=Strict; Secure$`),
    );
  });

  test('over plain HTTP, as on a laptop, a cookie is not Secure, or the browser would not keep it', async () => {
    const { code } = await started();
    const answer = await ask('POST', `/${code}/teams`, { body: { name: 'B' }, headers: { origin: 'http://127.0.0.1:4568' } });
    assert.match(answer.headers.get('set-cookie')!, new RegExp(`^quiz-team-${code}=[\\w-]{32}; Path=/api/quizzes/${code}; Max-Age=\\d+; HttpOnly; SameSite=Strict$`));
  });

  test('a link lets another device in, as the same host or team, and no other', async () => {
    const { code, host, a, team } = await started();
    for (const [role, cookie] of [['host', host], ['team', a]] as const) {
      const { key } = (await (await ask('POST', `/${code}/${role}/links`, { cookie })).json()) as { key: string };
      assert.ok(!cookie.includes(key));
      const answer = await ask('POST', `/${code}/keys`, { body: { key } });
      assert.deepEqual(await answer.json(), { role });
      const fresh = answer.headers.get('set-cookie')!.split(';')[0]!;
      assert.equal(fresh, `${cookieName(role, code)}=${key}`);
      const view = (await (await ask('GET', `/${code}/${role}`, { cookie: fresh })).json()) as { team?: { id: string } };
      if (role === 'team') assert.equal(view.team!.id, team);
    }
  });

  test('a browser can have parts in several quizzes at once', async () => {
    const [one, two] = [await started(), await started()];
    const cookie = [one.host, two.host, one.a, two.a].join('; ');
    for (const { code } of [one, two]) {
      const { host, team } = (await (await ask('GET', `/${code}`, { cookie })).json()) as { host: boolean; team: boolean };
      assert.deepEqual([host, team], [true, true]);
    }
  });
});

describe('polling', () => {
  test('a page that is unchanged is answered without a body, and one that changed with it', async () => {
    const { code, host, a } = await started();
    for (const [role, cookie] of [['host', host], ['team', a]] as const) {
      const tag = (await ask('GET', `/${code}/${role}`, { cookie })).headers.get('etag')!;
      const same = await ask('GET', `/${code}/${role}`, { cookie, headers: { 'if-none-match': tag } });
      assert.deepEqual([same.status, await same.text(), same.headers.get('etag')], [304, '', tag]);
      // Proxies on the way may make a tag weak.
      assert.equal((await ask('GET', `/${code}/${role}`, { cookie, headers: { 'if-none-match': `W/${tag}` } })).status, 304);
      await quizzes.rename(code, `Renamed for the ${role}`);
      const changed = await ask('GET', `/${code}/${role}`, { cookie, headers: { 'if-none-match': tag } });
      assert.equal(changed.status, 200);
      assert.notEqual(changed.headers.get('etag'), tag);
    }
  });

  test('the tag of one team says nothing to another', async () => {
    const { code, a } = await started();
    const b = `${cookieName('team', code)}=${(await quizzes.join(code, 'B', newSecret())).secret}`;
    const tags = await Promise.all([a, b].map(async (cookie) => (await ask('GET', `/${code}/team`, { cookie })).headers.get('etag')));
    assert.notEqual(tags[0], tags[1]);
  });
});

describe('what is asked wrongly', () => {
  test('an unknown address is answered with 404, and an unknown method with 405 and those that there are', async () => {
    const { code } = await started();
    assert.deepEqual([(await ask('GET', `/${code}/nothing`)).status, (await ask('GET', '/a/b/c/d/e/f/g')).status], [404, 404]);
    const answer = await ask('DELETE', `/${code}/host`);
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, PUT']);
  });

  test('a code that is none, or unknown, is answered with words that help', async () => {
    for (const code of ['HELLO', 'hjkmn', '...', 'HJKMN']) {
      const answer = await ask('GET', `/${code}`);
      const { error, message } = (await answer.json()) as { error: string; message: string };
      assert.deepEqual([answer.status, error], [404, 'no-quiz'], code);
      assert.equal(message, 'There is no quiz with this code. Look at the code again: it has five letters.');
    }
  });

  test('a large body is refused before it has come to its end', async () => {
    const { code, host } = await started();
    const answer = await ask('PUT', `/${code}/host`, { cookie: host, body: { title: 'x'.repeat(largestBody) } });
    assert.deepEqual([answer.status, await errorOf(answer), answer.headers.get('connection')], [413, 'too-large', 'close']);
  });

  test('without a table every route says that app.table is off', async () => {
    const request = new Request('http://localhost/api/quizzes/HJKMN/host');
    const answer = await api(undefined, limits, request, ['HJKMN', 'host']);
    assert.equal(answer.status, 503);
    assert.deepEqual(await answer.json(), { error: 'no-table', message: 'This deployment has no table for quizzes: its setting app.table is off.' });
  });

  test('a table that fails is told apart from a refusal, and the log says why without a secret', async (t) => {
    const { code, host } = await started();
    const log = t.mock.method(console, 'error', () => {});
    t.mock.method(MemoryStore.prototype, 'get', async () => Promise.reject(new Error('the table is away')));
    const answer = await ask('GET', `/${code}/host`, { cookie: host });
    assert.deepEqual([answer.status, await errorOf(answer), answer.headers.get('retry-after')], [503, 'unavailable', '2']);
    const logged = log.mock.calls[0]!.arguments.join(' ');
    assert.match(logged, /the table is away/);
    assert.ok(!logged.includes(host.split('=')[1]!));
  });
});

describe('guessing', () => {
  const from = (address: string) => ({ headers: { forwarded: `for=${address}` } });

  test('after sixty wrong codes in a minute an address must wait, and others need not', async () => {
    const { code, a } = await started();
    for (let turn = 0; turn < 60; turn++) assert.equal((await ask('GET', '/HJKMN', from('203.0.113.7'))).status, 404);
    for (const path of ['/HJKMN', `/${code}`]) {
      const answer = await ask('GET', path, from('203.0.113.7'));
      assert.deepEqual([answer.status, await errorOf(answer), answer.headers.get('retry-after')], [429, 'too-many', '60'], path);
    }
    assert.equal((await ask('GET', `/${code}`, from('203.0.113.8'))).status, 200);
    const team = await ask('GET', `/${code}/team`, { ...from('203.0.113.7'), cookie: a });
    assert.equal(team.status, 200, 'who has a key plays on');
  });

  test('a made-up cookie is no way around it', async () => {
    const { code } = await started();
    const guess = () => ask('GET', `/${code}/host`, { ...from('203.0.113.7'), cookie: `${cookieName('host', code)}=${newSecret()}` });
    for (let turn = 0; turn < 60; turn++) assert.equal((await guess()).status, 401);
    assert.equal((await guess()).status, 429);
    assert.equal((await ask('GET', `/${code}`, { ...from('203.0.113.7'), headers: { ...from('203.0.113.7').headers, cookie: `${cookieName('team', code)}=${newSecret()}` } })).status, 429);
  });

  test('an address makes thirty quizzes in ten minutes at most', async () => {
    for (let turn = 0; turn < 30; turn++) assert.equal((await ask('POST', '', { body: { title: 'X' } })).status, 201);
    assert.equal((await ask('POST', '', { body: { title: 'X' } })).status, 429);
  });

  test('the waiting ends', () => {
    let now = 0;
    const limiter = new Limiter(2, 1000, () => now);
    for (const _ of [1, 2]) limiter.count('a');
    assert.deepEqual([limiter.wait('a'), limiter.wait('b')], [1, 0]);
    now = 1000;
    assert.equal(limiter.wait('a'), 0);
  });

  test('the address is what the last hop says, not what the client puts before it', () => {
    const cases: [Record<string, string>, string][] = [
      [{ forwarded: 'for=198.51.100.1, by=10.0.0.1;for=203.0.113.7;host=x;proto=https' }, '203.0.113.7'],
      [{ forwarded: 'for="[2001:db8::1]:4711"' }, '2001:db8::1'],
      [{ 'x-forwarded-for': '198.51.100.1, 203.0.113.7' }, '203.0.113.7'],
      [{}, 'unknown'],
    ];
    for (const [headers, address] of cases) assert.equal(clientAddress(new Headers(headers)), address);
  });

  test('a code is five of sixteen letters, and is read with spaces and in small letters too', () => {
    for (let turn = 0; turn < 100; turn++) assert.match(newCode(), new RegExp(`^[${codeLetters}]{5}$`));
    assert.equal(readCode(' hj-k mn'), 'HJKMN');
    assert.equal(readCode('HJKM'), undefined);
    assert.equal(readCode('HELLO'), undefined);
  });
});
