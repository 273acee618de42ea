'use client';

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { parseNumber } from '../../lib/quiz/matching';
import type { Question } from '../../lib/quiz/model';
import type { HostView } from '../../lib/quiz/quiz';
import { change, Problem } from './client';
import { keep, load } from './kept';
import { announce, Confirm, count, Field, points, Trouble } from './parts';

/** A question as it is being written: all that it may need, as texts. */
type Draft = {
  id?: string;
  /** Of this form alone, so that React knows it again when it moves. */
  key: string;
  kind: Question['kind'];
  prompt: string;
  points: number;
  accepted: string;
  options: string[];
  right: number;
  value: string;
  tolerance: string;
};

let keys = 0;
const blank = (kind: Question['kind'] = 'text'): Draft => ({
  key: `new-${keys++}`,
  kind,
  prompt: '',
  points: 1,
  accepted: '',
  options: ['', '', ''],
  right: 0,
  value: '',
  tolerance: '0',
});

function draftOf(question: Question): Draft {
  const draft = { ...blank(question.kind), id: question.id, prompt: question.prompt, points: question.points };
  if (question.kind === 'text') draft.accepted = question.accepted.join('\n');
  if (question.kind === 'choice') Object.assign(draft, { options: question.options, right: question.right });
  if (question.kind === 'number') Object.assign(draft, { value: String(question.value), tolerance: String(question.tolerance) });
  return draft;
}

function questionOf({ id, kind, prompt, points: worth, accepted, options, right, value, tolerance }: Draft) {
  const common = { id, kind, prompt, points: worth };
  if (kind === 'text') return { ...common, accepted: accepted.split('\n').filter((line) => line.trim()) };
  if (kind === 'number') return { ...common, value: parseNumber(value), tolerance: parseNumber(tolerance || '0') ?? null };
  // Empty choices at the end are room for more, not choices.
  const filled = options.filter((option, index) => option.trim() || options.slice(index).some((later) => later.trim()));
  return { ...common, options: filled, right };
}

type Kept = { revision: number; title: string; drafts: Draft[] };

/** Where the host writes the questions of a round. */
export function Editor({ code, round, number, refresh }: { code: string; round: HostView['rounds'][number]; number: number; refresh: () => Promise<void> }) {
  const name = `edit:${code}:${round.id}`;
  const heading = useRef<HTMLHeadingElement>(null);
  const [kept] = useState(() => load<Kept>(name));
  const [state, setState] = useState<Kept>(
    () => kept ?? { revision: round.revision, title: round.title, drafts: round.items.length > 0 ? round.items.map(draftOf) : [blank()] },
  );
  const [dirty, setDirty] = useState(kept !== undefined);
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const [dropping, setDropping] = useState(false);
  const focusNext = useRef('');

  useEffect(() => {
    heading.current?.focus();
    window.scrollTo(0, 0);
  }, []);
  useEffect(() => {
    if (!focusNext.current) return;
    document.getElementById(focusNext.current)?.focus();
    focusNext.current = '';
  });

  const update = (change: Partial<Kept>) => {
    const next = { ...state, ...change };
    setState(next);
    setDirty(true);
    setProblem(undefined);
    keep(name, next);
  };
  const setDraft = (index: number, change: Partial<Draft>) =>
    update({ drafts: state.drafts.map((draft, at) => (at === index ? { ...draft, ...change } : draft)) });
  const add = () => {
    focusNext.current = `q${state.drafts.length + 1}-prompt`;
    update({ drafts: [...state.drafts, blank(state.drafts.at(-1)?.kind)] });
  };
  const move = (index: number, by: 1 | -1) => {
    const drafts = [...state.drafts];
    const [moved] = drafts.splice(index, 1);
    drafts.splice(index + by, 0, moved!);
    focusNext.current = `q${index + by + 1}-prompt`;
    update({ drafts });
    announce(`Question ${index + 1} is now question ${index + by + 1}.`);
  };
  const remove = (index: number) => {
    update({ drafts: state.drafts.filter((_, at) => at !== index) });
    focusNext.current = state.drafts.length > 1 ? `q${Math.max(1, index)}-prompt` : 'add-question';
    announce(`Question ${index + 1} is deleted.`);
  };
  const reload = () => {
    keep(name, undefined);
    setState({ revision: round.revision, title: round.title, drafts: round.items.map(draftOf) });
    setDirty(false);
    setProblem(undefined);
  };
  const save = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      // A question on which nothing was written yet is none.
      const drafts = state.drafts.filter((draft) => draft.prompt.trim() || draft.accepted.trim() || draft.value.trim() || draft.options.some((one) => one.trim()));
      const questions = drafts.map(questionOf);
      if (drafts.length < state.drafts.length) setState({ ...state, drafts });
      await change('PUT', `/${code}/host/rounds/${round.id}`, { revision: state.revision, title: state.title, questions });
      keep(name, undefined);
      await refresh();
      announce('The round is saved.');
      location.hash = '';
    } catch (error) {
      setProblem(error as Problem);
      const [first] = Object.keys((error as Problem).fields);
      if (first) focusNext.current = fieldId(first);
    } finally {
      setBusy(false);
    }
  };

  if (round.state !== 'draft') {
    return (
      <main className="narrow">
        <h1 ref={heading} tabIndex={-1}>
          {round.title}
        </h1>
        <p className="lead">This round has been opened, so its questions can no longer change.</p>
        <p className="actions">
          <a className="button primary" href="#">
            Back to the quiz
          </a>
        </p>
      </main>
    );
  }
  const errors = problem?.fields ?? {};
  const total = state.drafts.reduce((sum, draft) => sum + draft.points, 0);
  return (
    <main className="narrow editor">
      <p>
        <a href="#" className="back">
          ← All rounds
        </a>
      </p>
      <p className="kicker">Round {number}</p>
      <h1 ref={heading} tabIndex={-1}>
        {state.title || 'Untitled'}
      </h1>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field id="edit-title" label="Title of the round" error={errors.title}>
          {(attributes) => <input {...attributes} value={state.title} maxLength={80} autoComplete="off" onChange={(event) => update({ title: event.target.value })} />}
        </Field>
        <ol className="questions">
          {state.drafts.map((draft, index) => (
            <li key={draft.id ?? draft.key} className="card" id={`q${index + 1}`}>
              <QuestionFields
                number={index + 1}
                draft={draft}
                errors={Object.fromEntries(
                  Object.entries(errors).flatMap(([field, text]) => (field.startsWith(`questions.${index}.`) ? [[field.split('.').slice(2).join('.'), text]] : [])),
                )}
                onChange={(change) => setDraft(index, change)}
              />
              <p className="actions">
                {index > 0 && (
                  <button type="button" className="plain" aria-label={`Move question ${index + 1} up`} onClick={() => move(index, -1)}>
                    Move up
                  </button>
                )}
                {index < state.drafts.length - 1 && (
                  <button type="button" className="plain" aria-label={`Move question ${index + 1} down`} onClick={() => move(index, 1)}>
                    Move down
                  </button>
                )}
                <button type="button" className="plain" id={`q${index + 1}-delete`} aria-label={`Delete question ${index + 1}`} onClick={() => remove(index)}>
                  Delete
                </button>
              </p>
            </li>
          ))}
        </ol>
        {state.drafts.length === 0 && <p className="empty">No questions yet.</p>}
        <p>
          <button type="button" className="button" id="add-question" disabled={state.drafts.length >= 30} onClick={add}>
            Add a question
          </button>
        </p>
        <Trouble>{problem && (Object.keys(errors).length > 0 ? `Not saved yet. ${problem.message}` : problem.message)}</Trouble>
        {problem?.code === 'changed' && (
          <p className="actions">
            <button type="button" className="button" onClick={reload}>
              Load it again
            </button>
          </p>
        )}
        <div className="sticky">
          <p>
            {count(state.drafts.length, 'question')}, {points(total)}
            {dirty && <small> · not saved yet</small>}
          </p>
          <span className="stickyActions">
            {dirty && (
              <button type="button" className="plain" id="discard" onClick={() => setDropping(true)}>
                Discard
              </button>
            )}
            <button className="button primary" id="save-round" disabled={busy}>
              {busy ? 'Saving …' : 'Save'}
            </button>
          </span>
        </div>
      </form>
      <Confirm
        id="confirm-discard"
        open={dropping}
        title="Discard what you have changed?"
        yes="Discard"
        no="Keep writing"
        danger
        act={async () => {
          keep(name, undefined);
          location.hash = '';
        }}
        onClose={() => setDropping(false)}
      >
        <p>The round stays as it was when you last saved it.</p>
      </Confirm>
    </main>
  );
}

/** The id of the field that a problem of the server is about. */
function fieldId(field: string): string {
  const [, index, name, choice] = field.split('.');
  if (field === 'title') return 'edit-title';
  const question = `q${Number(index) + 1}`;
  if (name === 'options') return `${question}-option-${Number(choice ?? 0) + 1}`;
  if (name === 'right') return `${question}-right-1`;
  return `${question}-${name}`;
}

const kinds: [Question['kind'], string][] = [
  ['text', 'Text'],
  ['choice', 'Choice'],
  ['number', 'Number'],
];

function QuestionFields({
  number,
  draft,
  errors,
  onChange,
}: {
  number: number;
  draft: Draft;
  errors: Record<string, string>;
  onChange: (change: Partial<Draft>) => void;
}) {
  const id = (name: string) => `q${number}-${name}`;
  const option = (index: number, text: string) => {
    const options = draft.options.map((one, at) => (at === index ? text : one));
    onChange({ options });
  };
  return (
    <fieldset>
      <legend>
        <span className="number">{number}</span> <span className="unseen">Question {number}</span>
      </legend>
      <div className="segments" role="radiogroup" aria-label={`Kind of question ${number}`}>
        {kinds.map(([kind, label]) => (
          <label key={kind}>
            <input type="radio" id={id(`kind-${kind}`)} name={id('kind')} checked={draft.kind === kind} onChange={() => onChange({ kind })} />
            <span>{label}</span>
          </label>
        ))}
      </div>
      <Field id={id('prompt')} label={<>Question<span className="unseen"> {number}</span></>} error={errors.prompt}>
        {(attributes) => <textarea {...attributes} rows={2} value={draft.prompt} maxLength={300} onChange={(event) => onChange({ prompt: event.target.value })} />}
      </Field>
      {draft.kind === 'text' && (
        <Field
          id={id('accepted')}
          label={<Named number={number}>Right answers</Named>}
          hint="One on each line; the first is the one that teams are shown. Capitals, accents and punctuation do not matter, and near matches are proposed to you."
          error={errors.accepted}
        >
          {(attributes) => <textarea {...attributes} rows={2} value={draft.accepted} onChange={(event) => onChange({ accepted: event.target.value })} />}
        </Field>
      )}
      {draft.kind === 'choice' && (
        <fieldset className="options" aria-describedby={id('options-hint')}>
          <legend>Choices</legend>
          <p className="hint" id={id('options-hint')}>
            Select the right one.
          </p>
          {draft.options.map((text, index) => (
            <div className="option" key={index}>
              <input
                type="radio"
                id={id(`right-${index + 1}`)}
                name={id('right')}
                aria-label={`Choice ${index + 1} is right`}
                checked={draft.right === index}
                onChange={() => onChange({ right: index })}
              />
              <input
                id={id(`option-${index + 1}`)}
                aria-label={`Choice ${index + 1} of question ${number}`}
                aria-invalid={errors[`options.${index}`] ? true : undefined}
                placeholder={`Choice ${index + 1}`}
                value={text}
                maxLength={100}
                autoComplete="off"
                onChange={(event) => option(index, event.target.value)}
              />
              {draft.options.length > 2 && (
                <button
                  type="button"
                  className="plain"
                  aria-label={`Delete choice ${index + 1}`}
                  onClick={() =>
                    onChange({
                      options: draft.options.filter((_, at) => at !== index),
                      right: draft.right > index ? draft.right - 1 : draft.right === index ? 0 : draft.right,
                    })
                  }
                >
                  <Cross />
                </button>
              )}
            </div>
          ))}
          {draft.options.length < 8 && (
            <button type="button" className="plain" id={id('add-option')} onClick={() => onChange({ options: [...draft.options, ''] })}>
              Add a choice
            </button>
          )}
          {Object.entries(errors)
            .filter(([field]) => field.startsWith('options') || field === 'right')
            .map(([field, text]) => (
              <p className="fieldError" key={field}>
                {text}
              </p>
            ))}
        </fieldset>
      )}
      {draft.kind === 'number' && (
        <div className="pair">
          <Field id={id('value')} label={<Named number={number}>Right number</Named>} error={errors.value}>
            {(attributes) => <input {...attributes} inputMode="decimal" autoComplete="off" value={draft.value} onChange={(event) => onChange({ value: event.target.value })} />}
          </Field>
          <Field id={id('tolerance')} label={<Named number={number}>Tolerance ±</Named>} error={errors.tolerance}>
            {(attributes) => <input {...attributes} inputMode="decimal" autoComplete="off" value={draft.tolerance} onChange={(event) => onChange({ tolerance: event.target.value })} />}
          </Field>
        </div>
      )}
      <Field id={id('points')} label={<Named number={number}>Points</Named>} error={errors.points}>
        {(attributes) => (
          <select {...attributes} value={draft.points} onChange={(event) => onChange({ points: Number(event.target.value) })}>
            {Array.from({ length: 10 }, (_, index) => (
              <option key={index} value={index + 1}>
                {index + 1}
              </option>
            ))}
          </select>
        )}
      </Field>
    </fieldset>
  );
}

/** A label that says for those who hear it which question it belongs to. */
const Named = ({ number, children }: { number: number; children: ReactNode }) => (
  <>
    {children}
    <span className="unseen"> of question {number}</span>
  </>
);

const Cross = () => (
  <svg className="arrow" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d="m6 6 12 12M18 6 6 18" />
  </svg>
);
