import { Screen } from '../../ui/screen';
import { QuizFrame } from '../../ui/frame';

export default async function Page({ params }: { params: Promise<{ code: string }> }) {
  return (
    <QuizFrame wide>
      <Screen code={(await params).code.toUpperCase()} />
    </QuizFrame>
  );
}
