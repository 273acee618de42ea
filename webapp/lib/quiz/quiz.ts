import { hash, newCode, newId, newSecret } from './keys';
import { Decisions, group, ranking, score, worth } from './marking';
import { type Mark, marks, normalise } from './matching';
import {
  daysKept,
  type Decision,
  Invalid,
  limits,
  type Meta,
  type Question,
  readAnswers,
  readQuestions,
  readTeamName,
  readTitle,
  type Round,
  type RoundState,
  type Submission,
  type Team,
} from './model';
import { type Condition, type Item, type Key, Refused, type Store, type Write } from './store';

/** What the quiz says no to, in words for the person who asked; `status` is that of HTTP. */
export class QuizError extends Error {
  override readonly name = 'QuizError';

  /** Whether an error is one of these; see Refused.is. */
  static is(error: unknown): error is QuizError {
    return error instanceof Error && error.name === 'QuizError';
  }

  constructor(
    readonly status: 401 | 403 | 404 | 409 | 429,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Whom a key belongs to. */
export type Holder = { role: 'host' } | { role: 'team'; team: string };

/** How often something is tried again that lost to somebody else's change of the same quiz. */
const attempts = 8;

const partition = (code: string) => `QUIZ#${code}`;
const sortKey = {
  meta: 'META',
  key: (secret: string) => `KEY#${hash(secret)}`,
  round: (id: string) => `ROUND#${id}`,
  team: (id: string) => `TEAM#${id}`,
  name: (name: string) => `NAME#${hash(normalise(name))}`,
  answer: (round: string, team: string) => `ANSWER#${round}#${team}`,
  mark: (round: string, question: string, answer: string) => `MARK#${round}#${question}#${hash(answer)}`,
  result: (round: string) => `RESULT#${round}`,
};

const noQuiz = () => new QuizError(404, 'no-quiz', 'There is no quiz with this code. Look at the code again: it has five letters.');
const noRound = () => new QuizError(404, 'no-round', 'There is no such round. Perhaps it was deleted.');
const changedMeanwhile = () => new QuizError(409, 'changed', 'Something else changed at the same moment. Try again.');

/** The rules of the quiz. Each is enforced by the conditions of a write, so it holds for any number of servers. */
export class Quizzes {
  constructor(
    private readonly store: Store,
    private readonly now: () => number = () => Math.floor(Date.now() / 1000),
  ) {}

  /** A new quiz, and the secret that makes its holder the host. */
  async create(titleGiven: unknown, rounds: readonly { title: string; questions: unknown }[] = []) {
    const title = readTitle(titleGiven, "The quiz's title");
    const secret = newSecret();
    const created = this.now();
    const expires = created + daysKept * 24 * 3600;
    const made: Round[] = rounds.map((round) => ({ id: newId(), title: round.title, questions: readQuestions(round.questions, newId), revision: 1 }));
    for (let attempt = 0; ; attempt++) {
      const code = newCode();
      const pk = partition(code);
      const meta: Meta = {
        code,
        title,
        finished: false,
        version: 1,
        activity: 1,
        teams: 0,
        links: 0,
        order: made.map(({ id }) => id),
        rounds: Object.fromEntries(made.map((round) => [round.id, summary(round)])),
        created,
        expires,
      };
      try {
        await this.store.write(
          // A quiz that has expired may still be in the table for some days, and so may its keys: its code is not used again before.
          { put: { pk, sk: sortKey.meta, open: '', ...meta }, when: [{ absent: true }] },
          { put: { pk, sk: sortKey.key(secret), role: 'host', expires } },
          ...made.map((round): Write => ({ put: { pk, sk: sortKey.round(round.id), ...round, expires } })),
        );
        return { code, secret, expires };
      } catch (error) {
        if (!Refused.is(error) || attempt + 1 >= attempts) throw error;
      }
    }
  }

  /** Rejects with 404 where there is no such quiz. */
  async meta(code: string): Promise<Meta> {
    const item = await this.get({ pk: partition(code), sk: sortKey.meta });
    if (!item) throw noQuiz();
    return item as unknown as Meta;
  }

  /** Whose secret this is in this quiz, or undefined. A team that was removed has none any more. */
  async holder(code: string, secret: string): Promise<Holder | undefined> {
    const item = await this.get({ pk: partition(code), sk: sortKey.key(secret) });
    if (!item) return undefined;
    if (item.role === 'host') return { role: 'host' };
    const team = await this.team(code, item.team as string);
    return team && { role: 'team', team: team.id };
  }

  /** Another secret for the same holder: what a link to another device carries. */
  async link(code: string, holder: Holder): Promise<string> {
    const secret = newSecret();
    const { expires } = await this.meta(code);
    await this.write(
      [
        { update: { pk: partition(code), sk: sortKey.meta }, add: [[['links'], 1]], when: [{ path: ['links'], below: limits.links }] },
        { put: { pk: partition(code), sk: sortKey.key(secret), ...holder, expires } },
      ],
      () => new QuizError(409, 'too-many-links', `This quiz has had ${limits.links} links to other devices. Use one of those.`),
    );
    return secret;
  }

  /**
   * Registers a team. `claim` is a random text of the device: where its first answer got lost on the way, the same
   * claim gets the same team again, and any other gets a refusal.
   */
  async join(code: string, nameGiven: unknown, claim: string) {
    const name = readTeamName(nameGiven);
    const meta = await this.meta(code);
    const { expires } = meta;
    const [pk, id, secret] = [partition(code), newId(), newSecret()];
    const key: Write = { put: { pk, sk: sortKey.key(secret), role: 'team', team: id, expires } };
    try {
      await this.store.write(
        { put: { pk, sk: sortKey.name(name), team: id, claim: hash(claim), expires }, when: [{ absent: true }] },
        {
          update: { pk, sk: sortKey.meta },
          add: [[['teams'], 1], [['version'], 1], [['activity'], 1]],
          when: [{ exists: true }, { path: ['teams'], below: limits.teams }, { path: ['finished'], equals: false }],
        },
        { put: { pk, sk: sortKey.team(id), id, name, joined: this.now(), removed: false, expires } },
        key,
      );
      return { team: { id, name }, secret, expires };
    } catch (error) {
      if (!Refused.is(error)) throw error;
      const taken = await this.get({ pk, sk: sortKey.name(name) });
      if (taken && taken.claim === hash(claim)) {
        const again = newSecret();
        await this.store.write({ put: { pk, sk: sortKey.key(again), role: 'team', team: taken.team, expires } });
        return { team: { id: taken.team as string, name }, secret: again, expires };
      }
      if (taken) {
        throw new QuizError(409, 'name-taken', `There is a team called “${name}” already. Take another name, or ask that team for its link if you belong to it.`);
      }
      if ((await this.meta(code)).finished) throw new QuizError(409, 'finished', 'This quiz is over, so no team can join it any more.');
      throw new QuizError(409, 'full', `This quiz is full: it has ${limits.teams} teams.`);
    }
  }

  /** A team hands in its answers to a round: once, and only while the round is open. `attempt` names this handing-in, so that sending it twice is one. */
  async answer(code: string, team: string, round: string, attempt: string, given: unknown): Promise<Submission> {
    const meta = await this.meta(code);
    const pk = partition(code);
    if (!meta.rounds[round] || meta.rounds[round].state === 'draft') throw noRound();
    // The questions can't change any more once the round has been open.
    const answers = readAnswers(given, (await this.round(code, round)).questions);
    const submission: Submission = { team, answers, at: this.now() };
    try {
      await this.store.write(
        {
          put: { pk, sk: sortKey.answer(round, team), ...submission, attempt: hash(attempt), expires: meta.expires },
          when: [{ absent: true }],
        },
        {
          update: { pk, sk: sortKey.meta },
          add: [[['rounds', round, 'answered'], 1], [['activity'], 1]],
          when: [{ path: ['open'], equals: round }],
        },
        { check: { pk, sk: sortKey.team(team) }, when: [{ path: ['removed'], equals: false }] },
      );
      return submission;
    } catch (error) {
      if (!Refused.is(error)) throw error;
      const before = await this.get({ pk, sk: sortKey.answer(round, team) });
      if (before?.attempt === hash(attempt)) return before as unknown as Submission;
      if (before) throw new QuizError(409, 'answered', 'Your team has handed in its answers to this round already. The first ones count.');
      if (error.failed.includes(2)) throw new QuizError(401, 'not-team', 'The host has taken your team out of this quiz.');
      throw new QuizError(409, 'closed', 'The round was closed before your answers arrived, so they do not count.');
    }
  }

  async addRound(code: string, titleGiven: unknown, questionsGiven: unknown = []): Promise<string> {
    const title = readTitle(titleGiven, "The round's title");
    const round: Round = { id: newId(), title, questions: readQuestions(questionsGiven, newId), revision: 1 };
    await this.change(code, (meta) => {
      if (meta.order.length >= limits.rounds) throw new QuizError(409, 'full', `A quiz has at most ${limits.rounds} rounds.`);
      return {
        set: [[['order'], [...meta.order, round.id]], [['rounds', round.id], summary(round)]],
        when: [{ path: ['order'], equals: meta.order }, { path: ['finished'], equals: false }],
        others: [{ put: { pk: partition(code), sk: sortKey.round(round.id), ...round, expires: meta.expires } }],
      };
    });
    return round.id;
  }

  /** Changes a round that has never been open. `revision` is that of the round which the host has seen. */
  async editRound(code: string, id: string, revision: unknown, titleGiven: unknown, questionsGiven: unknown): Promise<number> {
    const title = readTitle(titleGiven, "The round's title");
    if (typeof revision !== 'number') throw new Invalid([{ field: 'revision', message: 'The revision must be a number.' }]);
    const round: Round = { id, title, questions: readQuestions(questionsGiven, newId), revision: revision + 1 };
    const meta = await this.meta(code);
    if (!meta.rounds[id]) throw noRound();
    const pk = partition(code);
    await this.write(
      [
        {
          update: { pk, sk: sortKey.meta },
          set: [[['rounds', id, 'title'], title], [['rounds', id, 'questions'], round.questions.length], [['rounds', id, 'points'], summary(round).points]],
          add: [[['activity'], 1], [['version'], 1]],
          when: [{ path: ['rounds', id, 'state'], equals: 'draft' }],
        },
        { put: { pk, sk: sortKey.round(id), ...round, expires: meta.expires }, when: [{ path: ['revision'], equals: revision }] },
      ],
      (failed) =>
        failed.includes(0)
          ? new QuizError(409, 'opened', 'This round has been opened, so its questions can no longer change.')
          : new QuizError(409, 'changed', 'This round was changed elsewhere since you opened it here. Copy what you need, then load it again.'),
    );
    return round.revision;
  }

  async deleteRound(code: string, id: string): Promise<void> {
    await this.change(code, (meta) => {
      if (!meta.rounds[id]) throw noRound();
      if (meta.rounds[id].state !== 'draft') throw new QuizError(409, 'opened', 'This round has been opened, so it can no longer be deleted.');
      return {
        set: [[['order'], meta.order.filter((other) => other !== id)]],
        remove: [['rounds', id]],
        when: [{ path: ['order'], equals: meta.order }, { path: ['rounds', id, 'state'], equals: 'draft' }],
        others: [{ delete: { pk: partition(code), sk: sortKey.round(id) } }],
      };
    });
  }

  /** Moves a round one place up (-1) or down (1) in the order of the quiz. */
  async moveRound(code: string, id: string, by: unknown): Promise<void> {
    if (by !== 1 && by !== -1) throw new Invalid([{ field: 'by', message: 'A round moves by 1 or -1.' }]);
    await this.change(code, (meta) => {
      const from = meta.order.indexOf(id);
      if (from < 0) throw noRound();
      const order = [...meta.order];
      order.splice(from, 1);
      order.splice(Math.max(0, from + by), 0, id);
      return { set: [[['order'], order]], when: [{ path: ['order'], equals: meta.order }] };
    });
  }

  async rename(code: string, titleGiven: unknown): Promise<void> {
    const title = readTitle(titleGiven, "The quiz's title");
    await this.change(code, () => ({ set: [[['title'], title]] }));
  }

  /**
   * Takes a round to its next state, or back: draft → open ↔ closed ↔ released. Releasing needs every answer marked, and
   * a round whose answers teams have seen is never open again. Where it is in that state already, nothing happens.
   */
  async moveTo(code: string, id: string, to: unknown): Promise<void> {
    const from: Record<string, RoundState[]> = { open: ['draft', 'closed'], closed: ['open', 'released'], released: ['closed'] };
    if (typeof to !== 'string' || !Object.hasOwn(from, to)) {
      throw new Invalid([{ field: 'to', message: 'A round becomes open, closed or released.' }]);
    }
    await this.change(code, async (meta) => {
      const round = meta.rounds[id];
      if (!round) throw noRound();
      if (round.state === to) return undefined;
      if (!from[to]!.includes(round.state)) throw new QuizError(409, 'wrong-state', `This round is ${round.state}, so it can't become ${to}.`);
      if (meta.finished) throw new QuizError(409, 'finished', 'The quiz is over. Take that back first.');
      const pk = partition(code);
      const was: Condition[] = [{ path: ['rounds', id, 'state'], equals: round.state }, { path: ['finished'], equals: false }];
      const state: [['rounds', string, 'state'], string] = [['rounds', id, 'state'], to];
      if (to === 'open') {
        const open = (meta as Meta & { open: string }).open;
        if (open) throw new QuizError(409, 'another-open', `“${meta.rounds[open]?.title}” is still open. Close it first: one round is open at a time.`);
        if (round.questions === 0) throw new QuizError(409, 'empty', 'This round has no questions yet.');
        if (round.shown) throw new QuizError(409, 'shown', 'Teams have seen the answers to this round, so it can not be opened again.');
        return {
          set: [state, [['open'], id]],
          when: [...was, { path: ['open'], equals: '' }, { path: ['rounds', id, 'shown'], equals: false }, { path: ['rounds', id, 'questions'], equals: round.questions }],
        };
      }
      if (to === 'closed') {
        return round.state === 'open' ? { set: [state, [['open'], '']], when: was } : { set: [state], when: was };
      }
      const { points, undecided } = await this.scores(code, id);
      if (undecided > 0) {
        throw new QuizError(409, 'undecided', `${undecided === 1 ? 'One answer is' : `${undecided} answers are`} not marked yet. Mark ${undecided === 1 ? 'it' : 'them'}, then release the scores.`);
      }
      return {
        set: [state, [['rounds', id, 'shown'], true]],
        // Neither an answer nor a mark has come since they were counted.
        when: [...was, { path: ['activity'], equals: meta.activity }],
        others: [{ put: { pk, sk: sortKey.result(id), round: id, points, expires: meta.expires } }],
      };
    });
  }

  /** Ends the quiz, or takes that back. */
  async finish(code: string, finished: unknown): Promise<void> {
    if (typeof finished !== 'boolean') throw new Invalid([{ field: 'finished', message: 'finished is true or false.' }]);
    await this.change(code, (meta) => {
      if (meta.finished === finished) return undefined;
      const waiting = Object.values(meta.rounds).find(({ state }) => state === 'open' || state === 'closed');
      if (finished && waiting) {
        throw new QuizError(409, 'unreleased', `“${waiting.title}” is ${waiting.state}. Release it before you end the quiz.`);
      }
      return { set: [[['finished'], finished]], when: [{ path: ['activity'], equals: meta.activity }] };
    });
  }

  /** Takes a team out of the quiz: its devices are no longer let in, its points no longer count, its name is free again. */
  async removeTeam(code: string, id: string): Promise<void> {
    const team = await this.team(code, id);
    if (!team) return;
    const pk = partition(code);
    await this.write(
      [
        { update: { pk, sk: sortKey.team(id) }, set: [[['removed'], true]], when: [{ path: ['removed'], equals: false }] },
        { update: { pk, sk: sortKey.meta }, add: [[['teams'], -1], [['version'], 1], [['activity'], 1]], when: [{ exists: true }] },
        { delete: { pk, sk: sortKey.name(team.name) } },
      ],
      changedMeanwhile,
    );
  }

  /** Sets marks of a closed round. `answer` is one of those that `marking` names. */
  async mark(code: string, id: string, given: unknown): Promise<void> {
    if (!Array.isArray(given) || given.length === 0 || given.length > 500) {
      throw new Invalid([{ field: 'marks', message: 'The marks must be a list of 1 to 500.' }]);
    }
    const meta = await this.meta(code);
    if (!meta.rounds[id]) throw noRound();
    const { questions } = await this.round(code, id);
    const decisions = new Map<string, Decision>();
    for (const one of given as Partial<Decision>[]) {
      const question = questions.find((other) => other.id === one?.question);
      const valid = question && typeof one.answer === 'string' && one.answer.length <= 4 * limits.answer && marks.includes(one.mark as Mark);
      if (!valid) throw new Invalid([{ field: 'marks', message: 'A mark has a question, an answer, and full, half or none.' }]);
      decisions.set(sortKey.mark(id, question.id, one.answer!), { question: question.id, answer: one.answer!, mark: one.mark! });
    }
    const pk = partition(code);
    const writes = [...decisions].map(([sk, decision]): Write => ({ put: { pk, sk, ...decision, expires: meta.expires } }));
    for (let start = 0; start < writes.length; start += 90) {
      await this.write(
        [
          { update: { pk, sk: sortKey.meta }, add: [[['activity'], 1]], when: [{ path: ['rounds', id, 'state'], equals: 'closed' }] },
          ...writes.slice(start, start + 90),
        ],
        () => new QuizError(409, 'wrong-state', 'Answers are marked while the round is closed and its scores are not out. Take the scores back first.'),
      );
    }
  }

  /** What the host marks: the answers to each question of a round that is closed or released, those that are alike together. */
  async marking(code: string, id: string) {
    const meta = await this.meta(code);
    const summary = meta.rounds[id];
    if (!summary || summary.state === 'draft' || summary.state === 'open') {
      throw new QuizError(409, 'wrong-state', 'Answers can be read once the round is closed.');
    }
    const { questions, submissions, decisions } = await this.handedIn(code, id);
    const teams = await this.teams(code);
    const present = new Set(teams.map(({ id: team }) => team));
    const counted = submissions.filter(({ team }) => present.has(team));
    return {
      round: { id, title: summary.title, state: summary.state, points: summary.points },
      teams: teams.map(({ id: team, name }) => ({ id: team, name, handedIn: counted.some((one) => one.team === team) })),
      questions: questions.map((question) => ({ ...question, answers: group(question, counted, decisions) })),
      undecided: score(questions, counted, decisions).undecided,
    };
  }

  /** All that the host's page shows, but for the answers to mark. */
  async forHost(code: string) {
    const pk = partition(code);
    const meta = await this.meta(code);
    const open = (meta as Meta & { open: string }).open;
    const [rounds, teams, results, handedIn] = await Promise.all([
      this.query(pk, 'ROUND#'),
      this.teams(code),
      this.query(pk, 'RESULT#'),
      open ? this.query(pk, `ANSWER#${open}#`, ['team', 'at']) : [],
    ]);
    const questions = new Map(rounds.map((item) => [item.id as string, item as unknown as Round]));
    return {
      code,
      title: meta.title,
      finished: meta.finished,
      activity: meta.activity,
      expires: meta.expires,
      open: open || null,
      teams: teams.map(({ id, name, joined }) => ({ id, name, joined })),
      handedIn: handedIn.map(({ team }) => team as string),
      // A round that was made after the quiz's item was read comes with the next look.
      rounds: meta.order.flatMap((id) => {
        const [one, round] = [meta.rounds[id], questions.get(id)];
        return one && round ? [{ ...one, id, revision: round.revision, items: round.questions }] : [];
      }),
      ranking: this.rank(meta, teams, results),
    };
  }

  /** All that a team's page shows. */
  async forTeam(code: string, teamId: string, metaRead?: Meta) {
    const pk = partition(code);
    const meta = metaRead ?? (await this.meta(code));
    const current = this.current(meta);
    const [teams, results, round, own] = await Promise.all([
      this.teams(code),
      this.query(pk, 'RESULT#'),
      current ? this.round(code, current) : undefined,
      current ? this.submission(code, current, teamId) : undefined,
    ]);
    const team = teams.find(({ id }) => id === teamId);
    if (!team) throw new QuizError(401, 'not-team', 'The host has taken your team out of this quiz.');
    return {
      code,
      title: meta.title,
      finished: meta.finished,
      expires: meta.expires,
      team: { id: team.id, name: team.name },
      teams: teams.map(({ name }) => name),
      rounds: meta.order.flatMap((id) => {
        const one = meta.rounds[id];
        return one && one.state !== 'draft' ? [{ id, title: one.title, state: one.state, points: one.points }] : [];
      }),
      current: round
        ? {
            id: round.id,
            title: round.title,
            state: meta.rounds[round.id]!.state,
            points: meta.rounds[round.id]!.points,
            questions: round.questions.map(asked),
            handedIn: own ? { answers: own.answers, at: own.at } : null,
          }
        : null,
      ranking: this.rank(meta, teams, results),
    };
  }

  /**
   * What a team's page would show, in few letters: as long as this is the same, so is the page. It costs two small
   * reads at most.
   */
  async teamVersion(code: string, teamId: string) {
    const meta = await this.meta(code);
    const current = this.current(meta);
    const own = current && (await this.get({ pk: partition(code), sk: sortKey.answer(current, teamId) }));
    return { meta, version: `${meta.version}.${own ? 1 : 0}` };
  }

  /** How a team did in a round that is released: each question with the team's answer, its mark, and what was right. */
  async result(code: string, teamId: string, id: string) {
    const meta = await this.meta(code);
    if (meta.rounds[id]?.state !== 'released') {
      throw new QuizError(409, 'not-released', 'The host has not released the scores of this round.');
    }
    const [{ questions, decisions }, own] = await Promise.all([this.handedIn(code, id, false), this.submission(code, id, teamId)]);
    return {
      id,
      title: meta.rounds[id].title,
      handedIn: own !== undefined,
      questions: questions.map((question) => {
        const answer = own?.answers[question.id] ?? '';
        const mark = decisions.mark(question, answer) ?? 'none';
        return { ...asked(question), answer, mark, got: worth(mark, question.points), right: solution(question) };
      }),
    };
  }

  // DynamoDB takes expired items away some time later, and not all at once: until then they are passed over here.

  private async get(key: Key): Promise<Item | undefined> {
    const item = await this.store.get(key);
    return item && (item.expires as number) > this.now() ? item : undefined;
  }

  private async query(pk: string, prefix: string, fields?: string[]): Promise<Item[]> {
    const items = await this.store.query(pk, prefix, fields && [...fields, 'expires']);
    return items.filter(({ expires }) => (expires as number) > this.now());
  }

  private async round(code: string, id: string): Promise<Round> {
    const item = await this.get({ pk: partition(code), sk: sortKey.round(id) });
    if (!item) throw noRound();
    return item as unknown as Round;
  }

  private async team(code: string, id: string): Promise<Team | undefined> {
    const item = await this.get({ pk: partition(code), sk: sortKey.team(id) });
    return item && !item.removed ? (item as unknown as Team) : undefined;
  }

  /** Those that were not removed, in the order in which they came. */
  private async teams(code: string): Promise<Team[]> {
    const items = (await this.query(partition(code), 'TEAM#')) as unknown as Team[];
    return items.filter(({ removed }) => !removed).sort((a, b) => a.joined - b.joined || (a.name < b.name ? -1 : 1));
  }

  private async submission(code: string, round: string, team: string): Promise<Submission | undefined> {
    return (await this.get({ pk: partition(code), sk: sortKey.answer(round, team) })) as unknown as Submission | undefined;
  }

  private async handedIn(code: string, id: string, withAnswers = true) {
    const pk = partition(code);
    const [{ questions }, submissions, decided] = await Promise.all([
      this.round(code, id),
      withAnswers ? this.query(pk, `ANSWER#${id}#`) : [],
      this.query(pk, `MARK#${id}#`),
    ]);
    return { questions, submissions: submissions as unknown as Submission[], decisions: new Decisions(decided as unknown as Decision[]) };
  }

  private async scores(code: string, id: string) {
    const [{ questions, submissions, decisions }, teams] = await Promise.all([this.handedIn(code, id), this.teams(code)]);
    const present = new Set(teams.map(({ id: team }) => team));
    return score(questions, submissions.filter(({ team }) => present.has(team)), decisions);
  }

  /** The round that teams look at: the open one, or else the last that was closed and is not released. */
  private current(meta: Meta): string | undefined {
    const at = (state: RoundState) => meta.order.filter((id) => meta.rounds[id]?.state === state);
    return at('open')[0] ?? at('closed').at(-1);
  }

  private rank(meta: Meta, teams: Team[], results: Item[]) {
    const released = results.filter(({ round }) => meta.rounds[round as string]?.state === 'released');
    return ranking(teams, released.map(({ round, points }) => ({ id: round as string, points: points as Record<string, number> })));
  }

  /** Writes, with the refusal in words. */
  private async write(writes: Write[], refused: (failed: number[]) => QuizError): Promise<void> {
    try {
      await this.store.write(...writes);
    } catch (error) {
      throw Refused.is(error) ? refused(error.failed) : error;
    }
  }

  /**
   * Changes the quiz by what `plan` makes of it as it is now; undefined is nothing. Where it has changed in between, it
   * plans again.
   */
  private async change(
    code: string,
    plan: (meta: Meta) => Plan | undefined | Promise<Plan | undefined>,
  ): Promise<void> {
    const key: Key = { pk: partition(code), sk: sortKey.meta };
    for (let attempt = 0; attempt < attempts; attempt++) {
      const planned = await plan(await this.meta(code));
      if (!planned) return;
      const { set, remove, when = [], others = [] } = planned;
      try {
        const update: Write = { update: key, set, remove, add: [[['version'], 1], [['activity'], 1]], when: [{ exists: true }, ...when] };
        await this.store.write(update, ...others);
        return;
      } catch (error) {
        if (!Refused.is(error)) throw error;
      }
    }
    throw changedMeanwhile();
  }
}

type Plan = {
  set?: [[string, ...string[]], unknown][];
  remove?: [string, ...string[]][];
  when?: Condition[];
  others?: Write[];
};

const summary = ({ title, questions }: Round) => ({
  title,
  state: 'draft' as const,
  questions: questions.length,
  points: questions.reduce((sum, { points }) => sum + points, 0),
  answered: 0,
  shown: false,
});

/** A question as teams see it: without the answer. */
function asked(question: Question) {
  const { id, kind, prompt, points } = question;
  return { id, kind, prompt, points, ...(question.kind === 'choice' && { options: question.options }) };
}

/** What was right, for people. */
function solution(question: Question): string {
  if (question.kind === 'text') return question.accepted[0]!;
  if (question.kind === 'choice') return question.options[question.right]!;
  return question.tolerance > 0 ? `${question.value} (±${question.tolerance})` : String(question.value);
}

export type HostView = Awaited<ReturnType<Quizzes['forHost']>>;
export type TeamView = Awaited<ReturnType<Quizzes['forTeam']>>;
export type MarkingView = Awaited<ReturnType<Quizzes['marking']>>;
export type ResultView = Awaited<ReturnType<Quizzes['result']>>;
