import { buildId } from '../../../lib/build';

export const dynamic = 'force-dynamic';

/** Which build answers: the content tag of the image, or "dev" outside of one. */
export function GET() {
  return Response.json({ build: buildId() }, { headers: { 'Cache-Control': 'no-store' } });
}
