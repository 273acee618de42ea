/** Two short rounds to try a quiz with, or to start one from. */
export const example = [
  {
    title: 'Warm-up',
    questions: [
      { kind: 'text', prompt: 'Which planet is known as the Red Planet?', points: 1, accepted: ['Mars'] },
      {
        kind: 'choice',
        prompt: 'Which of these is the longest river in Africa?',
        points: 1,
        options: ['Congo', 'Niger', 'Nile', 'Zambezi'],
        right: 2,
      },
      { kind: 'number', prompt: 'How many keys does a standard piano have?', points: 1, value: 88, tolerance: 0 },
      { kind: 'text', prompt: 'Who painted “The Starry Night”?', points: 1, accepted: ['Vincent van Gogh', 'van Gogh'] },
    ],
  },
  {
    title: 'Food and drink',
    questions: [
      {
        kind: 'choice',
        prompt: 'Which grain is most sake made from?',
        points: 1,
        options: ['Barley', 'Rice', 'Rye', 'Wheat'],
        right: 1,
      },
      { kind: 'text', prompt: 'What is the main ingredient of hummus?', points: 1, accepted: ['Chickpeas', 'Garbanzo beans'] },
      { kind: 'number', prompt: 'At how many °C does water boil at sea level? Within 1 counts.', points: 1, value: 100, tolerance: 1 },
      { kind: 'text', prompt: 'Which spice comes from the crocus flower? Two points.', points: 2, accepted: ['Saffron'] },
    ],
  },
] as const;
