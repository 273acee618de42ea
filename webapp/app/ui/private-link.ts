'use client';

import { useEffect, useState } from 'react';
import { change } from './client';

/**
 * Uses the key of a private link, `…#key=…`, which is never sent as part of an address, and takes it out of the
 * address bar and the history. Returns undefined until that is done, then what was wrong with it, or "".
 */
export function useLinkKey(code: string): string | undefined {
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const key = new URLSearchParams(location.hash.slice(1)).get('key');
    if (!key) {
      setProblem('');
      return;
    }
    change('POST', `/${code}/keys`, { key }, 4).then(
      () => {
        history.replaceState(null, '', location.pathname);
        setProblem('');
      },
      (error: Error) => setProblem(error.message),
    );
  }, [code]);
  return problem;
}
