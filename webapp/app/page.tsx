import { headers } from 'next/headers';
import { hostname } from 'node:os';
import { arrival } from '../lib/arrival';
import { buildId } from '../lib/build';
import { ArrivalTable } from './arrival-table';
import { RequestPath } from './request-path';

export default async function Page() {
  const rows = arrival(await headers());
  const task = hostname();

  return (
    <>
      <header>
        <p className="kicker">Sallyport</p>
        <h1>
          A private container, <span className="nowrap">one public door.</span>
        </h1>
        <p className="lead">
          This page was made for you just now by a container in a private subnet. It has no public
          address. There is exactly one way in, and everything on it speaks only to its neighbours.
        </p>
      </header>
      <main>
        <RequestPath task={task} />

        <section aria-labelledby="answered">
          <h2 id="answered">Who answered</h2>
          <dl className="facts">
            <div>
              <dt>Build</dt>
              <dd>{buildId()}</dd>
            </div>
            <div>
              <dt>Task</dt>
              <dd>{task}</dd>
            </div>
            <div>
              <dt>At</dt>
              <dd>{new Date().toISOString().replace('T', ' ').replace(/\.\d+Z/, ' UTC')}</dd>
            </div>
          </dl>
          <p>
            <a className="button" href="/">
              Knock again
            </a>
          </p>
        </section>

        <section aria-labelledby="arrived">
          <h2 id="arrived">How your request came in</h2>
          <ArrivalTable rows={rows} />
        </section>
      </main>
      <footer>
        <p>
          For machines: <a href="/api/health">/api/health</a> and{' '}
          <a href="/api/build">/api/build</a>.
        </p>
        <p>A sally port is the small guarded door in the wall of a fortress.</p>
      </footer>
    </>
  );
}
