import { api, type Limits, usualLimits } from '../../../../lib/quiz/api';
import { quizzes } from '../../../../lib/quiz/table';

export const dynamic = 'force-dynamic';

const kept = globalThis as typeof globalThis & { sallyportLimits?: Limits };

async function answer(request: Request, { params }: { params: Promise<{ path?: string[] }> }) {
  kept.sallyportLimits ??= usualLimits();
  return api(quizzes(), kept.sallyportLimits, request, (await params).path ?? []);
}

export { answer as DELETE, answer as GET, answer as POST, answer as PUT };
