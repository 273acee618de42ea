'use client';

import { useEffect, useState } from 'react';
import { url } from '../../lib/public-path';
import type { HostView } from '../../lib/quiz/quiz';
import { count, Qr, Ranking, Waiting } from './parts';
import { usePoll } from './poll';

/** What the host shows on a projector or a television: how to join, what is open, the ranking; never an answer. */
export function Screen({ code }: { code: string }) {
  const { data: quiz, problem } = usePoll<HostView>(`/${code}/host`);
  const [link, setLink] = useState('');
  useEffect(() => setLink(`${location.origin}${url(`/play/${code}`)}`), [code]);
  if (!quiz) return <Waiting problem={problem?.message} />;
  const round = quiz.rounds.find(({ state }) => state === 'open') ?? quiz.rounds.findLast(({ state }) => state === 'closed');
  const released = quiz.rounds.filter(({ state }) => state === 'released');
  return (
    <main className="screen">
      <div className="screenHead">
        <div>
          <p className="kicker">{quiz.finished ? 'Final ranking' : round ? (round.state === 'open' ? 'The round is open' : 'The host is marking') : count(quiz.teams.length, 'team')}</p>
          <h1>{round && !quiz.finished ? round.title : quiz.title}</h1>
          {round?.state === 'open' && (
            <p className="lead" role="status">
              {quiz.handedIn.length} of {count(quiz.teams.length, 'team')} handed in
            </p>
          )}
          {!quiz.finished && (
            <p className="screenCode">
              Join with <span className="bigCode">{code}</span>
            </p>
          )}
        </div>
        {!quiz.finished && link && (
          <div className="screenQr">
            <Qr text={link} label="QR code of the address where teams join" />
            <small>{link.replace(/^https?:\/\//, '')}</small>
          </div>
        )}
      </div>
      {released.length > 0 ? (
        <Ranking standings={quiz.ranking} rounds={released.length > 6 ? [] : released} />
      ) : (
        <ul className="chips">
          {quiz.teams.map(({ id, name }) => (
            <li key={id} className="chip">
              {name}
            </li>
          ))}
        </ul>
      )}
    </main>
  );
}
