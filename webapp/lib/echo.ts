/** The largest request body that is read, in bytes: enough for a probe, and little to hold for many at once. */
export const largestBody = 64 * 1024;

/** How much of a body comes back, in bytes. */
export const shownOfBody = 1024;

/**
 * Answers with what arrived: method, path with query, and the beginning of the body. No header comes back, so no
 * secret does.
 */
export async function echo(request: Request): Promise<Response> {
  const headers = { 'Cache-Control': 'no-store' };
  const body = await beginning(request.body);
  if (body === null) {
    // The rest of the body is still on its way, so no other request can follow on this connection.
    const error = `the body is larger than ${largestBody} bytes`;
    return Response.json({ error }, { status: 413, headers: { ...headers, Connection: 'close' } });
  }
  const { pathname, search } = new URL(request.url);
  return Response.json({ method: request.method, path: pathname + search, body }, { headers });
}

/** The first bytes of a body as text, or null where it is too large; no more of it than that is kept. */
async function beginning(body: Request['body']): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = '';
  let shown = 0;
  let size = 0;
  const reader = body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    size += next.value.length;
    if (size > largestBody) return null;
    const part = next.value.subarray(0, shownOfBody - shown);
    shown += part.length;
    // A character that is cut off at the end is left out.
    text += decoder.decode(part, { stream: true });
  }
  return text;
}
