import { url } from '../public-path';
import { example } from './example';
import { isSecret, newSecret, readCode } from './keys';
import { clientAddress, Limiter } from './limiter';
import { Invalid } from './model';
import { type Holder, QuizError, type Quizzes } from './quiz';

/** The largest request body that is read, in bytes: a round with all that it may have is smaller. */
export const largestBody = 128 * 1024;

/** The header that every request but GET must have. Another site's page can't send it without being allowed to. */
export const ownHeader = 'x-quiz';

type Who = 'anyone' | 'team' | 'host';
type Role = Exclude<Who, 'anyone'>;

type Call = {
  quizzes: Quizzes;
  request: Request;
  /** The quiz, where the route is one of a quiz. */
  code: string;
  /** What the pattern's `:id` stands for. */
  id: string;
  /** The team that asks, on a team's route. */
  team: string;
  /** The keys that the browser has for this quiz. */
  secrets: Partial<Record<Role, string>>;
  body: Record<string, unknown>;
};

type Route = { method: string; path: string; who: Who; answer: (call: Call) => Promise<Response> };

/** Everything that can be asked, and who may ask it. Paths are below /api/quizzes. */
export const routes: readonly Route[] = [
  { method: 'POST', path: '', who: 'anyone', answer: create },
  { method: 'GET', path: ':code', who: 'anyone', answer: look },
  { method: 'POST', path: ':code/keys', who: 'anyone', answer: useLink },
  { method: 'POST', path: ':code/teams', who: 'anyone', answer: join },
  { method: 'GET', path: ':code/team', who: 'team', answer: teamView },
  { method: 'POST', path: ':code/team/links', who: 'team', answer: teamLink },
  { method: 'POST', path: ':code/team/rounds/:id/answers', who: 'team', answer: handIn },
  { method: 'GET', path: ':code/team/rounds/:id/result', who: 'team', answer: result },
  { method: 'GET', path: ':code/host', who: 'host', answer: hostView },
  { method: 'PUT', path: ':code/host', who: 'host', answer: rename },
  { method: 'PUT', path: ':code/host/finished', who: 'host', answer: finish },
  { method: 'POST', path: ':code/host/links', who: 'host', answer: hostLink },
  { method: 'DELETE', path: ':code/host/teams/:id', who: 'host', answer: removeTeam },
  { method: 'POST', path: ':code/host/rounds', who: 'host', answer: addRound },
  { method: 'PUT', path: ':code/host/rounds/:id', who: 'host', answer: editRound },
  { method: 'DELETE', path: ':code/host/rounds/:id', who: 'host', answer: deleteRound },
  { method: 'PUT', path: ':code/host/rounds/:id/state', who: 'host', answer: moveRoundTo },
  { method: 'POST', path: ':code/host/rounds/:id/moves', who: 'host', answer: moveRound },
  { method: 'GET', path: ':code/host/rounds/:id/marking', who: 'host', answer: marking },
  { method: 'PUT', path: ':code/host/rounds/:id/marks', who: 'host', answer: mark },
];

/** The limits on guessing and on filling the table, for each client address; a pub's guests share one. */
export type Limits = { misses: Limiter; quizzes: Limiter; joins: Limiter };

export const usualLimits = (): Limits => ({
  misses: new Limiter(60, 60_000),
  quizzes: new Limiter(30, 600_000),
  joins: new Limiter(300, 600_000),
});

/** The HTTP interface of the quizzes: answers a request to `path` below /api/quizzes. */
export async function api(quizzes: Quizzes | undefined, limits: Limits, request: Request, path: string[]): Promise<Response> {
  try {
    return await dispatch(quizzes, limits, request, path);
  } catch (error) {
    if (QuizError.is(error)) return problem(error.status, error.code, error.message);
    if (Invalid.is(error)) return json({ error: 'invalid', message: error.message, problems: error.problems }, 400);
    if (error instanceof Declined) return problem(error.status, error.code, error.message, error.headers);
    // The log is for whoever runs this: what was asked, and what went wrong, but no body, no key.
    console.error(`${request.method} /api/quizzes/${path.join('/')}:`, error);
    return problem(503, 'unavailable', 'The quiz can’t reach its data just now. Nothing is lost; try again in a moment.', { 'Retry-After': '2' });
  }
}

async function dispatch(quizzes: Quizzes | undefined, limits: Limits, request: Request, path: string[]): Promise<Response> {
  const found = find(request.method, path);
  if (found instanceof Response) return found;
  const { route, code, id } = found;
  if (!quizzes) {
    throw new Declined(503, 'no-table', 'This deployment has no table for quizzes: its setting app.table is off.');
  }
  if (request.method !== 'GET') refuseOtherSites(request.headers);
  const from = clientAddress(request.headers);
  const secrets = code ? readCookies(request.headers, code) : {};
  // Who has a key is let in whatever others at the same address try.
  if (route.who === 'anyone') limit(limits.misses, from);
  if (route.answer === create) limit(limits.quizzes, from, true);
  if (route.answer === join) limit(limits.joins, from, true);
  const body = request.method === 'GET' || request.method === 'DELETE' ? {} : await readBody(request);
  try {
    const team = await admit(quizzes, route.who, code, secrets);
    return await route.answer({ quizzes, request, code, id, team, secrets, body });
  } catch (error) {
    if (QuizError.is(error) && (error.status === 401 || error.code === 'no-quiz')) {
      limit(limits.misses, from, true);
    }
    throw error;
  }
}

/** Turns down what comes before the rules of the quiz. */
class Declined extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

function find(method: string, path: string[]): { route: Route; code: string; id: string } | Response {
  const matching = routes.flatMap((route) => {
    const parts = route.path === '' ? [] : route.path.split('/');
    const fits = parts.length === path.length && parts.every((part, index) => part.startsWith(':') || part === path[index]);
    return fits ? [{ route, parts }] : [];
  });
  const [any] = matching;
  if (!any) return problem(404, 'no-route', 'There is nothing at this address.');
  const chosen = matching.find(({ route }) => route.method === method);
  if (!chosen) {
    return problem(405, 'method', 'This address does not take that method.', { Allow: matching.map(({ route }) => route.method).join(', ') });
  }
  const named = (name: string) => path[chosen.parts.indexOf(name)] ?? '';
  const code = named(':code');
  // Cookies are those of the code in capitals, so there is one way to write it.
  if (chosen.parts.includes(':code') && readCode(code) !== code) {
    throw new QuizError(404, 'no-quiz', 'There is no quiz with this code. Look at the code again: it has five letters.');
  }
  return { route: chosen.route, code, id: named(':id') };
}

/**
 * A page of another site can make a browser send its cookies here, if at all, only without our header: with it the
 * browser asks for permission first. Where the browser says which site a request is from, that must be this one; the
 * host's name does not help, since behind a gateway the app is not asked for by its public name.
 */
function refuseOtherSites(headers: Headers): void {
  const site = headers.get('sec-fetch-site');
  if (headers.get(ownHeader) !== '1' || (site !== null && site !== 'same-origin')) {
    throw new Declined(403, 'other-site', 'This request did not come from the quiz’s own pages.');
  }
}

function limit(limiter: Limiter, from: string, count = false): void {
  const wait = limiter.wait(from);
  if (wait > 0) {
    throw new Declined(429, 'too-many', `That was tried too often from here. Try again in ${wait} s.`, { 'Retry-After': String(wait) });
  }
  if (count) limiter.count(from);
}

/** Lets in whom the route is for, and returns the team where it is for teams. */
async function admit(quizzes: Quizzes, who: Who, code: string, secrets: Call['secrets']): Promise<string> {
  if (who === 'anyone') return '';
  const secret = secrets[who];
  const holder = secret && (await quizzes.holder(code, secret));
  if (holder && holder.role === who) return holder.role === 'team' ? holder.team : '';
  // A wrong code is told as such; also to those who once had a key.
  await quizzes.meta(code);
  throw who === 'host'
    ? new QuizError(401, 'not-host', 'This browser is not the host of this quiz. Open the host’s private link here.')
    : new QuizError(401, 'not-team', 'This browser has no team in this quiz.');
}

async function readBody(request: Request): Promise<Record<string, unknown>> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new Declined(415, 'not-json', 'The body must be JSON.');
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    size += next.value.length;
    if (size > largestBody) {
      throw new Declined(413, 'too-large', `The body is larger than ${largestBody} bytes.`, { Connection: 'close' });
    }
    chunks.push(next.value);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (body !== null && typeof body === 'object' && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new Declined(400, 'not-json', 'The body must be a JSON object.');
}

// Cookies: each quiz has its own, sent to that quiz's addresses alone.

export const cookieName = (role: Role, code: string) => `quiz-${role}-${code}`;

function readCookies(headers: Headers, code: string): Call['secrets'] {
  const secrets: Call['secrets'] = {};
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const [name, value] = pair.trim().split('=');
    for (const role of ['host', 'team'] as const) {
      if (name === cookieName(role, code) && isSecret(value)) secrets[role] = value;
    }
  }
  return secrets;
}

function cookie(request: Request, role: Role, code: string, secret: string, expires: number): Record<string, string> {
  // The browser itself tells here how it sees this site; the hops in between may speak plain HTTP.
  const secure = request.headers.get('origin')?.startsWith('https:') ? '; Secure' : '';
  const age = Math.max(1, expires - Math.floor(Date.now() / 1000));
  return {
    'Set-Cookie': `${cookieName(role, code)}=${secret}; Path=${url(`/api/quizzes/${code}`)}; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`,
  };
}

// Answers.

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store', ...headers } });
}

const problem = (status: number, error: string, message: string, headers: Record<string, string> = {}) =>
  json({ error, message }, status, headers);

/** Answers with nothing but a status where the browser has this already. */
async function unlessKnown(request: Request, version: string, body: () => Promise<unknown>): Promise<Response> {
  const headers = { 'Cache-Control': 'private, no-cache', ETag: `"${version}"`, Vary: 'Cookie' };
  const known = request.headers.get('if-none-match')?.split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (known?.includes(headers.ETag)) return new Response(null, { status: 304, headers });
  return json(await body(), 200, headers);
}

// The routes.

async function create({ quizzes, request, body }: Call) {
  const { code, secret, expires } = await quizzes.create(body.title, body.example === true ? example : []);
  return json({ code }, 201, cookie(request, 'host', code, secret, expires));
}

async function look({ quizzes, code, secrets }: Call) {
  const meta = await quizzes.meta(code);
  const holder = async (role: Role) => (secrets[role] ? quizzes.holder(code, secrets[role]) : undefined);
  const [host, team] = await Promise.all([holder('host'), holder('team')]);
  return json({ code, title: meta.title, finished: meta.finished, teams: meta.teams, host: host?.role === 'host', team: team?.role === 'team' });
}

async function useLink({ quizzes, request, code, body }: Call) {
  const { expires } = await quizzes.meta(code);
  const holder = isSecret(body.key) ? await quizzes.holder(code, body.key) : undefined;
  if (!holder) {
    throw new QuizError(401, 'bad-key', 'This private link does not work: it may be cut off at its end, or the team is no longer in the quiz.');
  }
  return json({ role: holder.role }, 200, cookie(request, holder.role, code, body.key as string, expires));
}

async function join({ quizzes, request, code, body, secrets }: Call) {
  const before = secrets.team ? await quizzes.holder(code, secrets.team) : undefined;
  if (before?.role === 'team') throw new QuizError(409, 'has-team', 'This browser has a team in this quiz already.');
  // Without a claim nobody can ask for the same team again.
  const claim = isSecret(body.claim) ? body.claim : newSecret();
  const { team, secret, expires } = await quizzes.join(code, body.name, claim);
  return json({ team }, 201, cookie(request, 'team', code, secret, expires));
}

async function teamView({ quizzes, request, code, team }: Call) {
  const { meta, version } = await quizzes.teamVersion(code, team);
  return unlessKnown(request, `${team}.${version}`, () => quizzes.forTeam(code, team, meta));
}

const link = async (quizzes: Quizzes, code: string, holder: Holder) => json({ key: await quizzes.link(code, holder) }, 201);

async function teamLink({ quizzes, code, team }: Call) {
  return link(quizzes, code, { role: 'team', team });
}

async function handIn({ quizzes, code, team, id, body }: Call) {
  const attempt = isSecret(body.attempt) ? body.attempt : newSecret();
  const { answers, at } = await quizzes.answer(code, team, id, attempt, body.answers);
  return json({ answers, at }, 201);
}

async function result({ quizzes, code, team, id }: Call) {
  return json(await quizzes.result(code, team, id));
}

async function hostView({ quizzes, request, code }: Call) {
  const { activity } = await quizzes.meta(code);
  return unlessKnown(request, `host.${activity}`, () => quizzes.forHost(code));
}

async function rename({ quizzes, code, body }: Call) {
  await quizzes.rename(code, body.title);
  return json({});
}

async function finish({ quizzes, code, body }: Call) {
  await quizzes.finish(code, body.finished);
  return json({});
}

async function hostLink({ quizzes, code }: Call) {
  return link(quizzes, code, { role: 'host' });
}

async function removeTeam({ quizzes, code, id }: Call) {
  await quizzes.removeTeam(code, id);
  return json({});
}

async function addRound({ quizzes, code, body }: Call) {
  return json({ id: await quizzes.addRound(code, body.title, body.questions) }, 201);
}

async function editRound({ quizzes, code, id, body }: Call) {
  return json({ revision: await quizzes.editRound(code, id, body.revision, body.title, body.questions) });
}

async function deleteRound({ quizzes, code, id }: Call) {
  await quizzes.deleteRound(code, id);
  return json({});
}

async function moveRoundTo({ quizzes, code, id, body }: Call) {
  await quizzes.moveTo(code, id, body.to);
  return json({});
}

async function moveRound({ quizzes, code, id, body }: Call) {
  await quizzes.moveRound(code, id, body.by);
  return json({});
}

async function marking({ quizzes, code, id }: Call) {
  return json(await quizzes.marking(code, id));
}

async function mark({ quizzes, code, id, body }: Call) {
  await quizzes.mark(code, id, body.marks);
  return json({});
}
