import type { NextConfig } from 'next';

const securityHeaders = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Referrer-Policy', value: 'no-referrer' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Resource-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=(), payment=()' },
  // Browsers heed this over HTTPS only, so plain HTTP on a laptop keeps working.
  { key: 'Strict-Transport-Security', value: 'max-age=31536000' },
];

// Hosts that Server Actions may be called from, beside the one that the app is asked for; see README.md.
const allowedOrigins = (process.env.ALLOWED_ORIGINS ?? '').split(',').filter(Boolean);

// Where a proxy in front takes a part of the path away; see lib/public-path.ts.
const publicPath = process.env.PUBLIC_PATH ?? '';
if (publicPath !== '' && !/^(\/[\w.~-]+)+$/.test(publicPath)) {
  throw new Error(`PUBLIC_PATH is ${JSON.stringify(publicPath)}: it must be empty, or a path such as /live, without a slash at its end.`);
}

const config: NextConfig = {
  // The tests build a second time, with another PUBLIC_PATH, beside the first, which has checked the types.
  distDir: process.env.DIST_DIR || '.next',
  typescript: { ignoreBuildErrors: Boolean(process.env.DIST_DIR) },
  assetPrefix: publicPath || undefined,
  env: { PUBLIC_PATH: publicPath },
  output: 'standalone',
  // Without these, Next.js takes the outermost folder with a lock file as the root
  // and puts server.js in a sub-folder of .next/standalone.
  outputFileTracingRoot: __dirname,
  turbopack: { root: __dirname },
  // The page shows no photographs, and the optimiser's native library would double the output.
  images: { unoptimized: true },
  outputFileTracingExcludes: { 'next-server': ['**/node_modules/sharp/**', '**/node_modules/@img/**'] },
  poweredByHeader: false,
  experimental: { serverActions: { allowedOrigins } },
  headers: async () => [{ source: '/:path*', headers: securityHeaders }],
};

export default config;
