'use client';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { url } from '../../lib/public-path';
import type { HostView } from '../../lib/quiz/quiz';
import { change, Problem } from './client';
import { Editor } from './editor';
import { forget, remember } from './kept';
import { MarkingPage } from './marking';
import { announce, Confirm, CopyLink, count, Dialog, Field, points, Qr, Ranking, Trouble, Waiting } from './parts';
import { usePoll } from './poll';
import { useLinkKey } from './private-link';

/** The part of the host's page that the address names after its #, so that a reload and the back button work. */
function useView(): [string, string] {
  const [hash, setHash] = useState('');
  useEffect(() => {
    const changed = () => setHash(location.hash.slice(1));
    changed();
    window.addEventListener('hashchange', changed);
    return () => window.removeEventListener('hashchange', changed);
  }, []);
  const [view = '', id = ''] = hash.split('=');
  return [view, id];
}

/** The host's page. */
export function Host({ code }: { code: string }) {
  const linkProblem = useLinkKey(code);
  const { data: quiz, problem, refresh } = usePoll<HostView>(linkProblem === undefined ? null : `/${code}/host`);
  const [view, id] = useView();

  useEffect(() => {
    if (!quiz) return;
    remember({ code, role: 'host', title: quiz.title, until: quiz.expires });
    document.title = `${quiz.title} · Host`;
  }, [code, quiz]);

  useEffect(() => {
    if (problem?.status === 401) forget(code, 'host');
  }, [code, problem]);

  // The other views take the focus themselves, and so does this one, but not when the page has just come.
  const before = useRef(view);
  useEffect(() => {
    if (before.current && !view) document.querySelector<HTMLElement>('main h1')?.focus();
    before.current = view;
  }, [view]);

  if (!quiz && problem && !problem.passing) return <NotHost code={code} problem={problem} linkProblem={linkProblem} />;
  if (!quiz) return <Waiting problem={problem?.message} />;
  const round = quiz.rounds.find((one) => one.id === id);
  if (view === 'edit' && round) return <Editor key={id} code={code} round={round} number={quiz.rounds.indexOf(round) + 1} refresh={refresh} />;
  if (view === 'mark' && round) return <MarkingPage key={id} code={code} id={id} activity={quiz.activity} refresh={refresh} />;
  return (
    <>
      {linkProblem && <Trouble>{linkProblem}</Trouble>}
      <Overview code={code} quiz={quiz} problem={problem} refresh={refresh} />
    </>
  );
}

function NotHost({ code, problem, linkProblem }: { code: string; problem: Problem; linkProblem?: string }) {
  return (
    <main className="narrow">
      <h1>{problem.code === 'not-host' ? 'This is the host’s page' : 'Something is in the way'}</h1>
      <Trouble>{linkProblem || problem.message}</Trouble>
      <p className="actions">
        <a className="button primary" href={url(`/play/${code}`)}>
          Play as a team
        </a>
        <a className="button" href={url('/')}>
          First page
        </a>
      </p>
    </main>
  );
}

type Asking = { what: 'open' | 'close' | 'release' | 'reopen' | 'takeBack' | 'delete'; round: HostView['rounds'][number] } | { what: 'finish' } | { what: 'remove'; team: HostView['teams'][number] };

function Overview({
  code,
  quiz,
  problem,
  refresh,
}: {
  code: string;
  quiz: HostView;
  problem?: Problem;
  refresh: () => Promise<void>;
}) {
  const [asking, setAsking] = useState<Asking>();
  const [sharing, setSharing] = useState<'join' | 'host'>();
  const [trouble, setTrouble] = useState('');
  const act = async (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, said?: string) => {
    await change(method, `/${code}/host${path}`, body, method === 'POST' ? 1 : 3);
    await refresh();
    if (said) announce(said);
  };
  const tried = (work: Promise<void>) => {
    setTrouble('');
    work.catch((error: Error) => setTrouble(error.message));
  };
  const open = quiz.rounds.find(({ state }) => state === 'open');
  const released = quiz.rounds.filter(({ state }) => state === 'released');
  const toRelease = quiz.rounds.some(({ state }) => state === 'open' || state === 'closed');
  const missing = quiz.teams.filter(({ id }) => !quiz.handedIn.includes(id));

  return (
    <main>
      <p className="kicker">You are the host</p>
      <Title title={quiz.title} rename={(title) => act('PUT', '', { title }, 'The title is changed.')} />
      {problem && <p className="trouble quiet">{problem.message}</p>}
      <Trouble>{trouble}</Trouble>

      <section className="card codeCard" aria-labelledby="code-heading">
        <div>
          <h2 id="code-heading">Join code</h2>
          <p className="bigCode" id="join-code-shown" aria-label={`Join code ${[...code].join(' ')}`}>
            {code}
          </p>
        </div>
        <div className="actions">
          <button type="button" className="button" id="show-join-link" onClick={() => setSharing('join')}>
            QR code
          </button>
          <a className="button" id="show-screen" href={url(`/screen/${code}`)} target="_blank" rel="noreferrer">
            Big screen
          </a>
          <button type="button" className="button" id="show-host-link" onClick={() => setSharing('host')}>
            Host elsewhere
          </button>
        </div>
      </section>

      <div className="columns">
        <section aria-labelledby="rounds-heading" className="rounds">
          <h2 id="rounds-heading">Rounds</h2>
          {quiz.rounds.length === 0 && <p className="empty">No round yet. Give the first one a name, then add its questions.</p>}
          <ol className="roundList">
            {quiz.rounds.map((round, index) => (
              <RoundCard
                key={round.id}
                round={round}
                number={index + 1}
                last={index === quiz.rounds.length - 1}
                blocked={open !== undefined || quiz.finished}
                handedIn={quiz.handedIn.length}
                teams={quiz.teams.length}
                finished={quiz.finished}
                ask={(what) => setAsking({ what, round })}
                move={(by) => tried(act('POST', `/rounds/${round.id}/moves`, { by }))}
              />
            ))}
          </ol>
          {!quiz.finished && <AddRound code={code} number={quiz.rounds.length + 1} refresh={refresh} />}
        </section>

        <div>
          <section aria-labelledby="teams-heading">
            <h2 id="teams-heading">{quiz.teams.length === 0 ? 'Teams' : count(quiz.teams.length, 'team')}</h2>
            {quiz.teams.length === 0 ? (
              <p className="empty">No team yet. Show the code or the QR code; teams appear here as they join.</p>
            ) : (
              <ul className="teamList" id="teams">
                {quiz.teams.map((team) => (
                  <li key={team.id} data-team={team.name}>
                    <span className="grow">{team.name}</span>
                    {open && (quiz.handedIn.includes(team.id) ? <span className="chip good">handed in</span> : <span className="chip">answering</span>)}
                    <button type="button" className="plain" aria-label={`Remove ${team.name}`} onClick={() => setAsking({ what: 'remove', team })}>
                      Remove
                    </button>
                  </li>
                ))}
              </ul>
            )}
          </section>
          {released.length > 0 && (
            <section aria-labelledby="ranking-heading">
              <h2 id="ranking-heading">{quiz.finished ? 'Final ranking' : 'Ranking'}</h2>
              <Ranking standings={quiz.ranking} rounds={[]} />
            </section>
          )}
          <section aria-labelledby="end-heading" className="ending">
            <h2 id="end-heading">{quiz.finished ? 'The quiz is over' : 'The end'}</h2>
            {quiz.finished ? (
              <button type="button" className="button" id="resume" onClick={() => tried(act('PUT', '/finished', { finished: false }, 'The quiz goes on.'))}>
                Go on playing
              </button>
            ) : (
              <>
                <p className="hint" id="finish-hint">
                  {released.length === 0
                    ? 'Once the scores of a round are out, the quiz can end with a final ranking.'
                    : toRelease
                      ? 'Release the scores of the round that is under way first.'
                      : 'Phones show the final ranking then.'}
                </p>
                <button
                  type="button"
                  className="button"
                  id="finish"
                  aria-describedby="finish-hint"
                  disabled={released.length === 0 || toRelease}
                  onClick={() => setAsking({ what: 'finish' })}
                >
                  End the quiz
                </button>
              </>
            )}
            <p className="hint">Everything here is deleted on {new Date(quiz.expires * 1000).toLocaleDateString()}.</p>
          </section>
        </div>
      </div>

      <ShareJoin code={code} open={sharing === 'join'} onClose={() => setSharing(undefined)} />
      <ShareHost code={code} open={sharing === 'host'} onClose={() => setSharing(undefined)} />
      <Questions asking={asking} close={() => setAsking(undefined)} act={act} missing={missing.map(({ name }) => name)} teams={quiz.teams.length} />
    </main>
  );
}

type Act = (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, said?: string) => Promise<void>;

/** What is asked before each step that can't be taken back, or that everyone sees. */
function Questions({ asking, close, act, missing, teams }: { asking?: Asking; close: () => void; act: Act; missing: string[]; teams: number }) {
  if (!asking) return null;
  const common = { id: 'confirm', open: true, onClose: close };
  if (asking.what === 'finish') {
    return (
      <Confirm {...common} title="End the quiz?" yes="End the quiz" act={() => act('PUT', '/finished', { finished: true }, 'The quiz is over.')}>
        <p>Every phone shows the final ranking. Rounds that were not opened are left out.</p>
      </Confirm>
    );
  }
  if (asking.what === 'remove') {
    const { id, name } = asking.team;
    return (
      <Confirm {...common} title={`Remove ${name}?`} yes="Remove the team" no="Keep it" danger act={() => act('DELETE', `/teams/${id}`, undefined, `${name} is removed.`)}>
        <p>Its answers and points go with it, and its phones are signed out. This can’t be taken back.</p>
      </Confirm>
    );
  }
  const { round, what } = asking;
  const to = (state: string, said: string) => () => act('PUT', `/rounds/${round.id}/state`, { to: state }, said);
  switch (what) {
    case 'open':
      return (
        <Confirm {...common} title={`Open “${round.title}”?`} yes="Open the round" act={to('open', `${round.title} is open.`)}>
          <p>
            {teams === 0 && <strong>No team has joined yet. </strong>}
            The questions appear on every phone at once, and can no longer be changed.
          </p>
        </Confirm>
      );
    case 'reopen':
      return (
        <Confirm {...common} title={`Open “${round.title}” again?`} yes="Open it again" act={to('open', `${round.title} is open again.`)}>
          <p>Teams that have not handed in can do so. Those that have keep the answers they gave.</p>
        </Confirm>
      );
    case 'close':
      return (
        <Confirm {...common} title={`Close “${round.title}”?`} yes="Close the round" act={to('closed', `${round.title} is closed.`)}>
          <p>Nobody can hand in any more, and you can mark the answers.</p>
          {missing.length > 0 && (
            <p>
              <strong>Not handed in yet:</strong> {missing.join(', ')}.
            </p>
          )}
        </Confirm>
      );
    case 'release':
      return (
        <Confirm {...common} title={`Release the scores of “${round.title}”?`} yes="Release the scores" act={to('released', `The scores of ${round.title} are out.`)}>
          <p>Every team sees the ranking, its marks and the right answers. The round can’t be opened again after that.</p>
        </Confirm>
      );
    case 'takeBack':
      return (
        <Confirm {...common} title={`Correct the scores of “${round.title}”?`} yes="Take the scores back" act={to('closed', `The scores of ${round.title} are taken back.`)}>
          <p>The ranking is shown without this round until you release it again.</p>
        </Confirm>
      );
    case 'delete':
      return (
        <Confirm {...common} title={`Delete “${round.title}”?`} yes="Delete the round" no="Keep it" danger act={() => act('DELETE', `/rounds/${round.id}`, undefined, `${round.title} is deleted.`)}>
          <p>{round.questions > 0 ? `Its ${count(round.questions, 'question')} can’t be brought back.` : 'It has no questions.'}</p>
        </Confirm>
      );
  }
}

function Title({ title, rename }: { title: string; rename: (title: string) => Promise<void> }) {
  const [editing, setEditing] = useState<string>();
  const [trouble, setTrouble] = useState('');
  if (editing === undefined) {
    return (
      <div className="titleRow">
        <h1 tabIndex={-1}>
          {title}
        </h1>
        <button type="button" className="plain" id="rename" onClick={() => setEditing(title)}>
          Rename
        </button>
      </div>
    );
  }
  return (
    <form
      noValidate
      className="joined"
      onSubmit={async (event) => {
        event.preventDefault();
        try {
          await rename(editing);
          setEditing(undefined);
        } catch (error) {
          setTrouble((error as Error).message);
        }
      }}
    >
      <Field id="quiz-title" label="Title of the quiz" error={trouble}>
        {(attributes) => <input {...attributes} autoFocus value={editing} maxLength={80} onChange={(event) => setEditing(event.target.value)} />}
      </Field>
      <button className="button primary">Save</button>
      <button type="button" className="button" onClick={() => setEditing(undefined)}>
        Cancel
      </button>
    </form>
  );
}

const stateWords = { draft: 'Not opened', open: 'Open', closed: 'To be marked', released: 'Scores are out' } as const;

function RoundCard({
  round,
  number,
  last,
  blocked,
  handedIn,
  teams,
  finished,
  ask,
  move,
}: {
  round: HostView['rounds'][number];
  number: number;
  last: boolean;
  blocked: boolean;
  handedIn: number;
  teams: number;
  finished: boolean;
  ask: (what: Exclude<Asking['what'], 'finish' | 'remove'>) => void;
  move: (by: 1 | -1) => void;
}) {
  const { state, title } = round;
  const id = (name: string) => `round-${number}-${name}`;
  return (
    <li className={`card round ${state}`} id={`round-${number}`} data-state={state}>
      <div className="roundHead">
        <h3>
          <span className="number">{number}</span> {title}
        </h3>
        <span className={`chip ${state}`}>{stateWords[state]}</span>
      </div>
      <p className="hint">
        {round.questions === 0 ? 'No questions yet' : `${count(round.questions, 'question')}, ${points(round.points)}`}
        {state === 'closed' || state === 'released' ? `, ${count(round.answered, 'team')} handed in` : ''}
      </p>
      {state === 'open' && (
        <div className="progress">
          <progress max={Math.max(teams, 1)} value={handedIn} aria-label="Teams that have handed in" />
          <span id={id('handed-in')}>
            {handedIn} of {teams} handed in
          </span>
        </div>
      )}
      {(!finished || state === 'released') && (
        <div className="actions">
          {state === 'draft' && (
            <>
              <button type="button" className="button primary" id={id('open')} disabled={blocked || round.questions === 0} onClick={() => ask('open')}>
                Open the round
              </button>
              <a className="button" id={id('edit')} href={`#edit=${round.id}`}>
                {round.questions === 0 ? 'Add questions' : 'Edit'}
              </a>
              <span className="plainGroup">
                {number > 1 && (
                  <button type="button" className="plain" id={id('up')} aria-label={`Move ${title} up`} onClick={() => move(-1)}>
                    <Arrow up />
                  </button>
                )}
                {!last && (
                  <button type="button" className="plain" id={id('down')} aria-label={`Move ${title} down`} onClick={() => move(1)}>
                    <Arrow />
                  </button>
                )}
                <button type="button" className="plain" id={id('delete')} aria-label={`Delete ${title}`} onClick={() => ask('delete')}>
                  Delete
                </button>
              </span>
            </>
          )}
          {state === 'open' && (
            <button type="button" className="button primary" id={id('close')} onClick={() => ask('close')}>
              Close the round
            </button>
          )}
          {state === 'closed' && (
            <>
              <a className="button primary" id={id('mark')} href={`#mark=${round.id}`}>
                Mark the answers
              </a>
              <button type="button" className="button" id={id('release')} onClick={() => ask('release')}>
                Release the scores
              </button>
              {!round.shown && (
                <button type="button" className="plain" id={id('reopen')} disabled={blocked} onClick={() => ask('reopen')}>
                  Open again
                </button>
              )}
            </>
          )}
          {state === 'released' && (
            <>
              <a className="button" id={id('mark')} href={`#mark=${round.id}`}>
                See the answers
              </a>
              {!finished && (
                <button type="button" className="plain" id={id('take-back')} onClick={() => ask('takeBack')}>
                  Correct the scores
                </button>
              )}
            </>
          )}
        </div>
      )}
    </li>
  );
}

const Arrow = ({ up = false }: { up?: boolean }) => (
  <svg className="arrow" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={up ? 'M12 19V5M6 11l6-6 6 6' : 'M12 5v14M6 13l6 6 6-6'} />
  </svg>
);

function AddRound({ code, number, refresh }: { code: string; number: number; refresh: () => Promise<void> }) {
  const [title, setTitle] = useState('');
  const [trouble, setTrouble] = useState('');
  const [busy, setBusy] = useState(false);
  return (
    <form
      noValidate
      className="addRound"
      onSubmit={async (event) => {
        event.preventDefault();
        setBusy(true);
        setTrouble('');
        try {
          const { id } = await change<{ id: string }>('POST', `/${code}/host/rounds`, { title: title || `Round ${number}` });
          await refresh();
          setTitle('');
          location.hash = `edit=${id}`;
        } catch (error) {
          setTrouble((error as Error).message);
        } finally {
          setBusy(false);
        }
      }}
    >
      <Field id="round-title" label="Title of a new round" error={trouble}>
        {(attributes) => (
          <input {...attributes} value={title} maxLength={80} autoComplete="off" placeholder={`Round ${number}`} onChange={(event) => setTitle(event.target.value)} />
        )}
      </Field>
      <button className="button" id="add-round" disabled={busy}>
        Add the round
      </button>
    </form>
  );
}

function ShareJoin({ code, open, onClose }: { code: string; open: boolean; onClose: () => void }) {
  const link = useMemo(() => (open ? `${location.origin}${url(`/play/${code}`)}` : ''), [open, code]);
  return (
    <Dialog id="join-link-dialog" open={open} title={`Join with ${code}`} onClose={onClose}>
      {link && (
        <>
          <Qr text={link} label="QR code of the address where teams join" />
          <CopyLink id="join-link" label="Address where teams join" link={link} />
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

function ShareHost({ code, open, onClose }: { code: string; open: boolean; onClose: () => void }) {
  const [key, setKey] = useState('');
  const [trouble, setTrouble] = useState('');
  const make = useCallback(() => {
    change<{ key: string }>('POST', `/${code}/host/links`).then(
      (made) => setKey(made.key),
      (error: Error) => setTrouble(error.message),
    );
  }, [code]);
  useEffect(() => {
    if (open && !key) make();
  }, [open, key, make]);
  const link = useMemo(() => (key ? `${location.origin}${url(`/host/${code}`)}#key=${key}` : ''), [key, code]);
  return (
    <Dialog id="host-link-dialog" open={open} title="Host on another device" onClose={onClose}>
      <p>
        Whoever opens this link <strong>is the host</strong>, and sees every answer. Keep it private; it is also the way back if this browser forgets you.
      </p>
      <Trouble>{trouble}</Trouble>
      {link && (
        <>
          <Qr text={link} label="QR code of the host’s private link" />
          <CopyLink id="host-link" label="Private link of the host" link={link} />
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
