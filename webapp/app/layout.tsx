import type { Metadata, Viewport } from 'next';
import { connection } from 'next/server';
import type { ReactNode } from 'react';
import './globals.css';

export const metadata: Metadata = {
  title: 'Sallyport',
  description: 'A container in a private subnet, reached through exactly one public door.',
  icons: { icon: '/favicon.svg' },
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
      <body>{children}</body>
    </html>
  );
}
