import type { Metadata, Viewport } from 'next';
import { connection } from 'next/server';
import type { ReactNode } from 'react';
import { url } from '../lib/public-path';
import './globals.css';

export const metadata: Metadata = {
  title: 'Sallyport Quiz',
  description: 'A pub quiz: teams answer on their phones, the host marks, everyone sees the ranking.',
  icons: { icon: url('/favicon.svg') },
  // Phones would make links of what looks like a number.
  formatDetection: { telephone: false },
};

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f7f4ee' },
    { media: '(prefers-color-scheme: dark)', color: '#12141b' },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  // Every page is made per request: a prerendered one would lack the nonce of its policy.
  await connection();
  return (
    <html lang="en">
      <body>
        {children}
        <div id="announcer" role="status" aria-live="polite" className="unseen" />
      </body>
    </html>
  );
}
