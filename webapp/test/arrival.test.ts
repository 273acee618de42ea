import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { arrival, markReceived } from '../lib/arrival';

function values(headers: Record<string, string>) {
  return Object.fromEntries(arrival(new Headers(headers)).map(({ name, value }) => [name, value]));
}

test('the table has the headers of the request path, in a fixed order', () => {
  assert.deepEqual(
    arrival(new Headers()).map(({ name }) => name),
    [
      'Host',
      'Forwarded',
      'Via',
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'X-Forwarded-Port',
      'X-Forwarded-Host',
      'X-Public-Host',
      'X-Amzn-Trace-Id',
    ],
  );
});

test('every line says what its header means', () => {
  for (const { name, meaning } of arrival(new Headers())) assert.match(meaning, /^[A-Z].*\.$/, name);
});

test('a header that was sent is shown as it came', () => {
  const value = 'for=203.0.113.7;host=example.com;proto=https';
  assert.equal(values({ forwarded: value }).Forwarded, value);
});

test('a header that was not sent has no value', () => {
  assert.equal(values({ host: 'example.com' }).Via, null);
});

test('a header that was sent empty is told from one that was not sent', () => {
  assert.equal(values({ via: '' }).Via, '');
});

test('headers that may hold secrets are never in the table', () => {
  const shown = JSON.stringify(
    arrival(
      new Headers({
        authorization: 'secret',
        cookie: 'secret',
        'x-api-key': 'secret',
        'x-forwarded-access-token': 'secret',
        'x-amz-security-token': 'secret',
      }),
    ),
  );
  assert.doesNotMatch(shown, /secret/);
});

test('a header that was filled in after the request arrived counts as not sent', () => {
  const headers: Record<string, string> = { host: 'example.com', 'x-forwarded-for': '203.0.113.7' };
  markReceived({ headers } as unknown as IncomingMessage);
  headers['x-forwarded-host'] = 'example.com';
  const shown = values(headers);
  assert.equal(shown['X-Forwarded-For'], '203.0.113.7');
  assert.equal(shown['X-Forwarded-Host'], null);
});

test('a client cannot claim which headers it sent', () => {
  const headers: Record<string, string> = { 'x-sallyport-received': 'x-forwarded-host' };
  markReceived({ headers } as unknown as IncomingMessage);
  headers['x-forwarded-host'] = 'example.com';
  assert.equal(values(headers)['X-Forwarded-Host'], null);
});
