/** The key of an item: all items of a quiz share the partition. */
export type Key = { pk: string; sk: string };

export type Item = Key & Record<string, unknown>;

/** A top-level attribute, or what is inside of one: `['rounds', id, 'state']`. */
export type Path = readonly [string, ...string[]];

/** What must hold of an item, as it is when the write happens. All conditions of a write must hold. */
export type Condition =
  | { absent: true }
  | { exists: true }
  | { path: Path; equals: unknown }
  | { path: Path; below: number };

/** One change of one item. */
export type Write =
  | { put: Item; when?: Condition[] }
  | { update: Key; set?: [Path, unknown][]; add?: [Path, number][]; remove?: Path[]; when?: Condition[] }
  | { delete: Key; when?: Condition[] }
  | { check: Key; when: Condition[] };

/** A write was not made, because conditions did not hold: nothing of it has happened. */
export class Refused extends Error {
  override readonly name = 'Refused';

  /**
   * Whether an error is one of these. Next.js may load this module several times into a process, each with a class of
   * its own, so instanceof can't tell.
   */
  static is(error: unknown): error is Refused {
    return error instanceof Error && error.name === 'Refused';
  }

  /** `failed` are the positions in the list of writes whose conditions did not hold, at least one. */
  constructor(readonly failed: number[]) {
    super(`refused by the conditions of write ${failed.join(', ')}`);
  }
}

/** The most writes that DynamoDB takes in one transaction. */
export const largestTransaction = 100;

/**
 * What the quiz needs of a table. Reads see every write that was answered before they began. Writes given together
 * happen together or not at all, and the conditions are those of that moment: that is what every rule of the quiz
 * rests on.
 */
export interface Store {
  get(key: Key): Promise<Item | undefined>;
  /** The items whose sort key begins with `prefix`, in its order; of each only `fields`, where given. */
  query(pk: string, prefix: string, fields?: readonly string[]): Promise<Item[]>;
  /** Makes all writes or none. Each is of another item. Rejects with Refused where a condition does not hold. */
  write(...writes: Write[]): Promise<void>;
}

export function keyOf(write: Write): Key {
  if ('put' in write) return { pk: write.put.pk, sk: write.put.sk };
  if ('update' in write) return write.update;
  return 'delete' in write ? write.delete : write.check;
}
