'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import type { Mark } from '../../lib/quiz/matching';
import type { MarkingView } from '../../lib/quiz/quiz';
import { change, type Problem, readOnce } from './client';
import { announce, Confirm, count, points, Trouble, Waiting } from './parts';

type Question = MarkingView['questions'][number];
type Group = Question['answers'][number];

const words: [Mark, string][] = [
  ['full', 'Right'],
  ['half', 'Half'],
  ['none', 'Wrong'],
];

const open = ({ decided, verdict }: Group) => decided === null && !verdict.sure;
const markOf = ({ decided, verdict }: Group) => decided ?? (verdict.sure ? verdict.mark : undefined);

/** Where the host marks what the teams have written; teams that wrote the same are marked together. */
export function MarkingPage({ code, id, activity, refresh }: { code: string; id: string; activity: number; refresh: () => Promise<void> }) {
  const [view, setView] = useState<MarkingView>();
  const [trouble, setTrouble] = useState('');
  const [releasing, setReleasing] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const saving = useRef(0);
  const saved = useRef(Promise.resolve(true));
  const seen = useRef(false);

  const load = useCallback(async () => {
    try {
      const read = await readOnce<MarkingView>(`/${code}/host/rounds/${id}/marking`);
      // What is being saved is newer than what was read.
      if (saving.current === 0) setView(read);
    } catch (error) {
      setTrouble((error as Problem).message);
    }
  }, [code, id]);

  // Another device of the host may be marking too.
  useEffect(() => void load(), [load, activity]);
  useEffect(() => {
    if (!view || seen.current) return;
    seen.current = true;
    heading.current?.focus();
    window.scrollTo(0, 0);
  }, [view]);

  if (!view) return <Waiting problem={trouble} />;

  // The scores are released with the marks that are shown, so that waits for those on their way.
  const save = (marks: { question: string; answer: string; mark: Mark }[]) => {
    const before = saved.current;
    const own = send(marks);
    saved.current = before.then(async (well) => (await own) && well);
  };
  const send = async (marks: { question: string; answer: string; mark: Mark }[]) => {
    setTrouble('');
    const of = new Map(marks.map((one) => [`${one.question}\n${one.answer}`, one.mark]));
    setView({
      ...view,
      questions: view.questions.map((question) => ({
        ...question,
        answers: question.answers.map((group) => ({ ...group, decided: of.get(`${question.id}\n${group.answer}`) ?? group.decided })),
      })),
    });
    saving.current++;
    try {
      for (let start = 0; start < marks.length; start += 500) {
        await change('PUT', `/${code}/host/rounds/${id}/marks`, { marks: marks.slice(start, start + 500) }, 4);
      }
      return true;
    } catch (error) {
      setTrouble(`Not saved: ${(error as Problem).message}`);
      return false;
    } finally {
      saving.current--;
      if (saving.current === 0) void load();
    }
  };
  const proposals = (questions: Question[]) =>
    questions.flatMap((question) => question.answers.filter(open).map(({ answer, verdict }) => ({ question: question.id, answer, mark: verdict.mark })));
  const left = proposals(view.questions).length;
  const locked = view.round.state !== 'closed';
  const late = view.teams.filter(({ handedIn }) => !handedIn);
  const names = new Map(view.teams.map((team) => [team.id, team.name]));

  return (
    <main className="narrow marking">
      <p>
        <a href="#" className="back">
          ← All rounds
        </a>
      </p>
      <p className="kicker">{locked ? 'Scores are out' : 'Marking'}</p>
      <h1 ref={heading} tabIndex={-1}>
        {view.round.title}
      </h1>
      <p className="lead">
        {locked
          ? 'To change a mark, take the scores back first.'
          : 'Answers that are the same are marked together. What is surely right or wrong is marked already.'}
      </p>
      {late.length > 0 && <p className="hint">Not handed in: {late.map(({ name }) => name).join(', ')}.</p>}
      {left > 0 && !locked && (
        <p className="actions">
          <button
            type="button"
            className="button"
            id="take-proposals"
            onClick={() => {
              save(proposals(view.questions));
              announce(`${count(left, 'proposal')} taken.`);
            }}
          >
            Take all {count(left, 'proposal')}
          </button>
        </p>
      )}
      <ol className="questions">
        {view.questions.map((question, index) => (
          <li key={question.id} className="card" id={`mark-q${index + 1}`}>
            <QuestionMarks number={index + 1} question={question} names={names} locked={locked} save={(group, mark) => save([{ question: question.id, answer: group.answer, mark }])} />
          </li>
        ))}
      </ol>
      <Trouble>{trouble}</Trouble>
      <div className="sticky">
        <p id="left-to-mark" role="status">
          {locked ? 'The scores are out' : left === 0 ? 'All marked' : `${left} left to mark`}
        </p>
        {!locked && (
          <button type="button" className="button primary" id="release" disabled={left > 0} onClick={() => setReleasing(true)}>
            Release scores
          </button>
        )}
      </div>
      <Confirm
        id="confirm"
        open={releasing}
        title={`Release the scores of “${view.round.title}”?`}
        yes="Release the scores"
        act={async () => {
          const well = await saved.current;
          saved.current = Promise.resolve(true);
          if (!well) throw new Error('A mark was not saved. Look through the marks, then release the scores.');
          await change('PUT', `/${code}/host/rounds/${id}/state`, { to: 'released' }, 4);
          await refresh();
          announce(`The scores of ${view.round.title} are out.`);
          location.hash = '';
        }}
        onClose={() => setReleasing(false)}
      >
        <p>Every team sees the ranking, its marks and the right answers. The round can’t be opened again after that.</p>
      </Confirm>
    </main>
  );
}

function right(question: Question): string {
  if (question.kind === 'text') return question.accepted.join(' / ');
  if (question.kind === 'choice') return question.options[question.right] ?? '';
  return question.tolerance > 0 ? `${question.value} ± ${question.tolerance}` : String(question.value);
}

function QuestionMarks({
  number,
  question,
  names,
  locked,
  save,
}: {
  number: number;
  question: Question;
  names: Map<string, string>;
  locked: boolean;
  save: (group: Group, mark: Mark) => void;
}) {
  // What was to be marked when the page came stays where it is while it is being marked.
  const [first] = useState(() => new Set(question.answers.filter(({ verdict }) => !verdict.sure).map(({ answer }) => answer)));
  const byHand = question.answers.filter((group) => first.has(group.answer) || !group.verdict.sure);
  const byItself = question.answers.filter((group) => !byHand.includes(group));
  const row = (group: Group, index: number) => (
    <GroupRow
      key={group.answer}
      id={`mark-q${number}-a${index + 1}`}
      question={question}
      group={group}
      names={group.teams.map((team) => names.get(team) ?? '')}
      locked={locked}
      save={(mark) => save(group, mark)}
    />
  );
  return (
    <>
      <h2>
        <span className="number">{number}</span> {question.prompt}
      </h2>
      <p className="solution">
        {right(question)} <small>{points(question.points)}</small>
      </p>
      {question.answers.length === 0 && <p className="hint">Nobody answered.</p>}
      {byHand.length > 0 && <ul className="groups">{byHand.map(row)}</ul>}
      {byItself.length > 0 && (
        <details>
          <summary>{count(byItself.length, 'answer')} marked by the app</summary>
          <ul className="groups">{byItself.map((group, index) => row(group, byHand.length + index))}</ul>
        </details>
      )}
    </>
  );
}

function GroupRow({
  id,
  question,
  group,
  names,
  locked,
  save,
}: {
  id: string;
  question: Question;
  group: Group;
  names: string[];
  locked: boolean;
  save: (mark: Mark) => void;
}) {
  const text = question.kind === 'choice' ? (question.options[Number(group.answer)] ?? group.text) : group.text;
  const mark = markOf(group);
  return (
    <li className={open(group) ? 'group open' : 'group'} data-answer={text}>
      <div>
        <strong className="given">{text}</strong>
        <small>{names.join(', ')}</small>
        {open(group) && (
          <small className="proposal">
            Proposed: {group.verdict.mark === 'full' ? 'right' : 'wrong'} – {group.verdict.because}
          </small>
        )}
      </div>
      <div className="segments marks" role="radiogroup" aria-label={`Mark of “${text}”`}>
        {words.map(([value, word]) => (
          <label key={value} className={`${value} ${open(group) && group.verdict.mark === value ? 'proposed' : ''}`}>
            {/* A proposal is taken by selecting it, so it is not selected yet. */}
            <input type="radio" id={`${id}-${value}`} name={id} checked={mark === value} disabled={locked} onChange={() => save(value)} />
            <span>{word}</span>
          </label>
        ))}
      </div>
    </li>
  );
}
