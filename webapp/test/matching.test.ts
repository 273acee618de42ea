import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distance, judgeChoice, judgeNumber, judgeText, normalise, parseNumber } from '../lib/quiz/matching';

const texts: [answer: string, accepted: string[], mark: string, sure: boolean, because: string][] = [
  ['Mars', ['Mars'], 'full', true, 'the answer'],
  ['  mars! ', ['Mars'], 'full', true, 'the answer'],
  ['The Beatles', ['Beatles'], 'full', true, 'the answer'],
  ['beatles', ['The Beatles'], 'full', true, 'the answer'],
  ['Garbanzo Beans', ['Chickpeas', 'Garbanzo beans'], 'full', true, 'the answer'],
  ['Beyonce', ['Beyoncé'], 'full', true, 'the answer'],
  ['Straße', ['Strasse'], 'full', true, 'the answer'],
  ['Simon and Garfunkel', ['Simon & Garfunkel'], 'full', true, 'the answer'],
  ["O'Neill", ['ONeill'], 'full', true, 'the answer'],
  ['Москва', ['москва'], 'full', true, 'the answer'],
  ['東京', ['東京'], 'full', true, 'the answer'],
  ['', ['Mars'], 'none', true, 'no answer'],
  ['Shakespear', ['Shakespeare'], 'full', false, 'one letter differs'],
  ['Shakepsere', ['Shakespeare'], 'full', false, '2 letters differ'],
  ['Stokcholm', ['Stockholm'], 'full', false, 'one letter differs'],
  ['Newyork', ['New York'], 'full', false, 'one letter differs'],
  ['Wolfgang Amadeus Mozart', ['Mozart'], 'full', false, 'the answer, and more'],
  ['Curie', ['Marie Curie'], 'full', false, 'a part of the answer'],
  ['Gogh Vincent van', ['Vincent van Gogh'], 'full', false, 'the same words in another order'],
  ['Cat', ['Bat'], 'none', false, 'unlike the answer'],
  ['Iran', ['Iraq'], 'none', false, 'unlike the answer'],
  ['C++', ['C'], 'full', false, 'the answer, and more'],
  ['C sharp', ['C#'], 'full', true, 'the answer'],
  ['1985', ['1984'], 'none', false, 'unlike the answer'],
  ['Apollo 11', ['Apollo 13'], 'none', false, 'unlike the answer'],
  ['Manet', ['Vincent van Gogh'], 'none', false, 'unlike the answer'],
  ['van', ['Vincent van Gogh'], 'none', false, 'unlike the answer'],
];

for (const [answer, accepted, mark, sure, because] of texts) {
  test(`“${answer}” for “${accepted.join(' / ')}” is ${sure ? 'marked' : 'proposed as'} ${mark}: ${because}`, () => {
    assert.deepEqual(judgeText(answer, accepted), { mark, sure, because });
  });
}

const numbers: [text: string, number: number | undefined][] = [
  ['88', 88],
  [' -4 ', -4],
  ['−4', -4],
  ['+7', 7],
  ['1,250', 1250],
  ['1.250,5', 1250.5],
  ['1,250.5', 1250.5],
  ['1 250 000', 1250000],
  ['1’250', 1250],
  ['1.250.000', 1250000],
  ['3.5', 3.5],
  ['3,5', 3.5],
  ['.5', 0.5],
  ['1.250', 1.25],
  ['about 5', undefined],
  ['5 or 6', undefined],
  ['1,2,3', undefined],
  ['1e5', undefined],
  ['0x10', undefined],
  ['', undefined],
];

for (const [text, number] of numbers) {
  test(`“${text}” is ${number === undefined ? 'no number' : `the number ${number}`}`, () => assert.equal(parseNumber(text), number));
}

test('a number within the tolerance, ends included, is right, and one beyond it is wrong', () => {
  const judge = (answer: string) => judgeNumber(answer, 0.2, 0.1).mark;
  assert.deepEqual(['0.1', '0.3', '0.2', '0.31', '0.09', 'x', ''].map(judge), ['full', 'full', 'full', 'none', 'none', 'none', 'none']);
  assert.deepEqual(judgeNumber('88', 88, 0), { mark: 'full', sure: true, because: 'the number' });
  assert.deepEqual(judgeNumber('87', 88, 1), { mark: 'full', sure: true, because: 'close enough' });
});

test('the right choice is right, and any other, or none, is wrong', () => {
  assert.deepEqual(['2', '1', ''].map((answer) => judgeChoice(answer, 2).mark), ['full', 'none', 'none']);
});

test('letters that change places count as one', () => {
  assert.deepEqual(
    [distance('', ''), distance('abc', ''), distance('', 'abc'), distance('abc', 'acb'), distance('kitten', 'sitting'), distance('ca', 'abc')],
    [0, 3, 3, 1, 3, 3],
  );
});

test('a text of nothing but signs is compared as it is', () => {
  assert.equal(normalise('☃'), '☃');
  assert.deepEqual(judgeText('☃', ['☃']).mark, 'full');
  assert.equal(judgeText('?', ['!']).mark, 'none');
});

test('an answer of the greatest length is judged at once', () => {
  const begin = performance.now();
  for (let turn = 0; turn < 100; turn++) judgeText('x'.repeat(200), Array.from({ length: 10 }, (_, index) => `${index}${'y'.repeat(99)}`.replace(/\d/g, 'z')));
  assert.ok(performance.now() - begin < 5000);
});
