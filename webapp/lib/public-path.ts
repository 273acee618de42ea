/**
 * The path that browsers see the app under, where a proxy in front takes it away: "/live" behind a REST API without a
 * domain, or else "". It is fixed when the app is built (build argument PUBLIC_PATH; next.config.ts inlines it), since
 * the scripts that the browser gets carry it.
 */
export const publicPath: string = process.env.PUBLIC_PATH ?? '';

/** The address, as a browser must ask for it, of what the app itself knows as `path`. Every link, fetch and cookie path goes through here. */
export function url(path: string): string {
  return publicPath + path;
}
