import type { Metadata } from 'next';

export const metadata: Metadata = { title: 'No such page · Sallyport' };

export default function NotFound() {
  return (
    <main className="notFound">
      <p className="kicker">404</p>
      <h1>You are inside, but there is no such room.</h1>
      <p className="lead">
        The request came all the way through to the container. Only this address leads nowhere.
      </p>
      <p>
        <a className="button" href="/">
          Back to the door
        </a>
      </p>
    </main>
  );
}
