import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';
import { type Client, DynamoStore } from '../lib/quiz/dynamo';
import { MemoryStore } from '../lib/quiz/memory';
import type { Store } from '../lib/quiz/store';
import { freePort } from './processes';

/** A kind of store that the rules are tested with. `open` gives an empty one; `skip` says why there is none. */
export type Kind = { name: string; skip: string | false; open: () => Promise<Store>; end: () => Promise<void> };

export const memory: Kind = { name: 'in memory', skip: false, open: async () => new MemoryStore(), end: async () => {} };

const onPath = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'moto_server')));

/** A moto_server of this test file, on a port of its own. */
export function moto(): Kind {
  let started: Promise<{ client: DynamoDBClient; end: () => Promise<void> }> | undefined;
  return {
    name: 'in a table of moto',
    skip: onPath ? false : "moto_server is not on PATH, so what a table makes of this is not tested: `pip install 'moto[server]'`",
    open: async () => {
      started ??= startMoto();
      const { client } = await started;
      const table = `quiz-${randomUUID()}`;
      await client.send(
        new CreateTableCommand({
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
        }),
      );
      return new DynamoStore(table, oneAtATime(DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })));
    },
    end: async () => (await started)?.end(),
  };
}

async function startMoto() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'moto-'));
  // A process group of its own: the command may be a wrapper around the real one.
  const server = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { cwd: folder, stdio: 'ignore', detached: true });
  let running = true;
  const ended = new Promise((resolve) => server.once('exit', resolve)).then(() => (running = false));
  const kill = () => running && server.pid && process.kill(-server.pid, 'SIGKILL');
  const end = async () => {
    kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  process.once('exit', kill);
  const endpoint = `http://127.0.0.1:${port}`;
  for (let left = 600; ; left--) {
    const answer = await fetch(`${endpoint}/moto-api/`).catch(() => undefined);
    if (answer?.ok) break;
    if (left === 0 || !running) {
      await end();
      throw new Error('moto_server does not answer within a minute');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // A connection for each call: on one that is kept, what moto answers waits 40 ms for an acknowledgement.
  const client = new DynamoDBClient({ requestHandler: { httpAgent: { keepAlive: false, maxSockets: 50 } }, endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  return { client, end: async () => (client.destroy(), end()) };
}

/** DynamoDB makes each write at one moment; moto looks at the conditions first and writes then, so it gets one call at a time. */
function oneAtATime(client: DynamoDBDocumentClient): Client {
  let last: Promise<unknown> = Promise.resolve();
  const send = (command: Parameters<DynamoDBDocumentClient['send']>[0]) => {
    const next = last.then(() => client.send(command));
    last = next.catch(() => {});
    return next;
  };
  return { send } as Client;
}
