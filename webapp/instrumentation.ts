/** Next.js calls this once, before it serves the first request. */
export async function register() {
  // Imported here, because Next.js also compiles this file for a runtime without a server of its own.
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { longestRequest, observeServer } = await import('./lib/server');
    observeServer(longestRequest);
  }
}
