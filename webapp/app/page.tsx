import { QuizFrame } from './ui/frame';
import { Home } from './ui/home';

export default function Page() {
  return (
    <QuizFrame wide>
      <Home />
    </QuizFrame>
  );
}
