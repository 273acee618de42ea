// What this device keeps by itself. It works without, as in a browser that keeps nothing.

export function load<T>(name: string): T | undefined {
  try {
    const text = localStorage.getItem(`quiz:${name}`);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

export function keep(name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(`quiz:${name}`);
    else localStorage.setItem(`quiz:${name}`, JSON.stringify(value));
  } catch {
    // Full, or not allowed.
  }
}

/** A quiz that this browser has a part in. The keys themselves are in cookies that no script can read. */
export type Known = { code: string; role: 'host' | 'team'; title: string; team?: string; until: number };

export function knownQuizzes(): Known[] {
  const now = Date.now() / 1000;
  const list = load<Known[]>('known');
  return Array.isArray(list) ? list.filter(({ until }) => until > now) : [];
}

export function remember(known: Known): void {
  const others = knownQuizzes().filter(({ code, role }) => code !== known.code || role !== known.role);
  keep('known', [known, ...others].slice(0, 20));
}

export function forget(code: string, role: Known['role']): void {
  keep('known', knownQuizzes().filter((known) => known.code !== code || known.role !== role));
}
