import { hostname } from 'node:os';
import type { ReactNode } from 'react';
import { buildId } from '../../lib/build';
import { url } from '../../lib/public-path';
import { hasQuizzes } from '../../lib/quiz/table';

/** What is around every page. */
export function Frame({ children, wide = false }: { children: ReactNode; wide?: boolean }) {
  return (
    <div className={wide ? 'frame wide' : 'frame'}>
      <header className="top">
        <a className="brand" href={url('/')}>
          <Door />
          <span>Sallyport Quiz</span>
        </a>
      </header>
      <noscript>
        <p className="trouble">This quiz needs JavaScript, which is off in this browser.</p>
      </noscript>
      {children}
      <Foot />
    </div>
  );
}

/** The pages of the quiz, or, where there is no table for them, that there is none. */
export function QuizFrame({ children, wide }: { children: ReactNode; wide?: boolean }) {
  return <Frame wide={wide}>{hasQuizzes() ? children : <NoTable />}</Frame>;
}

function NoTable() {
  return (
    <main className="narrow">
      <h1>No quiz tonight</h1>
      <p className="lead">
        The app runs, but it has no table to keep a quiz in: the setting <code>app.table</code> of this deployment is off.
      </p>
      <p className="lead">
        Whoever runs it turns it on with <code>pulumi config set sallyport:app.table true</code> and another <code>make up</code>.
      </p>
    </main>
  );
}

function Foot() {
  return (
    <footer>
      <p>
        <a href={url('/arrival')}>How your request came in</a>
      </p>
      <dl className="build">
        <div>
          <dt>Build</dt>
          <dd>{buildId()}</dd>
        </div>
        <div>
          <dt>Task</dt>
          <dd>{hostname()}</dd>
        </div>
      </dl>
    </footer>
  );
}

const Door = () => (
  <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path className="wallShape" d="M2 4h6v4h4V4h8v4h4V4h6v26H2z" />
    <path className="doorShape" d="M9 30V19a7 7 0 0 1 14 0v11z" />
  </svg>
);
