/** The id that the image was built with (build argument BUILD_ID). Default: "dev". */
export function buildId(): string {
  return process.env.BUILD_ID || 'dev';
}
