import { Host } from '../../ui/host';
import { QuizFrame } from '../../ui/frame';

export default async function Page({ params }: { params: Promise<{ code: string }> }) {
  return (
    <QuizFrame wide>
      <Host code={(await params).code.toUpperCase()} />
    </QuizFrame>
  );
}
