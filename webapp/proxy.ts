import { NextResponse, type NextRequest } from 'next/server';

/**
 * Gives every page a content security policy with a nonce of its own: only scripts that the server
 * put there run. Next.js reads the nonce from the request's policy and stamps its scripts with it.
 */
export function proxy(request: NextRequest) {
  const policy = contentSecurityPolicy(crypto.randomUUID());
  const headers = new Headers(request.headers);
  headers.set('Content-Security-Policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('Content-Security-Policy', policy);
  return response;
}

export const config = { matcher: ['/((?!api/|_next/static/|favicon.svg$).*)'] };

function contentSecurityPolicy(nonce: string): string {
  // `next dev` evaluates code and injects styles to reload a page in place.
  const dev = process.env.NODE_ENV === 'development';
  return [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${dev ? ` 'unsafe-eval'` : ''}`,
    `style-src 'self'${dev ? ` 'unsafe-inline'` : ''}`,
    `img-src 'self' data:`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}
