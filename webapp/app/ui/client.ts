import { url } from '../../lib/public-path';

/** Why something was not done, in words for the person at the screen. */
export class Problem extends Error {
  constructor(
    /** That of HTTP; 0 where no answer came. */
    readonly status: number,
    readonly code: string,
    message: string,
    /** Of single fields, by their names. */
    readonly fields: Record<string, string> = {},
    /** Seconds after which to try again, where the answer says so. */
    readonly wait = 0,
  ) {
    super(message);
  }

  /** Whether the same request may well succeed a little later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const offline = 'There is no connection to the quiz just now. What you have entered is kept on this device.';

async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get('retry-after')) || 0;
  const answer: { error?: string; message?: string; problems?: { field: string; message: string }[] } = await response.json().catch(() => ({}));
  // Without a code of ours, the answer is that of a hop in between.
  if (!answer.error) return new Problem(response.status, 'unavailable', offline, {}, wait);
  const fields = Object.fromEntries((answer.problems ?? []).map(({ field, message }) => [field, message]));
  return new Problem(response.status, answer.error, answer.message ?? offline, fields, wait);
}

// The gateway gives up after 29 or 30 seconds, so nothing comes after that.
const longest = 30_000;

async function request(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url(`/api/quizzes${path}`), { ...init, cache: 'no-store', signal: AbortSignal.timeout(longest) });
  } catch {
    throw new Problem(0, 'offline', offline);
  }
}

export type Read<T> = { body: T; tag: string } | 'unchanged';

/** Reads what is at `path`, or finds that it is still what `tag` stands for. */
export async function read<T>(path: string, tag = ''): Promise<Read<T>> {
  const response = await request(path, { headers: tag ? { 'If-None-Match': tag } : {} });
  if (response.status === 304) return 'unchanged';
  if (!response.ok) throw await problemOf(response);
  return { body: (await response.json()) as T, tag: response.headers.get('etag') ?? '' };
}

export async function readOnce<T>(path: string): Promise<T> {
  const answer = await read<T>(path);
  if (answer === 'unchanged') throw new Problem(304, 'unchanged', offline);
  return answer.body;
}

/** Changes something. `tries` more than one is for what the server takes for the same thing when it comes twice. */
export async function change<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body: unknown = {}, tries = 1): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await request(path, {
        method,
        headers: { 'Content-Type': 'application/json', 'X-Quiz': '1' },
        body: method === 'DELETE' ? undefined : JSON.stringify(body),
      });
      if (!response.ok) throw await problemOf(response);
      return (await response.json()) as T;
    } catch (error) {
      if (!(error instanceof Problem) || !error.passing || attempt >= tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, error.wait * 1000 || 500 * 2 ** attempt * (0.5 + Math.random())));
    }
  }
}

/** A text that nobody guesses: 144 random bits. */
export function randomText(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_');
}
