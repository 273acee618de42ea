/** What an answer is worth: all of the question's points, half of them, or none. */
export type Mark = 'full' | 'half' | 'none';

export const marks: readonly Mark[] = ['full', 'half', 'none'];

/** What the app makes of an answer by itself. Without `sure` it is a proposal, which a person confirms or not. */
export type Verdict = { mark: Mark; sure: boolean; because: string };

// Letters that Unicode does not take apart into a plain one and an accent.
const plain: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', þ: 'th', ı: 'i' };

/**
 * A text as it is compared: lower case, without accents, punctuation, doubled spaces and a leading article. A text of
 * nothing but signs stays as it is. What is equal here is marked alike.
 */
export function normalise(text: string): string {
  const words = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ßæœøđðłþı]/g, (letter) => plain[letter]!)
    .replace(/&/g, ' and ')
    .replace(/\+/g, ' plus ')
    .replace(/(?<=\p{L})#/gu, ' sharp ')
    .replace(/(?<=\p{L})['’](?=\p{L})/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .replace(/^(?:the|an?) (?=.)/, '');
  return words || text.trim().toLowerCase();
}

/** The number of letters to change, add, take away or swap with their neighbour to get from one text to the other. */
export function distance(a: string, b: string): number {
  const [from, to] = [[...a], [...b]];
  let twoAgo: number[] = [];
  let before = to.map((_, column) => column + 1);
  before.unshift(0);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let least = Math.min(before[column]! + 1, current[column - 1]! + 1, before[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        least = Math.min(least, twoAgo[column - 2]! + 1);
      }
      current.push(least);
    }
    [twoAgo, before] = [before, current];
  }
  return before[to.length]!;
}

/** How many wrong letters a near match may have: none in a short word, where one makes another word. */
const slips = (length: number) => (length < 5 ? 0 : length < 9 ? 1 : length < 14 ? 2 : 3);

const digits = (text: string) => text.replace(/\D+/g, ' ').trim();

/** What to make of a free text, given the answers that are right. */
export function judgeText(answer: string, accepted: readonly string[]): Verdict {
  const given = normalise(answer);
  if (!given) return { mark: 'none', sure: true, because: 'no answer' };
  const right = accepted.map(normalise);
  if (right.includes(given)) return { mark: 'full', sure: true, because: 'the answer' };
  for (const one of right) {
    // 1984 is not nearly 1985.
    if (digits(given) !== digits(one)) continue;
    const wrong = distance(given, one);
    if (wrong <= slips(Math.min(given.length, one.length))) {
      return { mark: 'full', sure: false, because: wrong === 1 ? 'one letter differs' : `${wrong} letters differ` };
    }
    const joined = given.replaceAll(' ', '');
    if (joined.length > 3 && joined === one.replaceAll(' ', '')) return { mark: 'full', sure: false, because: 'spaces differ' };
  }
  for (const one of right) {
    const [a, b] = [given.split(' '), one.split(' ')];
    const inAnswer = b.every((word) => a.includes(word));
    const inRight = a.every((word) => b.includes(word));
    if (inAnswer && inRight) return { mark: 'full', sure: false, because: 'the same words in another order' };
    if (inAnswer) return { mark: 'full', sure: false, because: 'the answer, and more' };
    if (inRight && given.length > 3) return { mark: 'full', sure: false, because: 'a part of the answer' };
  }
  return { mark: 'none', sure: false, because: 'unlike the answer' };
}

/**
 * The number that a person wrote, or undefined: `1,250`, `1 250`, `1250.5`, `3,5` and `-4` are numbers. A single comma
 * or dot is a decimal sign, unless it is a comma with exactly three digits after it.
 */
export function parseNumber(text: string): number | undefined {
  const compact = text.trim().replace(/[\s'’]/g, '').replace(/^[−–]/, '-');
  if (/^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(compact)) return Number(compact.replaceAll(',', ''));
  if (/^[-+]?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})$/.test(compact)) return Number(compact.replaceAll('.', '').replace(',', '.'));
  return /^[-+]?\d*[.,]?\d+$/.test(compact) ? Number(compact.replace(',', '.')) : undefined;
}

/** What to make of a number: always sure. */
export function judgeNumber(answer: string, value: number, tolerance: number): Verdict {
  const given = parseNumber(answer);
  if (given === undefined) return { mark: 'none', sure: true, because: answer.trim() ? 'not a number' : 'no answer' };
  const off = Math.abs(given - value);
  // Numbers such as 0.1 are not exact in binary: 0.3 is within 0.1 of 0.2.
  if (off > tolerance + 1e-9 * Math.max(1, Math.abs(value))) return { mark: 'none', sure: true, because: 'another number' };
  return { mark: 'full', sure: true, because: given === value ? 'the number' : 'close enough' };
}

/** What to make of a choice: always sure. */
export function judgeChoice(answer: string, right: number): Verdict {
  if (answer === '') return { mark: 'none', sure: true, because: 'no answer' };
  return answer === String(right) ? { mark: 'full', sure: true, because: 'the choice' } : { mark: 'none', sure: true, because: 'another choice' };
}
