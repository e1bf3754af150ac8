/**
 * The app's files, read once at the start and served from memory. Nothing that a request says ever becomes a path on
 * the disk, so there is no path to trick; and a build that replaces the files under a running server cannot break it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** Of what the build makes: text, all of it, and so worth compressing. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The bundler puts a hash of the content into the names of what it writes here. */
const HASHED_FOLDER = '/assets/';

interface Page {
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
  readonly plain: Buffer;
  readonly br: Buffer | undefined;
  readonly gzip: Buffer | undefined;
}

/** Answers a GET or HEAD for a path (no query). @returns false, having done nothing, if there is no such page. */
export type Pages = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Loads a folder of files; a missing folder has none. `index.html` is served at `/` only. Symbolic links and names with
 * a leading dot are left out.
 */
export function loadPages(folder: string): Pages {
  const pages = new Map<string, Page>();
  for (const path of listFiles(folder, '/')) pages.set(path === '/index.html' ? '/' : path, loadPage(folder, path));
  return (path, request, response) => {
    const page = pages.get(path);
    if (page) sendPage(page, request, response);
    return page !== undefined;
  };
}

function listFiles(folder: string, prefix: string): string[] {
  let entries;
  try {
    entries = readdirSync(join(folder, prefix), { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    if (entry.name.startsWith('.')) return [];
    if (entry.isDirectory()) return listFiles(folder, `${prefix}${entry.name}/`);
    return entry.isFile() ? [prefix + entry.name] : [];
  });
}

function loadPage(folder: string, path: string): Page {
  const plain = readFileSync(join(folder, path));
  const type = TYPES[extname(path)];
  return {
    type: type ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(plain).digest('base64url')}"`,
    cacheControl: path.startsWith(HASHED_FOLDER) ? 'public, max-age=31536000, immutable' : 'no-cache',
    plain,
    // The highest level but one: half a second sooner at the start, and hardly larger.
    br: type ? brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }) : undefined,
    gzip: type ? gzipSync(plain) : undefined,
  };
}

function sendPage(page: Page, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Cache-Control', page.cacheControl);
  response.setHeader('ETag', page.etag);
  response.setHeader('Vary', 'Accept-Encoding');
  if (request.headers['if-none-match'] === page.etag) {
    response.writeHead(304).end();
    return;
  }
  const encoding = chooseEncoding(page, request);
  const body = encoding ? page[encoding]! : page.plain;
  if (encoding) response.setHeader('Content-Encoding', encoding);
  response.writeHead(200, { 'Content-Type': page.type, 'Content-Length': body.length }).end(body);
}

function chooseEncoding(page: Page, request: IncomingMessage): 'br' | 'gzip' | undefined {
  const accepted = String(request.headers['accept-encoding'] ?? '').split(/\s*,\s*/);
  return (['br', 'gzip'] as const).find((encoding) => page[encoding] && accepted.includes(encoding));
}
