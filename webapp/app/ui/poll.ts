'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { Problem, read } from './client';

/** Milliseconds between two looks while somebody looks at the page. */
export const pace = 3000;

/** The longest pause after failures. */
const longestPause = 30_000;

/**
 * Keeps what is at `path` up to date: every few seconds while the page can be seen, not at all while it can't, at once
 * when it can again, and ever less often while it fails.
 */
export function usePoll<T>(path: string | null, every = pace) {
  const [data, setData] = useState<T>();
  const [problem, setProblem] = useState<Problem>();
  const look = useRef<() => Promise<void>>(async () => {});

  useEffect(() => {
    if (path === null) return;
    let [tag, failures, ended] = ['', 0, false];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let running: Promise<void> | undefined;

    const once = async () => {
      try {
        const answer = await read<T>(path, tag);
        if (ended) return;
        if (answer !== 'unchanged') {
          tag = answer.tag;
          setData(answer.body);
        }
        failures = 0;
        setProblem(undefined);
      } catch (error) {
        if (ended) return;
        failures++;
        // One lost request is nothing to tell a person about.
        if (error instanceof Problem && (!error.passing || failures > 1)) setProblem(error);
        if (error instanceof Problem && !error.passing) failures = Math.max(failures, 3);
      }
    };
    const next = () => {
      clearTimeout(timer);
      if (ended || document.hidden) return;
      // Not all phones at the same moment.
      const pause = Math.min(every * 2 ** Math.min(failures, 4), longestPause) * (0.8 + 0.4 * Math.random());
      timer = setTimeout(() => void run(), pause);
    };
    const run = () => {
      clearTimeout(timer);
      running ??= once().finally(() => {
        running = undefined;
        next();
      });
      return running;
    };
    look.current = async () => {
      // One that is under way may have been answered before the change that is looked for.
      await running;
      await run();
    };
    const seen = () => {
      if (document.hidden) clearTimeout(timer);
      else void run();
    };
    void run();
    document.addEventListener('visibilitychange', seen);
    window.addEventListener('online', seen);
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
      window.removeEventListener('online', seen);
    };
  }, [path, every]);

  const refresh = useCallback(() => look.current(), []);
  return { data, problem, refresh };
}
