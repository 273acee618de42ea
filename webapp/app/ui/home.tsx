'use client';

import { type FormEvent, useEffect, useState } from 'react';
import { url } from '../../lib/public-path';
import { change, Problem, readOnce } from './client';
import { type Known, knownQuizzes } from './kept';
import { Field, Trouble } from './parts';

/** The first page: join a quiz, make one, or go back to one. */
export function Home() {
  return (
    <main>
      <div className="hero">
        <h1>A pub quiz without the paper.</h1>
        <p className="lead">Teams answer on their phones. The host marks, and everyone sees the ranking.</p>
      </div>
      <OnThisDevice />
      <div className="cards">
        <Join />
        <Make />
      </div>
    </main>
  );
}

function Join() {
  const [code, setCode] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const typed = code.toUpperCase().replace(/[^A-Z]/g, '');
    if (!typed) return setError('Type the code that the host shows.');
    setBusy(true);
    setError('');
    try {
      await readOnce(`/${typed}`);
      location.assign(url(`/play/${typed}`));
    } catch (problem) {
      setError((problem as Problem).message);
      setBusy(false);
      document.getElementById('join-code')?.focus();
    }
  };
  return (
    <section className="card" aria-labelledby="join">
      <h2 id="join">Join a quiz</h2>
      <p>The host shows a code of five letters.</p>
      <form noValidate onSubmit={submit}>
        <Field id="join-code" label="Join code" error={error}>
          {(attributes) => (
            <input
              {...attributes}
              className="code"
              value={code}
              maxLength={12}
              autoCapitalize="characters"
              autoComplete="off"
              autoCorrect="off"
              spellCheck={false}
              enterKeyHint="go"
              onChange={(event) => setCode(event.target.value.toUpperCase())}
            />
          )}
        </Field>
        <button className="button primary" id="join-go" disabled={busy}>
          {busy ? 'Looking …' : 'Join'}
        </button>
      </form>
    </section>
  );
}

function Make() {
  const [title, setTitle] = useState('');
  const [example, setExample] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const { code } = await change<{ code: string }>('POST', '', { title, example });
      location.assign(url(`/host/${code}`));
    } catch (error) {
      setProblem(error as Problem);
      setBusy(false);
      document.getElementById('quiz-title')?.focus();
    }
  };
  return (
    <section className="card" aria-labelledby="make">
      <h2 id="make">Host a quiz</h2>
      <p>No account. This browser becomes the host’s.</p>
      <form noValidate onSubmit={submit}>
        <Field id="quiz-title" label="Title of the quiz" error={problem?.fields.title}>
          {(attributes) => (
            <input {...attributes} value={title} maxLength={80} autoComplete="off" onChange={(event) => setTitle(event.target.value)} />
          )}
        </Field>
        <label className="check">
          <input type="checkbox" id="quiz-example" checked={example} onChange={(event) => setExample(event.target.checked)} />
          <span>Begin with two example rounds</span>
        </label>
        <Trouble>{problem && !problem.fields.title && problem.message}</Trouble>
        <button className="button primary" id="quiz-make" disabled={busy}>
          {busy ? 'Making it …' : 'Make the quiz'}
        </button>
      </form>
    </section>
  );
}

function OnThisDevice() {
  const [known, setKnown] = useState<Known[]>([]);
  useEffect(() => setKnown(knownQuizzes()), []);
  if (known.length === 0) return null;
  return (
    <section aria-labelledby="known" className="known">
      <h2 id="known">On this device</h2>
      <ul>
        {known.map(({ code, role, title, team }) => (
          <li key={role + code}>
            <a href={url(`/${role === 'host' ? 'host' : 'play'}/${code}`)}>
              <span className="chip">{role === 'host' ? 'Host' : 'Team'}</span>
              <span className="grow">
                <strong>{title}</strong>
                {team && <small>{team}</small>}
              </span>
              <span className="codeSmall">{code}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
