/** Lets each name have a number of tries in a span of time. It counts for this process alone. */
export class Limiter {
  private readonly spans = new Map<string, { count: number; ends: number }>();

  constructor(
    private readonly tries: number,
    /** In milliseconds. */
    private readonly span: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Seconds until the name may try again; 0 where it may now. */
  wait(name: string): number {
    const entry = this.spans.get(name);
    if (!entry || entry.ends <= this.now() || entry.count < this.tries) return 0;
    return Math.ceil((entry.ends - this.now()) / 1000);
  }

  /** Counts a try. */
  count(name: string): void {
    const entry = this.spans.get(name);
    if (entry && entry.ends > this.now()) {
      entry.count++;
      return;
    }
    // Nobody fills the memory by coming under ever new names.
    if (this.spans.size >= 10_000) this.spans.clear();
    this.spans.set(name, { count: 1, ends: this.now() + this.span });
  }
}

/**
 * The address of the client as the outermost hop tells it, or as near to it as can be known: what the last proxy has
 * put at the end can't be made up by the client, what stands before it can.
 */
export function clientAddress(headers: Pick<Headers, 'get'>): string {
  const forwarded = headers.get('forwarded')?.split(',').at(-1);
  const by = forwarded && /(?:^|;)\s*for="?\[?([^\]";,\s]+)/i.exec(forwarded)?.[1];
  return by || headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() || 'unknown';
}
