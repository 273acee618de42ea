import type { Metadata } from 'next';
import { url } from '../lib/public-path';
import { Frame } from './ui/frame';

export const metadata: Metadata = { title: 'No such page · Sallyport' };

export default function NotFound() {
  return (
    <Frame>
      <main className="narrow">
        <p className="kicker">404</p>
        <h1>You are inside, but there is no such room.</h1>
        <p className="lead">The request came all the way through to the container. Only this address leads nowhere.</p>
        <p className="actions">
          <a className="button" href={url('/')}>
            Back to the door
          </a>
        </p>
      </main>
    </Frame>
  );
}
