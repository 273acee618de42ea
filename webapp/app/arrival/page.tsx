import type { Metadata } from 'next';
import { headers } from 'next/headers';
import { hostname } from 'node:os';
import { arrival } from '../../lib/arrival';
import { buildId } from '../../lib/build';
import { url } from '../../lib/public-path';
import { Frame } from '../ui/frame';
import './arrival.css';
import { RequestPath } from './request-path';
import { ArrivalTable } from './table';

export const metadata: Metadata = { title: 'How your request came in · Sallyport' };

export default async function Page() {
  const rows = arrival(await headers());
  const task = hostname();

  return (
    <Frame wide>
      <main className="arrival">
        <p className="kicker">Sallyport</p>
        <h1>
          A private container, <span className="nowrap">one public door.</span>
        </h1>
        <p className="lead">
          This page was made for you just now by a container in a private subnet. It has no public
          address. There is exactly one way in, and everything on it speaks only to its neighbours.
        </p>
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
            <a className="button" href={url('/arrival')}>
              Knock again
            </a>
          </p>
        </section>

        <section aria-labelledby="arrived">
          <h2 id="arrived">How your request came in</h2>
          <ArrivalTable rows={rows} />
          <p className="after">
            For machines: <a href={url('/api/health')}>/api/health</a> and <a href={url('/api/build')}>/api/build</a>. A
            sally port is the small guarded door in the wall of a fortress.
          </p>
        </section>
      </main>
    </Frame>
  );
}
