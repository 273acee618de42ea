import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, DynamoStore } from '../lib/quiz/dynamo';
import { Refused, type Write } from '../lib/quiz/store';

type Command = { constructor: { name: string }; input: Record<string, unknown> };

/** A client that answers with what is in the list, one after the other; errors are thrown. */
function client(...answers: unknown[]) {
  const sent: Command[] = [];
  const send = async (command: Command) => {
    sent.push(command);
    const answer = answers[Math.min(sent.length, answers.length) - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { sent, store: new DynamoStore('quizzes', { send } as unknown as Client) };
}

const failure = (name: string, ...codes: string[]) =>
  Object.assign(new Error(name), { name, CancellationReasons: codes.length > 0 ? codes.map((Code) => ({ Code })) : undefined });

const key = { pk: 'QUIZ#X', sk: 'META' };
const two: Write[] = [{ put: { ...key } }, { check: { pk: 'QUIZ#X', sk: 'TEAM#a' }, when: [{ exists: true }] }];

test('a write that meets another one is made again, until it is through', async () => {
  const { sent, store } = client(failure('TransactionCanceledException', 'TransactionConflict', 'None'), failure('TransactionConflictException'), failure('TransactionInProgressException'), {});
  await store.write(...two);
  assert.equal(sent.length, 4);
});

test('a write that meets others for ever is given up', async () => {
  const { sent, store } = client(failure('TransactionConflictException'));
  await assert.rejects(store.write(...two), { name: 'TransactionConflictException' });
  assert.equal(sent.length, 14);
});

test('a condition that does not hold is told by its place, and not tried again', async () => {
  for (const [error, failed] of [
    [failure('TransactionCanceledException', 'None', 'ConditionalCheckFailed'), [1]],
    [failure('TransactionCanceledException', 'ConditionalCheckFailed', 'TransactionConflict'), [0]],
    [failure('ConditionalCheckFailedException'), [0]],
  ] as const) {
    const { sent, store } = client(error);
    await assert.rejects(store.write(...two), (refused) => Refused.is(refused) && (assert.deepEqual(refused.failed, failed), true));
    assert.equal(sent.length, 1);
  }
});

test('any other failure is told as it is', async () => {
  for (const error of [failure('AccessDeniedException'), failure('TransactionCanceledException', 'ValidationError', 'None')]) {
    const { sent, store } = client(error);
    await assert.rejects(store.write(...two), (thrown) => thrown === error);
    assert.equal(sent.length, 1);
  }
});

test('one write is made by itself, and several or a check in a transaction', async () => {
  const { sent, store } = client({});
  await store.write({ put: { ...key } });
  await store.write({ update: key, add: [[['version'], 1]] });
  await store.write({ delete: key });
  await store.write(...two);
  await store.write({ check: key, when: [{ exists: true }] });
  assert.deepEqual(
    sent.map((command) => command.constructor.name),
    ['PutCommand', 'UpdateCommand', 'DeleteCommand', 'TransactWriteCommand', 'TransactWriteCommand'],
  );
});

test('names and values of an expression are placeholders, whatever they are', async () => {
  const { sent, store } = client({});
  await store.write({
    update: key,
    set: [[['rounds', 'a.b', 'state'], 'open']],
    add: [[['version'], 1]],
    remove: [['size']],
    when: [{ path: ['rounds', 'a.b', 'state'], equals: 'draft' }, { path: ['teams'], below: 100 }],
  });
  assert.deepEqual(sent[0]!.input, {
    TableName: 'quizzes',
    Key: key,
    ConditionExpression: '#n0.#n1.#n2 = :v0 AND #n3 < :v1',
    UpdateExpression: 'SET #n0.#n1.#n2 = :v2, #n4 = #n4 + :v3 REMOVE #n5',
    ExpressionAttributeNames: { '#n0': 'rounds', '#n1': 'a.b', '#n2': 'state', '#n3': 'teams', '#n4': 'version', '#n5': 'size' },
    ExpressionAttributeValues: { ':v0': 'draft', ':v1': 100, ':v2': 'open', ':v3': 1 },
  });
});

test('every read is a consistent one, and a query reads on to its last page', async () => {
  const { sent, store } = client({ Items: [{ sk: 'TEAM#a' }], LastEvaluatedKey: { sk: 'TEAM#a' } }, { Items: [{ sk: 'TEAM#b' }] }, {});
  assert.deepEqual(await store.query('QUIZ#X', 'TEAM#', ['sk']), [{ sk: 'TEAM#a' }, { sk: 'TEAM#b' }]);
  await store.get(key);
  assert.deepEqual(sent.map(({ input }) => [input.ConsistentRead, input.ExclusiveStartKey]), [[true, undefined], [true, { sk: 'TEAM#a' }], [true, undefined]]);
});
