import { Play } from '../../ui/play';
import { QuizFrame } from '../../ui/frame';

export default async function Page({ params }: { params: Promise<{ code: string }> }) {
  return (
    <QuizFrame>
      <Play code={(await params).code.toUpperCase()} />
    </QuizFrame>
  );
}
