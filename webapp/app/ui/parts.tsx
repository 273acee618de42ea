'use client';

import { type ReactNode, type RefObject, useEffect, useId, useRef, useState } from 'react';
import { encode } from 'uqr';
import type { Standing } from '../../lib/quiz/marking';

/** Tells people who don't see the page what has changed on it. */
export function announce(text: string): void {
  const region = document.getElementById('announcer');
  if (region) region.textContent = text;
}

export const count = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

export const points = (number: number) => count(number, 'point');

/** The heading that gets the focus when a view takes the place of another one, unless the focus is somewhere that has stayed. */
export function useHeading(view: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(view);
  useEffect(() => {
    if (before.current === view) return;
    before.current = view;
    if (!document.activeElement || document.activeElement === document.body) heading.current?.focus();
  }, [view]);
  return heading;
}

/** What went wrong, told at once. */
export function Trouble({ children, id }: { children?: ReactNode; id?: string }) {
  return (
    <div role="alert" id={id}>
      {children && <p className="trouble">{children}</p>}
    </div>
  );
}

export function Field({
  label,
  hint,
  error,
  children,
  id,
}: {
  label: ReactNode;
  hint?: ReactNode;
  error?: string;
  id: string;
  children: (attributes: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode;
}) {
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      {error && (
        <p className="fieldError" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

/** A question that must be answered first. It is there while `open`; Escape says no. */
export function Dialog({
  id,
  open,
  title,
  children,
  onClose,
}: {
  id: string;
  open: boolean;
  title: string;
  children: ReactNode;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    if (!open || !element) return;
    const opener = document.activeElement;
    const card = opener?.closest('.card');
    element.showModal();
    element.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => {
      element.close();
      // Back to where the dialog was opened, or, where that is gone, to what is there in its place.
      requestAnimationFrame(() => {
        if (document.activeElement && document.activeElement !== document.body) return;
        const places = [opener, card?.querySelector('button:not(:disabled), a'), document.querySelector('h1[tabindex]')];
        const place = places.find((one) => one instanceof HTMLElement && one.isConnected && !one.matches(':disabled'));
        (place as HTMLElement | undefined)?.focus();
      });
    };
  }, [open]);
  return (
    <dialog ref={dialog} id={id} aria-labelledby={heading} onClose={onClose}>
      {open && (
        <>
          <h2 id={heading}>{title}</h2>
          {children}
        </>
      )}
    </dialog>
  );
}

/** A dialog that asks before something is done that can't be taken back, or not easily. */
export function Confirm({
  id,
  open,
  title,
  children,
  yes,
  no = 'Not yet',
  danger = false,
  act,
  onClose,
}: {
  id: string;
  open: boolean;
  title: string;
  children?: ReactNode;
  yes: string;
  no?: string;
  danger?: boolean;
  act: () => Promise<void>;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const confirm = async () => {
    setBusy(true);
    setTrouble('');
    try {
      await act();
      onClose();
    } catch (error) {
      setTrouble((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const close = () => {
    setTrouble('');
    onClose();
  };
  return (
    <Dialog id={id} open={open} title={title} onClose={close}>
      {children}
      <Trouble>{trouble}</Trouble>
      <div className="actions">
        <button type="button" id={`${id}-yes`} className={danger ? 'button danger' : 'button primary'} disabled={busy} onClick={confirm}>
          {busy ? 'One moment …' : yes}
        </button>
        <button type="button" id={`${id}-no`} className="button" data-first={danger || undefined} onClick={close}>
          {no}
        </button>
      </div>
    </Dialog>
  );
}

/** A link as a QR code, black on white in the dark too, since many cameras can't read it otherwise. */
export function Qr({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 2 });
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg className="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={squares.join('')} fill="#000" />
    </svg>
  );
}

/** A link to pass on, with a button that copies it. */
export function CopyLink({ id, label, link }: { id: string; label: string; link: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
      announce('The link is copied.');
      setTimeout(() => setCopied(false), 3000);
    } catch {
      // Browsers allow it over HTTPS alone.
      field.current?.focus();
      field.current?.select();
      announce('The link is selected. Copy it with your keyboard or the menu.');
    }
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="joined">
        <input ref={field} id={id} readOnly value={link} onFocus={(event) => event.target.select()} />
        <button type="button" className="button" id={`${id}-copy`} onClick={copy}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
    </div>
  );
}

const medals: Record<number, string> = { 1: 'gold', 2: 'silver', 3: 'bronze' };

/** The ranking, best first. */
export function Ranking({ standings, own, rounds }: { standings: Standing[]; own?: string; rounds: { id: string; title: string }[] }) {
  return (
    <table className="ranking" id="ranking">
      <thead>
        <tr>
          <th scope="col">Rank</th>
          <th scope="col">Team</th>
          {rounds.map(({ id, title }) => (
            <th scope="col" key={id} className="perRound">
              {title}
            </th>
          ))}
          <th scope="col">Points</th>
        </tr>
      </thead>
      <tbody>
        {standings.map((one) => (
          <tr key={one.team} className={one.team === own ? 'own' : undefined} data-team={one.name}>
            <td>
              <span className={`rank ${one.points > 0 ? (medals[one.rank] ?? '') : ''}`}>{one.rank}</span>
            </td>
            <th scope="row">
              {one.name}
              {one.team === own && <small> your team</small>}
            </th>
            {rounds.map(({ id }) => (
              <td key={id} className="perRound">
                {one.rounds[id] ?? 0}
              </td>
            ))}
            <td className="total">{one.points}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What there is while the first answer is on its way, or can't come. */
export function Waiting({ problem }: { problem?: string }) {
  return (
    <main className="narrow" aria-busy={!problem}>
      {problem ? <Trouble>{problem}</Trouble> : <p className="loading">One moment …</p>}
    </main>
  );
}
