import { createHash, randomBytes, randomInt } from 'node:crypto';

/**
 * The letters of a join code. No vowels, so no words; none that is easily taken for another one or for a digit when
 * read off a screen.
 */
export const codeLetters = 'CDFGHJKMNPRTVWXZ';

/** 16 letters to the power of 5 are a million codes: short enough to shout across a room. They protect nothing. */
export const codeLength = 5;

const letters = (alphabet: string, count: number) =>
  Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('');

export const newCode = () => letters(codeLetters, codeLength);

/** The code that a person typed, or undefined where it can't be one. */
export function readCode(text: string): string | undefined {
  const code = text.toUpperCase().replace(/[\s-]/g, '');
  return code.length === codeLength && [...code].every((letter) => codeLetters.includes(letter)) ? code : undefined;
}

/** The name of a round, a question or a team inside of its quiz. */
export const newId = () => letters('abcdefghjkmnpqrstuvwxyz23456789', 8);

/** A secret of 192 random bits: nobody guesses one, so it needs neither salt nor a slow hash. */
export const newSecret = () => randomBytes(24).toString('base64url');

export const isSecret = (text: unknown): text is string => typeof text === 'string' && /^[\w-]{22,64}$/.test(text);

/** What the table keeps of a secret. */
export const hash = (secret: string) => createHash('sha256').update(secret).digest('base64url');
