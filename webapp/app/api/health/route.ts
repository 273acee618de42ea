export const dynamic = 'force-dynamic';

/** What the target group asks: is this process answering? It depends on nothing else. */
export function GET() {
  return Response.json({ status: 'ok' }, { headers: { 'Cache-Control': 'no-store' } });
}
