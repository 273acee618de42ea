'use client';

import { type FormEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { url } from '../../lib/public-path';
import type { ResultView, TeamView } from '../../lib/quiz/quiz';
import { change, Problem, randomText, readOnce } from './client';
import { forget, keep, load, remember } from './kept';
import { announce, Confirm, CopyLink, count, Dialog, Field, points, Qr, Ranking, Trouble, useHeading, Waiting } from './parts';
import { usePoll } from './poll';
import { useLinkKey } from './private-link';

/** A team's page: joining, waiting, answering, and how it went. */
export function Play({ code }: { code: string }) {
  const linkProblem = useLinkKey(code);
  const [joined, setJoined] = useState(0);
  // A browser without a team asks once, and polls only when it has one.
  const [entry, setEntry] = useState<'asking' | 'out' | 'in' | Problem>('asking');
  const [title, setTitle] = useState('');

  useEffect(() => {
    if (linkProblem === undefined) return;
    readOnce<{ title: string; team: boolean }>(`/${code}`).then(
      (quiz) => {
        setTitle(quiz.title);
        setEntry(quiz.team ? 'in' : 'out');
      },
      (problem: Problem) => setEntry(problem),
    );
  }, [code, linkProblem, joined]);

  if (entry === 'asking') return <Waiting />;
  if (entry instanceof Problem) return <Nowhere problem={entry} />;
  if (entry === 'out') {
    return <JoinForm code={code} title={title} notice={linkProblem} onJoined={() => setJoined(joined + 1)} />;
  }
  return <TeamPage code={code} onOut={() => setEntry('out')} />;
}

function Nowhere({ problem }: { problem: Problem }) {
  return (
    <main className="narrow">
      <h1>{problem.code === 'no-quiz' ? 'No such quiz' : 'Something is in the way'}</h1>
      <Trouble id="nowhere">{problem.message}</Trouble>
      <p className="actions">
        {problem.passing && (
          <button type="button" className="button primary" onClick={() => location.reload()}>
            Try again
          </button>
        )}
        <a className="button" href={url('/')}>
          Type another code
        </a>
      </p>
    </main>
  );
}

function JoinForm({ code, title, notice, onJoined }: { code: string; title: string; notice?: string; onJoined: () => void }) {
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const claim = useRef('');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    claim.current ||= randomText();
    try {
      await change('POST', `/${code}/teams`, { name, claim: claim.current }, 4);
      announce(`${name} has joined.`);
      onJoined();
    } catch (error) {
      // Another tab of this browser was quicker.
      if ((error as Problem).code === 'has-team') return onJoined();
      setProblem(error as Problem);
      document.getElementById('team-name')?.focus();
    } finally {
      setBusy(false);
    }
  };
  const told = problem?.fields.name ?? (problem?.code === 'name-taken' ? problem.message : undefined);
  return (
    <main className="narrow">
      <p className="kicker">You are joining</p>
      <h1>{title}</h1>
      <Trouble>{notice}</Trouble>
      <form noValidate onSubmit={submit} className="card">
        <Field id="team-name" label="Name of your team" hint="Everyone will see it. One phone for each team is enough." error={told}>
          {(attributes) => (
            <input
              {...attributes}
              value={name}
              maxLength={30}
              autoComplete="off"
              enterKeyHint="go"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Trouble>{problem && !told && problem.message}</Trouble>
        <button className="button primary" id="team-join" disabled={busy}>
          {busy ? 'Joining …' : 'Join the quiz'}
        </button>
      </form>
    </main>
  );
}

type Phase = 'lobby' | 'between' | 'answering' | 'handed-in' | 'marking' | 'finished';

function phaseOf(view: TeamView): Phase {
  if (view.finished) return 'finished';
  if (view.current?.state === 'open') return view.current.handedIn ? 'handed-in' : 'answering';
  if (view.current) return 'marking';
  return view.rounds.length > 0 ? 'between' : 'lobby';
}

function tell(view: TeamView, phase: Phase): string {
  const round = view.current?.title;
  const latest = view.rounds.at(-1)?.title;
  switch (phase) {
    case 'lobby':
      return 'You are in. Wait for the first round.';
    case 'between':
      return `The scores of ${latest} are out.`;
    case 'answering':
      return `${round} is open.`;
    case 'handed-in':
      return `Your answers to ${round} are handed in.`;
    case 'marking':
      return `${round} is closed.`;
    case 'finished':
      return 'The quiz is over.';
  }
}

function TeamPage({ code, onOut }: { code: string; onOut: () => void }) {
  const { data: view, problem, refresh } = usePoll<TeamView>(`/${code}/team`);
  const [linking, setLinking] = useState(false);
  const phase = view && phaseOf(view);
  const scene = view && phase ? `${phase} ${view.current?.id ?? view.rounds.filter(({ state }) => state === 'released').length}` : '';
  const heading = useHeading(scene);
  const before = useRef(scene);

  useEffect(() => {
    if (!view || !phase || before.current === scene) return;
    if (before.current) announce(tell(view, phase));
    before.current = scene;
    document.title = `${tell(view, phase)} · ${view.title}`;
  }, [view, phase, scene]);

  useEffect(() => {
    if (view) remember({ code, role: 'team', title: view.title, team: view.team.name, until: view.expires });
  }, [code, view]);

  useEffect(() => {
    if (problem?.status !== 401) return;
    forget(code, 'team');
    announce(problem.message);
    onOut();
  }, [code, problem, onOut]);

  if (!view || !phase) return <Waiting problem={problem?.message} />;
  const released = view.rounds.filter(({ state }) => state === 'released');
  return (
    <main className="narrow" data-phase={phase}>
      <div className="who">
        <p>
          <strong id="own-team">{view.team.name}</strong>
          <small>{view.title}</small>
        </p>
        <button type="button" className="button small" id="other-phone" onClick={() => setLinking(true)}>
          Another phone
        </button>
      </div>
      {problem && <p className="trouble quiet">{problem.message}</p>}
      <Scene view={view} phase={phase} heading={heading} code={code} refresh={refresh} />
      {released.length > 0 && (
        <section aria-labelledby="ranking-heading">
          <h2 id="ranking-heading">{view.finished ? 'Final ranking' : 'Ranking'}</h2>
          <Ranking standings={view.ranking} own={view.team.id} rounds={[]} />
        </section>
      )}
      {released.length > 0 && (
        <section aria-labelledby="rounds-heading">
          <h2 id="rounds-heading">Your rounds</h2>
          {[...released].reverse().map((round) => (
            <RoundResult key={round.id} code={code} round={round} got={view.ranking.find(({ team }) => team === view.team.id)?.rounds[round.id] ?? 0} />
          ))}
        </section>
      )}
      <OtherPhone code={code} open={linking} onClose={() => setLinking(false)} />
    </main>
  );
}

type SceneProps = {
  view: TeamView;
  phase: Phase;
  heading: React.RefObject<HTMLHeadingElement | null>;
  code: string;
  refresh: () => Promise<void>;
};

function Scene({ view, phase, heading, code, refresh }: SceneProps) {
  const current = view.current;
  if (phase === 'lobby') {
    return (
      <>
        <div className="scene">
          <Glass />
          <h1 ref={heading} tabIndex={-1}>
            You are in.
          </h1>
          <p className="lead">The first round appears here by itself as soon as the host opens it.</p>
        </div>
        <section aria-labelledby="here">
          <h2 id="here">{count(view.teams.length, 'team')} here</h2>
          <ul className="chips">
            {view.teams.map((name) => (
              <li key={name} className="chip">
                {name}
              </li>
            ))}
          </ul>
        </section>
      </>
    );
  }
  if (phase === 'answering' && current) {
    // Another round, or another team, is another form.
    return <AnswerForm key={current.id + view.team.id} code={code} team={view.team.id} current={current} heading={heading} refresh={refresh} />;
  }
  if (phase === 'handed-in' && current) {
    return (
      <>
        <div className="scene">
          <Tick />
          <h1 ref={heading} tabIndex={-1}>
            Handed in.
          </h1>
          <p className="lead">
            “{current.title}” is with the host{current.handedIn && ` since ${time(current.handedIn.at)}`}. The scores appear here.
          </p>
        </div>
        <OwnAnswers current={current} answers={current.handedIn?.answers ?? {}} />
      </>
    );
  }
  if (phase === 'marking' && current) return <Marking view={view} code={code} heading={heading} />;
  const own = view.ranking.find(({ team }) => team === view.team.id);
  return (
    <div className="scene">
      {own && view.rounds.some(({ state }) => state === 'released') && <p className={`place place${own.rank}`}>{ordinal(own.rank)}</p>}
      <h1 ref={heading} tabIndex={-1}>
        {phase === 'finished' ? (own?.rank === 1 ? 'You have won!' : 'That was the quiz.') : 'The scores are out.'}
      </h1>
      <p className="lead">
        {own && `You have ${points(own.points)}. `}
        {phase === 'finished' ? 'Thank you for playing.' : 'The next round appears here by itself.'}
      </p>
    </div>
  );
}

type Current = NonNullable<TeamView['current']>;
type Draft = { attempt: string; answers: Record<string, string> };
const draftName = (code: string, team: string, round: string) => `draft:${code}:${team}:${round}`;

function Marking({ view, code, heading }: Pick<SceneProps, 'view' | 'code' | 'heading'>) {
  const current = view.current!;
  const [draft, setDraft] = useState<Draft>();
  useEffect(() => setDraft(load<Draft>(draftName(code, view.team.id, current.id))), [code, view.team.id, current.id]);
  const own = current.handedIn;
  const lost = !own && Object.keys(draft?.answers ?? {}).length > 0;
  return (
    <>
      <div className="scene">
        {own ? <Glass /> : null}
        <h1 ref={heading} tabIndex={-1}>
          “{current.title}” is closed.
        </h1>
        <p className="lead">
          {own ? 'The host is marking the answers. The scores appear here.' : 'Your team had not handed in, so this round counts nothing for it.'}
          {lost && ' What you had entered is still below. If the host opens the round again, you can hand it in.'}
        </p>
      </div>
      {(own || lost) && <OwnAnswers current={current} answers={own?.answers ?? draft?.answers ?? {}} />}
    </>
  );
}

function OwnAnswers({ current, answers }: { current: Current; answers: Record<string, string> }) {
  return (
    <section aria-labelledby="own-answers">
      <h2 id="own-answers">Your answers</h2>
      <ol className="answers">
        {current.questions.map((question) => (
          <li key={question.id}>
            <span>{question.prompt}</span>
            <Given question={question} answer={answers[question.id] ?? ''} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Given({ question, answer }: { question: { kind: string; options?: string[] }; answer: string }) {
  const text = question.kind === 'choice' && answer !== '' ? question.options?.[Number(answer)] : answer;
  return text ? <strong>{text}</strong> : <em>no answer</em>;
}

function AnswerForm({
  code,
  team,
  current,
  heading,
  refresh,
}: {
  code: string;
  team: string;
  current: Current;
  heading: SceneProps['heading'];
  refresh: () => Promise<void>;
}) {
  const kept = draftName(code, team, current.id);
  const [answers, setAnswers] = useState<Record<string, string>>(() => load<Draft>(kept)?.answers ?? {});
  const attempt = useRef('');
  const [asking, setAsking] = useState(false);
  const [fields, setFields] = useState<Record<string, string>>({});

  const set = (id: string, value: string) => {
    attempt.current ||= load<Draft>(kept)?.attempt ?? randomText();
    const changed = { ...answers, [id]: value };
    if (value === '') delete changed[id];
    setAnswers(changed);
    keep(kept, { attempt: attempt.current, answers: changed });
    setFields(({ [id]: _, ...others }) => others);
  };
  const missing = current.questions.filter(({ id }) => !answers[id]?.trim()).length;

  const handIn = async () => {
    attempt.current ||= load<Draft>(kept)?.attempt ?? randomText();
    keep(kept, { attempt: attempt.current, answers });
    try {
      await change('POST', `/${code}/team/rounds/${current.id}/answers`, { attempt: attempt.current, answers }, 5);
      keep(kept, undefined);
      await refresh();
    } catch (error) {
      const problem = error as Problem;
      if (problem.code === 'invalid') {
        setFields(problem.fields);
        setAsking(false);
        const [first] = current.questions.filter(({ id }) => problem.fields[id]);
        setTimeout(() => document.getElementById(`answer-${current.questions.indexOf(first!) + 1}`)?.focus());
        return;
      }
      if (problem.code === 'closed' || problem.code === 'answered') void refresh();
      throw problem;
    }
  };

  return (
    <>
      <p className="kicker">The round is open</p>
      <h1 ref={heading} tabIndex={-1} className="roundTitle">
        {current.title}
      </h1>
      <p className="lead">
        {count(current.questions.length, 'question')}, {points(current.points)}. What you enter is kept on this phone until you hand it in.
      </p>
      <form
        id="answer-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setAsking(true);
        }}
      >
        <ol className="questions">
          {current.questions.map((question, index) => (
            <li key={question.id} className="card question">
              <Asked number={index + 1} question={question} value={answers[question.id] ?? ''} error={fields[question.id]} onChange={(value) => set(question.id, value)} />
            </li>
          ))}
        </ol>
        <div className="sticky">
          <p>
            {current.questions.length - missing} of {current.questions.length} answered
          </p>
          <button className="button primary" id="hand-in">
            Hand in
          </button>
        </div>
      </form>
      <Confirm
        id="confirm-hand-in"
        open={asking}
        title="Hand in your answers?"
        yes="Hand in"
        act={handIn}
        onClose={() => setAsking(false)}
      >
        <p>
          {missing > 0 && <strong>{missing === 1 ? 'One question has no answer. ' : `${missing} questions have no answer. `}</strong>}
          You can’t change them afterwards.
        </p>
      </Confirm>
    </>
  );
}

function Asked({
  number,
  question,
  value,
  error,
  onChange,
}: {
  number: number;
  question: Current['questions'][number];
  value: string;
  error?: string;
  onChange: (value: string) => void;
}) {
  const worth = question.points > 1 ? points(question.points) : undefined;
  const label = (
    <>
      <span className="number">{number}</span>
      <span className="prompt">{question.prompt}</span>
      {worth && <small className="worth">{worth}</small>}
    </>
  );
  if (question.kind === 'choice') {
    return (
      <fieldset className="choices" aria-describedby={error ? `answer-${number}-error` : undefined}>
        <legend>{label}</legend>
        {question.options?.map((option, index) => (
          <label key={option} className="check">
            <input
              type="radio"
              // The first of them stands for the question when its error is gone to.
              id={index === 0 ? `answer-${number}` : `answer-${number}-${index + 1}`}
              name={`answer-${number}`}
              checked={value === String(index)}
              onChange={() => onChange(String(index))}
            />
            <span>{option}</span>
          </label>
        ))}
        {value !== '' && (
          <button type="button" className="plain" onClick={() => onChange('')}>
            Clear the choice
          </button>
        )}
        {error && (
          <p className="fieldError" id={`answer-${number}-error`}>
            {error}
          </p>
        )}
      </fieldset>
    );
  }
  return (
    <Field id={`answer-${number}`} label={label} error={error}>
      {(attributes) => (
        <input
          {...attributes}
          value={value}
          maxLength={200}
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          enterKeyHint="next"
          inputMode={question.kind === 'number' ? 'decimal' : 'text'}
          placeholder={question.kind === 'number' ? 'A number' : undefined}
          onKeyDown={(event) => {
            // Enter goes on to the next question; only the button hands in.
            if (event.key !== 'Enter') return;
            event.preventDefault();
            (document.getElementById(`answer-${number + 1}`) ?? document.getElementById('hand-in'))?.focus();
          }}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

const markWords = { full: 'Right', half: 'Half right', none: 'Wrong' } as const;

function RoundResult({ code, round, got }: { code: string; round: TeamView['rounds'][number]; got: number }) {
  const [view, setView] = useState<ResultView>();
  const [trouble, setTrouble] = useState('');
  const load = useCallback(async () => {
    try {
      setTrouble('');
      setView(await readOnce<ResultView>(`/${code}/team/rounds/${round.id}/result`));
    } catch (error) {
      setTrouble((error as Error).message);
    }
  }, [code, round.id]);
  return (
    <details className="result" onToggle={(event) => event.currentTarget.open && void load()}>
      <summary>
        <span className="grow">{round.title}</span>
        <strong>
          {got} / {round.points}
        </strong>
      </summary>
      <Trouble>{trouble}</Trouble>
      {view && !view.handedIn && <p className="hint">Your team did not hand in.</p>}
      <ol className="answers">
        {view?.questions.map((question) => (
          <li key={question.id}>
            <span>{question.prompt}</span>
            <span className={`mark ${question.mark}`}>
              <span className="unseen">{markWords[question.mark]}: </span>
              <Given question={question} answer={question.answer} />
              <span className="markPoints">
                {question.got} / {question.points}
              </span>
            </span>
            {question.mark !== 'full' && <small>Right: {question.right}</small>}
          </li>
        ))}
      </ol>
    </details>
  );
}

function OtherPhone({ code, open, onClose }: { code: string; open: boolean; onClose: () => void }) {
  const [key, setKey] = useState('');
  const [trouble, setTrouble] = useState('');
  useEffect(() => {
    if (!open || key) return;
    change<{ key: string }>('POST', `/${code}/team/links`).then(
      (made) => setKey(made.key),
      (error: Error) => setTrouble(error.message),
    );
  }, [open, key, code]);
  const link = useMemo(() => (key ? `${location.origin}${url(`/play/${code}`)}#key=${key}` : ''), [key, code]);
  return (
    <Dialog id="other-phone-dialog" open={open} title="Your team on another phone" onClose={onClose}>
      <p>Whoever opens this link plays for your team. Keep it to yourselves.</p>
      <Trouble>{trouble}</Trouble>
      {link && (
        <>
          <Qr text={link} label="QR code of your team’s private link" />
          <CopyLink id="team-link" label="Private link of your team" link={link} />
        </>
      )}
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}

function time(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

function ordinal(number: number): string {
  const ending = new Intl.PluralRules('en', { type: 'ordinal' }).select(number);
  return number + ({ one: 'st', two: 'nd', few: 'rd' }[ending as string] ?? 'th');
}

const Glass = () => (
  <svg className="picture" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
    <path className="beer" d="M16 22h28v30a4 4 0 0 1-4 4H20a4 4 0 0 1-4-4z" />
    <path className="foam" d="M13 22a6 6 0 0 1 5-9 8 8 0 0 1 13-3 7 7 0 0 1 12 4 5 5 0 0 1 3 8z" />
    <path className="line" d="M16 22v30a4 4 0 0 0 4 4h20a4 4 0 0 0 4-4V22M44 28h5a5 5 0 0 1 5 5v8a5 5 0 0 1-5 5h-5M24 30v18M30 30v18M36 30v18" />
  </svg>
);

const Tick = () => (
  <svg className="picture" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
    <circle className="disc" cx="32" cy="32" r="26" />
    <path className="line" d="m20 33 8 8 16-18" />
  </svg>
);
