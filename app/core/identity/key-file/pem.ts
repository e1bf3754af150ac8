/** PEM: bytes as text, between a line that begins and one that ends them. */
import { fromBase64Url, toBase64Url, type Bytes } from '../../../../signal/wire/bytes.ts';
import { KeyFileError } from './problem.ts';

const LINE_LENGTH = 64;
const BEGIN = /-----BEGIN ([A-Z0-9 ]+)-----/;

/** What the first block of a text says that it is; `undefined` if there is none. */
export function pemLabel(text: string): string | undefined {
  return BEGIN.exec(text)?.[1];
}

/** The bytes of a text that is one block of this label, and nothing else. @throws KeyFileError */
export function decodePem(text: string, label: string): Bytes {
  const [begin, end] = linesOf(label);
  const start = text.indexOf(begin);
  const stop = text.indexOf(end);
  if (stop < start) throw new KeyFileError('damaged');
  if (text.slice(0, start).trim() !== '' || text.slice(stop + end.length).trim() !== '') {
    throw new KeyFileError('several');
  }
  const body = text.slice(start + begin.length, stop);
  // As openssl marked encrypted keys before PKCS#8.
  if (body.includes('Proc-Type:')) throw new KeyFileError('other-encryption');
  const bytes = fromBase64(body.replace(/\s/g, ''));
  if (!bytes) throw new KeyFileError('damaged');
  return bytes;
}

/** Bytes as one block of this label. */
export function encodePem(bytes: Bytes, label: string): string {
  const [begin, end] = linesOf(label);
  const text = toBase64Url(bytes).replaceAll('-', '+').replaceAll('_', '/');
  const lines = text.padEnd(4 * Math.ceil(text.length / 4), '=').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  return [begin, ...lines, end, ''].join('\n');
}

function linesOf(label: string): [begin: string, end: string] {
  return [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
}

function fromBase64(text: string): Bytes | undefined {
  if (text.length % 4 !== 0 || /[-_]|=.*[^=]|===/.test(text)) return undefined;
  return fromBase64Url(text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''));
}
