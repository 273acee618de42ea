import type { Mark } from './matching';
import { parseNumber } from './matching';

/** How much of everything a quiz may have. Lengths are in characters. */
export const limits = {
  title: 80,
  rounds: 20,
  questions: 30,
  prompt: 300,
  /** Answers that count as right, of one question. */
  accepted: 10,
  /** One of them, or one choice. */
  text: 100,
  options: 8,
  points: 10,
  teams: 100,
  teamName: 30,
  answer: 200,
  /** Links that let another device in, of one quiz. */
  links: 50,
} as const;

/** Days that a quiz is kept, from the day it is made. */
export const daysKept = 60;

export type TextQuestion = { kind: 'text'; accepted: string[] };
export type ChoiceQuestion = { kind: 'choice'; options: string[]; right: number };
export type NumberQuestion = { kind: 'number'; value: number; tolerance: number };
export type Question = { id: string; prompt: string; points: number } & (TextQuestion | ChoiceQuestion | NumberQuestion);

/**
 * draft: the host writes it, teams see nothing of it. open: teams can hand in. closed: nobody can any more, the host
 * marks. released: teams see their score.
 */
export type RoundState = 'draft' | 'open' | 'closed' | 'released';

/** What the quiz's own item knows of a round. */
export type RoundSummary = { title: string; state: RoundState; questions: number; points: number; answered: number; shown: boolean };

/** The quiz's own item. */
export type Meta = {
  code: string;
  title: string;
  finished: boolean;
  /** Grows with everything that teams can see. */
  version: number;
  /** Grows with everything that the host can see. */
  activity: number;
  teams: number;
  links: number;
  order: string[];
  rounds: Record<string, RoundSummary>;
  /** When it was made and when it goes, in seconds since 1970. */
  created: number;
  expires: number;
};

export type Round = { id: string; title: string; questions: Question[]; revision: number };
export type Team = { id: string; name: string; joined: number; removed: boolean };
export type Answers = Record<string, string>;
export type Submission = { team: string; answers: Answers; at: number };
export type Decision = { question: string; answer: string; mark: Mark };

/** Input that can't be taken; each problem is a sentence, with the field that it is about. */
export class Invalid extends Error {
  override readonly name = 'Invalid';

  /** Whether an error is one of these; see Refused.is. */
  static is(error: unknown): error is Invalid {
    return error instanceof Error && error.name === 'Invalid';
  }

  constructor(readonly problems: { field: string; message: string }[]) {
    super(problems.map(({ message }) => message).join(' '));
  }
}

class Problems {
  private readonly found: { field: string; message: string }[] = [];

  add(field: string, message: string): void {
    this.found.push({ field, message });
  }

  /** A text on one line, without what can't be seen; "" where it is wrong. */
  text(value: unknown, field: string, what: string, longest: number, required = true): string {
    if (typeof value !== 'string' && !(value === undefined && !required)) {
      this.add(field, `${what} must be a text.`);
      return '';
    }
    const text = clean(value ?? '');
    if (text === '' && required) this.add(field, `${what} is empty.`);
    if ([...text].length > longest) this.add(field, `${what} is longer than ${longest} characters.`);
    return text;
  }

  end(): void {
    if (this.found.length > 0) throw new Invalid(this.found);
  }
}

/** The text with single spaces, and without control characters and signs that turn the direction of writing. */
export function clean(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\s\u0085]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cs}\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu, '')
    .trim();
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export function readTitle(value: unknown, what = 'The title'): string {
  const problems = new Problems();
  const title = problems.text(value, 'title', what, limits.title);
  problems.end();
  return title;
}

export function readTeamName(value: unknown): string {
  const problems = new Problems();
  const name = problems.text(value, 'name', "The team's name", limits.teamName);
  problems.end();
  return name;
}

/** The questions of a round, with an id for each that has none yet. */
export function readQuestions(value: unknown, newId: () => string): Question[] {
  const problems = new Problems();
  if (!Array.isArray(value)) throw new Invalid([{ field: 'questions', message: 'The questions must be a list.' }]);
  if (value.length > limits.questions) {
    throw new Invalid([{ field: 'questions', message: `A round has at most ${limits.questions} questions.` }]);
  }
  const ids = new Set<string>();
  const questions = value.map((one: unknown, index) => {
    const question = readQuestion(isObject(one) ? one : {}, index, problems);
    const id = isObject(one) && typeof one.id === 'string' && /^[a-z0-9]{8}$/.test(one.id) && !ids.has(one.id) ? one.id : newId();
    ids.add(id);
    return { ...question, id };
  });
  problems.end();
  return questions as Question[];
}

function readQuestion(given: Record<string, unknown>, index: number, problems: Problems) {
  const field = (name: string) => `questions.${index}.${name}`;
  const named = `Question ${index + 1}`;
  const prompt = problems.text(given.prompt, field('prompt'), `${named}: the question`, limits.prompt);
  const points = given.points ?? 1;
  if (typeof points !== 'number' || !Number.isInteger(points) || points < 1 || points > limits.points) {
    problems.add(field('points'), `${named}: points are a whole number from 1 to ${limits.points}.`);
  }
  const common = { prompt, points };
  switch (given.kind) {
    case 'text': {
      const list = Array.isArray(given.accepted) ? given.accepted : [];
      if (list.length > limits.accepted) problems.add(field('accepted'), `${named}: at most ${limits.accepted} right answers.`);
      const accepted = list
        .slice(0, limits.accepted)
        .map((one) => problems.text(one, field('accepted'), `${named}: a right answer`, limits.text, false))
        .filter(Boolean);
      if (accepted.length === 0) problems.add(field('accepted'), `${named}: a right answer is missing.`);
      return { ...common, kind: 'text', accepted };
    }
    case 'choice': {
      const list = Array.isArray(given.options) ? given.options : [];
      if (list.length < 2 || list.length > limits.options) {
        problems.add(field('options'), `${named}: there are 2 to ${limits.options} choices.`);
      }
      const options = list
        .slice(0, limits.options)
        .map((one, choice) => problems.text(one, field(`options.${choice}`), `${named}: choice ${choice + 1}`, limits.text));
      if (new Set(options.filter(Boolean)).size < options.filter(Boolean).length) {
        problems.add(field('options'), `${named}: two choices are the same.`);
      }
      const right = given.right;
      if (typeof right !== 'number' || !Number.isInteger(right) || right < 0 || right >= options.length) {
        problems.add(field('right'), `${named}: say which choice is right.`);
      }
      return { ...common, kind: 'choice', options, right };
    }
    case 'number': {
      const { value, tolerance = 0 } = given;
      if (typeof value !== 'number' || !isPlain(value)) problems.add(field('value'), `${named}: the right number is missing.`);
      if (typeof tolerance !== 'number' || !isPlain(tolerance) || tolerance < 0) {
        problems.add(field('tolerance'), `${named}: the tolerance is 0 or a number above it.`);
      }
      return { ...common, kind: 'number', value, tolerance };
    }
    default:
      problems.add(field('kind'), `${named}: it is a text, a choice or a number.`);
      return common;
  }
}

// Far from where JavaScript's numbers, or DynamoDB's, become inexact or end.
const isPlain = (value: number) => Number.isFinite(value) && Math.abs(value) <= 1e15 && (value === 0 || Math.abs(value) >= 1e-9);

/** A team's answers to the questions of a round. What is not answered is left out. */
export function readAnswers(value: unknown, questions: Question[]): Answers {
  if (!isObject(value)) throw new Invalid([{ field: 'answers', message: 'The answers must be an object.' }]);
  const problems = new Problems();
  const answers: Answers = {};
  for (const [index, question] of questions.entries()) {
    const named = `Question ${index + 1}`;
    const answer = problems.text(value[question.id], question.id, `${named}: the answer`, limits.answer, false);
    if (answer === '') continue;
    if (question.kind === 'number' && parseNumber(answer) === undefined) {
      problems.add(question.id, `${named} asks for a number, such as 12 or 3.5.`);
    }
    if (question.kind === 'choice' && !(/^\d$/.test(answer) && Number(answer) < question.options.length)) {
      problems.add(question.id, `${named}: that is not one of the choices.`);
    }
    answers[question.id] = answer;
  }
  for (const id of Object.keys(value)) {
    if (!questions.some((question) => question.id === id)) problems.add(id, 'There is an answer to a question that is not in this round.');
  }
  problems.end();
  return answers;
}
