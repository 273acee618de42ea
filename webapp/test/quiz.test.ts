import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { example } from '../lib/quiz/example';
import { newSecret } from '../lib/quiz/keys';
import { daysKept, limits } from '../lib/quiz/model';
import { Quizzes } from '../lib/quiz/quiz';
import type { Item, Store } from '../lib/quiz/store';
import { memory, moto } from './stores';

/** Whether a promise is fulfilled, or else the code of the refusal. */
const outcome = (work: Promise<unknown>) => work.then(() => 'done', (error: { code?: string }) => error.code ?? String(error));

const refusedAs = (code: string) => (error: { code?: string }) => (assert.equal(error.code, code, String(error)), true);
const invalid = (text: RegExp) => (error: Error) => (assert.match(error.message, text), true);

const capitals = [{ kind: 'text', prompt: 'The capital of Sweden?', points: 2, accepted: ['Stockholm'] }] as const;

/** A store that tells when so many calls of it have begun. */
class Counted implements Store {
  private begun = 0;
  private waiting: { count: number; go: () => void }[] = [];

  constructor(private readonly store: Store) {}

  reaches(count: number): Promise<void> {
    return new Promise((go) => {
      this.waiting.push({ count, go });
      this.wake();
    });
  }

  private wake(): void {
    for (const { count, go } of this.waiting) if (this.begun >= count) go();
  }

  private counted<T>(call: Promise<T>): Promise<T> {
    this.begun++;
    this.wake();
    return call;
  }

  get = (...given: Parameters<Store['get']>) => this.counted(this.store.get(...given));
  query = (...given: Parameters<Store['query']>) => this.counted(this.store.query(...given));
  write = (...given: Parameters<Store['write']>) => this.counted(this.store.write(...given));
}

for (const kind of [memory, moto()]) {
  describe(`a quiz ${kind.name}`, { skip: kind.skip }, () => {
    let store: Store;
    let quizzes: Quizzes;
    before(async () => {
      store = await kind.open();
      quizzes = new Quizzes(store);
    });
    after(kind.end);

    /** A quiz with one round of the question, and the teams named. */
    async function started(...names: string[]) {
      const { code, secret } = await quizzes.create('Thursday');
      const round = await quizzes.addRound(code, 'Capitals', capitals);
      const { items } = (await quizzes.forHost(code)).rounds[0]!;
      const teams = await Promise.all(names.map(async (name) => (await quizzes.join(code, name, newSecret())).team.id));
      return { code, secret, round, question: items[0]!.id, teams };
    }
    const states = async (code: string) => (await quizzes.forHost(code)).rounds.map(({ state }) => state);
    const handIn = (code: string, team: string, round: string, answers: Record<string, string>, attempt = newSecret()) =>
      quizzes.answer(code, team, round, attempt, answers);

    test('a whole evening: two rounds, three teams, marks, a ranking with a shared place, the end', async () => {
      const { code } = await quizzes.create('  Thursday \n night ', example);
      assert.equal((await quizzes.forHost(code)).title, 'Thursday night');
      const [warmUp, food] = (await quizzes.forHost(code)).rounds as [Round, Round];
      const [a, b, c] = await Promise.all(['A', 'B', 'C'].map(async (name) => (await quizzes.join(code, name, newSecret())).team.id));
      await quizzes.moveTo(code, warmUp.id, 'open');
      const asked = (await quizzes.forTeam(code, a!)).current!;
      assert.deepEqual(asked.questions.map(({ kind }) => kind), ['text', 'choice', 'number', 'text']);
      assert.doesNotMatch(JSON.stringify(asked), /accepted|right|"value"|tolerance|Mars|Gogh/);
      const answers = (...given: string[]) => Object.fromEntries(asked.questions.map(({ id }, index) => [id, given[index] ?? '']));
      await handIn(code, a!, warmUp.id, answers('mars', '2', '88', 'Van Goch'));
      await handIn(code, b!, warmUp.id, answers('MARS.', '2', '87', 'Monet'));
      await quizzes.moveTo(code, warmUp.id, 'closed');
      await assert.rejects(quizzes.moveTo(code, warmUp.id, 'released'), refusedAs('undecided'));
      const marking = await quizzes.marking(code, warmUp.id);
      assert.equal(marking.undecided, 2);
      const last = marking.questions[3]!;
      assert.deepEqual(
        last.answers.map(({ text, teams, verdict }) => ({ text, teams, ...verdict })),
        [
          { text: 'Van Goch', teams: [a], mark: 'full', sure: false, because: 'one letter differs' },
          { text: 'Monet', teams: [b], mark: 'none', sure: false, because: 'unlike the answer' },
        ],
      );
      await quizzes.mark(code, warmUp.id, [
        { question: last.id, answer: last.answers[0]!.answer, mark: 'half' },
        { question: last.id, answer: last.answers[1]!.answer, mark: 'none' },
      ]);
      await quizzes.moveTo(code, warmUp.id, 'released');
      const ranked = async () => (await quizzes.forTeam(code, b!)).ranking.map(({ rank, name, points }) => `${rank} ${name} ${points}`);
      assert.deepEqual(await ranked(), ['1 A 3.5', '2 B 2', '3 C 0']);
      const result = await quizzes.result(code, a!, warmUp.id);
      assert.deepEqual(result.questions.map(({ mark, got }) => [mark, got]), [['full', 1], ['full', 1], ['full', 1], ['half', 0.5]]);
      assert.equal(result.questions[3]!.right, 'Vincent van Gogh');
      assert.equal((await quizzes.result(code, c!, warmUp.id)).handedIn, false);

      await quizzes.moveTo(code, food.id, 'open');
      await assert.rejects(quizzes.finish(code, true), refusedAs('unreleased'));
      const spice = (await quizzes.forTeam(code, b!)).current!.questions;
      await handIn(code, b!, food.id, { [spice[3]!.id]: 'saffron', [spice[0]!.id]: '0' });
      await handIn(code, c!, food.id, { [spice[0]!.id]: '1', [spice[2]!.id]: '99', [spice[3]!.id]: 'Saffron' });
      await quizzes.moveTo(code, food.id, 'closed');
      await quizzes.moveTo(code, food.id, 'released');
      assert.deepEqual(await ranked(), ['1 B 4', '1 C 4', '3 A 3.5']);
      await quizzes.finish(code, true);
      await assert.rejects(quizzes.join(code, 'Late', newSecret()), refusedAs('finished'));
      await assert.rejects(quizzes.addRound(code, 'More'), refusedAs('changed'));
      assert.equal((await quizzes.forTeam(code, b!)).finished, true);
      await quizzes.finish(code, false);
      assert.equal((await quizzes.forTeam(code, b!)).finished, false);
    });
    type Round = Awaited<ReturnType<Quizzes['forHost']>>['rounds'][number];

    test('a team that hands in twice is refused, and the first answers count', async () => {
      const { code, round, question, teams } = await started('A');
      await quizzes.moveTo(code, round, 'open');
      await handIn(code, teams[0]!, round, { [question]: 'Stockholm' });
      await assert.rejects(handIn(code, teams[0]!, round, { [question]: 'Oslo' }), refusedAs('answered'));
      assert.deepEqual((await quizzes.forTeam(code, teams[0]!)).current!.handedIn!.answers, { [question]: 'Stockholm' });
    });

    test('a handing-in that is sent twice, since its answer got lost, is one', async () => {
      const { code, round, question, teams } = await started('A');
      await quizzes.moveTo(code, round, 'open');
      const attempt = newSecret();
      const first = await handIn(code, teams[0]!, round, { [question]: 'Stockholm' }, attempt);
      await quizzes.moveTo(code, round, 'closed');
      const again = await handIn(code, teams[0]!, round, { [question]: 'Stockholm' }, attempt);
      assert.deepEqual([again.answers, again.at], [first.answers, first.at]);
      assert.equal((await quizzes.forHost(code)).rounds[0]!.answered, 1);
    });

    test('nobody hands in before a round is open, or after it is closed', async () => {
      const { code, round, question, teams } = await started('A');
      await assert.rejects(handIn(code, teams[0]!, round, { [question]: 'Oslo' }), refusedAs('no-round'));
      await quizzes.moveTo(code, round, 'open');
      await quizzes.moveTo(code, round, 'closed');
      await assert.rejects(handIn(code, teams[0]!, round, { [question]: 'Oslo' }), refusedAs('closed'));
      assert.equal((await quizzes.marking(code, round)).questions[0]!.answers.length, 0);
    });

    test('of several answers of a team at once exactly one is in', async () => {
      const { code, round, question, teams } = await started('A', 'B');
      await quizzes.moveTo(code, round, 'open');
      const words = Array.from({ length: 12 }, (_, index) => `word ${index}`);
      const outcomes = await Promise.all(words.map((word) => outcome(handIn(code, teams[0]!, round, { [question]: word }))));
      assert.deepEqual(outcomes.toSorted(), ['answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'done']);
      const kept = (await quizzes.forTeam(code, teams[0]!)).current!.handedIn!.answers[question];
      assert.equal(kept, words[outcomes.indexOf('done')]);
      assert.equal((await quizzes.forHost(code)).rounds[0]!.answered, 1);
    });

    test('all of many teams that hand in at once are in', async () => {
      const { code, round, question, teams } = await started(...Array.from({ length: kind === memory ? 40 : 8 }, (_, index) => `Team ${index}`));
      await quizzes.moveTo(code, round, 'open');
      await Promise.all(teams.map((team, index) => handIn(code, team, round, { [question]: `answer ${index}` })));
      assert.equal((await quizzes.forHost(code)).rounds[0]!.answered, teams.length);
      assert.deepEqual((await quizzes.forHost(code)).handedIn.toSorted(), teams.toSorted());
    });

    const everything = async (code: string): Promise<Item[]> => {
      const prefixes = ['ANSWER#', 'KEY#', 'MARK#', 'META', 'NAME#', 'RESULT#', 'ROUND#', 'TEAM#'];
      return (await Promise.all(prefixes.map((prefix) => store.query(`QUIZ#${code}`, prefix)))).flat();
    };

    // Once for each place at which the closing can come, and in memory, where it takes no time, more often.
    const hammered = Number(process.env.HAMMER) || (kind === memory ? 200 : 10);
    test(`an answer that meets the closing is in, and counted, or refused as closed (${hammered} times)`, async () => {
      const seen = { done: 0, closed: 0 };
      const { code, teams } = await started('A', 'B', 'C');
      for (let turn = 0; turn < hammered; turn++) {
        const round = await quizzes.addRound(code, `Round ${turn}`, capitals);
        const question = (await quizzes.forHost(code)).rounds.at(-1)!.items[0]!.id;
        await quizzes.moveTo(code, round, 'open');
        // The closing begins before, between and after the answers' calls of the store, by turns.
        const counted = new Counted(store);
        const answering = teams.map((team) => outcome(new Quizzes(counted).answer(code, team, round, newSecret(), { [question]: 'Oslo' })));
        await counted.reaches(turn % 10);
        assert.equal(await outcome(quizzes.moveTo(code, round, 'closed')), 'done');
        const outcomes = await Promise.all(answering);
        const { questions, teams: told } = await quizzes.marking(code, round);
        const inside = questions[0]!.answers[0]?.teams ?? [];
        for (const [index, team] of teams.entries()) {
          const one = outcomes[index] as 'done' | 'closed';
          seen[one]++;
          assert.ok(one === 'done' || one === 'closed', one);
          assert.equal(inside.includes(team), one === 'done');
          assert.equal(told.find(({ id }) => id === team)!.handedIn, one === 'done');
        }
        assert.equal((await quizzes.meta(code)).rounds[round]!.answered, inside.length);
        // There is room for so many rounds only.
        await store.write({
          update: { pk: `QUIZ#${code}`, sk: 'META' },
          set: [[['order'], []], [['rounds'], {}]],
        });
      }
      assert.ok(seen.done > 0 && seen.closed > 0, `neither may be left out: ${JSON.stringify(seen)}`);
    });

    test('a mark that meets the release is counted, or refused', async () => {
      for (let turn = 0; turn < (kind === memory ? 20 : 3); turn++) {
        const { code, round, question, teams } = await started('A');
        await quizzes.moveTo(code, round, 'open');
        await handIn(code, teams[0]!, round, { [question]: 'Stokholm' });
        await quizzes.moveTo(code, round, 'closed');
        await quizzes.mark(code, round, [{ question, answer: 'stokholm', mark: 'none' }]);
        const better = async () => {
          for (let wait = turn; wait > 0; wait--) await Promise.resolve();
          return outcome(quizzes.mark(code, round, [{ question, answer: 'stokholm', mark: 'full' }]));
        };
        const [marked, released] = await Promise.all([better(), outcome(quizzes.moveTo(code, round, 'released'))]);
        assert.equal(released, 'done');
        const { points } = (await quizzes.forHost(code)).ranking[0]!;
        assert.deepEqual([marked, points], marked === 'done' ? ['done', 2] : ['wrong-state', 0]);
      }
    });

    test('of two rounds that are opened at once one is open', async () => {
      const { code, round } = await started();
      const other = await quizzes.addRound(code, 'More', capitals);
      const outcomes = await Promise.all([round, other].map((id) => outcome(quizzes.moveTo(code, id, 'open'))));
      assert.deepEqual(outcomes.toSorted(), ['another-open', 'done']);
      assert.deepEqual((await states(code)).toSorted(), ['draft', 'open']);
    });

    test('opening a round that is open, or closing one that is closed, changes nothing', async () => {
      const { code, round } = await started();
      await quizzes.moveTo(code, round, 'open');
      const { version } = await quizzes.meta(code);
      await quizzes.moveTo(code, round, 'open');
      assert.equal((await quizzes.meta(code)).version, version);
    });

    test('a round that is closed too early is opened again, and who has handed in stays handed in', async () => {
      const { code, round, question, teams } = await started('A', 'B');
      await quizzes.moveTo(code, round, 'open');
      await handIn(code, teams[0]!, round, { [question]: 'Stockholm' });
      await quizzes.moveTo(code, round, 'closed');
      await quizzes.moveTo(code, round, 'open');
      await handIn(code, teams[1]!, round, { [question]: 'Stockholm' });
      await assert.rejects(handIn(code, teams[0]!, round, { [question]: 'Oslo' }), refusedAs('answered'));
    });

    test('scores that are out can be corrected, but the round is never open again', async () => {
      const { code, round, question, teams } = await started('A');
      await quizzes.moveTo(code, round, 'open');
      await handIn(code, teams[0]!, round, { [question]: 'Stockholm' });
      await quizzes.moveTo(code, round, 'closed');
      await quizzes.moveTo(code, round, 'released');
      await assert.rejects(quizzes.mark(code, round, [{ question, answer: 'stockholm', mark: 'none' }]), refusedAs('wrong-state'));
      await quizzes.moveTo(code, round, 'closed');
      await assert.rejects(quizzes.moveTo(code, round, 'open'), refusedAs('shown'));
      await assert.rejects(quizzes.result(code, teams[0]!, round), refusedAs('not-released'));
      assert.equal((await quizzes.forTeam(code, teams[0]!)).ranking[0]!.points, 0);
      await quizzes.mark(code, round, [{ question, answer: 'stockholm', mark: 'half' }]);
      await quizzes.moveTo(code, round, 'released');
      assert.equal((await quizzes.forTeam(code, teams[0]!)).ranking[0]!.points, 1);
    });

    test('a round changes until it is opened, and no longer', async () => {
      const { code, round } = await started();
      const renewed = await quizzes.editRound(code, round, 1, 'Cities', [...capitals, ...capitals]);
      assert.equal(renewed, 2);
      assert.deepEqual((await quizzes.forHost(code)).rounds.map(({ title, questions, points }) => [title, questions, points]), [['Cities', 2, 4]]);
      await quizzes.moveTo(code, round, 'open');
      await assert.rejects(quizzes.editRound(code, round, 2, 'Towns', capitals), refusedAs('opened'));
      await assert.rejects(quizzes.deleteRound(code, round), refusedAs('opened'));
      assert.equal((await quizzes.forHost(code)).rounds[0]!.items.length, 2);
    });

    test('of two changes of a round from the same state one is refused, so none is lost unseen', async () => {
      const { code, round } = await started();
      const outcomes = await Promise.all(['One', 'Two'].map((title) => outcome(quizzes.editRound(code, round, 1, title, capitals))));
      assert.deepEqual(outcomes.toSorted(), ['changed', 'done']);
    });

    test('a round that is opened while it is edited has the questions of before or of after, for everyone', async () => {
      for (let turn = 0; turn < (kind === memory ? 10 : 3); turn++) {
        const { code, round, teams } = await started('A');
        const edit = quizzes.editRound(code, round, 1, 'Capitals', [...capitals, ...capitals]);
        const [edited, opened] = await Promise.all([outcome(edit), outcome(quizzes.moveTo(code, round, 'open'))]);
        assert.equal(opened, 'done');
        assert.equal((await quizzes.forTeam(code, teams[0]!)).current!.questions.length, edited === 'done' ? 2 : 1);
        assert.ok(edited === 'done' || edited === 'opened', edited);
      }
    });

    test('a round without questions is not opened', async () => {
      const { code } = await quizzes.create('Empty');
      await assert.rejects(quizzes.moveTo(code, await quizzes.addRound(code, 'Nothing'), 'open'), refusedAs('empty'));
    });

    test('rounds that are added, moved and deleted at once are all where they belong', async () => {
      const { code } = await quizzes.create('Order');
      const ids = await Promise.all(['1', '2', '3', '4'].map((title) => quizzes.addRound(code, title)));
      assert.deepEqual((await quizzes.forHost(code)).rounds.map(({ id }) => id).toSorted(), ids.toSorted());
      const [first, second] = (await quizzes.forHost(code)).rounds.map(({ id }) => id);
      await quizzes.moveRound(code, second!, -1);
      assert.deepEqual((await quizzes.forHost(code)).rounds.slice(0, 2).map(({ id }) => id), [second, first]);
      await quizzes.deleteRound(code, first!);
      assert.equal((await quizzes.forHost(code)).rounds.length, 3);
    });

    test('two teams can not have the same name, not even at once or in other letters', async () => {
      const { code } = await started();
      const outcomes = await Promise.all(['The Owls', 'the owls!', 'Owls'].map((name) => outcome(quizzes.join(code, name, newSecret()))));
      assert.deepEqual(outcomes.toSorted(), ['done', 'name-taken', 'name-taken']);
      assert.equal((await quizzes.meta(code)).teams, 1);
    });

    test('a team that joins twice, since the answer got lost, is one team', async () => {
      const { code } = await started();
      const claim = newSecret();
      const [one, two] = [await quizzes.join(code, 'Owls', claim), await quizzes.join(code, 'Owls', claim)];
      assert.equal(one.team.id, two.team.id);
      assert.deepEqual(await quizzes.holder(code, one.secret), await quizzes.holder(code, two.secret));
      assert.equal((await quizzes.meta(code)).teams, 1);
    });

    test('a team that is removed is out at once, its points too, and its name is free', async () => {
      const { code, round, question, teams } = await started('A', 'B');
      const { secret, team } = await quizzes.join(code, 'Rude', newSecret());
      await quizzes.moveTo(code, round, 'open');
      await handIn(code, teams[0]!, round, { [question]: 'Stockholm' });
      await handIn(code, team.id, round, { [question]: 'Something to mark' });
      await quizzes.removeTeam(code, team.id);
      assert.equal(await quizzes.holder(code, secret), undefined);
      await assert.rejects(handIn(code, team.id, round, { [question]: 'Stockholm' }), refusedAs('answered'));
      await quizzes.removeTeam(code, teams[1]!);
      await assert.rejects(handIn(code, teams[1]!, round, { [question]: 'Stockholm' }), refusedAs('not-team'));
      await quizzes.moveTo(code, round, 'closed');
      await quizzes.moveTo(code, round, 'released');
      assert.deepEqual((await quizzes.forHost(code)).ranking.map(({ name }) => name), ['A']);
      assert.equal((await quizzes.meta(code)).teams, 1);
      await quizzes.join(code, 'Rude', newSecret());
    });

    test('a secret is its holder’s in its own quiz alone, and the table does not have it', async () => {
      const [one, other] = [await started('A'), await started('A')];
      assert.deepEqual(await quizzes.holder(one.code, one.secret), { role: 'host' });
      assert.equal(await quizzes.holder(other.code, one.secret), undefined);
      const link = await quizzes.link(one.code, { role: 'team', team: one.teams[0]! });
      assert.deepEqual(await quizzes.holder(one.code, link), { role: 'team', team: one.teams[0] });
      const kept = JSON.stringify(await everything(one.code));
      assert.ok(!kept.includes(one.secret) && !kept.includes(link));
    });

    test('every item of a quiz goes with it, after so many days, and is as good as gone from then on', async () => {
      const { code, secret, round, question, teams } = await started('A');
      await quizzes.moveTo(code, round, 'open');
      await handIn(code, teams[0]!, round, { [question]: 'Stokholm' });
      await quizzes.moveTo(code, round, 'closed');
      await quizzes.mark(code, round, [{ question, answer: 'stokholm', mark: 'full' }]);
      await quizzes.moveTo(code, round, 'released');
      await quizzes.link(code, { role: 'host' });
      const items = await everything(code);
      const { created, expires } = await quizzes.meta(code);
      assert.equal(expires - created, daysKept * 24 * 3600);
      assert.deepEqual([...new Set(items.map((item) => item.sk.split('#')[0]))].toSorted(), ['ANSWER', 'KEY', 'MARK', 'META', 'NAME', 'RESULT', 'ROUND', 'TEAM']);
      for (const item of items) assert.equal(item.expires, expires, item.sk);
      const later = new Quizzes(store, () => expires);
      await assert.rejects(later.meta(code), refusedAs('no-quiz'));
      assert.equal(await later.holder(code, secret), undefined);
    });

    test('limits hold, also for those who come at once', async () => {
      const { code } = await started();
      await store.write({ update: { pk: `QUIZ#${code}`, sk: 'META' }, set: [[['teams'], limits.teams - 1], [['links'], limits.links - 1]] });
      const joins = await Promise.all(['A', 'B', 'C'].map((name) => outcome(quizzes.join(code, name, newSecret()))));
      assert.deepEqual(joins.toSorted(), ['done', 'full', 'full']);
      const links = await Promise.all([1, 2].map(() => outcome(quizzes.link(code, { role: 'host' }))));
      assert.deepEqual(links.toSorted(), ['done', 'too-many-links']);
    });

    test('a team’s page has the same version until something on it changes', async () => {
      const { code, round, question, teams } = await started('A', 'B');
      const version = async () => (await quizzes.teamVersion(code, teams[0]!)).version;
      await quizzes.moveTo(code, round, 'open');
      const open = await version();
      await handIn(code, teams[1]!, round, { [question]: 'Oslo' });
      assert.equal(await version(), open, 'another team’s answer is nothing to it');
      await handIn(code, teams[0]!, round, { [question]: 'Oslo' });
      assert.notEqual(await version(), open);
    });
  });
}

test('input that can’t be taken is refused with every problem at once', async () => {
  const quizzes = new Quizzes(await memory.open());
  await assert.rejects(quizzes.create(' \u200b '), invalid(/^The quiz's title is empty\.$/));
  await assert.rejects(quizzes.create('x'.repeat(81)), invalid(/^The quiz's title is longer than 80 characters\.$/));
  const { code } = await quizzes.create('Problems');
  await assert.rejects(
    quizzes.addRound(code, 'R', [
      { kind: 'text', prompt: '', points: 0, accepted: [' '] },
      { kind: 'choice', prompt: 'Which?', options: ['a', 'a'], right: 2 },
      { kind: 'number', prompt: 'How many?', value: '7', tolerance: -1 },
      { kind: 'song', prompt: 'Which?' },
    ]),
    invalid(
      /^Question 1: the question is empty\. Question 1: points are a whole number from 1 to 10\. Question 1: a right answer is missing\. Question 2: two choices are the same\. Question 2: say which choice is right\. Question 3: the right number is missing\. Question 3: the tolerance is 0 or a number above it\. Question 4: it is a text, a choice or a number\.$/,
    ),
  );
  await assert.rejects(quizzes.addRound(code, 'R', Array.from({ length: 31 }, () => capitals[0])), invalid(/^A round has at most 30 questions\.$/));
  await assert.rejects(quizzes.join(code, '\u202e', newSecret()), invalid(/^The team's name is empty\.$/));
});

test('answers of the wrong kind are refused, and name the question', async () => {
  const quizzes = new Quizzes(await memory.open());
  const { code } = await quizzes.create('Kinds', example);
  const round = (await quizzes.forHost(code)).rounds[0]!;
  const { team } = await quizzes.join(code, 'A', newSecret());
  await quizzes.moveTo(code, round.id, 'open');
  const [text, choice, number] = round.items.map(({ id }) => id);
  const given = (answers: unknown) => quizzes.answer(code, team.id, round.id, newSecret(), answers);
  await assert.rejects(given({ [number!]: 'many', [choice!]: '4', [text!]: 'x'.repeat(201), other: 'x' }), invalid(
    /^Question 1: the answer is longer than 200 characters\. Question 2: that is not one of the choices\. Question 3 asks for a number, such as 12 or 3\.5\. There is an answer to a question that is not in this round\.$/,
  ));
  await assert.rejects(given(['x']), invalid(/must be an object/));
  await given({ [text!]: '  Mars  ' });
});
