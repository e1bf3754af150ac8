/** The headers of every answer: what a page of this server may do, and who may embed or read it. */

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  // WebAssembly stretches passphrases, in a worker.
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  // The policy that Svelte makes for its own templates, and ours for the address of that worker.
  'trusted-types svelte-trusted-html sotto-worker',
].join('; ');

const DENIED_FEATURES = [
  'accelerometer',
  'autoplay',
  'browsing-topics',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'screen-wake-lock',
  'serial',
  'usb',
  'xr-spatial-tracking',
];
/** The camera reads the code of whom one compares keys with; the page asks only when a person wants that. */
const PERMISSIONS_POLICY = ['camera=(self)', ...DENIED_FEATURES.map((feature) => `${feature}=()`)].join(', ');

/** @param https whether people reach the server by https: then, and only then, browsers shall insist on it. */
export function securityHeaders(https: boolean): ReadonlyMap<string, string> {
  const headers = new Map([
    ['Content-Security-Policy', CONTENT_SECURITY_POLICY],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
    ['Permissions-Policy', PERMISSIONS_POLICY],
  ]);
  if (https) headers.set('Strict-Transport-Security', 'max-age=31536000');
  return headers;
}
