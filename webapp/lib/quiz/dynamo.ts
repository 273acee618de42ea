import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandOutput,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Condition, type Item, type Key, largestTransaction, type Path, Refused, type Store, type Write } from './store';

/**
 * How often a write is tried that meets another one of the same item. Forty teams that hand in within the same second
 * are forty transactions on the quiz's own item; with the pauses below the last of them gets through in a few seconds.
 */
const attempts = 14;

/** The longest pause before each further attempt, in milliseconds; the real one is random, up to that. */
const pause = (attempt: number) => Math.min(25 * 2 ** attempt, 600);

/** The part of the document client that is used, so that tests can stand in for it. */
export type Client = Pick<DynamoDBDocumentClient, 'send'>;

/**
 * A client for the Region, the credentials and the address that the environment names. An answer that takes longer than
 * a few seconds is asked for again, well within the time that the gateway waits.
 */
export function documentClient(): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ maxAttempts: 4, requestHandler: { connectionTimeout: 2000, requestTimeout: 5000 } });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** A DynamoDB table with the string keys pk and sk. */
export class DynamoStore implements Store {
  constructor(
    private readonly table: string,
    private readonly client: Client = documentClient(),
  ) {}

  async get({ pk, sk }: Key): Promise<Item | undefined> {
    const answer = await this.client.send(new GetCommand({ TableName: this.table, Key: { pk, sk }, ConsistentRead: true }));
    return answer.Item as Item | undefined;
  }

  async query(pk: string, prefix: string, fields?: readonly string[]): Promise<Item[]> {
    const items: Item[] = [];
    let next: QueryCommandOutput['LastEvaluatedKey'];
    do {
      const names = new Names();
      const projection = fields?.map((field) => names.path([field])).join(', ');
      const answer: QueryCommandOutput = await this.client.send(
        new QueryCommand({
          TableName: this.table,
          ConsistentRead: true,
          KeyConditionExpression: `${names.path(['pk'])} = :pk AND begins_with(${names.path(['sk'])}, :prefix)`,
          ProjectionExpression: projection,
          ExpressionAttributeNames: names.names,
          ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
          ExclusiveStartKey: next,
        }),
      );
      items.push(...((answer.Items ?? []) as Item[]));
      next = answer.LastEvaluatedKey;
    } while (next);
    return items;
  }

  async write(...writes: Write[]): Promise<void> {
    if (writes.length === 0 || writes.length > largestTransaction) throw new Error(`a transaction of ${writes.length} writes`);
    for (let attempt = 0; ; attempt++) {
      try {
        await this.send(writes);
        return;
      } catch (error) {
        const refused = refusal(error);
        if (refused) throw refused;
        if (!meetsAnother(error) || attempt + 1 >= attempts) throw error;
      }
      await sleep(Math.random() * pause(attempt));
    }
  }

  private async send(writes: Write[]): Promise<void> {
    const [only] = writes;
    if (writes.length > 1 || 'check' in only!) {
      await this.client.send(new TransactWriteCommand({ TransactItems: writes.map((write) => this.compile(write)) }));
      return;
    }
    const { Put, Update, Delete } = this.compile(only!);
    if (Put) await this.client.send(new PutCommand(Put));
    if (Update) await this.client.send(new UpdateCommand(Update));
    if (Delete) await this.client.send(new DeleteCommand(Delete));
  }

  private compile(write: Write) {
    const names = new Names();
    const condition = (write.when ?? []).map((one) => names.condition(one)).join(' AND ') || undefined;
    const common = { TableName: this.table, ConditionExpression: condition };
    if ('put' in write) return { Put: { ...common, ...names.both(), Item: write.put } };
    if ('delete' in write) return { Delete: { ...common, ...names.both(), Key: keys(write.delete) } };
    if ('check' in write) {
      return { ConditionCheck: { ...common, ...names.both(), ConditionExpression: condition!, Key: keys(write.check) } };
    }
    const set = [
      ...(write.set ?? []).map(([path, value]) => `${names.path(path)} = ${names.value(value)}`),
      ...(write.add ?? []).map(([path, value]) => `${names.path(path)} = ${names.path(path)} + ${names.value(value)}`),
    ];
    const remove = (write.remove ?? []).map((path) => names.path(path));
    const expression = [set.length && `SET ${set.join(', ')}`, remove.length && `REMOVE ${remove.join(', ')}`].filter(Boolean).join(' ');
    return { Update: { ...common, ...names.both(), Key: keys(write.update), UpdateExpression: expression } };
  }
}

const keys = ({ pk, sk }: Key) => ({ pk, sk });

/** Placeholders for names and values: any text can be a name then, and none is one of DynamoDB's reserved words. */
class Names {
  readonly names: Record<string, string> = {};
  private readonly values: Record<string, unknown> = {};
  private readonly known = new Map<string, string>();

  path(path: Path): string {
    return path
      .map((part) => {
        const known = this.known.get(part) ?? `#n${this.known.size}`;
        this.known.set(part, known);
        this.names[known] = part;
        return known;
      })
      .join('.');
  }

  value(value: unknown): string {
    const placeholder = `:v${Object.keys(this.values).length}`;
    this.values[placeholder] = value;
    return placeholder;
  }

  condition(condition: Condition): string {
    if ('absent' in condition) return `attribute_not_exists(${this.path(['pk'])})`;
    if ('exists' in condition) return `attribute_exists(${this.path(['pk'])})`;
    if ('below' in condition) return `${this.path(condition.path)} < ${this.value(condition.below)}`;
    return `${this.path(condition.path)} = ${this.value(condition.equals)}`;
  }

  /** Both maps, each left out where it is empty, as DynamoDB asks. */
  both() {
    return {
      ...(Object.keys(this.names).length && { ExpressionAttributeNames: this.names }),
      ...(Object.keys(this.values).length && { ExpressionAttributeValues: this.values }),
    };
  }
}

type ServiceError = { name?: string; CancellationReasons?: { Code?: string }[] };

function refusal(error: unknown): Refused | undefined {
  const { name, CancellationReasons: reasons = [] } = error as ServiceError;
  if (name === 'ConditionalCheckFailedException') return new Refused([0]);
  if (name !== 'TransactionCanceledException') return undefined;
  const failed = reasons.flatMap(({ Code }, position) => (Code === 'ConditionalCheckFailed' ? [position] : []));
  return failed.length > 0 ? new Refused(failed) : undefined;
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
const passing = new Set(['None', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/** Whether a write only failed because it met another one, or too many others, and can be tried again. */
function meetsAnother(error: unknown): boolean {
  const { name, CancellationReasons: reasons = [] } = error as ServiceError;
  if (name === 'TransactionConflictException' || name === 'TransactionInProgressException') return true;
  return name === 'TransactionCanceledException' && reasons.length > 0 && reasons.every(({ Code }) => passing.has(Code ?? 'None'));
}
