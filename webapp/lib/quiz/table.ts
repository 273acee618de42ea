import { DynamoStore } from './dynamo';
import { MemoryStore } from './memory';
import { Quizzes } from './quiz';

// One for the whole process: Next.js may load this module once for each route.
const kept = globalThis as typeof globalThis & { sallyportQuizzes?: Quizzes };

/** Whether there is a place for quizzes. */
export function hasQuizzes(): boolean {
  return Boolean(process.env.TABLE_NAME) || process.env.QUIZ_STORE === 'memory' || process.env.NODE_ENV !== 'production';
}

/**
 * The quizzes in the table that TABLE_NAME names. Without a table they are in this process under `npm run dev`, and
 * undefined in an image, where they would differ from task to task and be gone with the next deployment.
 * QUIZ_STORE=memory has them in this process anyway: for a look at the image without a table.
 */
export function quizzes(): Quizzes | undefined {
  const table = process.env.TABLE_NAME;
  if (!kept.sallyportQuizzes && hasQuizzes()) {
    kept.sallyportQuizzes = new Quizzes(table ? new DynamoStore(table) : new MemoryStore());
  }
  return kept.sallyportQuizzes;
}
