import { isDeepStrictEqual } from 'node:util';
import { type Condition, type Item, type Key, keyOf, largestTransaction, type Path, Refused, type Store, type Write } from './store';

/** A table in this process, for `npm run dev` and tests: the same conditions, gone when the process ends. */
export class MemoryStore implements Store {
  private readonly items = new Map<string, Item>();

  async get(key: Key): Promise<Item | undefined> {
    return structuredClone(this.items.get(name(key)));
  }

  async query(pk: string, prefix: string, fields?: readonly string[]): Promise<Item[]> {
    const found = [...this.items.values()].filter((item) => item.pk === pk && item.sk.startsWith(prefix));
    found.sort((a, b) => Buffer.compare(Buffer.from(a.sk), Buffer.from(b.sk)));
    return structuredClone(found).map((item) =>
      fields ? (Object.fromEntries(Object.entries(item).filter(([name]) => fields.includes(name))) as Item) : item,
    );
  }

  // Nothing is awaited in here, so no other write comes between the conditions and the changes.
  async write(...writes: Write[]): Promise<void> {
    const keys = new Set(writes.map((write) => name(keyOf(write))));
    if (keys.size !== writes.length) throw new Error('a transaction has two writes of one item');
    if (writes.length === 0 || writes.length > largestTransaction) throw new Error(`a transaction of ${writes.length} writes`);
    const failed = writes.flatMap((write, position) => {
      const item = this.items.get(name(keyOf(write)));
      return (write.when ?? []).every((condition) => holds(condition, item)) ? [] : [position];
    });
    if (failed.length > 0) throw new Refused(failed);
    const changed = writes.map((write) => [name(keyOf(write)), this.after(write)] as const);
    for (const [key, item] of changed) {
      if (item) this.items.set(key, item);
      else this.items.delete(key);
    }
  }

  private after(write: Write): Item | undefined {
    if ('put' in write) return structuredClone(write.put);
    if ('delete' in write) return undefined;
    const before = structuredClone(this.items.get(name(keyOf(write))));
    if ('check' in write) return before;
    const item: Item = before ?? { ...write.update };
    for (const [path, value] of write.set ?? []) change(item, path, () => structuredClone(value));
    for (const [path, value] of write.add ?? []) {
      change(item, path, (old) => {
        if (typeof old !== 'number') throw new Error(`${path.join('.')} is no number to add to`);
        return old + value;
      });
    }
    for (const path of write.remove ?? []) change(item, path, () => undefined);
    return item;
  }
}

const name = ({ pk, sk }: Key) => `${pk}\n${sk}`;

function holds(condition: Condition, item: Item | undefined): boolean {
  if ('absent' in condition) return item === undefined;
  if ('exists' in condition) return item !== undefined;
  const value = condition.path.reduce<unknown>(
    (inside, part) => (inside !== null && typeof inside === 'object' ? (inside as Record<string, unknown>)[part] : undefined),
    item,
  );
  if (value === undefined) return false;
  if ('below' in condition) return typeof value === 'number' && value < condition.below;
  return isDeepStrictEqual(value, condition.equals);
}

function change(item: Item, path: Path, to: (old: unknown) => unknown): void {
  const last = path[path.length - 1]!;
  let inside = item as Record<string, unknown>;
  for (const part of path.slice(0, -1)) {
    const next = inside[part];
    if (next === null || typeof next !== 'object') throw new Error(`${path.join('.')} is not inside of a map`);
    inside = next as Record<string, unknown>;
  }
  const value = to(inside[last]);
  if (value === undefined) delete inside[last];
  else inside[last] = value;
}
