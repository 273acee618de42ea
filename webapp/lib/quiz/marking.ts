import { judgeChoice, judgeNumber, judgeText, type Mark, normalise, parseNumber, type Verdict } from './matching';
import type { Decision, Question, Submission } from './model';

/** What answers must share to be marked alike. */
export function keyOfAnswer(question: Question, answer: string): string {
  if (question.kind === 'text') return normalise(answer);
  if (question.kind === 'number') return String(parseNumber(answer) ?? answer);
  return answer;
}

export function judge(question: Question, answer: string): Verdict {
  if (question.kind === 'text') return judgeText(answer, question.accepted);
  if (question.kind === 'number') return judgeNumber(answer, question.value, question.tolerance);
  return judgeChoice(answer, question.right);
}

/** What the host has decided so far, to be asked for an answer. */
export class Decisions {
  private readonly marks = new Map<string, Mark>();

  constructor(decisions: Decision[]) {
    for (const { question, answer, mark } of decisions) this.marks.set(`${question}\n${answer}`, mark);
  }

  of(question: Question, key: string): Mark | undefined {
    return this.marks.get(`${question.id}\n${key}`);
  }

  /** The mark of an answer, or undefined where only the host can tell and has not yet. */
  mark(question: Question, answer: string): Mark | undefined {
    const verdict = judge(question, answer);
    return this.of(question, keyOfAnswer(question, answer)) ?? (verdict.sure ? verdict.mark : undefined);
  }
}

/** Answers that are marked alike, with the teams that gave them. */
export type Group = {
  answer: string;
  /** The first way that it was written. */
  text: string;
  teams: string[];
  verdict: Verdict;
  /** The host's own mark, where there is one. */
  decided: Mark | null;
};

/** The answers to a question: what needs the host first, the most frequent first. Teams without an answer are left out. */
export function group(question: Question, submissions: Submission[], decisions: Decisions): Group[] {
  const groups = new Map<string, Group>();
  for (const { team, answers } of submissions) {
    const text = answers[question.id];
    if (text === undefined) continue;
    const answer = keyOfAnswer(question, text);
    const known = groups.get(answer);
    if (known) known.teams.push(team);
    else groups.set(answer, { answer, text, teams: [team], verdict: judge(question, text), decided: decisions.of(question, answer) ?? null });
  }
  const rank = ({ verdict }: Group) => (verdict.sure ? 2 : verdict.mark === 'none' ? 1 : 0);
  return [...groups.values()].sort(
    (a, b) => rank(a) - rank(b) || b.teams.length - a.teams.length || (a.answer < b.answer ? -1 : 1),
  );
}

export const worth = (mark: Mark, points: number) => (mark === 'full' ? points : mark === 'half' ? points / 2 : 0);

/** The points of each team, and how many answers still wait for the host. */
export function score(questions: Question[], submissions: Submission[], decisions: Decisions) {
  const points: Record<string, number> = {};
  const undecided = new Set<string>();
  for (const { team, answers } of submissions) {
    points[team] = 0;
    for (const question of questions) {
      const text = answers[question.id] ?? '';
      const mark = decisions.mark(question, text);
      if (mark === undefined) undecided.add(`${question.id}\n${keyOfAnswer(question, text)}`);
      else points[team] += worth(mark, question.points);
    }
  }
  return { points, undecided: undecided.size };
}

export type Standing = { team: string; name: string; rank: number; points: number; rounds: Record<string, number> };

/** The ranking over the rounds given. Teams with the same points share a rank, and the next rank is left out. */
export function ranking(teams: { id: string; name: string }[], rounds: { id: string; points: Record<string, number> }[]): Standing[] {
  const standings = teams.map(({ id, name }) => {
    const own = Object.fromEntries(rounds.map((round) => [round.id, round.points[id] ?? 0]));
    return { team: id, name, rank: 0, points: Object.values(own).reduce((sum, points) => sum + points, 0), rounds: own };
  });
  standings.sort((a, b) => b.points - a.points || a.name.localeCompare(b.name, 'en') || (a.team < b.team ? -1 : 1));
  standings.forEach((one, index) => {
    const above = standings[index - 1];
    one.rank = above && above.points === one.points ? above.rank : index + 1;
  });
  return standings;
}
